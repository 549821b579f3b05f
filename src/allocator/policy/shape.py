"""Whether a document has the shape of a policy file: every fault of the models at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from allocator.policy import later
from allocator.policy.document import Fault, Node, Path, cut, find, plain
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
    "greater_than": "needs-more-than",
    "greater_than_equal": "needs-at-least",
    "less_than_equal": "needs-at-most",
}
"""Our code for each type of pydantic error that strict models of ours can raise."""

NUMBERS = {
    "greater_than": "gt",
    "greater_than_equal": "ge",
    "less_than_equal": "le",
    "too_short": "min_length",
    "too_long": "max_length",
    "string_too_long": "max_length",
}


def fit(node: Node) -> tuple[PolicyFile | None, list[Fault]]:
    """The policy file that a resolved document holds, with all that does not fit.

    The file is ``None`` only where what is left after taking the faulty keys away is no policy;
    else the cross-checks can still look at it.
    """
    faults = list(later.later_faults(node))
    pruned = _without(node, [fault.path for fault in faults])
    file, found = _validated(pruned)
    faults += found
    while file is None and found:
        smaller = _without(pruned, [fault.path for fault in found])
        if smaller == pruned:
            break
        pruned = smaller
        file, found = _validated(pruned)
    return file, faults


def _validated(node: Node) -> tuple[PolicyFile | None, list[Fault]]:
    try:
        return PolicyFile.model_validate(plain(node)), []
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        return None, [_fault(node, dict(detail)) for detail in details]


def _fault(root: Node, detail: dict[str, Any]) -> Fault:
    path = _place(root, detail["loc"])
    kind: str = detail["type"]
    context: dict[str, Any] = detail.get("ctx", {})
    node = find(root, path)
    line = None if node is None else node.line
    if kind == "missing":
        key = str(detail["loc"][-1])
        return Fault(line if path else 1, (*path, key), "missing-key", {"key": key})
    value = None if node is None else cut(node.text)
    if kind == "extra_forbidden":
        return unknown_key(line, path, _known(path))
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", str(context["expected"]))
        if "[key]" in detail["loc"]:
            return unknown_key(line, path, [*choices, *later.keys_below(path[:-1])])
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


def _known(path: Path) -> list[str]:
    """The keys that may stand where an unknown one stands."""
    known = _fields(PolicyFile, path[:-1])
    return [*known, *later.keys_below(path[:-1])]


def _fields(model: type[BaseModel], path: Path) -> list[str]:
    for step in path:
        annotation = model.model_fields.get(str(step))
        inner = None if annotation is None else next(_models(annotation.annotation), None)
        model = inner or model  # a key of a mapping by name: stay at the model of its values
    return list(model.model_fields)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models within a type, through ``dict``, ``Annotated`` and ``| None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models(argument)


def _without(node: Node, paths: list[Path]) -> Node:
    """The tree without what stands at the given paths; a faulty list entry takes its list."""
    cuts = {
        path[: next((i for i, s in enumerate(path) if isinstance(s, int)), len(path))]
        for path in paths
    }
    return _copy(node, (), cuts)


def _copy(node: Node, path: Path, cuts: set[Path]) -> Node:
    if not isinstance(node.content, dict):
        return node
    children = {
        key: _copy(child, (*path, key), cuts)
        for key, child in node.content.items()
        if (*path, key) not in cuts
    }
    return Node(children, node.line, node.text, node.size)
