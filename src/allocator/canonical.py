"""One spelling for every document that is hashed, so that anyone computes the same digest.

Canonical JSON: UTF-8, keys sorted, no spaces, reals as strings of 17 significant digits.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any


def _spelt(value: Any) -> Any:
    if isinstance(value, float):
        return format(value, ".17g")
    if isinstance(value, dict):
        return {key: _spelt(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_spelt(item) for item in value]
    return value


def canonical_json(value: Any) -> bytes:
    """The canonical bytes of a document of dicts, lists, texts, whole numbers and reals."""
    return json.dumps(
        _spelt(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def digest(value: Any) -> str:
    """SHA-256 of the canonical bytes, 64 hex digits."""
    return hashlib.sha256(canonical_json(value)).hexdigest()
