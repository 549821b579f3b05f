"""The policy that a scenario means: the file with other values, read and refused as any file is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from allocator.errors import BadPolicy, BadRequest
from allocator.policy.document import MAX_DEPTH, compose, cut, plain
from allocator.policy.models import Policy
from allocator.policy.reading import policy_from
from allocator.simulation.paths import check_path, put, steps_of


def changed_policy(policy: Policy, changes: Mapping[str, Any], *, scenario: str) -> Policy:
    """The policy with other values at some paths, as it then stands on its day.

    changes : {path: value}, see ``Scenario``; scenario : its name, for refusals

    Raises
    ------
    BadRequest : a path that no policy has, with the nearest
    BadPolicy : a value that the policy refuses, in the policy's own words
    """
    if not changes:
        return policy
    text = policy.text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    tree = plain(compose(text)[0])
    for path, value in changes.items():
        steps = steps_of(path)
        check_path(steps)
        tree = put(tree, steps, _plain(path, value, 0), policy)
    try:
        read = policy_from(tree, policy.on)
    except BadPolicy as error:
        # Lines count in a text that nobody wrote: the path says where.
        refusals = [replace(refusal, row=None) for refusal in error.refusals]
        raise BadPolicy("bad-scenario", refusals, scenario=scenario) from error
    lines = {path: policy.lines[path] for path in read.lines if path in policy.lines}
    # What a scenario leaves as it is stays the same object, lines and all.
    rules = read.allocation.placed(lines)
    if read.allocation.__dict__ == policy.allocation.__dict__:
        rules = policy.allocation
    return read.model_copy(update={"lines": lines, "allocation": rules})


def is_as_written(policy: Policy) -> bool:
    """Whether a policy says what its text says: one that was altered in Python does not."""
    read = policy_from(policy.text, policy.on)
    return read.grading == policy.grading and (
        read.allocation.__dict__ == policy.allocation.__dict__
    )


def _plain(path: str, value: Any, depth: int) -> Any:
    """A value as a document holds it: keys are texts, lists tuples."""
    if depth > MAX_DEPTH:
        raise BadRequest("scenario-value-too-deep", path=cut(path) or "", most=MAX_DEPTH)
    if isinstance(value, Mapping):
        return {str(key): _plain(path, child, depth + 1) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return tuple(_plain(path, child, depth + 1) for child in value)
    if isinstance(value, float):
        return Decimal(str(value))
    return value
