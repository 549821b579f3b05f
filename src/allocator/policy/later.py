"""Keys of the format that this version knows but does not follow yet.

They are refused by name, so that nobody believes a rule holds that is not applied.
"""

from __future__ import annotations

from collections.abc import Iterator

from allocator.policy.document import Fault, Node, Path

KEYS: dict[Path, str] = {
    ("grading", "items", "potential"): "later-potential",
}
"""Path of the key and the code of the sentence that refuses it."""


def keys_below(path: Path) -> tuple[str, ...]:
    """Keys of later parts that may stand directly below a path."""
    return tuple(str(key[-1]) for key in KEYS if key[:-1] == path)


def later_faults(node: Node, path: Path = ()) -> Iterator[Fault]:
    """A fault for each key of a later part, the topmost only."""
    if isinstance(node.content, dict):
        for key, child in node.content.items():
            code = KEYS.get((*path, key))
            if code is not None:
                yield Fault(child.line, (*path, key), code, {"key": key})
            else:
                yield from later_faults(child, (*path, key))
