"""The policy that a scenario means: the file with other values, read and refused as any file is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from allocator.errors import BadPolicy, BadRequest, Refusal
from allocator.policy.document import MAX_DEPTH, compose, cut, plain
from allocator.policy.models import Policy
from allocator.policy.reading import policy_from, text_of
from allocator.simulation.paths import MORE, check_path, put, spell, steps_of, value_at
from allocator.simulation.policy_paths import ANY, known_paths
from allocator.simulation.scenario import spell_value

SAMPLES: Final = {"who": "{market: rural}", "products": "all", "name": "new", "at_most": "40"}
"""What keys of an entry may look like, to show how one is written."""

KEPT: Final = 128
"""Policies read lately: a sweep changes the data more often than it has another rule for them."""


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
    tree = _tree(policy.text)
    for path, value in changes.items():
        steps = steps_of(path)
        check_path(steps)
        tree = put(tree, steps, _plain(path, value, 0), policy)
    try:
        read = _read(text_of(tree), policy.on)
    except BadPolicy as error:
        # Lines count in a text that nobody wrote: the path says where.
        refusals = [replace(refusal, row=None) for refusal in error.refusals]
        _refuse_half_entries(policy, changes, refusals)
        _refuse_shallow(changes, refusals)
        raise BadPolicy("bad-scenario", refusals, scenario=scenario) from error
    lines = {path: policy.lines[path] for path in read.lines if path in policy.lines}
    # What a scenario leaves as it is stays the same object, lines and all.
    rules = read.allocation.placed(lines)
    if read.allocation == policy.allocation:
        rules = policy.allocation
    return read.model_copy(update={"lines": lines, "allocation": rules})


@lru_cache(maxsize=1)
def _tree(text: str) -> Any:
    """The document of a policy as plain values; nobody changes them, ``put`` makes others."""
    unmarked = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return plain(compose(unmarked)[0])


@lru_cache(maxsize=KEPT)
def _read(text: str, on: date) -> Policy:
    """What a text says on a day, which nothing else decides."""
    return policy_from(text, on)


def _refuse_half_entries(
    policy: Policy, changes: Mapping[str, Any], refusals: Sequence[Refusal]
) -> None:
    """Refuse a key of a list's entry that is not there yet, with what the whole entry would be.

    Raises
    ------
    BadRequest : a path goes into an entry that the policy does not have, and keys of it are missing
    """
    missing = [refusal.column or "" for refusal in refusals if refusal.code == "missing-key"]
    for path, value in changes.items():
        steps = steps_of(path)
        at = next((k for k, step in enumerate(steps) if step == MORE or step.isdecimal()), 0)
        if not 0 < at < len(steps) - 1 or value_at(policy, steps[: at + 1]) is not None:
            continue
        entries = spell(steps[:at])
        keys = [key.rpartition(".")[2] for key in missing if key.startswith(f"{entries}.")]
        if keys:
            given = f"{spell(steps[at + 1 :])}: {spell_value(value)}"
            whole = ", ".join([*(f"{key}: {SAMPLES.get(key, '...')}" for key in keys), given])
            raise BadRequest(
                "scenario-entry-incomplete",
                path=cut(path) or "", entries=entries, keys=", ".join(keys),
                whole=cut(f"{entries}.{MORE}={{{whole}}}", 200) or "",
            )  # fmt: skip


def _refuse_shallow(changes: Mapping[str, Any], refusals: Sequence[Refusal]) -> None:
    """Refuse one value where a policy has several lines, and a name where it has no list yet.

    Raises
    ------
    BadRequest : ``grading.window=6``, where ``grading.window.months`` was meant
    """
    shallow = {refusal.column for refusal in refusals if refusal.code == "needs-keys"}
    for path, value in changes.items():
        steps = steps_of(path)
        if any(
            r.code == "needs-list" and spell(steps).startswith(f"{r.column}.") for r in refusals
        ):
            raise BadRequest("scenario-entry-unknown", path=cut(path) or "", entries=0, known="-")
        below = [known for known in known_paths() if known[:-1] == steps and known[-1] != ANY]
        if below and spell(steps) in shallow:
            raise BadRequest(
                "scenario-path-shallow",
                path=cut(spell(steps)) or "", value=cut(spell_value(value)) or "",
                known=cut(", ".join(map(spell, below)), 300) or "",
            )  # fmt: skip


def is_as_written(policy: Policy) -> bool:
    """Whether a policy says what its text says: one that was altered in Python does not."""
    read = policy_from(policy.text, policy.on)
    return read.grading == policy.grading and read.allocation == policy.allocation


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
