"""What is counted of a world while it lives: cartons, turns, first times. Sums of whole numbers.

Axes: i = 0..n-1 active retailers by identifier, k = 0..K-1 released products by identifier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl

from allocator.holdings import base_and_extra
from allocator.records import Flags, Indices, QuotaPlan, Units

NEVER: Final = 0
"""Number of the cycle of something that has not happened."""


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where members and lines of a plan stand on the axes.

    who : (n members,) int64, i of each member, -1 = not on the axis
    good : (P,) int64, k of each line
    """

    who: Units
    good: Units


def places_of(plan: QuotaPlan, retailers: pl.Series, products: pl.Series) -> Places:
    """Find the members and lines of a plan on the axes."""
    return Places(
        positions(plan.members["retailer_id"], retailers),
        positions(pl.Series(plan.product, dtype=pl.String), products),
    )


def positions(names: pl.Series, axis: pl.Series) -> Units:
    """Place of each name on an axis of unique names, (k,) int64; -1 = it has none."""
    known = pl.DataFrame({"name": axis, "at": np.arange(len(axis), dtype=np.int64)})
    found = names.to_frame("name").join(known, on="name", how="left", maintain_order="left")
    return found["at"].fill_null(-1).to_numpy()


@dataclass(slots=True, eq=False)
class Turns:
    """Turns of a world: law L8 over its cycles.

    seats : (K, n) int32, odd lots offered so far
    group : (n,) int64, equal for shops that were in the same cell in every cycle so far
    credit : (K, n) int32, millionths of a lot, before the first cycle in which the line was there
    known : (K,) bool, whether it was there; promised : (K,) bool, in every cycle by rotation, in
        no basket or band, and with one entitlement for the whole cell
    label : number of each cell's name seen so far, from 1; 0 = not counted
    """

    seats: Indices
    group: Units
    credit: Indices
    known: Flags
    promised: Flags
    label: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, products: int, retailers: int) -> Turns:
        """Before the first cycle."""
        matrix = (products, retailers)
        return cls(
            np.zeros(matrix, np.int32), np.zeros(retailers, np.int64), np.zeros(matrix, np.int32),
            np.zeros(products, np.bool_), np.ones(products, np.bool_),
        )  # fmt: skip

    def add(self, plan: QuotaPlan, places: Places, credit: Indices) -> None:
        """Count the turns of a cycle. credit : (K, n) carried into it, all products."""
        counted = plan.members["cell"].drop_nulls().to_numpy()
        labels = _codes(plan.cells.labels(), self.label)
        cell = np.zeros(len(self.group), np.int64)
        who = places.who[: len(counted)]
        on_axis = who >= 0
        cell[who[on_axis]] = labels[counted[on_axis]]
        if not self.known.any():
            self.credit[:] = credit
        _, self.group = np.unique(self.group * (len(self.label) + 1) + cell, return_inverse=True)
        member = places.who[plan.turns.retailer]
        here = member >= 0
        np.add.at(self.seats, (places.good[plan.turns.line][here], member[here]), 1)
        joined = {int(p) for limit in (*plan.baskets, *plan.bands) for p in limit.lines}
        for p, method in enumerate(plan.method):
            apart = plan.source != "planned" or plan.boundary != "step"  # or each has its own share
            if method != "rotate" or p in joined or apart:
                self.promised[places.good[p]] = False
        self.known[places.good] = True

    def apart(self) -> Units:
        """Largest difference of turns among equals so far, by product, (K,) int64.

        Equals were in the same cell in every cycle and began with equal credit.
        """
        found = np.zeros(len(self.seats), np.int64)
        if not len(self.group):
            return found
        one_start = self.credit.min(axis=1) == self.credit.max(axis=1)
        order = np.argsort(self.group, kind="stable")
        heads = np.flatnonzero(np.diff(self.group[order], prepend=-1))
        ordered = self.seats[:, order]
        most = np.maximum.reduceat(ordered, heads, axis=1)
        least = np.minimum.reduceat(ordered, heads, axis=1)
        found[:] = (most - least).max(axis=1)
        for k in np.flatnonzero(~one_start & (found > 0)).tolist():
            order = np.lexsort((self.credit[k], self.group))
            split = np.diff(self.group[order], prepend=-1) != 0
            split |= np.diff(self.credit[k][order], prepend=self.credit[k][order[0]] - 1) != 0
            heads = np.flatnonzero(split)
            ordered = self.seats[k][order]
            spread = np.maximum.reduceat(ordered, heads) - np.minimum.reduceat(ordered, heads)
            found[k] = int(spread.max())
        return found

    def groups(self) -> int:
        """Shops that have at least one equal so far."""
        sizes = np.bincount(self.group)
        return int(sizes[sizes > 1].sum())


def _codes(labels: Sequence[str], known: dict[str, int]) -> Units:
    return np.array([known.setdefault(label, len(known) + 1) for label in labels], np.int64)


@dataclass(slots=True, eq=False)
class FirstTimes:
    """When each retailer was first offered, and first had, a lot of each product.

    offered, had : (K, n) int32 number of the cycle, 0 = never
    eligible : (K, n) bool, may have had it in some cycle
    scarce : (K,) bool, in some cycle there was less than one lot for each that may have it
    """

    offered: Indices
    had: Indices
    eligible: Flags
    scarce: Flags

    @classmethod
    def of(cls, products: int, retailers: int) -> FirstTimes:
        """Before the first cycle."""
        matrix = (products, retailers)
        return cls(
            np.zeros(matrix, np.int32), np.zeros(matrix, np.int32), np.zeros(matrix, np.bool_),
            np.zeros(products, np.bool_),
        )  # fmt: skip

    def add(self, number: int, plan: QuotaPlan, places: Places, had: tuple[Units, Units]) -> None:
        """Count a cycle. had : k and i of the awards above 0."""
        sizes = plan.cells.count
        who = places.who[: int(sizes.sum())]
        on_axis = who >= 0
        for p in range(len(plan.product)):
            k = int(places.good[p])
            seat = np.zeros(len(who), np.bool_)
            seat[plan.turns.of(p)] = True
            base, extra = base_and_extra(plan, p, seat)
            limit = np.repeat(base, sizes) + extra
            may = np.repeat(plan.allowed[p], sizes)
            self.eligible[k, who[on_axis & may]] = True
            _first(self.offered[k], who[on_axis & (limit > 0)], number)
            supply = int(plan.supply[p] - plan.reserve[p]) // int(plan.lot[p])
            if 0 <= supply < int(may.sum()):
                self.scarce[k] = True
        product, retailer = had
        new = self.had[product, retailer] == NEVER
        self.had[product[new], retailer[new]] = number


def _first(cycle: Indices, who: Units, number: int) -> None:
    cycle[who[cycle[who] == NEVER]] = number
