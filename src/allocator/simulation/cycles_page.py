"""Cycles to come as one self-contained page, and as the fragment that notebooks show."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any, Final

import polars as pl

from allocator.reports.figures import render, rounded
from allocator.simulation.cycles import ASKED, Cycles
from allocator.simulation.cycles_answers import limits, told
from allocator.simulation.cycles_tables import (
    Told,
    compared_worlds,
    heading,
    setting,
    tables,
    text,
    world_name,
)
from allocator.wording import say, spell

WIDTH: Final = 3800
HEIGHT: Final = 1600
LEFT: Final = 620
STROKES: Final = ("one", "two", "three")
"""Lines of a chart differ by dashes, not by colour alone."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart. path : SVG path; stroke : its class; told : what it says in words."""

    name: str
    path: str
    stroke: str
    told: str


@dataclass(frozen=True, slots=True)
class Series:
    """A chart over the cycles; lengths are tenths of a point. ticks : (text, y) of the values."""

    title: str
    lines: tuple[Line, ...]
    ticks: tuple[tuple[str, int], ...]
    first: str
    last: str


def cycles_page(
    cycles: Cycles,
    command: str,
    language: str = "en",
    inputs: Mapping[str, Mapping[str, Any]] | None = None,
) -> str:
    """The page. command : how to make it again, as to be typed; inputs : digests of the tables"""
    return render(
        "cycles.html",
        language,
        title=cycles.policy.title,
        heading=heading(cycles, language),
        foot=text("foot", language),
        c=partial(text, language=language),
        setting=setting(cycles, language),
        answers=told(cycles, language),
        limits=[say("cycles", code, facts, language) for code, facts in limits(cycles)],
        tables=tables(cycles, language),
        charts=charts(cycles, language),
        command=command,
        digests=[
            ("policy.yaml", cycles.policy.digest),
            *((name, str(entry["sha256"])) for name, entry in (inputs or {}).items()),
        ],
    )


def cycles_fragment(cycles: Cycles, language: str) -> str:
    """Sentences and the table of worlds, as HTML for a notebook."""
    sentences = "".join(f"<li>{html.escape(each)}</li>" for each in told(cycles, language))
    shown = "".join(_as_html(table) for table in tables(cycles, language)[:2])
    return (
        f"<h3>{html.escape(heading(cycles, language))}</h3>"
        f"<p>{html.escape(setting(cycles, language))}</p><ul>{sentences}</ul>{shown}"
    )


def _as_html(table: Told) -> str:
    heads = "".join(f"<th>{html.escape(head)}</th>" for head in table.heads)
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
        for row in table.rows
    )
    return (
        f"<table><caption>{html.escape(table.title)}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def charts(cycles: Cycles, language: str) -> list[Series]:
    """The lines over the cycles that there are two cycles or more for."""
    if len(cycles.turns) < 2:
        return []
    policy = [name for name in cycles.worlds["world"] if name in _shown_worlds(cycles)]
    made = [
        _series(cycles, "chart-gini", _figure(cycles, policy, "gini_so_far"), 4, language),
        _series(
            cycles, "chart-tenth", _figure(cycles, policy, "largest_tenth_so_far"), 4, language
        ),
        _series(cycles, "chart-within", _inflating_so_far(cycles), 0, language),
        _series(cycles, "chart-exposed", _exposed(cycles), 0, language),
    ]
    return [chart for chart in made if chart is not None]


def _shown_worlds(cycles: Cycles) -> list[str]:
    """At most three, so that lines can be told apart."""
    known = cycles.worlds["world"].to_list()
    ranked = [ASKED, "other-grading", "proportional", "uninflated", "truthful"]
    return [name for name in ranked if name in known][: len(STROKES)]


Values = dict[str, list[Fraction | None]]


def _figure(cycles: Cycles, worlds: list[str], figure: str) -> Values:
    rows = cycles.figures.filter(pl.col("figure") == figure)
    return {
        world: [
            None if value is None else Fraction(value)
            for value in rows.filter(pl.col("world") == world)["value"]
        ]
        for world in worlds
    }


def _inflating_so_far(cycles: Cycles) -> Values:
    mine = cycles.groups.filter(pl.col("behaviour") == "inflating")
    return {
        world: [Fraction(n) for n in mine.filter(pl.col("world") == world)["within"].cum_sum()]
        for each in compared_worlds(cycles)
        for world in (each, f"{each}-uninflated" if each != ASKED else "uninflated")
    }


def _exposed(cycles: Cycles) -> Values:
    mine = cycles.exposure.filter((pl.col("kind") == "any") & (pl.col("world") == ASKED))
    return {ASKED: [None if n is None else Fraction(n) for n in mine["retailers"]]}


def _series(cycles: Cycles, code: str, values: Values, digits: int, language: str) -> Series | None:
    known = [value for line in values.values() for value in line if value is not None]
    if not known:
        return None
    low, high = min(known), max(known)
    room = (high - low) / 10 or Fraction(1, 10**digits)
    low, high = max(low - room, Fraction(0)), high + room
    last = max(len(line) for line in values.values()) - 1

    def x(at: int) -> int:
        return LEFT + (WIDTH - LEFT - 60) * at // max(last, 1)

    def y(value: Fraction) -> int:
        return int((HEIGHT - 200) * (high - value) / (high - low)) + 100

    lines = []
    for number, (world, line) in enumerate(values.items()):
        points = [(x(at), y(value)) for at, value in enumerate(line) if value is not None]
        if not points:
            continue
        ends = [value for value in line if value is not None]
        name = world_name(cycles, world, language)
        lines.append(
            Line(
                name,
                "M" + "L".join(f"{a} {b}" for a, b in points),
                STROKES[number % len(STROKES)] if number < len(STROKES) else "four",
                text(
                    "chart-told", language, name=name,
                    first=rounded(ends[0], digits), last=rounded(ends[-1], digits),
                ),
            )
        )  # fmt: skip
    marks = [low + (high - low) * k / 4 for k in range(5)]
    ticks = tuple((spell(rounded(mark, digits), language), y(mark)) for mark in marks)
    return Series(
        text(code, language), tuple(lines), ticks, cycles.turns[0].cycle, cycles.turns[-1].cycle
    )


def page_facts(cycles: Cycles) -> dict[str, Any]:
    """What ``run.json`` holds of the simulation, to make it again."""
    return {
        "step": "cycles",
        "seed": cycles.seed,
        "cycles": len(cycles.turns),
        "first": cycles.turns[0].cycle,
        "last": cycles.turns[-1].cycle,
        "sources": list(cycles.sources),
        "regrade_months": cycles.regrade_months,
        "demand_given": cycles.demand_given,
        "behaviours": [
            {
                "kind": each.kind,
                "share": str(each.share),
                "times": str(each.times),
                "retailers": list(each.retailers),
            }
            for each in cycles.behaviours
        ],
        "worlds": cycles.worlds["world"].to_list(),
    }
