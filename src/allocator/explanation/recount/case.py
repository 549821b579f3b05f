"""What the records hold on one retailer, looked up plainly: no index, no short cut."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil
from typing import Any

import polars as pl

from allocator.explanation.dossier import Dossier
from allocator.explanation.recount.between import Stand, cell_bases, own_share, stands
from allocator.records import MICRO, JointLimit
from allocator.wording import Fact

Found = Mapping[str, Fact] | None
"""Recomputed parameters of a claim; ``None`` where its statement is not true at all."""


@dataclass(frozen=True)
class Case:
    """One retailer of one run."""

    run: Dossier
    retailer: str

    @cached_property
    def i(self) -> int:
        """Index into the plan's members."""
        ids: list[str] = self.run.plan.members["retailer_id"].to_list()
        return ids.index(self.retailer)

    @cached_property
    def member(self) -> Mapping[str, Any]:
        """Own row of the plan's members."""
        return self.run.plan.members.row(self.i, named=True)

    @cached_property
    def graded(self) -> Mapping[str, Any]:
        """Own row of the grading table; empty when it has none."""
        return _only(self.run.grading.table.filter(retailer_id=self.retailer))

    @cached_property
    def person(self) -> Mapping[str, Any]:
        """Own row of the retailers table that is in force."""
        rows = self.run.city.retailers.frame.filter(retailer_id=self.retailer)
        if "valid_from" in rows.columns:
            valid = pl.col("valid_from")
            rows = rows.filter(valid.is_null() | (valid <= self.run.plan.on))
            rows = rows.sort("valid_from", nulls_last=False)
        return _only(rows.tail(1))

    @cached_property
    def scores(self) -> list[int]:
        """Scores of all graded retailers, the highest first."""
        graded = self.run.grading.table.filter(graded=True)
        return sorted(graded["score"].to_list(), reverse=True)

    def product(self, name: Fact) -> Mapping[str, Any]:
        """Row of a product in the products table."""
        table = self.run.city.products
        return {} if table is None else _only(table.frame.filter(product_id=name))

    def line(self, product: Fact) -> Mapping[str, Any]:
        """Own row of the allocation for a product; empty when it was not ordered."""
        allocation = self.run.allocation
        if allocation is None:
            return {}
        return _only(allocation.lines.filter(retailer_id=self.retailer, product_id=product))

    def orders(self, product: Fact) -> pl.DataFrame:
        """Own order lines of this cycle for a product, as they were placed."""
        return self.placed().filter(product_id=product)

    def placed(self) -> pl.DataFrame:
        """Own order lines of this cycle for all products, in the order of placing."""
        table = self.run.city.orders
        if table is None:
            return pl.DataFrame(schema={"product_id": pl.String})
        rows = table.frame.filter(retailer_id=self.retailer)
        return rows.filter(
            pl.col("cycle").is_null() | (pl.col("cycle") == self.run.cycle),
            pl.col("status").is_null() | (pl.col("status") != "cancelled"),
            pl.col("kind").is_null() | (pl.col("kind") != "make_up"),
        ).sort("ordered_at", "order_id", "product_id", nulls_last=True)

    def released(self, product: Fact) -> int | None:
        """Line p of a product that is released to this retailer; ``None`` if there is none."""
        plan, cell = self.run.plan, self.member["cell"]
        if cell is None:
            return None
        for p, name in enumerate(plan.product):
            if name == product and plan.allowed[p, cell]:
                return p
        return None

    def seat(self, p: int) -> int:
        """Cartons of the odd lot of line p that fell to this retailer, else 0."""
        turns = self.run.plan.turns
        won = bool(((turns.line == p) & (turns.retailer == self.i)).any())
        return int(self.run.plan.lot[p]) * won

    def served(self, p: int) -> int:
        """How many of the own cell got an odd lot of line p, counted one by one."""
        turns, cells = self.run.plan.turns, self.run.plan.members["cell"].to_list()
        got = turns.retailer[turns.line == p].tolist()
        return sum(cells[i] == self.member["cell"] for i in got)

    def limit(self, product: Fact) -> int:
        """Most cartons in round one."""
        p = self.released(product)
        return 0 if p is None else self.base(p) + self.seat(p)

    @cached_property
    def stands(self) -> Mapping[int, Stand]:
        """Where the members of the own cell stand between tiers."""
        names = self.run.plan.members["retailer_id"].to_list()
        cells = self.run.plan.members["cell"].to_list()
        own = {i: (names[i], self.member["tier"]) for i in range(len(names))}
        return stands(
            self.run.grading, {i: who for i, who in own.items() if cells[i] == self.member["cell"]}
        )

    def base(self, p: int) -> int:
        """Cartons of line p without the odd lot."""
        plan = self.run.plan
        if plan.boundary == "step":
            return int(plan.base[p, self.member["cell"]])
        return self.bases(p)[self.i][0] * int(plan.lot[p])

    def waits(self, p: int) -> bool:
        """Whether an odd lot of line p may come to this retailer, now or another time."""
        return self.run.plan.boundary == "step" or self.bases(p)[self.i][1]

    def bases(self, p: int) -> Mapping[int, tuple[int, bool]]:
        """Lots of each member of the own cell, and whether an odd one may come to it."""
        return cell_bases(self.run.plan, p, self.member["cell"], self.stands)

    def share(self, p: int) -> int:
        """Entitlement of line p, millionths of a lot."""
        plan, cell = self.run.plan, self.member["cell"]
        stand = (self.member["tier"], 0) if plan.boundary == "step" else self.stands[self.i]
        return own_share(plan, p, cell, self.member["tier"], stand)

    def ceiling(self, p: int) -> int:
        """Most cartons of line p that both rounds may give, whole lots."""
        plan, cell = self.run.plan, self.member["cell"]
        lot = int(plan.lot[p])
        toward, part = self._toward()
        if not plan.allowed[p, toward]:
            part = 0
        own, there = (int(plan.ceiling[p, c]) // lot for c in (cell, toward))
        return ceil(own + Fraction((there - own) * part, MICRO)) * lot

    def joint(self, limit: JointLimit) -> int | None:
        """Cartons that a band or basket allows this retailer; ``None`` = it does not limit it.

        A band binds orders by the tier alone, a basket the quotas, which lie between the tiers'.
        """
        cell: int = self.member["cell"]
        basket = any(limit is one for one in self.run.plan.baskets)
        toward, part = self._toward() if basket else (cell, 0)
        own, there = (int(limit.most[c]) for c in (cell, toward))
        if own < 0 or there < 0:
            return None
        return ceil(own + Fraction((there - own) * part, MICRO))

    def _toward(self) -> tuple[int, int]:
        """The cell towards which the shop stands, and millionths of the way there."""
        cell: int = self.member["cell"]
        if self.run.plan.boundary == "step":
            return cell, 0
        other, part = self.stands[self.i]
        return (cell + other - self.member["tier"], part) if part else (cell, 0)

    def standard(self, product: Fact) -> int:
        """Cartons that the rules give for what was ordered."""
        return self.line(product).get("award") or 0

    def held(self, product: Fact) -> int:
        """Cartons entered; where nothing is known of that, the standard."""
        granted = self.line(product).get("granted")
        return self.standard(product) if granted is None else int(granted)

    def group(self) -> int:
        """Retailers of the own cell, counted one by one."""
        cells = self.run.plan.members["cell"]
        return 0 if self.member["cell"] is None else int((cells == self.member["cell"]).sum())


def _only(rows: pl.DataFrame) -> Mapping[str, Any]:
    return rows.row(0, named=True) if rows.height else {}
