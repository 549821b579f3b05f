"""The findings as a workbook for the office: summary, findings, evidence, order-takers, answers.

It reads back: the sheet of findings as a baseline, the sheet of answers as a list of suppressions.
Every text is written as text, so that none becomes a formula.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from allocator.auditing.findings import Findings
from allocator.auditing.sampling.drawing import Sample
from allocator.auditing.words import text
from allocator.reports.findings_sheets import Sheet, sheets
from allocator.tables.city import Table

MOST_LETTERS: Final = 32_000
"""Letters of a cell: Excel holds 32,767."""

HEADER_ROW: Final = 2
"""Above it stand the title and a note."""

WIDE: Final = {"message": 70, "remedy": 55, "note": 45, "rules": 60, "details": 60, "reason": 30}
MIDDLE: Final = {
    "rule": 18, "subject_id": 18, "order_id": 20, "retailer_id": 18, "ordered_at": 17,
    "fingerprint": 36, "file": 24, "column": 34, "recording_id": 20, "clerk": 14, "product_id": 14,
    "subject": 14, "indicator": 34,
}  # fmt: skip


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
    with xlsxwriter.Workbook(path, {"in_memory": True, "strings_to_formulas": False}) as book:
        when = datetime(findings.as_of.year, findings.as_of.month, findings.as_of.day)
        book.set_properties({"title": heading, "created": when})
        styles = _styles(book)
        for sheet in sheets(findings, language, tables=tables or {}, sample=sample):
            _write(book.add_worksheet(sheet.name[:31]), sheet, heading, styles, language)


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
    sheet: Any, content: Sheet, heading: str, styles: Mapping[str, Any], language: str
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
