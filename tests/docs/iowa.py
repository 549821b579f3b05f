"""What a rule does in Iowa, counted in plain loops from the files of a run and the raw orders.

Nothing of ``comparison`` or ``simulation`` is used: it is what tests of the what-if hold against
the page.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from pathlib import Path

MICRO = 1_000_000


def table(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


class Counted:
    """One run: ``folder`` as ``Run.write`` wrote it, ``city`` with the raw tables."""

    def __init__(self, folder: Path, city: Path, cycle: str) -> None:
        self.folder, self.city, self.cycle = folder, city, cycle
        self.shops = [row["retailer_id"] for row in table(city / "retailers.csv")]
        self.graded = {row["retailer_id"]: row for row in table(folder / "grading.csv")}
        self.awards: dict[tuple[str, str], int] = {}
        self.orders: dict[tuple[str, str], int] = {}
        for row in table(folder / "awards.csv"):
            key = row["retailer_id"], row["product_id"]
            self.awards[key] = int(row["award"])
            self.orders[key] = int(row["granted"])

    @cached_property
    def cartons(self) -> dict[str, int]:
        """Cartons of every shop."""
        got = dict.fromkeys(self.shops, 0)
        for (shop, _), award in self.awards.items():
            got[shop] += award
        return got

    @cached_property
    def left(self) -> int:
        """Supply less reserve less what is given out."""
        rows = table(self.folder / "summary.csv")
        return sum(int(r["supply"]) - int(r["reserve"]) for r in rows) - sum(self.cartons.values())

    @cached_property
    def gini(self) -> Fraction:
        """Sum of |x_i - x_j| over all pairs / (2 n^2 mean)."""
        rising = sorted(self.cartons.values())
        n, total = len(rising), sum(rising)
        return Fraction(sum((2 * k - n + 1) * x for k, x in enumerate(rising)), n * total)

    @cached_property
    def top_tenth(self) -> Fraction:
        """What the tenth of the shops that has most holds."""
        falling = sorted(self.cartons.values(), reverse=True)
        return Fraction(sum(falling[: -(-len(falling) // 10)]), sum(falling))

    @cached_property
    def shares(self) -> dict[str, dict[str, int]]:
        """Millionths of a carton that each shop is entitled to, by product."""
        found: dict[str, dict[str, int]] = {shop: {} for shop in self.shops}
        if (limits := self.folder / "limits.csv").exists():
            for row in table(limits):
                found[row["retailer_id"]][row["product_id"]] = _micro(row["entitlement"])
            return found
        by_tier: dict[str, dict[str, int]] = defaultdict(dict)
        for row in table(self.folder / "quotas.csv"):
            by_tier[row["tier"]][row["product_id"]] = _micro(row["entitlement"])
        return {shop: by_tier[self.graded[shop]["tier"]] for shop in self.shops}

    @cached_property
    def limits(self) -> dict[str, dict[str, int]]:
        """Cartons that each shop may order in round one, by product."""
        found: dict[str, dict[str, int]] = {shop: {} for shop in self.shops}
        if (limits := self.folder / "limits.csv").exists():
            for row in table(limits):
                found[row["retailer_id"]][row["product_id"]] = int(row["base"])
        else:
            by_tier: dict[str, dict[str, int]] = defaultdict(dict)
            for row in table(self.folder / "quotas.csv"):
                by_tier[row["tier"]][row["product_id"]] = int(row["base"])
            found = {shop: dict(by_tier[self.graded[shop]["tier"]]) for shop in self.shops}
        for row in table(self.folder / "seats.csv"):
            found[row["retailer_id"]][row["product_id"]] += 1
        return found

    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        """Graded shops whose sales differ by at most 5 % of the larger."""
        rows = [row for row in self.graded.values() if row["score"]]
        rising = sorted((int(row["quantity"]), row["retailer_id"]) for row in rows)
        return list(_near(rising))

    @cached_property
    def cliff(self) -> int:
        """Largest difference in the share of a product in such a pair, millionths of a carton."""
        shares = self.shares
        return max(
            abs(shares[a].get(p, 0) - shares[b].get(p, 0))
            for a, b in self.pairs
            for p in shares[a].keys() | shares[b].keys()
        )

    @cached_property
    def less_than_similar(self) -> set[str]:
        """Shops with a carton or more less than one with nearly the same sales, all products."""
        total = {shop: sum(mine.values()) for shop, mine in self.shares.items()}
        found = set()
        for a, b in self.pairs:
            if abs(total[a] - total[b]) >= MICRO:
                found.add(min(a, b, key=lambda shop: total[shop]))
        return found

    def past(self) -> dict[str, dict[tuple[str, str], int]]:
        """What was granted in the cycles before: cycle -> (shop, product) -> cartons."""
        found: dict[str, dict[tuple[str, str], int]] = defaultdict(lambda: defaultdict(int))
        for row in table(self.city / "orders.csv"):
            if row["cycle"] < self.cycle:
                found[row["cycle"]][row["retailer_id"], row["product_id"]] += int(row["quantity"])
        return found

    @cached_property
    def less_than_before(self) -> set[str]:
        """Shops with less than in the last cycle of the same products, that had ordered more."""
        released = {row["product_id"] for row in table(self.folder / "summary.csv")}
        last: dict[str, int] = defaultdict(int)
        before = self.past()
        for (shop, product), cartons in before[max(before)].items():
            last[shop] += cartons * (product in released)
        wanted: dict[str, int] = defaultdict(int)
        for (shop, _), cartons in self.orders.items():
            wanted[shop] += cartons
        got = self.cartons
        return {s for s in last if got.get(s, 0) < last[s] and wanted[s] > got.get(s, 0)}

    @cached_property
    def long_without(self) -> set[str]:
        """Shops that ordered a product in vain, and in three cycles before went without it."""
        past = self.past()
        active = {(cycle, shop) for cycle, rows in past.items() for shop, _ in rows}
        offered = {(cycle, product) for cycle, rows in past.items() for _, product in rows}
        found = set()
        for (shop, product), award in self.awards.items():
            if award or not self.orders[shop, product]:
                continue
            waited = 1
            for cycle in sorted(past, reverse=True):
                if past[cycle].get((shop, product), 0):
                    break
                waited += (cycle, shop) in active and (cycle, product) in offered
            if waited >= 4:
                found.add(shop)
        return found

    @cached_property
    def behind(self) -> dict[str, int]:
        """By how much each shop that ordered is behind the best of its tier, at most."""
        best: dict[tuple[str, str], int] = defaultdict(int)
        for (shop, product), award in self.awards.items():
            tier = self.graded[shop]["tier"]
            best[tier, product] = max(best[tier, product], award)
        found: dict[str, int] = defaultdict(int)
        for (shop, product), award in self.awards.items():
            most = best[self.graded[shop]["tier"], product]
            found[shop] = max(found[shop], min(self.orders[shop, product], most) - award)
        return found

    @cached_property
    def waiting(self) -> set[str]:
        """Shops one carton behind an equal: they wait for their turn."""
        return {shop for shop, behind in self.behind.items() if behind == 1}

    @cached_property
    def complaining(self) -> set[str]:
        """Shops with any reason but a turn."""
        unequal = {shop for shop, behind in self.behind.items() if behind > 1}
        return unequal | self.less_than_similar | self.less_than_before | self.long_without


def _micro(text: str) -> int:
    return int(Fraction(text) * MICRO)


def _near(rising: list[tuple[int, str]]) -> Iterator[tuple[str, str]]:
    for k, (low, one) in enumerate(rising):
        for high, other in rising[k + 1 :]:
            if 100 * (high - low) > 5 * high:
                break
            yield one, other
