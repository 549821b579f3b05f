"""Workbooks of plain tables: titles, filters, frozen headers; every text is written as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

MOST_LETTERS: Final = 32_000
"""Letters of a cell: Excel holds 32,767."""

HEADER_ROW: Final = 2
"""Above it stand the title and a note."""


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """One sheet: columns by code, their headings in words, and rows of plain values.

    frozen : columns at the left that stay when scrolling
    """

    name: str
    note: str
    columns: Sequence[str]
    labels: Sequence[str]
    rows: Sequence[Sequence[object]]
    frozen: int = 1


def write_sheets(
    path: Path,
    heading: str,
    on: date,
    sheets: Iterable[Sheet],
    *,
    wide: Mapping[str, int],
    widths: Mapping[str, int],
) -> None:
    """Write a workbook; the same sheets give the same bytes.

    Parameters
    ----------
    heading : first line of each sheet, and title of the file
    on : date of the file, so that no clock is in it
    wide, widths : letters that columns are wide, by code; the wide ones wrap
    """
    import xlsxwriter  # 40 ms: only who writes a workbook pays for it

    with xlsxwriter.Workbook(path, {"in_memory": True, "strings_to_formulas": False}) as book:
        when = datetime(on.year, on.month, on.day)
        book.set_properties({"title": heading, "created": when})
        styles = _styles(book)
        for sheet in sheets:
            _write(book.add_worksheet(sheet.name[:31]), sheet, heading, styles, wide, widths)


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
    sheet: Any,
    content: Sheet,
    heading: str,
    styles: Mapping[str, Any],
    wide: Mapping[str, int],
    widths: Mapping[str, int],
) -> None:
    """Title, note, header, rows; filter, frozen header, widths; printed one page wide."""
    sheet.write_string(0, 0, heading, styles["title"])
    sheet.write_string(1, 0, content.note, styles["note"])
    for column, name in enumerate(content.columns):
        sheet.write_string(HEADER_ROW, column, content.labels[column], styles["head"])
        sheet.set_column(column, column, wide.get(name, widths.get(name, 11)))
        style = styles["wrap"] if name in wide else styles["text"]
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
