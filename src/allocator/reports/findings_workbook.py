"""The findings as a workbook for the office: summary, findings, evidence, order-takers, answers.

It reads back: the sheet of findings as a baseline, the sheet of answers as a list of suppressions.
Every text is written as text, so that none becomes a formula.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from allocator.auditing.clerks.output import clerks_table, league_told
from allocator.auditing.findings import KINDS, Findings, by_clerk
from allocator.auditing.output import column_names, coverage_note, marked, tell
from allocator.auditing.sampling.drawing import Sample
from allocator.auditing.screen import counted, head_sentences, text
from allocator.auditing.triage import gaps, tallies
from allocator.auditing.words import unit_word
from allocator.reports.listening import sheet_table
from allocator.tables.city import Table
from allocator.wording import say

MOST_FINDINGS: Final = 20_000
"""Findings in the workbook; findings.csv has all. Nobody scrolls further, and Excel stays quick."""

MOST_EVIDENCE: Final = 50_000
"""Rows of evidence in the workbook."""

MOST_EACH: Final = 200
"""Rows of evidence of one finding: the orders of a whole product are no evidence to read."""

MOST_LETTERS: Final = 32_000
"""Letters of a cell: Excel holds 32,767."""

HEADER_ROW: Final = 2
"""Above it stand the title and a note."""

OF_ORDERS: Final = (
    "order_id", "retailer_id", "product_id", "ordered_at", "channel", "clerk", "requested",
    "granted", "recording_id",
)  # fmt: skip
"""What the evidence shows of an order line, where the input has it."""

WIDE: Final = {"message": 70, "remedy": 55, "note": 45, "rules": 60, "details": 60, "reason": 30}
MIDDLE: Final = {
    "rule": 18, "subject_id": 18, "order_id": 20, "retailer_id": 18, "ordered_at": 17,
    "fingerprint": 36, "file": 24, "column": 34, "recording_id": 20, "clerk": 14, "product_id": 14,
    "subject": 14, "indicator": 34,
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Sheet:
    """One sheet: columns by code of their heading, and rows of plain values.

    labels : headings in words, where they are not those of this file
    """

    name: str
    note: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    frozen: int = 1
    labels: Sequence[str] = ()


def write_findings_workbook(
    path: Path,
    findings: Findings,
    title: str,
    language: str = "en",
    *,
    tables: Mapping[str, Table] | None = None,
    sample: Sample | None = None,
) -> None:
    """Write findings.xlsx; the same findings give the same bytes.

    Parameters
    ----------
    title : of the policy, or what was audited
    tables : of the input, by name; with the orders the evidence shows each line, not only its place
    sample : recordings to listen to, as the sampling plan gives them
    """
    import xlsxwriter  # 40 ms: only who writes a workbook pays for it

    heading = "  ".join(
        part for part in (title, findings.cycle, findings.as_of.isoformat()) if part
    )
    told, number = _chosen(findings, language)
    with xlsxwriter.Workbook(path, {"in_memory": True, "strings_to_formulas": False}) as book:
        when = datetime(findings.as_of.year, findings.as_of.month, findings.as_of.day)
        book.set_properties({"title": heading, "created": when})
        styles = _styles(book)
        for sheet in (
            _summary(findings, language),
            _listed(findings, told, number, language),
            _evidence(findings, told, number, tables or {}, language),
            *_clerks(findings, language),
            *([] if sample is None else [_sample(sample, language)]),
            *([] if findings.gone is None else [_gone(findings.gone, language)]),
            _answers(findings, language),
        ):
            _write(book.add_worksheet(sheet.name[:31]), sheet, heading, styles, language)


def _chosen(findings: Findings, language: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Findings of the workbook told in words, and their frame with the number in findings.csv."""
    from dataclasses import replace

    frame = findings.frame.with_row_index("number", offset=1)
    if frame.height > MOST_FINDINGS:
        rank = {kind: place for place, kind in enumerate(("violation", "data", "alert"))}
        kind = pl.col("kind").replace_strict(rank, return_dtype=pl.Int8)
        frame = frame.sort(kind, "number").head(MOST_FINDINGS).sort("number")
    return tell(replace(findings, frame=frame), language), frame


def _summary(findings: Findings, language: str) -> _Sheet:
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
    note = ("" if language == "zh-CN" else " ").join(sentences)
    columns = (
        "code", "rule", "kind", "found", "open", "checked", "passed", "unchecked", "note",
    )  # fmt: skip
    return _Sheet(text("sheet-summary", language), note, columns, [*rows, *lacking], 2)


def _listed(findings: Findings, told: pl.DataFrame, number: pl.DataFrame, language: str) -> _Sheet:
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
    return _Sheet(text("sheet-findings", language), note, columns, rows, 3)


def _evidence(
    findings: Findings, told: pl.DataFrame, number: pl.DataFrame, tables: Mapping[str, Table],
    language: str,
) -> _Sheet:  # fmt: skip
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
    return _Sheet(text("sheet-evidence", language), note, frame.columns, frame.rows(), 3)


def _rows(number: pl.DataFrame) -> Iterator[tuple[object, ...]]:
    """Every input row of every finding, at most ``MOST_EACH`` of one."""
    for n, code, rule, places in number.select("number", "code", "rule", "evidence").iter_rows():
        left = MOST_EACH
        for place in places:
            for row in place["rows"][:left]:
                yield n, code, rule, place["table"], place["file"], place["sheet"], row
            left -= min(left, len(place["rows"]))


def _clerks(findings: Findings, language: str) -> Iterator[_Sheet]:
    """Order-takers beside each other, and the totals of what each entered wrongly."""
    league = findings.clerks
    if league is not None:
        frame = clerks_table(league, language)
        numbers = ("share", "low", "high", "expected", "chance")
        frame = frame.with_columns(pl.col(name).cast(pl.Float64) for name in numbers)
        labels = [say("clerks", f"head-{name}", {}, language) for name in frame.columns]
        note = ("" if language == "zh-CN" else " ").join(league_told(league, language))
        yield _Sheet(text("sheet-clerks", language), note, frame.columns, frame.rows(), 2, labels)
    totals = by_clerk(findings)
    nobody = say("findings", "no-clerk", {}, language)
    rows = totals.with_columns(pl.col("clerk").fill_null(nobody)).rows()
    note = say("findings", "clerks-title", {}, language)
    yield _Sheet(text("sheet-totals", language), note, totals.columns, rows)


def _answers(findings: Findings, language: str) -> _Sheet:
    """The list of suppressions as it was given, ready to be added to and handed back."""
    rows = [
        [entry.fingerprint, entry.rule, entry.subject, entry.reason, entry.approver, entry.until]
        for entry in findings.suppressions
    ]
    columns = ("fingerprint", "rule", "subject", "reason", "approver", "until")
    return _Sheet(text("sheet-answers", language), text("answers-note", language), columns, rows, 0)


def _sample(plan: Sample, language: str) -> _Sheet:
    """The recordings to listen to, as the sheet of ``allocator sample`` has them."""
    frame = sheet_table(plan)
    labels = [say("sampling", f"head-{name}", {}, language) for name in frame.columns]
    name, note = text("sheet-sample", language), text("sheet-sample-note", language)
    return _Sheet(name, note, frame.columns, frame.rows(), 2, labels)


def _gone(gone: pl.DataFrame, language: str) -> _Sheet:
    name, note = text("sheet-gone", language), text("sheet-gone-note", language)
    return _Sheet(name, note, gone.columns, gone.rows())


def _styles(book: Any) -> dict[str, Any]:
    line = {"border": 1, "border_color": "#C9CFD6", "font_size": 10, "valign": "top"}
    return {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "note": book.add_format({"font_color": "#5B6570", "font_size": 9}),
        "head": book.add_format(
            {
                **line,
                "bold": True,
                "valign": "vcenter",
                "text_wrap": True,
                "bg_color": "#1F4E5F",
                "font_color": "white",
            }
        ),
        "text": book.add_format(line),
        "wrap": book.add_format({**line, "text_wrap": True}),
        "number": book.add_format({**line, "num_format": "#,##0"}),
        "decimal": book.add_format({**line, "num_format": "0.00####"}),
        "date": book.add_format({**line, "num_format": "yyyy-mm-dd", "align": "left"}),
        "moment": book.add_format({**line, "num_format": "yyyy-mm-dd hh:mm", "align": "left"}),
    }


def _write(
    sheet: Any, content: _Sheet, heading: str, styles: Mapping[str, Any], language: str
) -> None:
    """Title, note, header, rows; filter, frozen header, widths; printed one page wide."""
    sheet.write_string(0, 0, heading, styles["title"])
    sheet.write_string(1, 0, content.note, styles["note"])
    for column, name in enumerate(content.columns):
        label = content.labels[column] if content.labels else text(f"head-{name}", language)
        sheet.write_string(HEADER_ROW, column, label, styles["head"])
        wide = name in WIDE
        sheet.set_column(column, column, WIDE.get(name, MIDDLE.get(name, 11)))
        style = styles["wrap"] if wide else styles["text"]
        for row, cells in enumerate(content.rows, start=HEADER_ROW + 1):
            _cell(sheet, row, column, cells[column], style, styles)
    last = HEADER_ROW + max(len(content.rows), 1)
    sheet.autofilter(HEADER_ROW, 0, last, len(content.columns) - 1)
    sheet.freeze_panes(HEADER_ROW + 1, content.frozen)
    sheet.set_row(HEADER_ROW, 30)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEADER_ROW)
    sheet.hide_gridlines(2)


def _cell(
    sheet: Any, row: int, column: int, value: object, style: Any, styles: Mapping[str, Any]
) -> None:
    if value is None:
        sheet.write_blank(row, column, None, style)
    elif isinstance(value, datetime):
        sheet.write_datetime(row, column, value, styles["moment"])
    elif isinstance(value, date):
        sheet.write_datetime(
            row, column, datetime(value.year, value.month, value.day), styles["date"]
        )
    elif isinstance(value, int | float) and not isinstance(value, bool):
        style = styles["number" if isinstance(value, int) else "decimal"]
        sheet.write_number(row, column, value, style)
    else:
        sheet.write_string(row, column, str(value)[:MOST_LETTERS], style)
