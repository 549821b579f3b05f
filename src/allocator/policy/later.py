"""Keys and words of the format that this version knows but does not follow yet.

They are refused by name, so that nobody believes a rule holds that is not applied.
"""

from __future__ import annotations

from collections.abc import Iterator

from allocator.policy.document import Fault, Node, Path, cut

KEYS: dict[Path, str] = {
    ("grading", "tiers", "cutoffs"): "later-cutoffs",
    ("grading", "tiers", "bands"): "later-volume-bands",
    ("grading", "tiers", "breaks"): "later-breaks",
    ("grading", "tiers", "by"): "later-tiers-by",
    ("grading", "movement"): "later-movement",
    ("grading", "screening"): "later-screening",
    ("grading", "sanctions"): "later-sanctions",
    ("grading", "items", "potential"): "later-potential",
    ("allocation", "take_up"): "later-take-up",
    ("allocation", "bands"): "later-bands",
    ("allocation", "baskets"): "later-baskets",
    ("allocation", "groups"): "later-groups",
    ("audit", "thresholds", "order_over_mean"): "later-order-over-mean",
    ("ordering", "cutoffs"): "later-order-cutoffs",
    ("ordering",): "later-order-cutoffs",
}
"""Path of the key (``*`` any key) and the code of the sentence that refuses it."""

WORDS: dict[tuple[Path, str], str] = {
    (("allocation", "boundary"), "smooth"): "later-smooth",
}


def _pattern(path: Path) -> Path:
    if path[:2] == ("allocation", "products") and len(path) > 2:
        return (*path[:2], "*", *path[3:])
    return path


def keys_below(path: Path) -> tuple[str, ...]:
    """Keys of later parts that may stand directly below a path."""
    pattern = _pattern(path)
    return tuple(str(key[-1]) for key in KEYS if key[:-1] == pattern)


def later_faults(node: Node, path: Path = ()) -> Iterator[Fault]:
    """A fault for each key and word of a later part, the topmost only."""
    pattern = _pattern(path)
    if isinstance(node.content, dict):
        for key, child in node.content.items():
            code = KEYS.get((*pattern, key))
            if code is not None:
                yield Fault(child.line, (*path, key), code, {"key": key})
            else:
                yield from later_faults(child, (*path, key))
    elif isinstance(node.content, str):
        code = WORDS.get((pattern, node.content))
        if code is not None:
            yield Fault(node.line, path, code, {"key": str(path[-1])}, cut(node.text))
