"""A search in figures: what was asked for, and today's rule beside the best that was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import polars as pl

from allocator.comparison.exposure import KINDS
from allocator.reports.what_if.figure_names import (
    EXPOSED,
    figure_change,
    figure_name,
    figure_text,
    figure_unit,
    figure_way,
    text,
)

BESIDE: Final = (
    "awarded", "left", "fill_rate", "gini", "top_tenth", "satisfaction_least", "cliff",
    "cliff_apart", "volatility", "volatile", *(EXPOSED + kind.name for kind in KINDS), "gainers",
    "losers",
)  # fmt: skip
"""What else a search changes: volume, fairness, cliffs, stability, complaints, who gains and loses.
search.csv has all figures."""

Limits = tuple[Decimal | None, Decimal | None]
"""A figure must be at least, and at most; ``None`` = no such limit."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was looked for.

    figure, largest : which figure, and whether as large as can be, or as small
    keep : limits of other figures; over : paths whose values were tried
    today : what the policy of today says at them, as people write it, where that can be told
    combinations : of all values; title : of the file, may be empty
    """

    figure: str
    over: Sequence[str]
    combinations: int
    largest: bool = False
    keep: Mapping[str, Limits] = field(default_factory=dict)
    title: str = ""
    today: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Side:
    """A figure today and as found.

    asked : the limit, or that it was looked for; "" = neither
    kept : whether what was found keeps the limit; ``None`` = it has none
    way : ``better``, ``worse`` or ""
    """

    name: str
    label: str
    before: str
    after: str
    change: str
    asked: str
    kept: bool | None
    way: str


def found_row(table: pl.DataFrame) -> dict[str, Any] | None:
    """The row of the best of a search; where there is none, of the nearest; else ``None``."""
    for mark in ("best", "nearest"):
        if (rows := table.filter(mark)).height:
            return rows.row(0, named=True)
    return None


def sides(table: pl.DataFrame, asked: Asked, language: str) -> list[Side]:
    """The figure looked for, those with limits, then ``BESIDE``; what is not known left out.

    table : of ``Search.table``
    """
    today = table.row(0, named=True)
    found = found_row(table) or {}
    names = dict.fromkeys([asked.figure, *asked.keep, *BESIDE])
    known = [name for name in names if today[name] is not None or found.get(name) is not None]
    return [_side(name, today[name], found.get(name), found, asked, language) for name in known]


def unknown(table: pl.DataFrame, language: str) -> list[str]:
    """Names of the figures of ``BESIDE`` that this city has no tables for."""
    today = table.row(0, named=True)
    return [figure_name(name, language) for name in BESIDE if today[name] is None]


def missed_texts(table: pl.DataFrame, asked: Asked, language: str) -> list[str]:
    """What the nearest misses of the limits, and by how much; empty where there is a best."""
    found = found_row(table) or {}
    return [
        text(
            "missed", language,
            figure=figure_name(name, language),
            value=figure_text(name, found[name], language),
            limit=limits_text(name, limits, language),
        )
        for name, limits in asked.keep.items()
        if found.get(f"missed_{name}")
    ]  # fmt: skip


def limits_text(name: str, limits: Limits, language: str) -> str:
    """``at least 9,000`` of a figure, as people read it."""
    said = [
        text(f"limit-{side}", language, value=limit_text(name, limit, language))
        for side, limit in zip(("least", "most"), limits, strict=True)
        if limit is not None
    ]
    return text("limit-both", language, one=said[0], other=said[1]) if len(said) > 1 else said[0]


def limit_text(name: str, limit: Decimal, language: str) -> str:
    """A limit in the figure's unit, no digit left out."""
    if figure_unit(name) == "share":
        return text("limit-share", language, share=(limit * 100).normalize() + 0)
    return text("limit-number", language, number=limit.normalize() + 0)


def _side(
    name: str, before: float | None, after: float | None, found: Mapping[str, Any], asked: Asked,
    language: str,
) -> Side:  # fmt: skip
    limits = asked.keep.get(name)
    said = [] if limits is None else [limits_text(name, limits, language)]
    if name == asked.figure:
        said.insert(0, text("asked-largest" if asked.largest else "asked-least", language))
    missed = found.get(f"missed_{name}")
    return Side(
        name,
        figure_name(name, language),
        figure_text(name, before, language),
        figure_text(name, after, language),
        figure_change(name, before, after, language),
        text("asked-joint", language).join(said),
        None if limits is None or missed is None else not missed,
        figure_way(name, before, after, language),
    )
