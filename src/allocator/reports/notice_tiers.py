"""Quotas by tier as the notice shows them: a table of all tiers, and each product's ladder.

A table of thirty columns does not fit a phone. A ladder says the same of one product in a few
lines, since neighbouring tiers mostly may order the same: tiers 30 to 26: 3 cartons.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

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
    wide : per cent of the product's largest quota
    """

    high: int
    low: int
    base: int | None
    shops: int
    seats: int
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
    """The ladders of line p; chains share one where no tier may order differently in them."""
    heaps: list[tuple[dict[int, _Rung], list[str]]] = []
    for table in tables:
        if p not in table.chain.lines:
            continue
        rungs, title = _rungs(table, p), table.chain.title(language)
        for merged, titles in heaps:
            if all(merged[t].base == rungs[t].base for t in merged.keys() & rungs.keys()):
                merged |= {t: rung.beside(merged.get(t)) for t, rung in rungs.items()}
                titles.append(title)
                break
        else:
            heaps.append((rungs, [title]))
    return [Ladder(tuple(titles), tuple(_steps(rungs))) for rungs, titles in heaps]


@dataclass(frozen=True, slots=True)
class _Rung:
    """One tier: what a shop may order (-1: not released), how many shops, how many a lot more."""

    base: int
    shops: int
    seats: int

    def beside(self, other: _Rung | None) -> _Rung:
        """The shops of another chain too."""
        if other is None:
            return self
        return _Rung(self.base, self.shops + other.shops, self.seats + other.seats)


def _rungs(table: Shown, p: int) -> dict[int, _Rung]:
    held = np.where(table.open[p], table.base[p], -1).tolist()
    shops, seats = table.count.tolist(), table.seats[p].tolist()
    rungs = map(_Rung, held, shops, seats)
    return dict(zip(table.tier.tolist(), rungs, strict=True))


def _steps(rungs: dict[int, _Rung]) -> Iterator[Step]:
    """Where base or release changes from one tier to the next, a step begins."""
    most = max(1, *(rung.base for rung in rungs.values()))
    for base, found in groupby(sorted(rungs, reverse=True), key=lambda tier: rungs[tier].base):
        tiers = list(found)
        yield Step(
            high=tiers[0],
            low=tiers[-1],
            base=None if base < 0 else base,
            shops=sum(rungs[tier].shops for tier in tiers),
            seats=sum(rungs[tier].seats for tier in tiers),
            wide=100 * max(base, 0) // most,
        )
