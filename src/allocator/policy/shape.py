"""Whether a document has the shape of a policy file: every fault of the models at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from itertools import takewhile
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from allocator.policy import later
from allocator.policy.document import MAX_DEPTH, Fault, Node, Path, cut, find, plain
from allocator.policy.models import PolicyFile
from allocator.policy.nearest import nearest, unknown_key
from allocator.wording import Fact

CODES = {
    "bool_type": "needs-true-or-false",
    "int_type": "needs-whole-number",
    "string_type": "needs-text",
    "dict_type": "needs-keys",
    "model_type": "needs-keys",
    "tuple_type": "needs-list",
    "too_short": "needs-entries",
    "too_long": "too-many-entries",
    "string_too_short": "needs-text",
    "string_too_long": "text-too-long",
    "date_type": "needs-day",
    "greater_than": "needs-more-than",
    "greater_than_equal": "needs-at-least",
    "less_than": "needs-less-than",
    "less_than_equal": "needs-at-most",
}
"""Our code for each type of pydantic error that strict models of ours can raise."""

NUMBERS = {
    "greater_than": "gt",
    "greater_than_equal": "ge",
    "less_than": "lt",
    "less_than_equal": "le",
    "too_short": "min_length",
    "too_long": "max_length",
    "string_too_long": "max_length",
}


STAND_INS: dict[Path, Any] = {
    ("title",): "?",
    ("grading", "window", "months"): 1,
    ("grading", "items", "*", "weight"): 1,
    ("grading", "newcomers", "months"): 1,
    ("allocation", "weights"): {"kind": "linear", "bottom": 1, "top": 1},
    ("allocation", "whole_units"): "rotate",
    ("allocation", "whole_units", "at_least_one"): "rotate",
    ("allocation", "whole_units", "below_one"): "rotate",
    ("allocation", "defaults"): {"ceiling": 1_000_000},
    ("allocation", "defaults", "ceiling"): 1_000_000,
}
"""Values that contradict nothing. They stand in for required ones that are missing or faulty while
the cross-checks look for further faults; a policy with a stand-in is always refused."""


WHOLE: tuple[Path, ...] = (("grading", "tiers"),)
"""What makes no sense in part: with one faulty value below, nothing of it is checked further."""


def fit(node: Node) -> tuple[PolicyFile | None, list[Fault]]:
    """The policy file that a resolved document holds, and all that does not fit.

    With faults, the file is only good for finding more of them; ``None`` where too little is left.
    """
    faults = list(later.later_faults(node))
    removed = {fault.path for fault in faults}
    tree = _without(plain(node), removed)
    file, found = _validated(tree, node)
    faults += [fault for fault in found if not follows(fault, found, removed)]
    for _ in range(MAX_DEPTH):  # each round settles the missing keys of one level, upwards
        if file is not None or not found:
            break
        faulty = [fault.path for fault in found if fault.code != "missing-key"]
        tree = _without(tree, map(_whole, faulty))
        for fault in found:
            if fault.code == "missing-key":
                tree = _filled(tree, fault.path)
        file, found = _validated(tree, node)
    return file, faults


def follows(fault: Fault, found: Sequence[Fault], removed: Set[Path]) -> bool:
    """Whether a fault only follows from another one, so that telling it would confuse.

    What stands below an unknown key, and a key that is missing because it was misspelt or refused.
    """
    unknown = [other for other in found if other.code.startswith("unknown-key")]
    if any(other.path == fault.path[: len(other.path)] for other in unknown):
        return fault not in unknown
    if fault.code != "missing-key":
        return False
    meant = {(*other.path[:-1], other.facts.get("nearest")) for other in unknown}
    return fault.path in removed or fault.path in meant


def _validated(tree: Any, root: Node) -> tuple[PolicyFile | None, list[Fault]]:
    try:
        return PolicyFile.model_validate(tree), []
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        return None, [_fault(root, dict(detail)) for detail in details]


def _fault(root: Node, detail: dict[str, Any]) -> Fault:
    kind: str = detail["type"]
    missing = kind == "missing"
    path = _place(root, detail["loc"][:-1] if missing else detail["loc"])
    context: dict[str, Any] = detail.get("ctx", {})
    node = find(root, path)
    line = None if node is None else node.line
    if missing and isinstance(detail["loc"][-1], int):
        return Fault(line, path, "needs-entries", {"number": detail["loc"][-1] + 1})
    if missing:
        key = str(detail["loc"][-1])
        return Fault(line if path else 1, (*path, key), "missing-key", {"key": key})
    value = None if node is None else cut(node.text)
    if kind == "extra_forbidden":
        return unknown_key(line, path, _fields(path[:-1]), later.keys_below(path[:-1]))
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", str(context["expected"]))
        if "[key]" in detail["loc"]:
            return unknown_key(line, path, choices, later.keys_below(path[:-1]))
        facts: dict[str, Fact] = {"choices": ", ".join(choices)}
        if (near := nearest(value or "", choices)) is not None:
            return Fault(line, path, "needs-one-of-near", {**facts, "nearest": near}, value)
        return Fault(line, path, "needs-one-of", facts, value)
    numbers = {"number": context[NUMBERS[kind]]} if kind in NUMBERS else dict(context)
    return Fault(line, path, CODES.get(kind, kind), numbers, value)


def _place(root: Node, loc: tuple[int | str, ...]) -> Path:
    """The steps of a pydantic location that exist in the document (it also names union arms)."""
    path: Path = ()
    for step in loc:
        if find(root, (*path, step)) is not None:
            path = (*path, step)
    return path


def _fields(path: Path) -> list[str]:
    """The keys of the model whose values stand at a path; none where it is no model."""
    model: type[BaseModel] = PolicyFile
    steps = iter(path)
    for step in steps:
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        annotation = fields[str(step)].annotation
        inner = _model_in(annotation)
        if inner is None:
            return []
        model = inner
        if get_origin(annotation) in (dict, tuple):
            next(steps, None)  # the key or place at which the mapping or list holds the model
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model within a type, through ``dict`` and ``| None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)


def _whole(path: Path) -> Path:
    """What falls with a faulty path."""
    return next((whole for whole in WHOLE if path[: len(whole)] == whole), path)


def _without(tree: Any, paths: Iterable[Path]) -> Any:
    """The tree without what stands at the given paths; a faulty list entry takes its list."""
    cuts = {tuple(takewhile(lambda step: isinstance(step, str), path)) for path in paths}
    return _copy(tree, (), cuts)


def _copy(tree: Any, path: Path, cuts: Set[Path]) -> Any:
    if not isinstance(tree, dict):
        return tree
    return {
        key: _copy(child, (*path, key), cuts)
        for key, child in tree.items()
        if (*path, key) not in cuts
    }


def _filled(tree: Any, path: Path) -> Any:
    """The tree with a stand-in at a path, or without the mapping that lacks it."""
    value = STAND_INS.get(path, STAND_INS.get((*path[:2], "*", *path[3:])))
    if value is None:
        return _without(tree, [path[:-1]])
    return _put(tree, path, value)


def _put(tree: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    if not isinstance(tree, dict):
        return tree
    return {**tree, path[0]: _put(tree.get(path[0], {}), path[1:], value)}
