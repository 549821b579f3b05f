"""Keys that nobody knows, and the known key that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from allocator.policy.document import Fault, Path, cut


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like ``word``; ``None`` where none is like it."""
    found = get_close_matches(word.lower()[:80].replace("-", "_"), sorted(known), n=1, cutoff=0.55)
    return found[0] if found else None


def unknown_key(
    line: int | None, path: Path, known: Iterable[str], later: Iterable[str] = ()
) -> Fault:
    """The fault of a key that is not known at its place.

    later : keys of later parts, which may have been meant too
    """
    known = list(known)
    key = str(path[-1])
    facts = {"key": cut(key) or "", "known": ", ".join(known)}
    if (near := nearest(key, [*known, *later])) is not None:
        return Fault(line, path, "unknown-key-near", {**facts, "nearest": near})
    return Fault(line, path, "unknown-key", facts)
