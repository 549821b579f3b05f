"""Which of the dated values is in force on a day.

Anywhere a key's value may stand, days may stand instead, each with what holds from it on::

    reserve:
      2026-01-01: {value: 2%, source: {title: ..., url: null}, last_valid_on: 2026-12-31}

Entries of a list are no place for days, nor are the headers and values under ``tables``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from pydantic import ValidationError

from allocator.policy.document import Fault, Node, Path, cut, day_of, plain
from allocator.policy.models import Source
from allocator.policy.nearest import unknown_key
from allocator.wording import Fact

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
PARTS = ("value", "source", "last_valid_on")


@dataclass(frozen=True, slots=True)
class Entry:
    """A dated value in force.

    since : its day; source : where it is published, ``None`` where it names none
    """

    path: Path
    line: int
    since: date
    source: Source | None
    last_valid_on: date | None


@dataclass(frozen=True, slots=True)
class Resolved:
    """A document as it stands on a day: its tree without days, and what came from where."""

    root: Node
    entries: tuple[Entry, ...]
    faults: tuple[Fault, ...]


@dataclass(slots=True)
class _Found:
    entries: list[Entry] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def _is_dated(node: Node) -> bool:
    return isinstance(node.content, dict) and any(DAY.fullmatch(key) for key in node.content)


def days_of(node: Node, path: Path = ()) -> Iterator[date]:
    """Every day from which some value holds, in the order of the file."""
    if not isinstance(node.content, dict) or path == ("tables",):
        return
    for key, child in node.content.items():
        if path and DAY.fullmatch(key):
            try:
                day = day_of(key)
            except ValueError:
                continue
            if day is not None:
                yield day
        yield from days_of(child, (*path, key))


def resolve(root: Node, on: date) -> Resolved:
    """The document as it stands on a day.

    A key whose first day is still to come is left out and is a fault.
    """
    found = _Found()
    tree = _walk(root, (), on, found)
    return Resolved(tree or replace(root, content={}), tuple(found.entries), tuple(found.faults))


def _walk(node: Node, path: Path, on: date, found: _Found) -> Node | None:
    if not isinstance(node.content, dict) or path == ("tables",):
        return node
    if path and _is_dated(node):
        chosen = _choose(node, node.content, path, on, found)
        if chosen is None or _is_dated(chosen):
            return chosen
        node = chosen
    if not isinstance(node.content, dict):
        return node
    children = {
        key: kept
        for key, child in node.content.items()
        if (kept := _walk(child, (*path, key), on, found)) is not None
    }
    return replace(node, content=children)


def _choose(node: Node, days: dict[str, Node], path: Path, on: date, found: _Found) -> Node | None:
    """The value in force of a dated node; faults of all its entries are noted."""
    valid: dict[date, dict[str, Node]] = {}
    for key, child in days.items():
        place = (*path, key)
        try:
            day = day_of(key)
        except ValueError:
            found.faults.append(Fault(child.line, place, "no-such-day", {"day": key}))
            continue
        if day is None:
            facts = {"key": cut(key)}
            found.faults.append(Fault(child.line, place, "key-among-days", facts))
        elif not isinstance(child.content, dict) or "value" not in child.content:
            found.faults.append(Fault(child.line, place, "day-without-value", {"day": key}))
        else:
            valid[day] = child.content
    begun = [day for day in valid if day <= on]
    entries = {day: _entry(parts, path, day, found) for day, parts in valid.items()}
    if not begun:
        if len(valid) == len(days):  # else the reason may be an entry refused above
            first: dict[str, Fact] = {"first": min(valid), "on": on}
            found.faults.append(Fault(node.line, path, "before-first-day", first))
        return None
    since = max(begun)
    found.entries.append(entries[since])
    return valid[since]["value"]


def _entry(parts: dict[str, Node], path: Path, since: date, found: _Found) -> Entry:
    place = (*path, since.isoformat())
    for key, child in parts.items():
        if key not in PARTS:
            found.faults.append(unknown_key(child.line, (*place, key), PARTS))
    last: date | None = None
    if (given := parts.get("last_valid_on")) is not None and given.content is not None:
        try:
            last = day_of(given.text or "")
            code = "needs-day" if last is None else ""
        except ValueError:
            code = "needs-day"
        if last is not None and last < since:
            code = "ends-before-it-starts"
        if code:
            facts = {"since": since}
            where = (*place, "last_valid_on")
            found.faults.append(Fault(given.line, where, code, facts, cut(given.text)))
    return Entry(path, parts["value"].line, since, _source(parts, place, found), last)


def _source(parts: dict[str, Node], place: Path, found: _Found) -> Source | None:
    given = parts.get("source")
    if given is None or given.content is None:
        return None
    try:
        return Source.model_validate(plain(given))
    except ValidationError:
        found.faults.append(Fault(given.line, (*place, "source"), "bad-source"))
        return None
