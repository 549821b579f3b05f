"""The page of a sweep: many scenarios by the figures that are traded, the best of them marked.

One file without scripts or links to elsewhere; it names no shop, but stays in the house.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import polars as pl

from allocator.comparison.figures import FIGURES
from allocator.reports.figures import render
from allocator.reports.what_if.origin import Origin
from allocator.reports.what_if.telling import named, told, word
from allocator.reports.what_if.trade import Measure, Point, Trade, trade_off

EXPOSED: Final = "exposed_"
"""Before the kind of complaint in the name of a column."""

ANYTHING: Final = "exposed_any"

SHOWN: Final = (
    "awarded", "left", "gini", "top_tenth", "cliff", "volatility", "exposed_any", "gainers",
    "losers",
)  # fmt: skip
"""Figures of the table that is shown; sweep.csv has all."""

MOST_ROWS: Final = 300
"""Scenarios on the page, those that no other beats first; sweep.csv has all."""

_FIGURES: Final = {figure.name: figure for figure in FIGURES}

Changes = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Row:
    """A scenario with its figures; ``best``: no other beats it in one of the pairs."""

    number: int
    name: str
    changes: Changes
    best: bool
    cells: tuple[tuple[str, str], ...]


def sweep_page(
    table: pl.DataFrame,
    pairs: Sequence[tuple[str, str]],
    changes: Mapping[int, Changes],
    title: str,
    origin: Origin,
    language: str = "en",
) -> str:
    """The page, self-contained; every text from files is escaped.

    Parameters
    ----------
    table : a row for the baseline and one for each scenario: place i64 (0 = the baseline), scenario
        str, status str (``held``, ``refused``), the figures f64 (null: not known), reason str (why
        it is refused), and for each pair ``best_<x>_<y>`` bool (null: not known)
    pairs : figures that are traded, across and up
    changes : what each scenario changes, by its place
    title : of the baseline's policy
    """
    text = partial(word, language=language)
    held = table.filter(pl.col("status") == "held").sort("place")
    today, others = held.row(0, named=True), held.filter(pl.col("place") > 0)
    marks = [name for pair in pairs if (name := f"best_{pair[0]}_{pair[1]}") in table.columns]
    known = (pl.col(mark).fill_null(value=False) for mark in marks)
    best = pl.any_horizontal(pl.lit(value=False), *known)
    listed = others.with_columns(best=best).sort("best", descending=True, maintain_order=True)
    shown = [name for name in SHOWN if name in table.columns and today[name] is not None]
    shown += [n for n in ("gainers", "losers") if n in table.columns and n not in shown]
    hidden = max(listed.height - MOST_ROWS, 0)
    refused = table.filter(pl.col("status") == "refused").select("scenario", "reason").rows()
    return render(
        "what_if_sweep.html",
        language,
        title=title,
        heading=text("sweep-title", count=table.height - 1),
        foot=text("sweep-foot"),
        met=text("sweep-met", held=others.height, best=int(listed["best"].sum())),
        word=text,
        origin=origin,
        columns=[_name(name, language) for name in shown],
        today=[told(today[name], _unit(name), language) for name in shown],
        rows=[
            Row(
                row["place"],
                row["scenario"],
                changes.get(row["place"], ()),
                row["best"],
                tuple(_cell(row, today, name, language) for name in shown),
            )
            for row in listed.head(MOST_ROWS).iter_rows(named=True)
        ],
        more=text("sweep-more", count=hidden) if hidden else "",
        refused=refused,
        trades=[trade for pair in pairs if (trade := _trade(held, pair, language))],
    )


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
    across, up = (Measure(_name(name, language), _unit(name), _better(name)) for name in pair)
    return trade_off(points, across, up, language)


def _cell(
    row: Mapping[str, Any], today: Mapping[str, Any], name: str, language: str
) -> tuple[str, str]:
    """A figure, and whether it is better or worse than today's, where that can be seen."""
    value, before, better = row[name], today[name], _better(name)
    said, way = told(value, _unit(name), language), ""
    if value is not None and better and said != told(before, _unit(name), language):
        way = "better" if (value > before) == (better == "more") else "worse"
    return said, way


def _name(name: str, language: str) -> str:
    if name in _FIGURES:
        return named(f"figure-{name}", language)
    if name == ANYTHING:
        return word("card-complaints", language)
    if name.startswith(EXPOSED):
        return named(f"kind-{name.removeprefix(EXPOSED)}", language)
    return word(f"head-{name}", language)


def _unit(name: str) -> str:
    if name in _FIGURES:
        return _FIGURES[name].unit
    return "cartons" if name in ("gained", "lost") else "retailers"


def _better(name: str) -> str:
    if name in _FIGURES:
        return _FIGURES[name].better
    return "less" if name.startswith(EXPOSED) else ""
