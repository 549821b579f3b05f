"""A list of suppressions as people keep it: YAML, CSV or Excel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

import polars as pl

from allocator.auditing.suppression import Suppression
from allocator.errors import BadTable, Refusal
from allocator.policy.document import MAX_BYTES, Fault, Node, Unusable, compose, cut
from allocator.tables.assembling import assemble
from allocator.tables.city import Table
from allocator.tables.columnar import take_frame
from allocator.tables.delimited import utf8
from allocator.tables.documents import bounded, opened
from allocator.tables.naming import names_of
from allocator.tables.reading import read_table
from allocator.tables.schemas import SUPPRESSIONS
from allocator.tables.source import printable, refuse
from allocator.wording import Fact

MOST_ENTRIES = 20_000
"""Entries of one list: above it a rule or the standard is wrong, not the findings."""


def read_suppressions(path: str | Path) -> tuple[Suppression, ...]:
    """A list of suppressions: YAML (``.yaml``, ``.yml``), else CSV or Excel with the same columns.

    Raises
    ------
    BadTable : every entry that lacks its reason, approver or last day, or names no finding; the
        message says in which row
    """
    path = Path(path)
    yaml = path.suffix.lower() in (".yaml", ".yml")
    table = _read_yaml(path) if yaml else read_table("suppressions", path)
    frame = table.frame.sort("row")
    if frame.height > MOST_ENTRIES:
        raise refuse("too-many-rows", table.file, count=frame.height, most=MOST_ENTRIES)
    columns = ("fingerprint", "rule", "subject", "reason", "approver", "until", "row")
    return tuple(
        Suppression(**row, file=table.file) for row in frame.select(columns).iter_rows(named=True)
    )


def _read_yaml(path: Path) -> Table:
    """A list of mappings, brought to the shape of a table; row is the line of the entry."""
    name = printable(path.name)
    with opened(path) as file:
        data = bounded(file, name, MAX_BYTES)
    try:
        root, faults = compose(utf8(data, name).decode().replace("\r\n", "\n").replace("\r", "\n"))
    except Unusable as unusable:
        raise _unusable(unusable.faults[-1], name) from None
    if faults:
        raise _unusable(faults[0], name)
    if not isinstance(root.content, tuple):
        raise BadTable("refused", [Refusal("suppression-not-a-list", name, row=root.line)])
    entries = root.content
    columns = [column.name for column in SUPPRESSIONS.columns]
    refusals = [refusal for entry in entries for refusal in _shape(entry, columns, name)]
    if refusals:
        raise BadTable("refused", refusals)
    rows = [{key: _cell(entry, key) for key in columns} for entry in entries]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String))
    lines = pl.Series([entry.line for entry in entries], dtype=pl.UInt32)
    source = replace(take_frame(frame, name), row=lines)
    return assemble(source, SUPPRESSIONS, names_of("suppressions", None))


def _shape(entry: Node, columns: Sequence[str], name: str) -> Iterator[Refusal]:
    if not isinstance(entry.content, dict):
        yield Refusal("suppression-not-a-list", name, row=entry.line)
        return
    for key, node in entry.content.items():
        if key not in columns:
            near = get_close_matches(key[:80], columns, n=1, cutoff=0.0)[0]
            facts: dict[str, Fact] = {"nearest": near}
            code, value = "suppression-key-unknown", cut(key)
            yield Refusal(code, name, row=node.line, value=value, facts=facts)


def _cell(entry: Node, key: str) -> str | None:
    node = entry.content.get(key) if isinstance(entry.content, dict) else None
    return None if node is None or node.content is None else node.text


def _unusable(fault: Fault, name: str) -> BadTable:
    facts: dict[str, Fact] = {"problem": str(fault.facts.get("problem") or fault.code)}
    return BadTable("refused", [Refusal("suppression-yaml", name, row=fault.line, facts=facts)])
