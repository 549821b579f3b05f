"""Findings that somebody answered for: set apart with reason, approver and last day, never hidden.

A suppressed finding stays in every output, marked; it only no longer counts for the exit status.
What is expired counts again, and what matches nothing is told, so that no list grows old unseen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

import polars as pl

from allocator.auditing.findings import Findings
from allocator.errors import BadTable, Refusal
from allocator.policy.document import MAX_BYTES, Node, Unusable, compose, cut
from allocator.tables.assembling import assemble
from allocator.tables.city import Table
from allocator.tables.columnar import take_frame
from allocator.tables.delimited import utf8
from allocator.tables.documents import bounded, opened
from allocator.tables.naming import names_of
from allocator.tables.reading import read_table
from allocator.tables.schemas import SUPPRESSIONS
from allocator.tables.source import printable, refuse

MOST_ENTRIES = 20_000
"""Entries of one list: above it a rule or the standard is wrong, not the findings."""

MOST_PATTERNS = 500
"""Entries with ``*``: each is compared with all findings of its rule."""

FINGERPRINT = re.compile(r"[0-9a-f]{32}")

ANY = "*"

State = Literal["used", "unused", "expired"]


@dataclass(frozen=True, slots=True)
class Suppression:
    """One entry: what it sets apart, why, who approved it, until when.

    fingerprint : of one finding; with it rule and subject are not looked at
    rule, subject : name or code of a rule, and the identifier of its subject (retailer, order,
        order-taker, product); ``*`` in it stands for any letters, alone for every subject
    until : last day on which it holds, compared with the date of the standard
    file, row : where it stands
    state, matched : after use: findings it set apart, 0 where it is unused or expired
    """

    reason: str
    approver: str
    until: date
    fingerprint: str | None = None
    rule: str | None = None
    subject: str | None = None
    file: str | None = None
    row: int | None = None
    state: State = "unused"
    matched: int = 0


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


def suppress_findings(findings: Findings, suppressions: Iterable[Suppression]) -> Findings:
    """Mark the findings that somebody answered for; the first entry that fits a finding counts.

    Returns
    -------
    Findings : with the columns ``reason``, ``approver`` and ``until`` (null where a finding stands
        open), and ``suppressions`` as they were used

    Raises
    ------
    BadTable : an entry names no finding, or a rule that does not exist
    """
    entries = tuple(suppressions)
    _check(entries, findings)
    code = {entry.rule: entry.code for entry in findings.coverage}
    frame = findings.frame.with_row_index("finding")
    holding = [(n, entry) for n, entry in enumerate(entries) if entry.until >= findings.as_of]
    hits = [_by_fingerprint(frame, holding), _by_subject(frame, holding, code)]
    hits += [_by_pattern(frame, n, entry, code) for n, entry in holding if _wild(entry)]
    chosen = pl.concat(hits).group_by("finding").agg(pl.col("entry").min())
    told = pl.DataFrame(
        {
            "entry": pl.Series(range(len(entries)), dtype=pl.UInt32),
            "reason": pl.Series([entry.reason for entry in entries], dtype=pl.String),
            "approver": pl.Series([entry.approver for entry in entries], dtype=pl.String),
            "until": pl.Series([entry.until for entry in entries], dtype=pl.Date),
        }
    )
    marked = (
        frame.join(chosen.join(told, on="entry"), on="finding", how="left", maintain_order="left")
        .drop("finding", "entry")
        .select(*findings.frame.columns, "reason", "approver", "until")
    )
    counts = dict(chosen.group_by("entry").len().iter_rows())
    used = tuple(
        replace(entry, matched=counts.get(n, 0), state=_state(entry, counts.get(n, 0), findings))
        for n, entry in enumerate(entries)
    )
    return replace(findings, frame=marked, suppressions=used)


def _state(entry: Suppression, matched: int, findings: Findings) -> State:
    if entry.until < findings.as_of:
        return "expired"
    return "used" if matched else "unused"


def _wild(entry: Suppression) -> bool:
    return entry.fingerprint is None and ANY in (entry.subject or "")


def _by_fingerprint(
    frame: pl.DataFrame, entries: Sequence[tuple[int, Suppression]]
) -> pl.DataFrame:
    named = [(n, entry.fingerprint) for n, entry in entries if entry.fingerprint is not None]
    schema = {"entry": pl.UInt32, "fingerprint": pl.String}
    listed = pl.DataFrame(named, schema=schema, orient="row")
    return frame.select("finding", "fingerprint").join(listed, on="fingerprint").select(_HIT)


def _by_subject(
    frame: pl.DataFrame, entries: Sequence[tuple[int, Suppression]], code: dict[str, str]
) -> pl.DataFrame:
    named = [
        (n, code.get(entry.rule or "", entry.rule), entry.subject)
        for n, entry in entries
        if entry.fingerprint is None and not _wild(entry)
    ]
    schema = {"entry": pl.UInt32, "code": pl.String, "subject_id": pl.String}
    listed = pl.DataFrame(named, schema=schema, orient="row")
    keys = ["code", "subject_id"]
    return frame.select("finding", *keys).join(listed, on=keys).select(_HIT)


def _by_pattern(
    frame: pl.DataFrame, n: int, entry: Suppression, code: dict[str, str]
) -> pl.DataFrame:
    letters = "".join(
        ".*" if part == ANY else re.escape(part) for part in re.split(r"(\*)", entry.subject or "")
    )
    fits = pl.col("subject_id").fill_null("").str.contains(f"(?s)^{letters}$")
    return frame.filter((pl.col("code") == code.get(entry.rule or "", entry.rule)) & fits).select(
        "finding", pl.lit(n, pl.UInt32).alias("entry")
    )


_HIT = ("finding", "entry")


def _check(entries: Sequence[Suppression], findings: Findings) -> None:
    """Refuse, all at once, entries that name no finding or no rule."""
    known = sorted(
        {entry.rule for entry in findings.coverage} | {entry.code for entry in findings.coverage}
    )
    refusals = []
    for entry in entries:
        place = {"file": entry.file, "row": entry.row}
        if entry.fingerprint is not None:
            if not FINGERPRINT.fullmatch(entry.fingerprint):
                value = printable(entry.fingerprint)
                refusals.append(Refusal("suppression-fingerprint", **place, value=value))
        elif entry.rule is None or entry.subject is None:
            refusals.append(Refusal("suppression-of-nothing", **place))
        elif entry.rule not in known:
            near = get_close_matches(entry.rule[:80], known, n=1, cutoff=0.0)
            facts = {"nearest": near[0] if near else "-"}
            value = printable(entry.rule)
            refusals.append(Refusal("suppression-rule-unknown", **place, value=value, facts=facts))
    wild = [entry for entry in entries if _wild(entry)]
    if len(wild) > MOST_PATTERNS:
        facts = {"count": len(wild), "most": MOST_PATTERNS}
        refusals.append(Refusal("suppression-patterns", file=wild[0].file, facts=facts))
    if refusals:
        raise BadTable("refused", refusals)


def _read_yaml(path: Path) -> Table:
    """A list of mappings, brought to the shape of a table; row is the line of the entry."""
    name = printable(path.name)
    with opened(path) as file:
        data = bounded(file, name, MAX_BYTES)
    try:
        root, faults = compose(utf8(data, name).decode().replace("\r\n", "\n").replace("\r", "\n"))
    except Unusable as unusable:
        raise _unusable(unusable.faults[-1].line, unusable.faults[-1].code, name) from None
    if faults:
        raise _unusable(faults[0].line, faults[0].code, name)
    entries = root.content if isinstance(root.content, tuple) else ()
    columns = [column.name for column in SUPPRESSIONS.columns]
    refusals = []
    for entry in entries or (root,):
        if not isinstance(entry.content, dict):
            refusals.append(Refusal("suppression-not-a-list", name, row=entry.line))
            continue
        for key, node in entry.content.items():
            if key not in columns:
                near = get_close_matches(key[:80], columns, n=1, cutoff=0.0)[0]
                refusals.append(
                    Refusal(
                        "suppression-key-unknown",
                        name,
                        row=node.line,
                        value=cut(key),
                        facts={"nearest": near},
                    )
                )
    if refusals:
        raise BadTable("refused", refusals)
    rows = [{key: _cell(entry, key) for key in columns} for entry in entries]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String))
    lines = pl.Series([entry.line for entry in entries], dtype=pl.UInt32)
    source = replace(take_frame(frame, name), row=lines)
    return assemble(source, SUPPRESSIONS, names_of("suppressions", None))


def _cell(entry: Node, key: str) -> str | None:
    node = entry.content.get(key) if isinstance(entry.content, dict) else None
    return None if node is None or node.content is None else node.text


def _unusable(line: int | None, problem: str, name: str) -> BadTable:
    facts = {"problem": problem}
    return BadTable("refused", [Refusal("suppression-yaml", name, row=line, facts=dict(facts))])
