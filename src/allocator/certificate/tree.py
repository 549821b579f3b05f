"""A Merkle tree as RFC 6962, section 2.1, has it: one root over many leaves, a short path for each.

The RFC splits n leaves at the largest power of two below n. Joining neighbours level by level from
the left, an odd last one going up as it is, gives the same tree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

HASH = 32
"""Bytes of a hash."""


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """Hashes of all levels, each level as one string of bytes, leaves first; the root last.

    n leaves need 64 n bytes. A tree of nothing has the hash of nothing as its root.
    """

    levels: tuple[bytes, ...]

    @property
    def leaves(self) -> int:
        """How many there are."""
        return len(self.levels[0]) // HASH

    @property
    def root(self) -> bytes:
        """The hash that stands for all leaves in their order."""
        return self.levels[-1] or hashlib.sha256().digest()

    def path(self, index: int) -> tuple[bytes, ...]:
        """The hashes beside the way of a leaf up to the root, from below: at most log2 n + 1."""
        if not 0 <= index < self.leaves:
            raise IndexError(index)
        found = []
        for level in self.levels[:-1]:
            beside = (index ^ 1) * HASH
            if beside < len(level):
                found.append(level[beside : beside + HASH])
            index >>= 1
        return tuple(found)


def grow(texts: Iterable[bytes]) -> Tree:
    """The tree over the leaves of these texts."""
    level: Sequence[bytes] = [sha256(b"\x00" + text).digest() for text in texts]
    levels = [b"".join(level)]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
        if len(level) % 2:
            above.append(level[-1])
        level = above
        levels.append(b"".join(level))
    return Tree(tuple(levels))
