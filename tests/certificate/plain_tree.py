"""The Merkle tree word for word as RFC 6962, section 2.1, defines it: slow and plain."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def split(count: int) -> int:
    """The largest power of two smaller than ``count``."""
    k = 1
    while 2 * k < count:
        k *= 2
    return k


def root(texts: Sequence[bytes]) -> bytes:
    """MTH(D[n])."""
    if not texts:
        return hashlib.sha256().digest()
    if len(texts) == 1:
        return hashlib.sha256(b"\x00" + texts[0]).digest()
    k = split(len(texts))
    return hashlib.sha256(b"\x01" + root(texts[:k]) + root(texts[k:])).digest()


def path(index: int, texts: Sequence[bytes]) -> tuple[bytes, ...]:
    """PATH(m, D[n])."""
    if len(texts) == 1:
        return ()
    k = split(len(texts))
    if index < k:
        return (*path(index, texts[:k]), root(texts[k:]))
    return (*path(index - k, texts[k:]), root(texts[:k]))
