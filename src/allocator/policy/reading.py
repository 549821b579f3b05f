"""Reads a policy: from a file, a text or a mapping, as it stands on one day."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path as FilePath
from typing import Any, NoReturn

from allocator.errors import BadPolicy, BadRequest
from allocator.policy.checks import CHECKS, WARNINGS
from allocator.policy.dated import Entry, Resolved, days_of, resolve
from allocator.policy.document import (
    MAX_BYTES,
    MAX_DEPTH,
    Fault,
    Node,
    Path,
    Unusable,
    compose,
    cut,
    find,
    spell_path,
)
from allocator.policy.models import Policy, PolicyFile, SourceInForce
from allocator.policy.shape import fit, follows

MAX_DAYS = 200


def read_policy(path: str | FilePath, on: date | str) -> Policy:
    """The policy of a YAML file as it stands on a day.

    Parameters
    ----------
    path : the file, UTF-8, at most 1 MB
    on : the day, a date or ``YYYY-MM-DD``; dated values are resolved for it

    Raises
    ------
    BadPolicy : the file cannot be read or used; lists every fault with line and path.
    BadRequest : ``on`` is no day.
    """
    name = str(path)
    day = _as_day(on)
    try:
        with FilePath(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        facts = {"reason": reason or type(error).__name__}
        _refuse([Fault(None, (), "unreadable-file", facts)], name, error)
    return _policy(data, day, name)


def policy_from(text_or_mapping: str | Mapping[str, Any], on: date | str) -> Policy:
    """The policy of a YAML text, or of a mapping with the same keys; see ``read_policy``.

    The text of a mapping is its JSON, which is YAML too; lines count in it.
    """
    day = _as_day(on)
    try:
        text = text_or_mapping if isinstance(text_or_mapping, str) else text_of(text_or_mapping)
        data = text.encode()
    except UnicodeEncodeError as error:
        _refuse([Fault(None, (), "not-utf8", {})], None, error)
    return _policy(data, day, None)


def text_of(mapping: Mapping[str, Any]) -> str:
    """The text of a policy that was given as a mapping."""
    return _spelt(mapping, 0) + "\n"


def _as_day(on: date | str) -> date:
    if isinstance(on, datetime):
        return on.date()
    if isinstance(on, date):
        return on
    try:
        if len(on) == 10:
            return date.fromisoformat(on)
    except (TypeError, ValueError):
        pass
    raise BadRequest("not-a-day", value=cut(str(on)))


def _refuse(faults: Iterable[Fault], name: str | None, cause: Exception | None = None) -> NoReturn:
    unique: dict[tuple[int, str, str], Fault] = {}
    for fault in faults:  # one fault of several days, or of both sizes of whole units, is one
        unique.setdefault((fault.line or 0, spell_path(fault.path), fault.code), fault)
    refusals = [unique[key].refusal(name) for key in sorted(unique)]
    raise BadPolicy("bad-policy", refusals) from cause


def _policy(data: bytes, on: date, name: str | None) -> Policy:
    if len(data) > MAX_BYTES:
        _refuse([Fault(None, (), "file-too-large", {"most": MAX_BYTES})], name)
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        _refuse([Fault(line, (), "not-utf8", {})], name, error)
    try:
        root, faults = compose(text)
    except Unusable as error:
        _refuse(error.faults, name, error)
    if not isinstance(root.content, dict):
        _refuse([*faults, Fault(root.line, (), "needs-keys", {}, cut(root.text))], name)

    resolved = resolve(root, on)
    file, found = fit(resolved.root)
    hidden = {fault.path for fault in resolved.faults}
    faults += resolved.faults
    faults += [
        fault for fault in found if not (fault.code == "missing-key" and fault.path in hidden)
    ]
    faults += _other_days(root, on)
    if file is not None:
        known = [*found, *resolved.faults]
        above = {fault.path[:depth] for fault in known for depth in range(len(fault.path) + 1)}
        checked = _checked(file, resolved.root, CHECKS)
        faults += [
            fault
            for fault in checked
            if fault.path not in above and not follows(fault, found, frozenset())
        ]
    if faults or file is None:
        _refuse(faults, name)
    lines = dict(_lines(resolved.root, ()))
    warnings = [*_expired(resolved, on), *_checked(file, resolved.root, WARNINGS)]
    return Policy(
        title=file.title,
        on=on,
        digest=hashlib.sha256(data).hexdigest(),
        text=data.decode(),  # as it is, so that a copy has the same digest
        tables=file.tables,
        grading=None if file.grading is None else file.grading.in_force(on),
        allocation=file.allocation.placed(lines),
        ordering=file.ordering,
        audit=file.audit,
        sources={spell_path(entry.path): _source(entry) for entry in resolved.entries},
        lines=lines,
        warnings=tuple(fault.refusal(name) for fault in warnings),
    )


def _checked(file: PolicyFile, root: Node, checks: Iterable[Any]) -> list[Fault]:
    faults = []
    for check in checks:
        for path, code, facts in check(file):
            node, place = None, path
            while place and (node := find(root, place)) is None:
                place = place[:-1]
            line = root.line if node is None else node.line
            faults.append(Fault(line, path, code, facts, None if node is None else cut(node.text)))
    return faults


def _other_days(root: Node, on: date) -> list[Fault]:
    """Faults of the shape of values that hold on other days than ``on``."""
    days = sorted(set(days_of(root)))
    if len(days) > MAX_DAYS:
        return [Fault(root.line, (), "too-many-days", {"most": MAX_DAYS})]
    faults = []
    for day in days:
        resolved = resolve(root, day)
        if day != on:
            _, found = fit(resolved.root)
            faults += [fault for fault in found if fault.code != "missing-key"]
    return faults


def _source(entry: Entry) -> SourceInForce:
    source = entry.source
    return SourceInForce(
        since=entry.since,
        title=None if source is None else source.title,
        url=None if source is None else source.url,
        last_valid_on=entry.last_valid_on,
    )


def _expired(resolved: Resolved, on: date) -> list[Fault]:
    faults = []
    for entry in resolved.entries:
        if entry.last_valid_on is not None and entry.last_valid_on < on:
            facts = {"last": entry.last_valid_on, "on": on}
            faults.append(Fault(entry.line, entry.path, "past-last-day", facts))
        if entry.source is None:
            facts = {"since": entry.since}
            faults.append(Fault(entry.line, entry.path, "no-source", facts))
    return faults


def _lines(node: Node, path: Path) -> Iterable[tuple[str, int]]:
    if path:
        yield spell_path(path), node.line
    if isinstance(node.content, dict):
        for key, child in node.content.items():
            yield from _lines(child, (*path, key))
    elif isinstance(node.content, tuple):
        for index, child in enumerate(node.content):
            yield from _lines(child, (*path, index))


def _spelt(value: Any, depth: int) -> str:
    """A value as JSON that loses no digit; what JSON cannot say becomes a text."""
    pad, end = "  " * (depth + 1), "  " * depth
    if depth > MAX_DEPTH:
        _refuse([Fault(None, (), "too-deep", {"most": MAX_DEPTH})], None)
    if isinstance(value, Mapping):
        lines = [
            f"{pad}{json.dumps(str(key), ensure_ascii=False)}: {_spelt(child, depth + 1)}"
            for key, child in value.items()
        ]
        return "{\n" + ",\n".join(lines) + f"\n{end}}}" if lines else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_spelt(child, depth + 1) for child in value) + "]"
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    if isinstance(value, Decimal | float):
        number = Decimal(str(value))
        return format(number, "f") if number.is_finite() else json.dumps(str(value))
    return json.dumps(
        value.isoformat() if isinstance(value, date) else str(value), ensure_ascii=False
    )
