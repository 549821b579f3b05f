"""The violations once more, line by line, as the pages of the rules and ``formats.md`` tell them.

Rows are dictionaries, everything else is counted by loops. Nothing here looks at
``allocator.auditing``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]
Found = tuple[str, str, str | None, int, int]
"""Code, subject, product (null where the finding is not about one), observed, limit."""


@dataclass(frozen=True)
class Small:
    """A small city. Names as in ``strategies.small_plan``; tables are lists of rows."""

    quotas: Mapping[str, Mapping[int, int]]
    retailers: Mapping[str, int | None]
    orders: Sequence[Row]
    status: Mapping[str, str] = field(default_factory=dict)
    not_due: Sequence[str] = ()
    lot: Mapping[str, int] = field(default_factory=dict)
    supply: Mapping[str, int] = field(default_factory=dict)
    reserve: Mapping[str, int] = field(default_factory=dict)
    seats: Sequence[tuple[str, str]] = ()
    ceilings: Mapping[str, int] = field(default_factory=dict)
    second_round: bool = False
    source: str = "published"
    cycle: str = "2026-W47"
    awards: Mapping[tuple[str, str], int] | None = None
    products: Sequence[Row] | None = None


@dataclass
class Pair:
    """One shop and one product: all its lines of the cycle together."""

    shop: str
    product: str
    lines: list[Row]
    asked: int | None
    requested: int | None
    granted: int | None
    second: int
    spare: int
    spare_asked: int
    counted: bool
    released: bool
    base: int
    cap: int
    quota: int
    most: int
    award: int | None
    standard: int | None = None
    left: int | None = None


def total(values: Sequence[int | None]) -> int | None:
    """The sum; unknown where one is unknown."""
    return None if any(value is None for value in values) else sum(values)  # type: ignore[arg-type]


class Audit:
    """What follows from a small city, each rule a method that yields its findings."""

    def __init__(self, city: Small) -> None:
        self.city = city
        self.lines = [
            row
            for row in city.orders
            if row.get("status") != "cancelled" and row.get("cycle") in (None, city.cycle)
        ]
        self.twice = {
            key for key in map(self.entry, self.lines)
            if sum(self.entry(row) == key for row in self.lines) > 1
        }  # fmt: skip
        self.unknown_second = city.second_round and city.awards is None
        self.pairs = [self.pair(shop, product) for shop, product in self.known()]
        self.set_standards()

    @staticmethod
    def entry(row: Row) -> tuple[str, str]:
        return row["order_id"], row["product_id"]

    def known(self) -> list[tuple[str, str]]:
        """Shops and products on file that stand together on a line."""
        return sorted(
            {
                (row["retailer_id"], row["product_id"])
                for row in self.lines
                if row["retailer_id"] in self.city.retailers
                and row["product_id"] in self.city.quotas
            }
        )

    def lot(self, product: str) -> int:
        return self.city.lot.get(product, 1)

    def is_active(self, shop: str) -> bool:
        return self.city.status.get(shop, "active") == "active"

    def is_counted(self, shop: str) -> bool:
        known = self.city.retailers[shop] is not None
        return self.is_active(shop) and known and shop not in self.city.not_due

    def seated(self, product: str, tier: int) -> bool:
        """Whether any shop of the tier has an odd lot of the product."""
        return any(p == product and self.city.retailers[s] == tier for p, s in self.city.seats)

    def pair(self, shop: str, product: str) -> Pair:
        """A shop's lines of a product, and its right to it."""
        city = self.city
        lines = [
            row for row in self.lines
            if (row["retailer_id"], row["product_id"]) == (shop, product)
        ]  # fmt: skip
        asked = [0 if row.get("kind") == "make_up" else row["requested"] for row in lines]
        second = [row["granted"] or 0 for row in lines if row.get("kind") == "second_round"]
        counted, base, released, seated, most = self.is_counted(shop), 0, False, False, 0
        tier = city.retailers[shop]
        if counted and tier is not None:
            base = city.quotas[product].get(tier, 0)
            seated = self.seated(product, tier)
            released = base > 0 or seated
            least = base + self.lot(product) * seated
            most = max(least, city.ceilings.get(product, 0)) if released else 0
        # A shop that is not counted has no turn in this cycle.
        turns = city.seats.count((product, shop)) if counted else 0
        return Pair(
            shop, product, lines,
            asked=total(asked),
            requested=total([row["requested"] for row in lines]),
            granted=total([row["granted"] for row in lines]),
            second=sum(second),
            spare=self.spare(lines, [row["granted"] for row in lines]),
            spare_asked=self.spare(lines, asked),
            counted=counted, released=released, base=base,
            cap=base + self.lot(product) * seated,
            quota=base + self.lot(product) * turns,
            most=most,
            award=None if city.awards is None else city.awards.get((product, shop)),
        )  # fmt: skip

    def spare(self, lines: Sequence[Row], values: Sequence[int | None]) -> int:
        """What lines entered twice hold beside the smallest of each order."""
        held = defaultdict(list)
        for row, value in zip(lines, values, strict=True):
            if self.entry(row) in self.twice and value is not None:
                held[self.entry(row)].append(value)
        return sum(sum(group) - min(group) for group in held.values())

    def set_standards(self) -> None:
        """What each shop should have been entered for, and what is still there of a product."""
        for pair in self.pairs:
            if pair.asked is None:
                continue
            asked, lot = pair.asked - pair.spare_asked, self.lot(pair.product)
            pair.standard = (
                min(asked // lot * lot, pair.quota)
                if pair.award is None
                else min(asked, pair.award)
            )
        if self.city.awards is not None:
            return  # awards already are what the supply allows
        for product, supply in self.city.supply.items():
            mine = [pair for pair in self.pairs if pair.product == product]
            free = supply - self.city.reserve.get(product, 0)
            due = 0
            for pair in mine:
                held = pair.quota if pair.granted is None else min(pair.granted, pair.quota)
                due += held if pair.standard is None else pair.standard
            granted = sum(pair.granted or 0 for pair in mine)
            if due > free:
                for pair in mine:
                    pair.left = max(0, free - granted)

    # The rules.

    def v01(self) -> Iterator[Found]:
        none = self.city.source == "planned" and not self.city.second_round
        for pair in self.pairs:
            tier = self.city.retailers[pair.shop]
            if not self.is_active(pair.shop) or tier is None or pair.granted is None:
                continue
            if not pair.released and pair.counted:
                continue
            held = pair.granted - pair.spare - (0 if none else pair.second)
            limit = max(pair.quota, pair.award or 0, pair.most if self.unknown_second else 0)
            if held > limit:
                yield "V01", pair.shop, pair.product, held, limit

    def judged(self) -> Iterator[Pair]:
        """Pairs that a standard binds and whose figures are known."""
        for pair in self.pairs:
            known = pair.standard is not None and pair.granted is not None
            if pair.counted and pair.released and known:
                yield pair

    def v02(self) -> Iterator[Found]:
        for pair in self.judged():
            owed = pair.standard - pair.granted
            if owed > 0 and (pair.left is None or owed <= pair.left):
                yield "V02", pair.shop, pair.product, pair.granted, pair.standard

    def v03(self) -> Iterator[Found]:
        groups = defaultdict(list)
        for pair in self.judged():
            if pair.spare or pair.spare_asked or pair.left is not None or pair.asked <= 0:
                continue
            held = pair.granted
            if self.unknown_second:
                held = min(held, max(pair.quota, pair.standard))
            tier, order = self.city.retailers[pair.shop], min(pair.asked, pair.cap)
            groups[pair.product, tier, order].append(held - pair.standard)
        for (product, _, _), apart in groups.items():
            if max(apart) != min(apart):
                yield "V03", product, product, max(apart) - min(apart), 0

    def v04(self) -> Iterator[Found]:
        for pair in self.pairs:
            tier = self.city.retailers[pair.shop]
            if not self.is_active(pair.shop) or pair.granted is None or pair.released:
                continue
            if not pair.counted and tier is not None:
                continue
            if pair.granted - pair.spare - (pair.award or 0) > 0:
                yield "V04", pair.shop, pair.product, pair.granted, 0
        scarce = {row["product_id"] for row in self.city.products or () if row.get("scarce")}
        held = defaultdict(int)
        for row in self.lines:
            shop, product = row["retailer_id"], row["product_id"]
            if product in scarce - set(self.city.quotas) and shop in self.city.retailers:
                held[shop, product] += row["granted"] or 0
        for (shop, product), cartons in held.items():
            if cartons > 0:
                yield "V04", shop, product, cartons, 0

    def v05(self) -> Iterator[Found]:
        for shop in sorted({row["retailer_id"] for row in self.lines}):
            if shop not in self.city.retailers:
                lines = [row for row in self.lines if row["retailer_id"] == shop]
                taken = sum(max(row["granted"] or 0, row["requested"] or 0) for row in lines)
                yield "V05", shop, None, taken, 0

    def v06(self) -> Iterator[Found]:
        for shop in self.city.retailers:
            if not self.is_active(shop):
                lines = [row for row in self.lines if row["retailer_id"] == shop]
                known = [row["requested"] if row["granted"] is None else row["granted"]
                         for row in lines]  # fmt: skip
                if (taken := sum(value or 0 for value in known)) > 0:
                    yield "V06", shop, None, taken, 0

    def v07(self) -> Iterator[Found]:
        broken = set()
        for row in self.lines:
            product, granted = row["product_id"], row["granted"]
            if product in self.city.quotas and granted is not None:
                lot = self.lot(product)
                if granted % lot:
                    broken.add(("V07", row["order_id"], product, granted, lot))
        yield from broken

    def v08(self) -> Iterator[Found]:
        for order, product in self.twice:
            lines = sum(self.entry(row) == (order, product) for row in self.lines)
            yield "V08", order, product, lines, 1

    def v09(self) -> Iterator[Found]:
        for product, supply in self.city.supply.items():
            lines = [
                row for row in self.lines
                if row["product_id"] == product and row["granted"] is not None
            ]  # fmt: skip
            if not lines:
                continue
            held = sum(row["granted"] for row in lines)
            held -= self.spare(lines, [row["granted"] for row in lines])
            made_up = sum(row["granted"] for row in lines if row.get("kind") == "make_up")
            free = supply - self.city.reserve.get(product, 0)
            excess = max(held - supply, held - made_up - free)
            if excess > 0:
                yield "V09", product, product, held, held - excess

    def v10(self) -> Iterator[Found]:
        found = set()
        for row in self.lines:
            taken, tier = row.get("tier"), self.city.retailers.get(row["retailer_id"])
            if taken is not None and tier is not None and taken != tier:
                found.add((row["retailer_id"], ("V10", row["order_id"], None, taken, tier)))
        for _, finding in found:
            yield finding

    def v11(self) -> Iterator[Found]:
        for pair in self.pairs:
            if pair.granted is not None and pair.requested is not None:
                held = pair.granted - pair.spare
                if held > pair.requested:
                    yield "V11", pair.shop, pair.product, held, pair.requested

    def d01(self) -> Iterator[Found]:
        if self.city.products is None:
            return
        known = {row["product_id"] for row in self.city.products} | set(self.city.quotas)
        for product in sorted({row["product_id"] for row in self.lines} - known):
            lines = sum(row["product_id"] == product for row in self.lines)
            yield "D01", product, product, lines, 0


RULES = ("v01", "v02", "v03", "v04", "v05", "v06", "v07", "v08", "v09", "v10", "v11", "d01")


def violations(city: Small) -> list[Found]:
    """All findings of the rules above, sorted."""
    audit = Audit(city)
    found = [finding for rule in RULES for finding in getattr(audit, rule)()]
    return sorted(found, key=str)
