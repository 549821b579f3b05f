"""Findings that somebody answered for: set apart with reason, approver and last day, never hidden.

A suppressed finding stays in every output, marked; it only no longer counts for the exit status.
What is expired counts again, and what matches nothing is told, so that no list grows old unseen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from typing import Literal

import polars as pl

from allocator.auditing.findings import Findings
from allocator.errors import BadTable, Refusal
from allocator.tables.source import printable
from allocator.wording import Fact

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
    refusals = [refusal for entry in entries for refusal in _faults(entry, known)]
    wild = [entry for entry in entries if _wild(entry)]
    if len(wild) > MOST_PATTERNS:
        facts: dict[str, Fact] = {"count": len(wild), "most": MOST_PATTERNS}
        refusals.append(Refusal("suppression-patterns", file=wild[0].file, facts=facts))
    if refusals:
        raise BadTable("refused", refusals)


def _faults(entry: Suppression, known: Sequence[str]) -> Iterator[Refusal]:
    file, row = entry.file, entry.row
    if entry.fingerprint is not None:
        if not FINGERPRINT.fullmatch(entry.fingerprint):
            value = printable(entry.fingerprint)
            yield Refusal("suppression-fingerprint", file, row=row, value=value)
    elif entry.rule is None or entry.subject is None:
        yield Refusal("suppression-of-nothing", file, row=row)
    elif entry.rule not in known:
        near = get_close_matches(entry.rule[:80], known, n=1, cutoff=0.0)
        facts: dict[str, Fact] = {"nearest": near[0] if near else "-"}
        value = printable(entry.rule)
        yield Refusal("suppression-rule-unknown", file, row=row, value=value, facts=facts)
