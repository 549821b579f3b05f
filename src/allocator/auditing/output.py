"""Findings as a table on screen, as CSV and as JSON Lines (``formats.md``, "Findings")."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from allocator.auditing.findings import Coverage, Findings, by_clerk, worst
from allocator.auditing.sentences import speak
from allocator.tables.naming import shipped
from allocator.tables.writing import write_csv
from allocator.wording import Fact, say

if TYPE_CHECKING:
    from rich.console import RenderableType

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


MOST_CLERKS = 20
"""Order-takers on the screen; ``--json`` has them all."""


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
    runs: list[list[int]] = []
    for row in rows:
        if runs and row == runs[-1][1] + 1:
            runs[-1][1] = row
        else:
            runs.append([row, row])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def tell(findings: Findings, language: str = "en") -> pl.DataFrame:
    """Findings as people and other programs read them: columns ``COLUMNS``, texts written out."""
    spoken = list(speak(findings, language))
    evidence = [_cell(places) for places in findings.frame.get_column("evidence")]
    return findings.frame.with_columns(
        pl.Series("evidence", evidence, pl.String),
        pl.Series("message", [message for message, _ in spoken], pl.String),
        pl.Series("remedy", [remedy for _, remedy in spoken], pl.String),
    ).select(COLUMNS)


def write_findings_csv(findings: Findings, path: Path, language: str = "en") -> None:
    """Write findings.csv: one row per finding, formula-safe, BOM for Chinese."""
    write_csv(tell(findings, language), path, language)


def write_findings_jsonl(findings: Findings, path: Path, language: str = "en") -> None:
    """Write findings.jsonl: one object per line; ``evidence`` as a list, ``facts`` besides."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for finding, (message, remedy) in zip(findings, speak(findings, language), strict=True):
            values = {name: getattr(finding, name, None) for name in COLUMNS}
            values |= {
                "as_of": finding.as_of.isoformat(),
                "evidence": list(finding.evidence),
                "message": message,
                "remedy": remedy,
                "facts": dict(finding.facts),
            }
            file.write(json.dumps(values, ensure_ascii=False, default=str) + "\n")


def summary(findings: Findings) -> dict[str, Any]:
    """Counts for ``--json``: what was checked, passed, found and not checked, rule by rule."""
    kinds = findings.frame.group_by("kind").len()
    return {
        "cycle": findings.cycle,
        "as_of": findings.as_of.isoformat(),
        "lines": findings.lines,
        "aside": dict(findings.aside),
        "findings": {"violation": 0, "alert": 0, "data": 0} | dict(kinds.iter_rows()),
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
        "clerks": by_clerk(findings).to_dicts(),
    }


ELSEWHERE = {
    "past": "need-past",
    "awards.award": "need-awards",
    "bands.at_most": "need-bands",
    "baskets.at_most": "need-baskets",
    "policy.ordering.cutoffs.cancel": "need-cancel",
}
"""What rules need that is no column of a table."""


def column_names(columns: Sequence[str], language: str) -> str:
    """Columns with their table; in Chinese also as they are usually headed."""
    told = []
    for name in columns:
        if name in ELSEWHERE:
            told.append(say("findings", ELSEWHERE[name], {}, language))
            continue
        table, _, column = name.rpartition(".")
        table = table or "orders"
        usual = shipped()[table].get("columns", {}).get(column, [column])[0]
        told.append(f"{table}.{column}" + (f"（{usual}）" if language == "zh-CN" else ""))
    return ", ".join(told)


def coverage_note(entry: Coverage, language: str = "en") -> str:
    """Why a rule did not look, or what it had to leave out; empty when all is well."""
    if entry.state == "checked" and not entry.lacking:
        return ""
    code = "state-lacking" if entry.state == "checked" else f"state-{entry.state}"
    columns = column_names(entry.missing or entry.lacking, language)
    return say("findings", code, {"columns": columns}, language)


def screen(findings: Findings, language: str = "en", most: int = 30) -> RenderableType:
    """The ``most`` largest findings, totals by order-taker, and what was checked."""
    from rich.console import Group
    from rich.text import Text

    def line(code: str, count: int) -> Text:
        return Text(say("findings", code, {"count": count}, language))

    parts: list[RenderableType] = [line("screen-lines", findings.lines)]
    parts += [line(f"aside-{cause}", count) for cause, count in findings.aside.items()]
    if len(findings):
        parts.append(_findings_table(findings, language, most))
    else:
        parts.append(Text(say("findings", "screen-none", {}, language), style="bold green"))
    hidden = len(findings) - len(worst(findings, most))
    if hidden:
        parts.append(line("screen-more", hidden))
    clerks = by_clerk(findings)
    if len(clerks):
        parts.append(_clerks_table(clerks, language))
    parts.append(_coverage_table(findings, language))
    return Group(*parts)


def _label(code: str, language: str) -> str:
    return say("findings", code, {}, language)


def _plain(text: str) -> str:
    """Text from files for a terminal: no markup (``Text`` sees to it), no control characters."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def _findings_table(findings: Findings, language: str, most: int) -> RenderableType:
    from dataclasses import replace

    from rich.table import Table
    from rich.text import Text

    facts: dict[str, Fact] = {"cycle": findings.cycle, "as_of": findings.as_of}
    code = "screen-title" if findings.cycle else "screen-title-no-cycle"
    table = Table(title=say("findings", code, facts, language), show_lines=True)
    for column in ("severity", "rule", "subject", "message", "remedy"):
        table.add_column(_label(f"column-{column}", language), overflow="fold")
    styles = {"high": "bold red", "medium": "yellow", "low": "dim"}
    shown = replace(findings, frame=worst(findings, most))
    for row in tell(shown, language).iter_rows(named=True):
        table.add_row(
            Text(_label(f"severity-{row['severity']}", language), style=styles[row["severity"]]),
            Text(f"{row['code']} {_label('rule-' + row['rule'], language)}"),
            Text(_plain(f"{_label('subject-' + row['subject'], language)} {row['subject_id']}")),
            Text(_plain(row["message"])),
            Text(_plain(row["remedy"])),
        )
    return table


def _clerks_table(clerks: pl.DataFrame, language: str) -> RenderableType:
    """Who shorted whom, in one look: totals by order-taker."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=_label("clerks-title", language))
    table.add_column(_label("column-clerk", language), overflow="fold")
    figures = clerks.columns[1:]
    for column in figures:
        table.add_column(_label(f"column-{column}", language), justify="right")
    for row in clerks.head(MOST_CLERKS).iter_rows(named=True):
        name = _label("no-clerk", language) if row["clerk"] is None else _plain(row["clerk"])
        table.add_row(Text(name), *(Text(f"{row[column]:,}") for column in figures))
    return table


def _coverage_table(findings: Findings, language: str) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=_label("coverage-title", language))
    table.add_column(_label("column-rule", language))
    for column in ("found", "checked", "passed", "unchecked"):
        table.add_column(_label(f"column-{column}", language), justify="right")
    table.add_column(_label("column-note", language), overflow="fold")
    for entry in findings.coverage:
        counts = (entry.found, entry.checked, entry.passed, entry.not_checked)
        table.add_row(
            Text(f"{entry.code} {_label('rule-' + entry.rule, language)}"),
            *(Text(f"{count:,}") for count in counts),
            Text(coverage_note(entry, language)),
        )
    return table
