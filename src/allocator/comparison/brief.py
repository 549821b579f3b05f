"""A comparison in a few lines for a screen or a notebook: figures, who gains, who loses."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import polars as pl

from allocator.pages import templates
from allocator.wording import say, spell

if TYPE_CHECKING:
    from allocator.comparison.record import Comparison

HEADLINES: Final = (
    "awarded", "left", "coverage", "fill_rate", "mean", "p10", "p50", "p90", "gini", "top_tenth",
    "satisfaction_least", "cliff", "cliff_apart", "volatility",
)  # fmt: skip
"""Figures that are shown first."""

DIGITS: Final = {
    "cartons": 2, "share": 1, "index": 3, "ratio": 3, "retailers": 0, "pairs": 0,
}  # fmt: skip
"""Digits after the point by unit; shares are shown in per cent."""

UNKNOWN: Final = "–"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what it is, before, after, and the change, as people read them."""

    label: str
    before: str
    after: str
    change: str


def spell_figure(value: float | None, unit: str, language: str, *, sign: bool = False) -> str:
    """A figure as people read it: ``12.3 %``, ``0.255``, ``28.13``; a dash where it is not known.

    sign : a change: with a plus before what is more than nothing; of shares in per cent points
    """
    if value is None:
        return UNKNOWN
    percent = unit == "share"
    digits = DIGITS.get(unit, 0)
    number = round(Decimal(repr(value)) * (100 if percent else 1), digits)
    if number == number.to_integral_value() and unit == "cartons":
        number = number.to_integral_value()
    told = spell(number + 0, language)
    plus = "+" if sign and number > 0 else ""
    if percent and sign:
        return say("comparison", "points", {"value": f"{plus}{told}"}, language)
    return f"{plus}{told} %" if percent else f"{plus}{told}"


def headlines(comparison: Comparison, language: str) -> list[Line]:
    """The figures that are shown first."""
    rows = {row["figure"]: row for row in comparison.figures.iter_rows(named=True)}
    found = []
    for name in HEADLINES:
        row = rows[name]
        if row["baseline"] is None and row["scenario"] is None:
            continue
        unit = row["unit"]
        found.append(
            Line(
                say("comparison", f"figure-{name}", {}, language),
                spell_figure(row["baseline"], unit, language),
                spell_figure(row["scenario"], unit, language),
                spell_figure(row["change"], unit, language, sign=True),
            )
        )
    return found


def complaints(comparison: Comparison, language: str) -> list[Line]:
    """How many shops are exposed to each kind of complaint."""
    found = []
    for row in comparison.exposure.iter_rows(named=True):
        before, after = row["baseline"], row["scenario"]
        change = None if before is None or after is None else after - before
        missing = row["missing"]
        found.append(
            Line(
                say("comparison", f"kind-{row['kind']}", {}, language),
                spell_figure(before, "retailers", language),
                spell_figure(after, "retailers", language),
                say("comparison", f"missing-{missing}", {}, language)
                if missing
                else spell_figure(change, "retailers", language, sign=True),
            )
        )
    return found


def outline(comparison: Comparison, language: str) -> str:
    """Who gains and who loses, in one sentence."""
    row = comparison.groups.filter(pl.col("dimension") == "all").row(0, named=True)
    status = comparison.changes_by_retailer["status"]
    facts = {name: row[name] or 0 for name in ("gainers", "same", "losers", "gained", "lost")}
    facts |= {name: int((status == name).sum()) for name in ("entered", "left")}
    moved = "outline-moved" if facts["entered"] or facts["left"] else "outline"
    return say("comparison", moved, facts, language)


def remarks(comparison: Comparison, language: str) -> list[str]:
    """What did nothing and why, and what else the reader must know."""
    return [
        say("comparison", f"note-{note.code}", note.facts, language) for note in comparison.notes
    ]


def brief_page(comparison: Comparison, language: str = "en") -> str:
    """The comparison as a fragment of HTML, escaped: for notebooks."""
    heads = [
        say("comparison", f"head-{name}", {}, language) for name in ("before", "after", "change")
    ]
    page = templates("allocator.comparison").get_template("brief.html")
    return page.render(
        comparison=comparison,
        outline=outline(comparison, language),
        heads=heads,
        parts=[headlines(comparison, language), complaints(comparison, language)],
        titles=[
            say("comparison", f"head-{name}", {}, language) for name in ("figures", "complaints")
        ],
        remarks=remarks(comparison, language),
    )
