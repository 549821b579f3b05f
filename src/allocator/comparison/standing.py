"""What the rule lets each retailer have of a product in round one, and what joint limits leave."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property

import numpy as np
import polars as pl

from allocator.comparison.outcome import Outcome
from allocator.holdings import UNLIMITED, cell_of, holdings, together
from allocator.records import Flags, Indices, QuotaPlan, Units


class Standing:
    """Where retailers of an outcome stand under its plan, product by product.

    Without a plan all that is known is what each may order: nobody is taken to wait for a seat.
    """

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self._plan = outcome.plan
        self._lines: dict[int, list[int]] = defaultdict(list)
        self._left: dict[int, Units] = {}
        if outcome.plan is None:
            return
        rows = {name: k for k, name in enumerate(outcome.products["product_id"].to_list())}
        for p, name in enumerate(outcome.plan.product):
            if name in rows:
                self._lines[rows[name]].append(p)
        product = {p: k for k, lines in self._lines.items() for p in lines}
        for limit in (*outcome.plan.baskets, *outcome.plan.bands):
            most = together(limit, outcome.plan.between, cell_of(outcome.plan))[self._known]
            held = np.zeros(len(self._at), np.int64)
            mine = [p for p in limit.lines.tolist() if p in product]
            for p in mine:
                award = outcome.award[product[p]][self._at]
                held += np.where(outcome.plan.allowed[p][self._cell], award, 0)
            for p in mine:
                left = self._left.get(p)
                self._left[p] = most - held if left is None else np.minimum(left, most - held)

    @cached_property
    def _row(self) -> pl.Series:
        """Row among the retailers of each counted member, (r,) u32; null = it is none of them."""
        if self._plan is None:
            return pl.Series([], dtype=pl.UInt32)
        ids = self._outcome.retailers.select("retailer_id").with_row_index("i")
        counted = self._plan.members.select("retailer_id").head(len(cell_of(self._plan)))
        return counted.join(ids, on="retailer_id", how="left", maintain_order="left")["i"]

    @cached_property
    def _known(self) -> Flags:
        return self._row.is_not_null().to_numpy()

    @cached_property
    def _at(self) -> Indices:
        return self._row.drop_nulls().to_numpy()

    @cached_property
    def _cell(self) -> Indices:
        cells: Indices = np.zeros(0, np.int32) if self._plan is None else cell_of(self._plan)
        return cells[self._known]

    @property
    def alike(self) -> bool:
        """Whether the rule gives all retailers of a cell the same."""
        return self._plan is not None and self._plan.between is None

    def most(self, k: int) -> Units:
        """Cartons of product k that each may have: its base, and a lot where it waits for one."""
        found: Units = self._outcome.base[k].astype(np.int64)
        if self._plan is None:
            return np.array(np.maximum(found, self._outcome.limit[k]), np.int64)
        for p in self._lines[k]:
            seated = (self._plan.seats[p] > 0)[self._cell]
            if self._plan.between is not None:
                seated &= _waits(self._plan, p)[self._known]
            found[self._at] += np.where(seated, int(self._plan.lot[p]), 0)
        return found

    def room(self, k: int) -> Units | None:
        """Cartons that baskets and bands leave each beside what it has; ``None`` = none binds."""
        lines = [p for p in self._lines[k] if p in self._left]
        if self._plan is None or not lines:
            return None
        room: Units = np.full(len(self._outcome.retailers), UNLIMITED)
        for p in lines:
            mine = np.where(self._plan.allowed[p][self._cell], self._left[p], UNLIMITED)
            room[self._at] = np.minimum(room[self._at], np.maximum(mine, 0))
        return room


def _waits(plan: QuotaPlan, p: int) -> Flags:
    return holdings(plan, p).waits
