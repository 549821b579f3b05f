"""Quotas by tier as the notice shows them: a table of all tiers, and each product's ladder.

A table of thirty columns does not fit a phone. A ladder says the same of one product in a few
lines, since neighbouring tiers mostly may order the same: tiers 30 to 26: 3 cartons.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from allocator.records import Flags, QuotaPlan, Units
from allocator.reports.chains import Chain

SHADES = 4
"""Tints of the heat colours, by size within the product."""


@dataclass(frozen=True, slots=True)
class Step:
    """Tiers next to each other that may order the same.

    high, low : tiers from and to; base : cartons of each shop, ``None`` = not released to them
    shops : retailers of these tiers; seats : how many of them may order a lot more
    heat : 0..SHADES; wide : per cent of the product's largest quota
    """

    high: int
    low: int
    base: int | None
    shops: int
    seats: int
    heat: int
    wide: int


@dataclass(frozen=True, slots=True)
class Ladder:
    """The steps of one line; ``titles`` are the chains that they hold for."""

    titles: tuple[str, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A chain's quotas, from the top tier down.

    base, seats, heat : (P, T) int64; open : (P, T) bool; tier, count : (T,) int64
    """

    chain: Chain
    tier: Units
    count: Units
    base: Units
    seats: Units
    heat: Units
    open: Flags


def shown(plan: QuotaPlan, chain: Chain) -> Shown:
    """The tiers of a chain that have retailers; all of them where none has."""
    held = chain.count > 0
    kept = held if held.any() else np.ones_like(held)
    cell = chain.cell[kept]
    base = plan.base[:, cell]
    most = base.max(axis=1, initial=0).clip(min=1)
    heat = np.minimum(-(-SHADES * base // most[:, None]), SHADES)
    return Shown(
        chain, chain.tier[kept], chain.count[kept], base, plan.seats[:, cell], heat,
        plan.allowed[:, cell],
    )  # fmt: skip


def tier_table(table: Shown, language: str) -> dict[str, object]:
    """Rows of products, columns of tiers from the top that have retailers."""
    return {
        "title": table.chain.title(language),
        "tiers": table.tier.tolist(),
        "counts": table.count.tolist(),
        "turns": bool(table.seats.any()),
        "rows": [
            {
                "line": p,
                "cells": [
                    {"open": may, "base": quota, "seats": turns, "heat": shade}
                    for may, quota, turns, shade in zip(
                        table.open[p].tolist(),
                        table.base[p].tolist(),
                        table.seats[p].tolist(),
                        table.heat[p].tolist(),
                        strict=True,
                    )
                ],
            }
            for p in table.chain.lines.tolist()
        ],
    }


def ladders(tables: Sequence[Shown], p: int, language: str) -> list[Ladder]:
    """The ladders of line p; chains whose tiers may order the same share one."""
    found: dict[tuple[Step, ...], list[str]] = {}
    for table in tables:
        if p in table.chain.lines:
            found.setdefault(tuple(_steps(table, p)), []).append(table.chain.title(language))
    return [Ladder(tuple(titles), steps) for steps, titles in found.items()]


def _steps(table: Shown, p: int) -> Iterator[Step]:
    """Where base or release changes from one tier to the next, a step begins."""
    held = np.where(table.open[p], table.base[p], -1)
    most = max(int(held.max(initial=0)), 1)
    starts = np.flatnonzero(np.concatenate(([True], held[1:] != held[:-1])))
    for first, after in zip(starts, [*starts[1:], len(held)], strict=True):
        base = int(held[first])
        yield Step(
            high=int(table.tier[first]),
            low=int(table.tier[after - 1]),
            base=None if base < 0 else base,
            shops=int(table.count[first:after].sum()),
            seats=int(table.seats[p, first:after].sum()),
            heat=int(table.heat[p, first]),
            wide=100 * max(base, 0) // most,
        )
