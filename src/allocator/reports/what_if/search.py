"""The page of a search: what was found, all figures of it, and everything that was tried.

One file without scripts or links to elsewhere; it names no shop, but stays in the house.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Final

import polars as pl

from allocator.records import MICRO
from allocator.reports.figures import render
from allocator.reports.what_if.cards import Card
from allocator.reports.what_if.figure_names import (
    ANYTHING,
    CIRCUMSTANCES,
    figure_better,
    figure_name,
    figure_text,
    figure_unit,
    figure_way,
    text,
)
from allocator.reports.what_if.origin import Origin
from allocator.reports.what_if.search_sides import (
    Asked,
    Side,
    found_row,
    missed_texts,
    sides,
    unknown,
)
from allocator.reports.what_if.telling import word
from allocator.reports.what_if.trade import Measure, Point, Trade, trade_off
from allocator.reports.what_if.tried import Tries, Try, tries

MOST_ROWS: Final = 300
"""Scenarios on the page; search.csv has all."""

MOST_REASONS: Final = 20

TILES: Final = (ANYTHING, "awarded", "gini", "cliff")
"""Headline figures, after the one looked for and those to be kept; six at most."""

MOST_TILES: Final = 6

MOST_TRADES: Final = 2
"""Figures that the one looked for is drawn against."""

SHOWN: Final = ("awarded", "gini", "cliff", ANYTHING)
"""Columns of the table of what was tried, after the figure looked for and those to be kept."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The chart of one path, with its words."""

    path: str
    told: str
    chart: Tries


@dataclass(frozen=True, slots=True)
class Row:
    """A scenario that was tried. mark : ``best``, ``nearest`` or ""; kept : "" = no limits"""

    number: int
    mark: str
    values: tuple[str, ...]
    cells: tuple[tuple[str, str], ...]
    kept: str
    phase: str


def search_page(
    table: pl.DataFrame,
    asked: Asked,
    cycle: str,
    on: date,
    title: str,
    origin: Origin,
    language: str = "en",
) -> str:
    """The page, self-contained; every text from files is escaped.

    Parameters
    ----------
    table : of ``Search.table``: a row for today's rule (place 0), one for each scenario tried
    title : of the baseline's policy
    """
    say = partial(text, language=language)
    found = found_row(table)
    held = table.filter((pl.col("status") == "held") & (pl.col("place") > 0))
    beside = sides(table, asked, language)
    name = figure_name(asked.figure, language)
    columns = _columns(table, asked)
    listed = _sorted(held, asked)
    hidden = max(listed.height - MOST_ROWS, 0)
    heading = asked.title or say(
        "search-title-largest" if asked.largest else "search-title-least", figure=name
    )
    return render(
        "what_if_search.html",
        language,
        title=title,
        heading=heading,
        foot=say("search-foot"),
        met=say(
            "search-met",
            cycle=cycle, on=on, runs=table.height - 1, combinations=asked.combinations,
        ),
        word=partial(word, language=language),
        say=say,
        origin=origin,
        verdict=_verdict(table, asked, language),
        answered=found is not None and bool(found["best"]),
        found=found is not None,
        changed=[]
        if found is None
        else [(path, found[path], asked.today.get(path, "")) for path in asked.over],
        values=[asked.today.get(path, "") for path in asked.over],
        tiles=[] if found is None else _tiles(beside, asked, language),
        sides=[] if found is None else beside,
        unknown=unknown(table, language),
        comma=say("list-joint"),
        lead=say("search-tried-lead", figure=name),
        figure=name,
        today=say(
            "search-today", value=figure_text(asked.figure, table[asked.figure][0], language)
        ),
        value=lambda micro: figure_text(asked.figure, micro / MICRO, language),
        charts=_charts(held, table, asked, language),
        trades=_trades(held, table, asked, language),
        paths=asked.over,
        numbers=say("legend-number"),
        limits=bool(asked.keep),
        columns=[figure_name(column, language) for column in columns],
        baseline=[figure_text(column, table[column][0], language) for column in columns],
        baseline_keeps=say("keeps-yes" if table["keeps"][0] else "keeps-no"),
        rows=[
            _row(row, table.row(0, named=True), columns, asked, language)
            for row in listed.head(MOST_ROWS).iter_rows(named=True)
        ],
        more=say("search-more", count=hidden) if hidden else "",
        reasons=_reasons(table, language),
    )  # fmt: skip


def _verdict(table: pl.DataFrame, asked: Asked, language: str) -> list[str]:
    """What was found, or why nothing; and how sure that is."""
    say = partial(text, language=language)
    found, today = found_row(table), table.row(0, named=True)
    every = table.height - 1 == asked.combinations
    if found is None:
        return [say("search-none-holds")]
    if not found["best"]:
        missed = say("list-joint").join(missed_texts(table, asked, language))
        end = say("search-all-none" if every else "search-some-none")
        return [say("search-none-keeps", missed=missed), end]
    way = figure_way(asked.figure, today[asked.figure], found[asked.figure], language)
    facts = {
        "figure": figure_name(asked.figure, language),
        "today": figure_text(asked.figure, today[asked.figure], language),
        "best": figure_text(asked.figure, found[asked.figure], language),
    }
    worse = today["keeps"] and way != "better"
    told = [say("search-not-better" if worse else "search-found", **facts)]
    told += [] if today["keeps"] else [say("search-keeps-now")]
    same = table.filter(
        (pl.col("place") > 0) & pl.col("keeps") & (pl.col(asked.figure) == found[asked.figure])
    )
    told += [say("search-ties", count=same.height - 1)] if same.height > 1 else []
    return [*told, say("search-all" if every else "search-some")]


def _tiles(beside: list[Side], asked: Asked, language: str) -> list[Card]:
    """The figure looked for, those to be kept, and a few more; today beside each."""
    by_name = {side.name: side for side in beside}
    wanted = dict.fromkeys([asked.figure, *asked.keep, *TILES])
    tones = {"better": "good", "worse": "bad", "": "plain"}
    return [
        Card(side.label, side.after, word("card-now", language, value=side.before), tones[side.way])
        for side in (by_name[name] for name in wanted if name in by_name)
    ][:MOST_TILES]


def _columns(table: pl.DataFrame, asked: Asked) -> list[str]:
    """Figures of the table of what was tried."""
    names = dict.fromkeys([asked.figure, *asked.keep, *SHOWN])
    return [name for name in names if table[name].null_count() < table.height]


def _sorted(held: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    """Those that keep the limits first, the best on top; then the nearest."""
    return held.sort(
        ["best", "keeps", "nearest", asked.figure, "place"],
        descending=[True, True, True, asked.largest, False],
    )


def _row(
    row: Mapping[str, Any], today: Mapping[str, Any], columns: list[str], asked: Asked,
    language: str,
) -> Row:  # fmt: skip
    return Row(
        row["place"],
        _mark(row) if row["best"] or row["nearest"] else "",
        tuple(row[path] for path in asked.over),
        tuple(
            (
                figure_text(name, row[name], language),
                figure_way(name, today[name], row[name], language),
            )
            for name in columns
        ),
        text("keeps-yes" if row["keeps"] else "keeps-no", language) if asked.keep else "",
        text(f"phase-{row['phase']}", language),
    )


def _charts(held: pl.DataFrame, table: pl.DataFrame, asked: Asked, language: str) -> list[Drawn]:
    """One for each path of which more than one value was tried and held."""
    found = []
    chosen = found_row(table)
    shown = held.filter(pl.col(asked.figure).is_not_null())
    for path in asked.over:
        if chosen is None or shown[path].n_unique() < 2:
            continue
        tried = [_try(row, path, asked, language) for row in shown.iter_rows(named=True)]
        code = "search-chart-told" if chosen["best"] else "search-chart-told-none"
        told = text(code, language, count=len(tried), value=chosen[path])
        found.append(Drawn(path, told, tries(tried, table[asked.figure][0])))
    return found


def _trades(held: pl.DataFrame, table: pl.DataFrame, asked: Asked, language: str) -> list[Trade]:
    """The figure looked for against those to be kept, or where there are none against volume.

    None where supply, demand or shops are among what was tried: rules are only compared under the
    same circumstances.
    """
    if any(path.partition(".")[0] in CIRCUMSTANCES for path in asked.over):
        return []
    others = [name for name in asked.keep or ("awarded", "gini") if name != asked.figure]
    found = []
    for name in others[:MOST_TRADES]:
        names = (name, asked.figure)
        every = [table.row(0, named=True), *held.iter_rows(named=True)]
        points = [
            Point(
                word("suite-today", language) if row["place"] == 0 else row["scenario"],
                row["place"], row[name], row[asked.figure],
            )
            for row in every
            if row[name] is not None and row[asked.figure] is not None
        ]  # fmt: skip
        across, up = (
            Measure(figure_name(one, language), figure_unit(one), figure_better(one))
            for one in names
        )
        if all(figure_better(one) for one in names):
            trade = trade_off(points, across, up, language)
            found += [trade] if trade else []
    return found


def _try(row: Mapping[str, Any], path: str, asked: Asked, language: str) -> Try:
    mark = _mark(row)
    told = text(
        "search-dot" if row["keeps"] else "search-dot-missed", language,
        number=row["place"], name=row["scenario"],
        figure=figure_name(asked.figure, language),
        value=figure_text(asked.figure, row[asked.figure], language),
    )  # fmt: skip
    return Try(row[path], row[asked.figure], mark, told)


def _mark(row: Mapping[str, Any]) -> str:
    if row["best"] or row["nearest"]:
        return "best" if row["best"] else "nearest"
    return "kept" if row["keeps"] else "missed"


def _reasons(table: pl.DataFrame, language: str) -> list[tuple[str, str]]:
    """Why scenarios cannot hold, and how many for each reason, most first."""
    rows = table.filter(status="refused")["reason"].value_counts(sort=True, name="count")
    rows = rows.sort("count", "reason", descending=[True, False]).head(MOST_REASONS)
    return [
        (text("search-combinations", language, count=count), reason)
        for reason, count in rows.select("reason", "count").iter_rows()
    ]
