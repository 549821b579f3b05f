"""Paths into a policy as people write them: ``allocation.products.101101.ceiling``.

Steps are joined by dots; a step that holds a dot stands in double quotes. An entry of a list is
named by its number from 0 (``allocation.groups.0.at_most``, as refusals of a policy name it), by
its ``name`` (``allocation.bands.top price band.at_most``), or by ``+`` for one more at the end. A
path into a dated value means the one in force on the day, unless it names a day itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from difflib import get_close_matches
from typing import Any, Final

from pydantic import BaseModel

from allocator.errors import BadRequest
from allocator.policy.document import cut
from allocator.policy.fields import TIER
from allocator.policy.models import Policy
from allocator.simulation.policy_paths import ANY, Steps, known_paths, known_words
from allocator.tables.source import printable

MOST_STEPS: Final = 12
MOST_LETTERS: Final = 300

STEP: Final = re.compile(r'"([^"]+)"|([^."]+)')
DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MORE: Final = "+"
"""One more entry at the end of a list."""

EXAMPLES: Final = {
    "supply": "+20%", "without": "CODE", "demand": "-10%", "new_shops": "500",
}  # fmt: skip
"""Keys of changes of the data, each with a value as it is written."""


def steps_of(path: str) -> Steps:
    """The steps of a path.

    Raises
    ------
    BadRequest : it is empty, too long, or its quotes do not close
    """
    steps: list[str] = []
    at = 0
    while path.isprintable() and len(path) <= MOST_LETTERS and (found := STEP.match(path, at)):
        steps.append((found.group(1) or found.group(2)).strip())
        at = found.end()
        if at == len(path) and len(steps) <= MOST_STEPS and all(steps):
            return tuple(steps)
        if path[at : at + 1] != ".":
            break
        at += 1
    raise BadRequest("scenario-path-unreadable", path=printable(cut(path) or ""))


def spell(steps: Sequence[str]) -> str:
    """The path as people write it."""
    return ".".join(f'"{step}"' if "." in step else step for step in steps)


def _without_days(steps: Steps) -> Steps:
    """A path without the days of dated values and the ``value`` under them."""
    found: list[str] = []
    dated = False
    for step in steps:
        if DAY.fullmatch(step) and found:
            dated = True
        elif dated and step in ("value", "source", "last_valid_on"):
            dated = False
        else:
            found.append(step)
    return tuple(found)


def _fits(steps: Steps, known: Steps) -> bool:
    return len(steps) == len(known) and all(
        known_step in (ANY, step) for step, known_step in zip(steps, known, strict=True)
    )


def check_path(steps: Steps) -> None:
    """Refuse a path that no policy file has.

    Raises
    ------
    BadRequest : with the nearest path that there is
    """
    plain = _without_days(steps)
    if any(_fits(plain, known) for known in known_paths()):
        return
    facts = {"path": cut(spell(steps)) or ""}
    near = nearest_path(plain)
    if near is None:
        raise BadRequest("scenario-path-unknown", **facts)
    raise BadRequest("scenario-path-unknown-near", nearest=near, **facts)


def nearest_path(steps: Steps) -> str | None:
    """What was probably meant by an unknown path: a known one, with a value where a word tells it.

    The free steps stand as they were written.
    """
    spelt: dict[str, Steps] = {}
    for known in known_paths():
        own = list(known)
        if len(known) == len(steps):
            own = [
                step if known_step == ANY else known_step
                for step, known_step in zip(steps, known, strict=True)
            ]
        spelt.setdefault(spell(own), known)
    wanted = spell(steps).lower().replace("-", "_")
    last = steps[-1].lower()
    ends = [name for name, known in spelt.items() if known[-1] == last]
    # A slip of the pen first, then the same last step elsewhere, then a word that is a value
    # (smooth), then a last step like it, then whatever is like it.
    found = get_close_matches(wanted, spelt, n=1, cutoff=0.9) or get_close_matches(
        wanted, ends, n=1, cutoff=0.5
    )
    if found or ends:
        return found[0] if found else min(ends, key=len)
    if wanted in EXAMPLES:
        return f"{wanted}={EXAMPLES[wanted]}"
    words = {**{word: f"{spell(known)}={word}" for word, known in known_words().items()},
             **{key: f"{key}={example}" for key, example in EXAMPLES.items()}}  # fmt: skip
    if word := get_close_matches(last, words, n=1, cutoff=0.7):
        return words[word[0]]
    tails = {known[-1]: name for name, known in reversed(spelt.items()) if ANY not in known}
    if tail := get_close_matches(last, tails, n=1, cutoff=0.7):
        return tails[tail[0]]
    found = get_close_matches(wanted, spelt, n=1, cutoff=0.8)
    return found[0] if found else None


def put(tree: Any, steps: Steps, value: Any, policy: Policy) -> Any:
    """The policy's document with another value at a path; ``None`` takes the line out.

    tree : plain mappings, tuples and scalars of the file, dated values as they stand there
    policy : as read on its day: it tells which dated value is meant, and what a short form
        (``max_step: 2``) stands for in full

    Raises
    ------
    BadRequest : there is no such entry of a list
    """
    return _put(tree, steps, (), value, policy)


def _put(tree: Any, steps: Steps, above: Steps, value: Any, policy: Policy) -> Any:
    if not steps:
        if isinstance(value, dict) and value and all(DAY.fullmatch(str(key)) for key in value):
            return _dated(tree, value)
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(tree, dict) and _is_dated(tree) and not DAY.fullmatch(step):
        days = [day for day in tree if DAY.fullmatch(day) and day <= policy.on.isoformat()]
        if days:
            entry = tree[max(days)]
            inside = entry.get("value") if isinstance(entry, dict) else entry
            changed = _put(inside, steps, above, value, policy)
            return {**tree, max(days): {**entry, "value": changed}}
    if tree is None and step in (MORE, "0"):
        tree = ()  # the first entry of a list that was not there
    if isinstance(tree, tuple):
        return _put_entry(tree, step, rest, above, value, policy)
    if not isinstance(tree, dict):
        tree = _in_full(tree, step, above, policy)
    below = _put(tree.get(step), rest, (*above, step), value, policy)
    if below is None:
        return {key: child for key, child in tree.items() if key != step}
    return {**tree, step: below}


def _put_entry(
    entries: tuple[Any, ...], step: str, rest: Steps, above: Steps, value: Any, policy: Policy
) -> tuple[Any, ...]:
    at = _entry(entries, step)
    if at is None:
        named = [entry["name"] for entry in entries if isinstance(entry, dict) and "name" in entry]
        raise BadRequest(
            "scenario-entry-unknown",
            path=cut(spell((*above, step))) or "",
            entries=len(entries),
            known=cut(", ".join(map(str, named))) or "-",
        )
    old = entries[at] if at < len(entries) else None
    below = _put(old, rest, (*above, str(at)), value, policy)
    kept = () if below is None else (below,)
    return (*entries[:at], *kept, *entries[at + 1 :])


def _entry(entries: tuple[Any, ...], step: str) -> int | None:
    """The entry that a step means: one more at the end for ``+`` and the number after the last."""
    if step == MORE:
        return len(entries)
    for at, entry in enumerate(entries):
        if isinstance(entry, dict) and str(entry.get("name")) == step:
            return at
    if step.isascii() and step.isdecimal() and len(step) <= 6 and int(step) <= len(entries):
        return int(step)
    return None


def _is_dated(tree: dict[str, Any]) -> bool:
    return any(DAY.fullmatch(key) for key in tree)


def _dated(tree: Any, days: dict[Any, Any]) -> dict[str, Any]:
    """A value dated from some days on; before them what held stays."""
    if isinstance(tree, dict) and _is_dated(tree):
        known = dict(tree)
    else:
        known = {} if tree is None else {date.min.isoformat(): {"value": tree}}
    for day, value in days.items():
        whole = isinstance(value, dict) and "value" in value
        known[str(day)] = value if whole else {"value": value}
    return known


def _in_full(short: Any, step: str, above: Steps, policy: Policy) -> dict[str, Any]:
    """What a short form stands for: ``max_step: 2`` is ``{up: 2, down: 2}``."""
    whole = value_at(policy, above)
    if isinstance(whole, BaseModel):
        return {key: child for key, child in whole.model_dump().items() if child is not None}
    if isinstance(short, int) and not isinstance(short, bool) and TIER.fullmatch(step):
        return {"1": short}  # the same for every tier, until one is named
    return {}


def value_at(policy: Policy, steps: Sequence[str]) -> Any:
    """What a policy as read says at a path; ``None`` where it says nothing."""
    found: Any = policy
    for step in _without_days(tuple(steps)):
        if isinstance(found, BaseModel):
            names = {field.alias or name: name for name, field in type(found).model_fields.items()}
            found = getattr(found, names.get(step, ""), None)
        elif isinstance(found, dict):
            key: Any = step if step in found else int(step) if TIER.fullmatch(step) else step
            found = found.get(key)
        elif isinstance(found, tuple):
            at = next(
                (k for k, entry in enumerate(found) if getattr(entry, "name", None) == step), None
            )
            if at is None and step.isascii() and step.isdecimal():
                at = int(step)
            found = found[at] if at is not None and at < len(found) else None
        else:
            return None
    return found
