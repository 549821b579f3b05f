"""What the workbook of an audit holds, sheet by sheet, before anything is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from allocator.auditing.clerks.output import clerks_table, league_told
from allocator.auditing.findings import KINDS, Findings, by_clerk
from allocator.auditing.output import column_names, coverage_note, marked, tell
from allocator.auditing.sampling.drawing import Sample
from allocator.auditing.triage import gaps, tallies
from allocator.auditing.words import counted, head_sentences, text, unit_word
from allocator.reports.listening import sheet_table
from allocator.reports.sheets import Sheet
from allocator.tables.city import Table
from allocator.wording import paragraph, say

MOST_FINDINGS: Final = 20_000
"""Findings in the workbook; findings.csv has all. Nobody scrolls further, and Excel stays quick."""

MOST_EVIDENCE: Final = 50_000
"""Rows of evidence in the workbook."""

MOST_EACH: Final = 200
"""Rows of evidence of one finding: the orders of a whole product are no evidence to read."""

OF_ORDERS: Final = (
    "order_id", "retailer_id", "product_id", "ordered_at", "channel", "clerk", "requested",
    "granted", "recording_id",
)  # fmt: skip
"""What the evidence shows of an order line, where the input has it."""


def _sheet(
    name: str,
    note: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    language: str,
    frozen: int = 1,
) -> Sheet:
    """A sheet whose headings are those of this file."""
    labels = [text(f"head-{column}", language) for column in columns]
    return Sheet(name, note, columns, labels, rows, frozen)


def sheets(
    findings: Findings, language: str, *, tables: Mapping[str, Table], sample: Sample | None
) -> Iterator[Sheet]:
    """All sheets in order.

    Parameters
    ----------
    tables : of the input, by name; with the orders the evidence shows each line, not only its place
    sample : recordings to listen to, as the sampling plan gives them
    """
    told, number = _chosen(findings, language)
    yield _summary(findings, language)
    yield _listed(findings, told, number, language)
    yield _evidence(number, tables, language)
    yield from _clerks(findings, language)
    if sample is not None:
        yield _sample(sample, language)
    if findings.gone is not None:
        yield _gone(findings.gone, language)
    yield _answers(findings, language)


def _chosen(findings: Findings, language: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Findings of the workbook told in words, and their frame with the number in findings.csv."""
    frame = findings.frame.with_row_index("number", offset=1)
    if frame.height > MOST_FINDINGS:
        rank = {kind: place for place, kind in enumerate(("violation", "data", "alert"))}
        kind = pl.col("kind").replace_strict(rank, return_dtype=pl.Int8)
        frame = frame.sort(kind, "number").head(MOST_FINDINGS).sort("number")
    return tell(replace(findings, frame=frame), language), frame


def _summary(findings: Findings, language: str) -> Sheet:
    """All rules with what they looked at; below, the columns that would let more be checked."""
    found: dict[str, int] = {}
    opened: dict[str, int] = {}
    for tally in tallies(findings):
        found[tally.coverage.rule] = found.get(tally.coverage.rule, 0) + tally.found
        opened[tally.coverage.rule] = opened.get(tally.coverage.rule, 0) + tally.open
    rows: list[Sequence[object]] = []
    for entry in sorted(findings.coverage, key=lambda entry: KINDS.index(entry.kind)):
        rows.append(
            [
                entry.code,
                say("findings", f"rule-{entry.rule}", {}, language),
                text(f"kind-{entry.kind}", language),
                found.get(entry.rule, 0),
                opened.get(entry.rule, 0),
                entry.checked,
                entry.passed,
                entry.not_checked,
                coverage_note(entry, language),
            ]
        )
    lacking = [
        [
            text("gap-row", language),
            column_names([gap.column], language),
            "",
            None,
            None,
            None,
            None,
            None,
            text("gap-rules", language, rules=", ".join(entry.code for entry in gap.rules))
            if gap.rules
            else text("gap-details", language, rules=", ".join(e.code for e in gap.details)),
        ]
        for gap in gaps(findings)
    ]
    sentences = [*head_sentences(findings, language), counted(findings, language)]
    note = paragraph(sentences, language)
    columns = (
        "code", "rule", "kind", "found", "open", "checked", "passed", "unchecked", "note",
    )  # fmt: skip
    name = text("sheet-summary", language)
    return _sheet(name, note, columns, [*rows, *lacking], language, 2)


def _listed(findings: Findings, told: pl.DataFrame, number: pl.DataFrame, language: str) -> Sheet:
    """One row a finding, in the order of findings.csv."""
    marks = marked(findings)
    columns = (
        "number", "code", "rule", "kind", "severity",
        *(name for name in marks if name == "baseline"),
        "subject", "subject_id", "order_id", "clerk", "product_id", "observed", "limit", "unit",
        "message", "remedy", "fingerprint",
        *(name for name in marks if name != "baseline"),
    )  # fmt: skip
    words = {
        "rule": lambda value: say("findings", f"rule-{value}", {}, language),
        "kind": lambda value: text(f"kind-{value}", language),
        "severity": lambda value: say("findings", f"severity-{value}", {}, language),
        "subject": lambda value: say("findings", f"subject-{value}", {}, language),
        "unit": lambda value: unit_word(value, language),
        "baseline": lambda value: text(f"mark-{value}", language),
    }
    rows = [
        [
            words[name](row[name]) if name in words and row[name] is not None else row[name]
            for name in columns
        ]
        for row in told.with_columns(number["number"]).iter_rows(named=True)
    ]
    hidden = len(findings) - told.height
    note = text("sheet-cut", language, count=hidden) if hidden else text("sheet-all", language)
    return _sheet(text("sheet-findings", language), note, columns, rows, language, 3)


def _evidence(number: pl.DataFrame, tables: Mapping[str, Table], language: str) -> Sheet:
    """One row for each input row that a finding concerns; of orders also what the line holds."""
    schema = {
        "number": pl.UInt32, "code": pl.String, "rule": pl.String, "table": pl.String,
        "file": pl.String, "sheet": pl.String, "row": pl.UInt32,
    }  # fmt: skip
    listed = list(_rows(number))
    frame = pl.DataFrame(listed[:MOST_EVIDENCE], schema=schema, orient="row")
    orders = tables.get("orders")
    shown: list[str] = []
    if orders is not None:
        shown = [name for name in OF_ORDERS if name in orders.frame.columns]
        shown = [name for name in shown if orders.frame[name].null_count() < orders.frame.height]
        lines = orders.frame.select(
            pl.col("row").cast(pl.UInt32), pl.lit("orders").alias("table"), *shown
        ).unique("row", keep="first", maintain_order=True)
        frame = frame.join(lines, on=["table", "row"], how="left", maintain_order="left")
    names = {rule: say("findings", f"rule-{rule}", {}, language) for rule in frame["rule"].unique()}
    frame = frame.with_columns(
        pl.col("rule").replace_strict(names, return_dtype=pl.String),
        pl.col("table").replace_strict(
            {name: text(f"table-{name}", language) for name in frame["table"].unique()},
            return_dtype=pl.String,
        ),
    )
    hidden = len(listed) - frame.height
    code = "evidence-cut" if hidden else "evidence-all"
    note = text(code, language, most=MOST_EACH)
    return _sheet(text("sheet-evidence", language), note, frame.columns, frame.rows(), language, 3)


def _rows(number: pl.DataFrame) -> Iterator[tuple[object, ...]]:
    """Every input row of every finding, at most ``MOST_EACH`` of one."""
    for n, code, rule, places in number.select("number", "code", "rule", "evidence").iter_rows():
        left = MOST_EACH
        for place in places:
            for row in place["rows"][:left]:
                yield n, code, rule, place["table"], place["file"], place["sheet"], row
            left -= min(left, len(place["rows"]))


def _clerks(findings: Findings, language: str) -> Iterator[Sheet]:
    """Order-takers beside each other, and the totals of what each entered wrongly."""
    league = findings.clerks
    if league is not None:
        frame = clerks_table(league, language)
        numbers = ("share", "low", "high", "expected", "chance")
        frame = frame.with_columns(pl.col(name).cast(pl.Float64) for name in numbers)
        labels = [say("clerks", f"head-{name}", {}, language) for name in frame.columns]
        note = paragraph(league_told(league, language), language)
        yield Sheet(text("sheet-clerks", language), note, frame.columns, labels, frame.rows(), 2)
    totals = by_clerk(findings)
    nobody = say("findings", "no-clerk", {}, language)
    rows = totals.with_columns(pl.col("clerk").fill_null(nobody)).rows()
    note = say("findings", "clerks-title", {}, language)
    yield _sheet(text("sheet-totals", language), note, totals.columns, rows, language)


def _answers(findings: Findings, language: str) -> Sheet:
    """The list of suppressions as it was given, ready to be added to and handed back."""
    rows = [
        [entry.fingerprint, entry.rule, entry.subject, entry.reason, entry.approver, entry.until]
        for entry in findings.suppressions
    ]
    columns = ("fingerprint", "rule", "subject", "reason", "approver", "until")
    name, note = text("sheet-answers", language), text("answers-note", language)
    return _sheet(name, note, columns, rows, language, 0)


def _sample(plan: Sample, language: str) -> Sheet:
    """The recordings to listen to, as the sheet of ``allocator sample`` has them."""
    frame = sheet_table(plan)
    labels = [say("sampling", f"head-{name}", {}, language) for name in frame.columns]
    name, note = text("sheet-sample", language), text("sheet-sample-note", language)
    return Sheet(name, note, frame.columns, labels, frame.rows(), 2)


def _gone(gone: pl.DataFrame, language: str) -> Sheet:
    name, note = text("sheet-gone", language), text("sheet-gone-note", language)
    return _sheet(name, note, gone.columns, gone.rows(), language)
