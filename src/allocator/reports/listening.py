"""The sheet for listening: one recording a row, in the order of listening, results to fill in."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl

from allocator.auditing.sampling.drawing import Sample
from allocator.wording import say

SHEET = (
    "place",
    "recording_id",
    "order_id",
    "retailer_id",
    "clerk",
    "ordered_at",
    "lines",
    "rules",
    "stratum",
    "stratum_recordings",
    "stratum_drawn",
    "inclusion",
    "result",
    "remark",
)
"""Columns of sample.csv, in order; ``inclusion`` is the chance to be drawn in millionths, exactly
``stratum_drawn`` of ``stratum_recordings``. ``result`` and ``remark`` are for the listener."""

RESULTS = ("departure", "in_order", "unheard")
WIDTHS = (8, 20, 20, 16, 12, 18, 8, 16, 8, 12, 10, 12, 16, 40)
HEADER_ROW = 4


def sheet_table(plan: Sample) -> pl.DataFrame:
    """sample.csv: the recordings drawn, columns ``SHEET``."""
    strata = strata_table(plan).select(
        "stratum",
        pl.col("recordings").alias("stratum_recordings"),
        pl.col("drawn").alias("stratum_drawn"),
        "inclusion",
    )
    nothing = pl.lit(None, pl.String)
    return (
        plan.drawn.join(strata, on="stratum", how="left", maintain_order="left")
        .with_columns(result=nothing, remark=nothing)
        .select(SHEET)
    )


def strata_table(plan: Sample) -> pl.DataFrame:
    """strata.csv; clerk is null for several, named for both kinds, inclusion in millionths."""
    rows = [
        (k, s.clerk, s.named, s.recordings, s.drawn, s.drawn * 1_000_000 // s.recordings)
        for k, s in enumerate(plan.strata, start=1)
    ]
    schema = {
        "stratum": pl.Int64,
        "clerk": pl.String,
        "named": pl.Boolean,
        "recordings": pl.Int64,
        "drawn": pl.Int64,
        "inclusion": pl.Int64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def write_sheet(plan: Sample, path: Path, language: str = "en") -> None:
    """sample.xlsx: the same sheet with headings in the language and a list of results to pick.

    The same sample gives the same bytes; every text is written as text.
    """
    import xlsxwriter  # 40 ms: only who writes a workbook pays for it

    def text(code: str, **facts: str | int) -> str:
        return say("sampling", code, facts, language)

    with xlsxwriter.Workbook(path, {"in_memory": True, "strings_to_formulas": False}) as book:
        first = plan.recordings["ordered_at"].min()
        when = first if isinstance(first, datetime) else datetime(2000, 1, 1)
        book.set_properties({"title": text("sheet-title"), "created": when})
        line = {"border": 1, "border_color": "#C9CFD6", "font_size": 10, "valign": "vcenter"}
        head = book.add_format(
            {**line, "bold": True, "bg_color": "#1F4E5F", "font_color": "white", "text_wrap": True}
        )
        cell, fill = book.add_format(line), book.add_format({**line, "bg_color": "#F6F1E1"})
        note = book.add_format({"font_color": "#5B6570", "font_size": 9})
        sheet = book.add_worksheet(text("sheet-name"))
        sheet.write_string(
            0, 0, text("sheet-title"), book.add_format({"bold": True, "font_size": 14})
        )
        sheet.write_string(1, 0, text("sheet-how"), note)
        sheet.write_string(2, 0, text("sheet-draw", seed=str(plan.seed), digest=plan.digest), note)
        table = sheet_table(plan)
        for column, name in enumerate(SHEET):
            sheet.write_string(HEADER_ROW, column, text(f"head-{name}"), head)
            sheet.set_column(column, column, WIDTHS[column])
        for row, values in enumerate(table.iter_rows(), start=HEADER_ROW + 1):
            for column, value in enumerate(values):
                style = fill if SHEET[column] in ("result", "remark") else cell
                if value is None:
                    sheet.write_blank(row, column, None, style)
                elif isinstance(value, int):
                    sheet.write_number(row, column, value, style)
                else:
                    told = (
                        value.strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else value
                    )
                    sheet.write_string(row, column, told, style)
        last, result = HEADER_ROW + len(table), SHEET.index("result")
        choices = [text(f"result-{name}") for name in RESULTS]
        sheet.data_validation(
            HEADER_ROW + 1, result, max(last, HEADER_ROW + 1), result,
            {"validate": "list", "source": choices, "error_message": text("sheet-choose")},
        )  # fmt: skip
        sheet.autofilter(HEADER_ROW, 0, max(last, HEADER_ROW + 1), len(SHEET) - 1)
        sheet.freeze_panes(HEADER_ROW + 1, 2)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(HEADER_ROW)
