"""The page of a sweep: many scenarios by the figures that are traded, the best of them marked.

One file without scripts or links to elsewhere; it names no shop, but stays in the house.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import polars as pl

from allocator.reports.figures import render
from allocator.reports.what_if.figure_names import (
    figure_better,
    figure_name,
    figure_text,
    figure_unit,
    figure_way,
    text,
)
from allocator.reports.what_if.origin import Origin
from allocator.reports.what_if.telling import word
from allocator.reports.what_if.trade import Measure, Point, Trade, trade_off

SHOWN: Final = (
    "awarded", "left", "gini", "top_tenth", "cliff", "volatility", "exposed_any", "gainers",
    "losers",
)  # fmt: skip
"""Figures of the table that is shown; sweep.csv has all."""

MOST_ROWS: Final = 300
"""Scenarios on the page, those that no other beats first; sweep.csv has all."""

MOST_DRAWN: Final = 6
"""Circumstances that are drawn; the table has all."""

Changes = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Row:
    """A scenario with its figures; ``best``: no other beats it in one of the pairs.

    changes : what its name does not tell
    """

    number: int
    name: str
    changes: Changes
    best: bool
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Rules under the same circumstances, today's first.

    heading : the circumstances, "" where all scenarios have the same; today : its figures
    trades : the charts
    """

    heading: str
    today: Sequence[str]
    today_best: bool
    rows: Sequence[Row]
    trades: Sequence[Trade]


def sweep_page(
    table: pl.DataFrame,
    pairs: Sequence[tuple[str, str]],
    changes: Mapping[int, Changes],
    title: str,
    origin: Origin,
    language: str = "en",
    *,
    name: str = "",
) -> str:
    """The page, self-contained; every text from files is escaped.

    Parameters
    ----------
    table : rows for today's rule (place 0, as things are first) and one for each scenario: place
        i64, scenario str, circumstances str, status str (``held``, ``refused``), the figures f64
        (null: not known), reason str (why it is refused), and for each pair ``best_<x>_<y>`` bool
        (null: not known)
    pairs : figures that are traded, across and up
    changes : what each scenario changes, by its place
    title : of the baseline's policy; name : of the sweep, may be empty
    """
    say = partial(word, language=language)
    marks = [mark for x, y in pairs if (mark := f"best_{x}_{y}") in table.columns]
    known = (pl.col(mark).fill_null(value=False) for mark in marks)
    held = table.filter(status="held").with_columns(
        best=pl.any_horizontal(pl.lit(value=False), *known)
    )
    scenarios = held.filter(pl.col("place") > 0)
    today = held.row(0, named=True)
    shown = [name for name in SHOWN if name in table.columns and today[name] is not None]
    hidden = max(scenarios.height - MOST_ROWS, 0)
    common = _common(changes)
    names = dict(held.select("place", "scenario").iter_rows())
    own = {
        place: [
            change for change in own if change not in common and not _told(change, names[place])
        ]
        for place, own in changes.items()
        if place in names
    }
    listed = scenarios.sort("best", descending=True, maintain_order=True).head(MOST_ROWS)
    parts = [
        _part(where, held, listed, shown, pairs, own, language)
        for where in scenarios["circumstances"].unique(maintain_order=True)
    ]
    several = len(parts) > 1 or any(part.heading for part in parts)
    refused = table.filter(status="refused").select("scenario", "reason").rows()
    count = table.filter(pl.col("place") > 0).height
    drawn = [part for part in parts if part.trades][:MOST_DRAWN]
    undrawn = sum(1 for part in parts if part.trades) - len(drawn)
    return render(
        "what_if_sweep.html",
        language,
        title=title,
        heading=text("sweep-title-named", language, name=name)
        if name
        else say("sweep-title", count=count),
        foot=say("sweep-foot"),
        met=text(
            "sweep-met", language,
            count=count, held=scenarios.height, best=int(scenarios["best"].sum()),
        ),
        word=say,
        say=partial(text, language=language),
        origin=origin,
        columns=[figure_name(name, language) for name in shown],
        common=common,
        short=_short(names, changes, common),
        parts=parts,
        several=several,
        drawn=drawn,
        undrawn=text("circumstances-more", language, count=undrawn) if undrawn else "",
        more=say("sweep-more", count=hidden) if hidden else "",
        refused=refused,
    )  # fmt: skip


def _part(
    where: str, held: pl.DataFrame, listed: pl.DataFrame, shown: Sequence[str],
    pairs: Sequence[tuple[str, str]], changes: Mapping[int, Changes], language: str,
) -> Part:  # fmt: skip
    """The rules of one kind of circumstances; better and worse are against today's rule there."""
    here = held.filter(circumstances=where)
    first = here.filter(place=0)
    today = first.row(0, named=True) if first.height else dict.fromkeys(shown)
    return Part(
        text("circumstances", language, changes=where)
        if where
        else text("circumstances-none", language),
        [figure_text(name, today[name], language) for name in shown] if first.height else (),
        bool(first["best"].any()),
        [
            Row(
                row["place"],
                row["scenario"],
                changes.get(row["place"], ()),
                row["best"],
                tuple(
                    (
                        figure_text(name, row[name], language),
                        figure_way(name, today[name], row[name], language),
                    )
                    for name in shown
                ),
            )
            for row in listed.filter(circumstances=where).iter_rows(named=True)
        ],
        [trade for pair in pairs if (trade := _trade(here, pair, language))],
    )


def _common(changes: Mapping[int, Changes]) -> Changes:
    """What every scenario changes alike, where there are several."""
    listed = [list(change) for change in changes.values()]
    if len(listed) < 2:
        return ()
    return [change for change in listed[0] if all(change in other for other in listed)]


def _short(
    names: Mapping[int, str], changes: Mapping[int, Changes], common: Changes
) -> list[tuple[str, str]]:
    """Last steps of paths, where the names of scenarios use them, and the paths."""
    found = {
        _last(change[0]): change[0]
        for place, listed in changes.items()
        for change in listed
        if change not in common and _told(change, names.get(place, ""))
    }
    return [(short, path) for short, path in found.items() if short != path]


def _told(change: tuple[str, str], name: str) -> bool:
    """Whether the name of a scenario tells a change."""
    return f"{_last(change[0])}={change[1]}" in name


def _last(path: str) -> str:
    return path.rpartition(".")[2]


def _trade(held: pl.DataFrame, pair: tuple[str, str], language: str) -> Trade | None:
    x, y = pair
    mark = f"best_{x}_{y}"
    points = [
        Point(
            word("suite-today", language) if row["place"] == 0 else row["scenario"],
            row["place"],
            row[x],
            row[y],
            row[mark] if mark in held.columns else None,
        )
        for row in held.iter_rows(named=True)
        if row[x] is not None and row[y] is not None
    ]
    across, up = (
        Measure(figure_name(name, language), figure_unit(name), figure_better(name))
        for name in pair
    )
    return trade_off(points, across, up, language)
