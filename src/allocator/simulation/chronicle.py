"""What is written down of a world, cycle by cycle, and the frames made of it in the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from allocator.allocation.credits import carried_credits
from allocator.comparison.inequality import gini
from allocator.grading.moves import counted
from allocator.records import Allocation, Flags, Grading, QuotaPlan, Units
from allocator.simulation.behaviour import KINDS
from allocator.simulation.pace import Turn
from allocator.simulation.tallies import FirstTimes, Turns, places_of
from allocator.simulation.world import Life
from allocator.tables.city import Table

SUMS = ("wanted", "asked", "award", "within")


@dataclass(slots=True, eq=False)
class Chronicle:
    """Sums of a world.

    retailers : (n,) identifiers; products : (K,); kind : (n,) str, behaviour as asked
    large : (n,) bool; sums : (4, n) int64 cartons, ``SUMS``; last : (n,) int64 of the cycle before
    wants : (K, n) bool, wanted it in some cycle
    """

    retailers: pl.Series
    products: pl.Series
    kind: Units
    large: Flags
    sums: Units
    wants: Flags
    turns: Turns
    firsts: FirstTimes
    last: Units | None = None
    tier_first: pl.Series | None = None
    tier_last: pl.Series | None = None
    figures: list[dict[str, Any]] = field(default_factory=list)
    groups: list[dict[str, Any]] = field(default_factory=list)
    tiers: list[dict[str, Any]] = field(default_factory=list)
    exposure: list[dict[str, Any]] = field(default_factory=list)
    tried: list[pl.DataFrame] = field(default_factory=list)
    offers: bool = True

    @classmethod
    def of(
        cls, products: pl.Series, retailers: pl.Series, behaves: pl.DataFrame, large: Flags
    ) -> Chronicle:
        """Before the first cycle."""
        n, goods = len(retailers), len(products)
        number = {name: at for at, name in enumerate(KINDS)}
        kind = np.array([number[name] for name in behaves["behaviour"]], np.int64)
        return cls(
            retailers, products, kind, large,
            np.zeros((len(SUMS), n), np.int64), np.zeros((goods, n), np.bool_),
            Turns.of(goods, n), FirstTimes.of(goods, n),
        )  # fmt: skip

    def add(
        self,
        turn: Turn,
        before: Grading | None,
        life: Life,
        plan: QuotaPlan,
        orders: Table,
        allocation: Allocation,
        *,
        offers: bool,
    ) -> None:
        """Write down a cycle. before : the grading of the cycle before; offers : quotas count."""
        self.offers = offers
        places = places_of(plan, self.retailers, self.products)
        sums, had = self._summed(orders, allocation)
        if offers:
            credit = carried_credits(life.city, self._members, self.products.to_list())
            self.turns.add(plan, places, credit)
        self.firsts.add(turn.number, plan, places, had)
        self._figures(turn, sums, life, int(allocation.left.sum()))
        for number, name in enumerate(KINDS):
            mine = self.kind == number
            if mine.any():
                of_kind = dict(zip(SUMS, sums[:, mine].sum(axis=1).tolist(), strict=True))
                head = {"number": turn.number, "cycle": turn.cycle, "behaviour": name}
                self.groups.append({**head, "shops": int(mine.sum()), **of_kind})
        self.sums += sums
        self.last = sums[2]
        self._tiers(turn, before, life.grading)

    def try_out(self, turn: Turn, found: pl.DataFrame) -> None:
        """Write down deviations of a cycle."""
        self.tried.append(
            found.with_columns(number=pl.lit(turn.number, pl.Int64), cycle=pl.lit(turn.cycle))
        )

    @property
    def _members(self) -> pl.DataFrame:
        return self.retailers.to_frame("retailer_id")

    def _summed(self, orders: Table, allocation: Allocation) -> tuple[Units, tuple[Units, Units]]:
        """Sums by retailer, and where awards are above 0."""
        frame = orders.frame
        who, good = frame["who"].to_numpy(), frame["good"].to_numpy()
        wanted, asked = frame["wanted"].to_numpy(), frame["requested"].to_numpy()
        award = allocation.lines["award"].fill_null(0).to_numpy()
        here = (who >= 0) & (good >= 0)
        who, good, wanted, asked, award = (x[here] for x in (who, good, wanted, asked, award))
        n = len(self.retailers)
        parts = (wanted, asked, award, np.minimum(award, wanted))
        # Whole numbers below 2^53 stay exact in the doubles that bincount adds.
        sums = np.array([np.bincount(who, part, n) for part in parts]).astype(np.int64)
        self.wants[good, who] = True
        given = award > 0
        return sums, (good[given], who[given])

    def _figures(self, turn: Turn, sums: Units, life: Life, left: int) -> None:
        wanted, asked, award, within = sums
        so_far = self.sums[2] + award
        change = None if self.last is None else np.abs(award - self.last)
        shares = gini(np.sort(award)), gini(np.sort(so_far))
        known = {
            "wanted": wanted.sum(),
            "asked": asked.sum(),
            "award": award.sum(),
            "within": within.sum(),
            "left": left,
            "met": _part(within.sum(), wanted.sum()),
            "served": _part((award > 0).sum(), (asked > 0).sum()),
            "gini": None if shares[0] is None else float(shares[0]),
            "gini_so_far": None if shares[1] is None else float(shares[1]),
            "largest_tenth": _part(award[self.large].sum(), award.sum()),
            "largest_tenth_so_far": _part(so_far[self.large].sum(), so_far.sum()),
            "volatility": None if change is None else _part(change.sum(), len(change)),
            "volatile": None if change is None else _part((change > 0).sum(), len(change)),
            "turns_apart": self._turns_apart() if self.offers else None,
            "tier_gap": self._tier_gap(life.grading),
        }
        head = {"number": turn.number, "cycle": turn.cycle, "day": turn.day}
        self.figures += [
            {**head, "figure": name, "value": None if value is None else float(value)}
            for name, value in known.items()
        ]

    def _turns_apart(self) -> int | None:
        promised = self.turns.promised & self.turns.known
        return int(self.turns.apart()[promised].max()) if promised.any() else None

    def _tier_gap(self, grading: Grading | None) -> float | None:
        if grading is None or not self.large.any() or self.large.all():
            return None
        tier = self._tier(grading)
        parts = (tier.filter(pl.Series(part)).drop_nulls() for part in (self.large, ~self.large))
        large, small = (part.to_numpy() for part in parts)
        return float(large.mean() - small.mean()) if len(large) and len(small) else None

    def _tier(self, grading: Grading) -> pl.Series:
        tiers = grading.table.select("retailer_id", "tier")
        return self._members.join(tiers, on="retailer_id", how="left", maintain_order="left")[
            "tier"
        ]

    def _tiers(self, turn: Turn, before: Grading | None, now: Grading | None) -> None:
        if now is None:
            return
        if before is not None and turn.regrades:
            moves = counted(self._tier(before), self._tier(now), max(before.tiers, now.tiers))
            self.tiers.append(
                {
                    "number": turn.number,
                    "day": turn.day,
                    "retailers": moves.known,
                    "moved": moves.moved(),
                    "two_or_more": moves.moved(2),
                    "up": moves.up,
                    "down": moves.down,
                }
            )
        if before is None:
            self.tier_first = self._tier(now)
        if before is None or turn.regrades:
            self.tier_last = self._tier(now)


def _part(some: Any, of: Any) -> float | None:
    return int(some) / int(of) if int(of) else None
