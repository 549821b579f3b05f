"""The workbook of a sweep for the office: every scenario with every figure, to filter and sort."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import polars as pl

from allocator.reports.sheets import Sheet, write_sheets
from allocator.reports.what_if.figure_names import figure_name, text
from allocator.reports.what_if.origin import Origin
from allocator.reports.what_if.search_sheets import WIDE, WIDTHS, notes_sheet
from allocator.reports.what_if.telling import word


def write_sweep_workbook(
    path: Path,
    table: pl.DataFrame,
    pairs: Sequence[tuple[str, str]],
    on: date,
    title: str,
    origin: Origin,
    language: str = "en",
) -> None:
    """Write the workbook; the same sweep gives the same bytes.

    table : of ``Sweep.table``; pairs : figures that are traded; title : of the policy and the sweep
    """
    write_sheets(path, title, on, _sheets(table, pairs, origin, language), wide=WIDE, widths=WIDTHS)


def _sheets(
    table: pl.DataFrame, pairs: Sequence[tuple[str, str]], origin: Origin, language: str
) -> Iterator[Sheet]:
    marks = {f"best_{x}_{y}": (x, y) for x, y in pairs}
    yes, no = text("keeps-yes", language), text("keeps-no", language)
    frame = table.with_columns(
        pl.col(mark).replace_strict({True: yes, False: no}, return_dtype=pl.String)
        for mark in marks
    ).drop("status")
    labels = [
        text("head-unbeaten", language, x=figure_name(x, language), y=figure_name(y, language))
        for x, y in marks.values()
    ]
    heads = {
        "place": word("head-number", language),
        "scenario": word("head-scenario-name", language),
        "circumstances": text("head-circumstances", language),
        "reason": text("head-reason", language),
        **dict(zip(marks, labels, strict=True)),
    }
    named = [heads.get(name) or figure_name(name, language) for name in frame.columns]
    note = text("sweep-table-note", language)
    yield Sheet(text("sheet-tried", language), note, frame.columns, named, frame.rows(), 2)
    yield notes_sheet(origin, text("sweep-foot", language), language)
