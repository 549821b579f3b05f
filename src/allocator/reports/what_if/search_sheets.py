"""The workbook of a search for the office: figures, everything that was tried, how to have it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from allocator.reports.sheets import Sheet, write_sheets
from allocator.reports.what_if.figure_names import figure_name, text
from allocator.reports.what_if.origin import Origin
from allocator.reports.what_if.search_sides import Asked, found_row, sides
from allocator.reports.what_if.telling import word

WIDE: Final = {"text": 90, "reason": 60, "scenario": 40}
WIDTHS: Final = {"what": 34, "figure": 40, "asked": 24, "phase": 20, "circumstances": 24}

SIDES: Final = ("figure", "today", "best", "change", "asked", "keeps")


def write_search_workbook(
    path: Path,
    table: pl.DataFrame,
    asked: Asked,
    on: date,
    title: str,
    origin: Origin,
    language: str = "en",
) -> None:
    """Write the workbook; the same search gives the same bytes.

    table : of ``Search.table``; title : of the baseline's policy
    """
    heading = "  ".join(part for part in (title, asked.title) if part)
    content = _sheets(table, asked, origin, language)
    write_sheets(path, heading, on, content, wide=WIDE, widths=WIDTHS)


def _sheets(table: pl.DataFrame, asked: Asked, origin: Origin, language: str) -> Iterator[Sheet]:
    if found_row(table) is not None:
        yield _sides(table, asked, language)
    yield _tried(table, asked, language)
    yield notes_sheet(origin, text("search-foot", language), language)


def _sides(table: pl.DataFrame, asked: Asked, language: str) -> Sheet:
    best = bool(table["best"].any())
    heads = {"best": "head-best" if best else "head-nearest"}
    labels = [text(heads.get(name, f"head-{name}"), language) for name in SIDES]
    found, today = found_row(table) or {}, table.row(0, named=True)
    rows = []
    for side in sides(table, asked, language):
        before, after = today[side.name], found[side.name]
        change = None if before is None or after is None else after - before
        kept = {None: "", True: "keeps-yes", False: "keeps-no"}[side.kept]
        verdict = text(kept, language) if kept else ""
        rows.append((side.label, before, after, change, side.asked, verdict))
    return Sheet(text("sheet-sides", language), "", SIDES, labels, rows)


def _tried(table: pl.DataFrame, asked: Asked, language: str) -> Sheet:
    """All of the table, figures under the names people know."""
    yes, no = text("keeps-yes", language), text("keeps-no", language)
    frame = table.with_columns(
        pl.when(pl.col(name)).then(pl.lit(yes)).otherwise(pl.lit(no)).alias(name)
        for name in ("keeps", "best", "nearest")
    ).drop("status")
    phases = {
        name: text(f"phase-{name}", language) for name in table["phase"].drop_nulls().unique()
    }
    frame = frame.with_columns(pl.col("phase").replace_strict(phases, return_dtype=pl.String))
    labels = [_label(name, asked, language) for name in frame.columns]
    note = text("search-table-note", language)
    return Sheet(text("sheet-tried", language), note, frame.columns, labels, frame.rows(), 3)


def _label(name: str, asked: Asked, language: str) -> str:
    if name in asked.over:
        return name
    if name.startswith("missed_"):
        figure = figure_name(name.removeprefix("missed_"), language)
        return text("head-missed", language, figure=figure)
    heads = {"place": word("head-number", language),
             "scenario": word("head-scenario-name", language)}  # fmt: skip
    if name in heads:
        return heads[name]
    if name in ("phase", "keeps", "reason"):
        return text(f"head-{name}", language)
    if name in ("best", "nearest"):
        return text("legend-chosen" if name == "best" else "legend-nearest", language)
    return figure_name(name, language)


def notes_sheet(origin: Origin, note: str, language: str) -> Sheet:
    """Where it comes from: what to type to have it again, and digests."""
    rows: list[tuple[object, object]] = [
        (word("column-command", language), origin.command),
        (word("reproduce-version", language), origin.version),
        *origin.digests().items(),
    ]
    labels = [text(f"column-{name}", language) for name in ("what", "text")]
    return Sheet(text("sheet-notes", language), note, ("what", "text"), labels, rows)
