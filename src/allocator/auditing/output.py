"""Findings as CSV and JSON Lines, and counted for programs (``formats.md``, "Findings")."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from allocator.auditing.findings import (
    GONE,
    KINDS,
    MARKS,
    Coverage,
    Finding,
    Findings,
    by_clerk,
    standing,
)
from allocator.auditing.sentences import speak
from allocator.auditing.triage import gaps, largest, tallies
from allocator.tables.naming import shipped
from allocator.tables.writing import write_csv
from allocator.wording import say

COLUMNS = (
    "rule",
    "code",
    "kind",
    "severity",
    "subject",
    "subject_id",
    "retailer_id",
    "order_id",
    "clerk",
    "product_id",
    "observed",
    "limit",
    "unit",
    "policy",
    "as_of",
    "evidence",
    "message",
    "remedy",
    "fingerprint",
)
"""Columns of findings.csv, and keys of findings.jsonl, in this order."""

MARKED = ("baseline", *MARKS)
"""Columns that follow where there is a baseline (``baseline``) or a list of suppressions."""


def _cell(evidence: Sequence[dict[str, Any]]) -> str:
    """Evidence in one cell: ``orders.xlsx[Sheet1]:12,15-18; retailers.csv:7``."""
    places = []
    for place in evidence:
        where = place["file"] or place["table"]
        sheet = f"[{place['sheet']}]" if place["sheet"] else ""
        places.append(f"{where}{sheet}:{_runs(place['rows'])}")
    return "; ".join(places)


def _runs(rows: Sequence[int]) -> str:
    """Row numbers in order, neighbours joined: ``12,15-18``."""
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in row_runs(rows))


def row_runs(rows: Sequence[int]) -> list[tuple[int, int]]:
    """First and last of each run of neighbouring rows; rows in order."""
    runs: list[tuple[int, int]] = []
    for row in rows:
        if runs and row == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], row)
        else:
            runs.append((row, row))
    return runs


def marked(findings: Findings) -> tuple[str, ...]:
    """Columns of ``MARKED`` that these findings have."""
    return tuple(name for name in MARKED if name in findings.frame.columns)


def tell(findings: Findings, language: str = "en") -> pl.DataFrame:
    """Findings as others read them: ``COLUMNS``, ``MARKED``, texts written out."""
    spoken = list(speak(findings, language))
    evidence = [_cell(places) for places in findings.frame.get_column("evidence")]
    return findings.frame.with_columns(
        pl.Series("evidence", evidence, pl.String),
        pl.Series("message", [message for message, _ in spoken], pl.String),
        pl.Series("remedy", [remedy for _, remedy in spoken], pl.String),
    ).select(*COLUMNS, *marked(findings))


def write_findings_csv(findings: Findings, path: Path, language: str = "en") -> None:
    """Write findings.csv: one row per finding, formula-safe, BOM for Chinese."""
    write_csv(tell(findings, language), path, language)


def write_findings_jsonl(findings: Findings, path: Path, language: str = "en") -> None:
    """Write findings.jsonl: one object per line; ``evidence`` as a list, ``facts`` besides."""
    marks = marked(findings)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for finding, (message, remedy) in zip(findings, speak(findings, language), strict=True):
            file.write(json.dumps(_entry(finding, message, remedy, marks), ensure_ascii=False))
            file.write("\n")


def _entry(
    finding: Finding, message: str, remedy: str, marks: Sequence[str] = ()
) -> dict[str, Any]:
    """One finding as JSON."""
    values = {name: getattr(finding, name, None) for name in (*COLUMNS, *marks)}
    values |= {
        "as_of": finding.as_of.isoformat(),
        "evidence": list(finding.evidence),
        "message": message,
        "remedy": remedy,
        "facts": dict(finding.facts),
    }
    if "until" in marks and finding.until is not None:
        values["until"] = finding.until.isoformat()
    return values


def summary(findings: Findings, language: str = "en") -> dict[str, Any]:
    """Counts for ``--json``: what was checked, passed, found and not checked, rule by rule.

    ``findings`` counts all, ``open`` those that are neither suppressed nor known to a baseline;
    ``triage`` has the rules with findings, each with its largest case; ``missing`` the columns that
    would let more be checked.
    """
    return {
        "cycle": findings.cycle,
        "as_of": findings.as_of.isoformat(),
        "lines": findings.lines,
        "aside": dict(findings.aside),
        "findings": _by_kind(findings.frame),
        "open": _by_kind(standing(findings)),
        "rules": [
            {
                "rule": entry.rule,
                "code": entry.code,
                "kind": entry.kind,
                "state": entry.state,
                "checked": entry.checked,
                "passed": entry.passed,
                "found": entry.found,
                "not_checked": entry.not_checked,
                "missing": list(entry.missing),
                "lacking": list(entry.lacking),
            }
            for entry in findings.coverage
        ],
        "triage": _triage(findings, language),
        "missing": [
            {
                "column": gap.column,
                "rules": [entry.rule for entry in gap.rules],
                "details": [entry.rule for entry in gap.details],
            }
            for gap in gaps(findings)
        ],
        "clerks": by_clerk(findings).to_dicts(),
        "allocation": [] if findings.allocation is None else findings.allocation.to_dicts(),
        **_answers(findings),
    }


def _by_kind(frame: pl.DataFrame) -> dict[str, int]:
    counts: dict[str, int] = dict(frame.group_by("kind").len().iter_rows())
    return {kind: counts.get(kind, 0) for kind in KINDS}


def _triage(findings: Findings, language: str) -> list[dict[str, Any]]:
    told = []
    for tally in tallies(findings):
        case = replace(findings, frame=largest(findings, tally, 1))
        row = tell(case, language).row(0, named=True)
        told.append(
            {
                "rule": tally.coverage.rule,
                "code": tally.coverage.code,
                "kind": tally.kind,
                "found": tally.found,
                "open": tally.open,
                "suppressed": tally.suppressed,
                "known": tally.known,
                "largest": {name: row[name] for name in ("message", "remedy", "fingerprint")},
            }
        )
    return told


def _answers(findings: Findings) -> dict[str, Any]:
    """Baseline and suppressions, where there are any."""
    told: dict[str, Any] = {}
    if findings.gone is not None:
        counts = dict(findings.frame.group_by("baseline").len().iter_rows())
        told["baseline"] = {"new": 0, "known": 0, "gone": findings.gone.height} | counts
        told["gone"] = findings.gone.select(*GONE).to_dicts()
    if findings.suppressions:
        told["suppressions"] = [
            {
                "fingerprint": entry.fingerprint,
                "rule": entry.rule,
                "subject": entry.subject,
                "reason": entry.reason,
                "approver": entry.approver,
                "until": entry.until.isoformat(),
                "file": entry.file,
                "row": entry.row,
                "state": entry.state,
                "findings": entry.matched,
            }
            for entry in findings.suppressions
        ]
    return told


ELSEWHERE = {
    "past": "need-past",
    "awards.award": "need-awards",
    "bands.at_most": "need-bands",
    "baskets.at_most": "need-baskets",
    "policy.allocation": "need-allocation",
    "policy.ordering.cutoffs.cancel": "need-cancel",
}
"""What rules need that is no column of a table."""


def column_names(columns: Sequence[str], language: str) -> str:
    """Columns with their table; in Chinese as they are usually headed, then with the table.

    columns : ``column`` of the orders, ``table.column``, or several of which one is enough
        (``a|b``)
    """
    return ", ".join(
        " / ".join(_column_name(name, language) for name in need.split("|")) for need in columns
    )


def _column_name(name: str, language: str) -> str:
    if name in ELSEWHERE:
        return say("findings", ELSEWHERE[name], {}, language)
    table, _, column = name.rpartition(".")
    table = table or "orders"
    usual = shipped().get(table, {}).get("columns", {}).get(column, [column])[0]
    named = f"{table}.{column}"
    return f"{usual}（{named}）" if language == "zh-CN" and usual != column else named


def coverage_note(entry: Coverage, language: str = "en") -> str:
    """Why a rule did not look, or what it had to leave out; empty when all is well."""
    counted = say("findings", "counted-quotas", {}, language) if entry.counted == "quotas" else ""
    if entry.state == "checked" and not entry.lacking:
        return counted
    code = "state-lacking" if entry.state == "checked" else f"state-{entry.state}"
    columns = column_names(entry.lacking if entry.state == "checked" else entry.missing, language)
    return say("findings", code, {"columns": columns}, language)
