"""The page of several scenarios: side by side in a table and in a trade-off chart.

Each scenario's own page lies beside it. One file without scripts or links to elsewhere; it stays
in the house.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Final

import polars as pl

from allocator.comparison.record import Comparison
from allocator.reports.figures import part_of, percent, render
from allocator.reports.what_if.cards import everybody, used
from allocator.reports.what_if.figure_names import (
    CIRCUMSTANCES,
    EXPOSED,
    figure_better,
    figure_name,
    figure_unit,
)
from allocator.reports.what_if.figure_names import text as sweep_text
from allocator.reports.what_if.origin import Origin
from allocator.reports.what_if.sentences import exposed_to_anything
from allocator.reports.what_if.telling import fares, named, scenario_title, told, word
from allocator.reports.what_if.trade import Measure, Point, Trade, trade_off

SHOWN: Final = ("cliff", "gini", "top_tenth", "fill_rate", "volatility")
"""Figures of the table; each scenario's page has all."""

TIER_DOWN: Final = f"{EXPOSED}tier_down"

PAIRS: Final = (
    (("gini", "awarded"),),
    (("cliff", "volatility"), ("cliff", TIER_DOWN), ("gini", "cliff")),
)
"""Figures of each trade-off chart, across and up: fairness against volume; cliff against stability,
where no cycle before is known that of tiers, where no earlier tiers are against fairness."""


@dataclass(frozen=True, slots=True)
class Strip:
    """Losers, same, gainers in per cent of a strip, and in words."""

    less: str
    same: str
    more: str
    told: str


def suite_page(
    comparisons: Sequence[Comparison],
    pages: Mapping[str, str],
    title: str,
    origin: Origin,
    language: str = "en",
    *,
    refused: Sequence[tuple[str, str]] = (),
    name: str = "",
) -> str:
    """The page, self-contained but for links to the pages of the scenarios.

    Parameters
    ----------
    comparisons : all against the same baseline
    pages : scenario name -> file of its page
    title : of the baseline's policy; name : of the suite, may be empty
    refused : names of scenarios that cannot hold, and why, in words
    """
    text = partial(word, language=language)
    first = comparisons[0]
    baseline = first.baseline
    shown = [name for name in SHOWN if any(_known(one, name) for one in comparisons)]
    return render(
        "what_if_suite.html",
        language,
        title=title,
        heading=sweep_text("sweep-title-named", language, name=name)
        if name
        else text("suite-title", count=len(comparisons)),
        foot=text("page-foot"),
        met=text(
            "page-met",
            cycle=baseline.cycle, on=baseline.on, shops=everybody(first)["retailers"],
        ),
        word=text,
        origin=origin,
        refused=refused,
        columns=[text("card-used"), text("card-complaints")]
        + [named(f"figure-{name}", language) for name in shown],
        today=_today(first, shown, language),
        rows=[
            {
                "number": number,
                "title": scenario_title(comparison),
                "describe": comparison.describe,
                "href": pages.get(comparison.scenario.name, ""),
                "strip": strip(comparison, language),
                "cells": _cells(comparison, shown, language),
            }
            for number, comparison in enumerate(comparisons, start=1)
        ],
        trades=_trades(comparisons, language),
        missing=_missing(shown, language),
        circumstances=sweep_text("circumstances-suite", language)
        if len(set(map(_where, comparisons)) | {""}) > 1
        else "",
        numbers=sweep_text("legend-number", language),
    )  # fmt: skip


def strip(comparison: Comparison, language: str) -> Strip:
    """Which part of the shops loses, stays and gains."""
    row = everybody(comparison)
    counts = {name: row[name] or 0 for name in ("losers", "same", "gainers")}
    less, same, more = (str(percent(part_of(count, row["retailers"]))) for count in counts.values())
    return Strip(less, same, more, word("strip-told", language, **counts))


def _known(comparison: Comparison, name: str) -> bool:
    """Whether a figure is known of either side."""
    return any(comparison.figure(name, side) is not None for side in ("baseline", "scenario"))


def _missing(shown: Sequence[str], language: str) -> str:
    """Which figures are left out of the table, and why."""
    names = [named(f"figure-{name}", language) for name in SHOWN if name not in shown]
    joint = sweep_text("list-joint", language)
    return sweep_text("figures-missing", language, figures=joint.join(names)) if names else ""


def _where(comparison: Comparison) -> str:
    """What of a scenario nobody chooses by a rule."""
    parts = (f"{key}={value}" for key, value in comparison.changes if key in CIRCUMSTANCES)
    return ", ".join(parts)


def _today(comparison: Comparison, shown: Sequence[str], language: str) -> list[str]:
    part, exposed = used(comparison, "baseline"), exposed_to_anything(comparison)["baseline"]
    return [
        told(None if part is None else float(part), "share", language),
        told(exposed, "retailers", language),
        *(_said(comparison, name, "baseline", language) for name in shown),
    ]


def _cells(comparison: Comparison, shown: Sequence[str], language: str) -> list[tuple[str, str]]:
    """What the scenario has, and whether that is better or worse than today."""
    parts = [used(comparison, side) for side in ("baseline", "scenario")]
    anything = exposed_to_anything(comparison)
    return [
        (
            told(None if parts[1] is None else float(parts[1]), "share", language),
            _way(parts[0], parts[1], more=True),
        ),
        (
            told(anything["scenario"], "retailers", language),
            _way(anything["baseline"], anything["scenario"], more=False),
        ),
        *(
            (_said(comparison, name, "scenario", language), fares(comparison, name))
            for name in shown
        ),
    ]


def _way(before: Fraction | int | None, after: Fraction | int | None, *, more: bool) -> str:
    if before is None or after is None or before == after:
        return ""
    return "better" if (after > before) == more else "worse"


def _said(comparison: Comparison, name: str, side: str, language: str) -> str:
    row = comparison.figures.row(by_predicate=pl.col("figure") == name, named=True)
    return told(row[side], row["unit"], language)


def _trades(comparisons: Sequence[Comparison], language: str) -> list[Trade]:
    """The charts whose figures are known: of several pairs the first."""
    charts = [
        next((found for pair in pairs if (found := _trade(comparisons, *pair, language))), None)
        for pairs in PAIRS
    ]
    return [chart for chart in charts if chart]


def _trade(comparisons: Sequence[Comparison], across: str, up: str, language: str) -> Trade | None:
    """The scenarios and today's rule by two figures."""
    first = comparisons[0]
    names = [word("suite-today", language), *map(scenario_title, comparisons)]
    xs, ys = (
        [_value(first, name, "baseline"), *(_value(c, name, "scenario") for c in comparisons)]
        for name in (across, up)
    )
    where = ["", *map(_where, comparisons)]
    points = [
        Point(name, number, x, y, where=place)
        for number, (name, x, y, place) in enumerate(zip(names, xs, ys, where, strict=True))
        if x is not None and y is not None
    ]
    one, other = (
        Measure(figure_name(name, language), figure_unit(name), figure_better(name))
        for name in (across, up)
    )
    return trade_off(points, one, other, language)


def _value(comparison: Comparison, name: str, side: str) -> float | None:
    """A figure, or how many shops are exposed to a kind of complaint."""
    if not name.startswith(EXPOSED):
        return comparison.figure(name, side)
    kind = pl.col("kind") == name.removeprefix(EXPOSED)
    found: float | None = comparison.exposure.row(by_predicate=kind, named=True)[side]
    return found
