"""Cycles to come as small tables in words: for the screen, a notebook and the page."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import polars as pl

from allocator.comparison.exposure import KINDS as EXPOSURES
from allocator.reports.figures import percent, rounded
from allocator.simulation.behaviour import KINDS
from allocator.simulation.cycles import ASKED, OTHER_GRADING, PROPORTIONAL, Cycles
from allocator.simulation.cycles_answers import (
    AGAINST,
    exposed_mean,
    last_value,
    mean_value,
    paid,
)
from allocator.wording import Fact, say, spell, spell_rounded

NOTHING: Final = "–"
MOST_PRODUCTS: Final = 20
"""Rows of products on the screen and the page; ``waits.csv`` has them all."""


@dataclass(frozen=True, slots=True)
class Told:
    """A table in words. heads : of the columns; rows : cells; words : columns of words at left."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 1


def text(code: str, language: str, **facts: Fact) -> str:
    """A sentence of the domain ``cycles``."""
    return say("cycles", code, facts, language)


def tables(cycles: Cycles, language: str) -> list[Told]:
    """All tables that have anything to say."""
    made = (worlds, inflating, behaviours, waiting, exposed)
    return [table for make in made if (table := make(cycles, language)).rows]


def world_name(cycles: Cycles, world: str, language: str) -> str:
    """What a world is called."""
    if world != OTHER_GRADING:
        return text(f"world-{world}", language)
    scarce = cycles.worlds.filter(pl.col("world") == world)["scarce"].item()
    return text(f"world-{world}-{scarce}", language)


def worlds(cycles: Cycles, language: str) -> Told:
    """A row for each world."""
    sums = {
        row["world"]: row
        for row in cycles.retailers.group_by("world")
        .agg(pl.col("wanted", "award", "within").sum())
        .iter_rows(named=True)
    }
    rows = []
    for world in cycles.worlds["world"]:
        of = sums[world]
        met = Fraction(of["within"], of["wanted"]) if of["wanted"] else None
        rows.append(
            (
                world_name(cycles, world, language),
                spell(of["award"], language),
                spell(of["within"], language),
                _percent(met, language),
                _number(last_value(cycles, world, "gini_so_far"), 4, language),
                _percent(last_value(cycles, world, "largest_tenth_so_far"), language),
                _number(mean_value(cycles, world, "volatility"), 2, language),
                _shown(exposed_mean(cycles, world), language),
            )
        )
    names = ("world", "award", "within", "met", "gini", "tenth", "volatility", "exposed")
    return Told(text("worlds", language), _heads(names, language), tuple(rows))


def inflating(cycles: Cycles, language: str) -> Told:
    """Whether inflating paid, a row for each rule."""
    rows = [
        (
            text(f"rule-{rule}", language),
            *(spell(found[name], language) for name in
              ("tried", "gained", "cartons", "own", "others")),
        )
        for rule, found in paid(cycles).items()
    ]  # fmt: skip
    names = ("rule", "tried", "gained", "cartons", "own", "others")
    return Told(text("paid", language), _heads(names, language), tuple(rows))


def behaviours(cycles: Cycles, language: str) -> Told:
    """What shops of each behaviour wanted, asked and had, under each rule."""
    rows = []
    for world in (ASKED, PROPORTIONAL):
        mine = cycles.retailers.filter(pl.col("world") == world)
        for kind in KINDS:
            part = mine.filter(pl.col("behaviour") == kind)
            if part.is_empty() or mine["behaviour"].n_unique() < 2:
                continue
            rows.append(
                (
                    world_name(cycles, world, language),
                    text(f"behaviour-{kind}", language),
                    spell(len(part), language),
                    *(
                        spell(int(part[name].sum()), language)
                        for name in ("wanted", "asked", "award", "within")
                    ),
                )
            )
    names = ("world", "behaviour", "shops", "wanted", "asked", "award", "within")
    return Told(text("behaviours", language), _heads(names, language), tuple(rows), words=2)


def waiting(cycles: Cycles, language: str) -> Told:
    """How long until everybody had one, products with less than one carton for each shop."""
    mine = cycles.waits.filter((pl.col("world") == ASKED) & pl.col("below_one"))
    not_yet = text("not-yet", language)

    def cycle(number: int | None) -> str:
        return not_yet if number is None else spell(number, language)

    shown = mine.sort("wanting", "product_id", descending=[True, False]).head(MOST_PRODUCTS)
    rows = tuple(
        (
            f"{row['product_id']} {cycles.product_names.get(row['product_id'], '')}".strip(),
            spell(row["eligible"], language),
            cycle(row["offered_half"]),
            cycle(row["offered_all"]),
            spell(row["wanting"], language),
            cycle(row["had_all"]) if row["wanting"] else NOTHING,
            spell(row["never_had"], language),
        )
        for row in shown.iter_rows(named=True)
    )
    names = ("product", "eligible", "offered-half", "offered-all", "wanting", "had-all", "never")
    return Told(text("waits", language), _heads(names, language), rows)


def exposed(cycles: Cycles, language: str) -> Told:
    """Who could complain, by kind: in the first cycle, on average, and at most."""
    mine = cycles.exposure.filter((pl.col("world") == ASKED) & pl.col("retailers").is_not_null())
    rows = []
    for kind in (each.name for each in EXPOSURES):
        known = mine.filter(pl.col("kind") == kind)["retailers"]
        if known.is_empty():
            continue
        mean = Fraction(int(known.sum()), len(known))
        rows.append(
            (
                text(f"kind-{kind}", language),
                spell(int(known[0]), language),
                _number(mean, 1, language),
                spell(int(max(known.to_list())), language),
            )
        )
    names = ("kind", "first", "mean", "largest")
    return Told(text("exposure", language), _heads(names, language), tuple(rows))


def heading(cycles: Cycles, language: str) -> str:
    """How many cycles, from when to when."""
    first, last = cycles.turns[0].cycle, cycles.turns[-1].cycle
    return text("title", language, count=len(cycles.turns), first=first, last=last)


def setting(cycles: Cycles, language: str) -> str:
    """What the cycles are made of."""
    sources = ", ".join(cycles.sources[:8]) + (", ..." if len(cycles.sources) > 8 else "")
    graded = (
        text("setting-graded", language, months=cycles.regrade_months)
        if cycles.regrade_months
        else text("setting-not-graded", language)
    )
    made = text(
        "setting", language, shops=cycles.retailers_counted, sources=sources, seed=cycles.seed
    )
    return f"{made} {graded}"


def compared_worlds(cycles: Cycles) -> tuple[str, ...]:
    """Worlds with inflating shops that have one without beside them."""
    return tuple(
        world for world, other in AGAINST.items() if cycles.world(world) and cycles.world(other)
    )


def _heads(names: tuple[str, ...], language: str) -> tuple[str, ...]:
    return tuple(text(f"head-{name}", language) for name in names)


def _number(value: Fraction | None, digits: int, language: str) -> str:
    return NOTHING if value is None else spell_rounded(rounded(value, digits), digits, language)


def _percent(part: Fraction | None, language: str) -> str:
    return NOTHING if part is None else spell(percent(part), language)


def _shown(value: Fact, language: str) -> str:
    return NOTHING if value is None else spell(value, language)
