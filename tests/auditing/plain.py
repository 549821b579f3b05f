"""The violations once more, line by line, as the pages of the rules and ``formats.md`` tell them.

Rows are dictionaries, everything else is counted by loops. Nothing here looks at
``allocator.auditing``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
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
    bands: Sequence[tuple[tuple[str, ...], Mapping[int, int]]] = ()
    baskets: Sequence[tuple[tuple[str, ...], Mapping[int, int]]] = ()
    windows: Sequence[tuple[datetime, datetime]] = ()
    order: time | None = None
    cancel: time | None = None
    weekdays: Mapping[str, int] = field(default_factory=dict)


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
    spare_second: int
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
        # Of a second round nothing is known without awards: its lines have no standard.
        self.open_second = city.awards is None and not self.no_second
        self.unknown_second = city.second_round and city.awards is None
        self.pairs = [self.pair(shop, product) for shop, product in self.known()]
        self.set_standards()

    @property
    def no_second(self) -> bool:
        """Whether it is certain that there was no second round."""
        return self.city.source == "planned" and not self.city.second_round

    def first(self, pair: Pair) -> int | None:
        """Cartons that the standard binds."""
        if pair.granted is None or not self.open_second:
            return pair.granted
        return pair.granted - pair.second

    @staticmethod
    def entry(row: Row) -> tuple[object, ...]:
        """What makes a line the same line."""
        kind = row.get("kind", "ordinary")
        return row["order_id"], row["product_id"], row["retailer_id"], kind

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
        """Cartons that go together."""
        return self.city.lot.get(product, 1)

    def is_active(self, shop: str) -> bool:
        """No status means active."""
        return self.city.status.get(shop, "active") == "active"

    def is_counted(self, shop: str) -> bool:
        """Whether the shop takes part in the cycle."""
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
        beside = ("make_up", "second_round") if self.open_second else ("make_up",)
        asked = [0 if row.get("kind") in beside else row["requested"] for row in lines]
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
            spare_second=self.spare(lines, [
                row["granted"] if row.get("kind") == "second_round" else 0 for row in lines
            ]),
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
            return  # awards already are what bands and the supply allow
        for pair in self.pairs:
            rooms = []
            for products, most in (*self.city.bands, *self.city.baskets):
                tier = self.city.retailers[pair.shop]
                if pair.product in products and pair.counted and tier in most:
                    mine = [p for p in self.pairs
                            if p.shop == pair.shop and p.product in products]  # fmt: skip
                    held = sum(p.granted - p.spare for p in mine if p.granted is not None)
                    rooms.append(max(0, most[tier] - held))
            if rooms and pair.standard is not None and pair.granted is not None:
                lot = self.lot(pair.product)
                pair.standard = min(pair.standard, self.first(pair) + min(rooms) // lot * lot)
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
        """Over quota."""
        for pair in self.pairs:
            # A shop that is not due has no limit to exceed: V16 tells of it.
            if not pair.counted or not pair.released or pair.granted is None:
                continue
            held = pair.granted - pair.spare
            held -= 0 if self.no_second else pair.second - pair.spare_second
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
        """Below standard."""
        for pair in self.judged():
            owed = pair.standard - self.first(pair)
            if owed > 0 and (pair.left is None or owed <= pair.left):
                yield "V02", pair.shop, pair.product, self.first(pair), pair.standard

    def v03(self) -> Iterator[Found]:
        """Unequal treatment."""
        groups = defaultdict(list)
        for pair in self.judged():
            if pair.spare or pair.spare_asked or pair.left is not None or pair.asked <= 0:
                continue
            held = self.first(pair)
            if self.unknown_second:
                held = min(held, max(pair.quota, pair.standard))
            tier, order = self.city.retailers[pair.shop], min(pair.asked, pair.cap)
            groups[pair.product, tier, order].append(held - pair.standard)
        for (product, _, _), apart in groups.items():
            if max(apart) != min(apart):
                yield "V03", product, product, max(apart) - min(apart), 0

    def v04(self) -> Iterator[Found]:
        """Not released."""
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
        """Unknown retailer."""
        for shop in sorted({row["retailer_id"] for row in self.lines}):
            if shop not in self.city.retailers:
                lines = [row for row in self.lines if row["retailer_id"] == shop]
                taken = sum(max(row["granted"] or 0, row["requested"] or 0) for row in lines)
                yield "V05", shop, None, taken, 0

    def v06(self) -> Iterator[Found]:
        """Inactive retailer."""
        for shop in self.city.retailers:
            if not self.is_active(shop):
                lines = [row for row in self.lines if row["retailer_id"] == shop]
                known = [row["requested"] if row["granted"] is None else row["granted"]
                         for row in lines]  # fmt: skip
                if (taken := sum(value or 0 for value in known)) > 0:
                    yield "V06", shop, None, taken, 0

    def v07(self) -> Iterator[Found]:
        """Wrong lot."""
        broken = set()
        for row in self.lines:
            product, granted = row["product_id"], row["granted"]
            if product in self.city.quotas and granted is not None:
                lot = self.lot(product)
                if granted % lot:
                    broken.add(("V07", row["order_id"], product, granted, lot))
        yield from broken

    def v08(self) -> Iterator[Found]:
        """Duplicate line."""
        lines: dict[tuple[object, ...], int] = defaultdict(int)
        for row in self.lines:
            if self.entry(row) in self.twice:
                lines[self.entry(row)[:3]] += 1
        for (order, product, _), count in lines.items():
            yield "V08", order, product, count, 1

    def v09(self) -> Iterator[Found]:
        """Above supply."""
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
        """Wrong tier."""
        found = set()
        for row in self.lines:
            taken, tier = row.get("tier"), self.city.retailers.get(row["retailer_id"])
            if taken is not None and tier is not None and taken != tier:
                found.add((row["retailer_id"], ("V10", row["order_id"], None, taken, tier)))
        for _, finding in found:
            yield finding

    def v11(self) -> Iterator[Found]:
        """Above request."""
        for shop, product in sorted({(r["retailer_id"], r["product_id"]) for r in self.lines}):
            lines = [
                row for row in self.lines
                if (row["retailer_id"], row["product_id"]) == (shop, product)
            ]  # fmt: skip
            granted = total([row["granted"] for row in lines])
            asked = total([row["requested"] for row in lines])
            if granted is not None and asked is not None:
                held = granted - self.own_spare(lines)
                if held > asked:
                    yield "V11", shop, product, held, asked

    def own_spare(self, lines: Sequence[Row]) -> int:
        """What lines of one shop and order hold beside the smallest."""
        held = defaultdict(list)
        for row in lines:
            held[self.entry(row)].append(row["granted"])
        return sum(sum(group) - min(group) for group in held.values())

    def together(
        self, code: str, limits: Sequence[tuple[tuple[str, ...], Mapping[int, int]]]
    ) -> Iterator[Found]:
        """Shops above a limit on several products; one that its tier does not name binds not."""
        for products, most in limits:
            for shop, tier in self.city.retailers.items():
                mine = [p for p in self.pairs if p.shop == shop and p.product in products]
                if not mine or not self.is_counted(shop) or tier not in most:
                    continue
                held = sum(p.granted - p.spare for p in mine if p.granted is not None)
                if held > most[tier]:
                    yield code, shop, None, held, most[tier]

    def v12(self) -> Iterator[Found]:
        """Band exceeded."""
        yield from self.together("V12", self.city.bands)

    def v13(self) -> Iterator[Found]:
        """Basket exceeded."""
        yield from self.together("V13", self.city.baskets)

    def taking(self) -> Iterator[tuple[Row, int]]:
        """Lines that take cartons, and how many."""
        yield from ((row, n) for row in self.lines if (n := self.cartons(row)) > 0)

    @staticmethod
    def cartons(row: Row) -> int:
        """What a line takes: what was entered, else what was asked for; 0 of what is unknown."""
        taken = row["requested"] if row["granted"] is None else row["granted"]
        return taken or 0

    def ordinary(self) -> Iterator[tuple[Row, int]]:
        """Those that must keep to the hours of the cycle."""
        yield from ((row, n) for row, n in self.taking() if row.get("kind") == "ordinary")

    def by_order(self, code: str, found: Iterable[tuple[Row, int, str]]) -> Iterator[Found]:
        """One finding for each order, shop and thing said of it: the cartons of its lines."""
        sums: dict[tuple[str, str, str], int] = defaultdict(int)
        for row, cartons, said in found:
            sums[row["order_id"], row["retailer_id"], said] += cartons
        for (order, _, _), cartons in sums.items():
            yield code, order, None, cartons, 0

    def closing(self, moment: datetime) -> datetime | None:
        """When orders close for who orders at a moment: this window or the next, else the last."""
        ends = sorted(end for _, end in self.city.windows)
        if ends:
            return next((end for end in ends if end >= moment), ends[-1])
        return datetime.combine(moment.date(), self.city.order) if self.city.order else None

    def open_at(self, moment: datetime) -> bool:
        """Whether orders are taken at a moment."""
        inside = any(first <= moment <= last for first, last in self.city.windows)
        return inside or not self.city.windows

    def v14(self) -> Iterator[Found]:
        """Outside the window."""

        def found() -> Iterator[tuple[Row, int, str]]:
            windows = self.city.windows
            for row, cartons in self.ordinary():
                moment = row["ordered_at"]
                if not windows or self.open_at(moment):
                    continue
                if moment < min(first for first, _ in windows):
                    yield row, cartons, "early"
                elif moment <= max(last for _, last in windows) and not row["cause"]:
                    yield row, cartons, "between"

        yield from self.by_order("V14", found())

    def v15(self) -> Iterator[Found]:
        """Wrong order day."""
        days = {first.isoweekday() for first, _ in self.city.windows}

        def found() -> Iterator[tuple[Row, int, str]]:
            for row, cartons in self.ordinary():
                own = self.city.weekdays.get(row["retailer_id"])
                # A shop whose day the calendar moved has no day in this cycle.
                if own is None or own not in days or not self.open_at(row["ordered_at"]):
                    continue
                if row["ordered_at"].isoweekday() != own:
                    yield row, cartons, ""

        yield from self.by_order("V15", found())

    def v16(self) -> Iterator[Found]:
        """Not due."""
        for shop in self.city.not_due:
            held = sum(
                cartons for row, cartons in self.taking()
                if row["retailer_id"] == shop and row.get("kind") != "make_up"
            )  # fmt: skip
            if held and self.is_active(shop):
                yield "V16", shop, None, held, 0

    def late(self, row: Row) -> bool:
        """Whether a line came after orders had closed."""
        closing = self.closing(row["ordered_at"])
        return closing is not None and row["ordered_at"] > closing

    def v17(self) -> Iterator[Found]:
        """After the cut-off."""
        yield from self.by_order(
            "V17",
            ((row, n, "") for row, n in self.ordinary() if self.late(row) and not row["cause"]),
        )

    def v18(self) -> Iterator[Found]:
        """Make-up order without cause or approval."""

        def found() -> Iterator[tuple[Row, int, str]]:
            for row, cartons in self.taking():
                late = row.get("kind") == "ordinary" and self.late(row) and row["cause"]
                lacking = not row["cause"] or not row["approved_by"]
                if lacking and (row.get("kind") == "make_up" or late):
                    yield row, cartons, ""

        yield from self.by_order("V18", found())

    def unpaid(self, row: Row) -> bool:
        """Whether nobody has paid for an order, on any of its lines, and the line costs."""
        paid = any(
            other["paid_at"] is not None or other.get("status") == "paid"
            for other in self.lines
            if (other["order_id"], other["retailer_id"]) == (row["order_id"], row["retailer_id"])
        )
        return not paid and row.get("due_amount") != 0

    def v19(self) -> Iterator[Found]:
        """Delivered, not paid."""
        yield from self.by_order(
            "V19",
            (
                (row, n, "") for row, n in self.taking()
                if row["delivered_at"] is not None and self.unpaid(row)
            ),
        )  # fmt: skip

    def falls(self, moment: datetime) -> datetime | None:
        """When an order placed at a moment falls if it is not paid."""
        if self.city.cancel is None:
            return None
        day = (self.closing(moment) if self.city.windows else None) or moment
        falls = datetime.combine(day.date(), self.city.cancel)
        return max(falls, day) if self.city.windows else falls

    def v20(self) -> Iterator[Found]:
        """Unpaid, not cancelled."""
        names = ("ordered_at", "called_at", "changed_at", "paid_at", "delivered_at")
        seen = [row[name] for row in self.lines for name in names if row.get(name) is not None]

        def found() -> Iterator[tuple[Row, int, str]]:
            for row, cartons in self.ordinary():
                falls = self.falls(row["ordered_at"])
                out = falls is None or row["ordered_at"] > falls
                if out or row["delivered_at"] is not None or row["cause"]:
                    continue
                if row["paid_at"] is not None and row["paid_at"] > falls:
                    yield row, cartons, "late"
                elif self.unpaid(row) and max(seen) > falls:
                    yield row, cartons, "open"

        yield from self.by_order("V20", found())

    def v24(self) -> Iterator[Found]:
        """Paid in time, cancelled as a whole."""
        fallen = [
            row for row in self.city.orders
            if row.get("status") == "cancelled" and row.get("cycle") in (None, self.city.cycle)
        ]  # fmt: skip
        standing = {(row["order_id"], row["retailer_id"]) for row in self.lines}
        judged: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in fallen:
            key, falls = (row["order_id"], row["retailer_id"]), self.falls(row["ordered_at"])
            out = falls is None or row["ordered_at"] > falls or row["cause"] or key in standing
            if not out and row.get("kind", "ordinary") == "ordinary" and self.cartons(row) > 0:
                judged[key].append(row)

        def found() -> Iterator[tuple[Row, int, str]]:
            for rows in judged.values():
                moments = [(row["paid_at"], self.falls(row["ordered_at"])) for row in rows]
                if any(paid is not None and paid <= falls for paid, falls in moments):
                    yield from ((row, self.cartons(row), "") for row in rows)

        yield from self.by_order("V24", found())

    def scarce(self, product: str) -> bool | None:
        """Whether a product is scarce; what nobody says is not known."""
        if self.city.products is None:
            return product in self.city.quotas
        told = [row.get("scarce") for row in self.city.products if row["product_id"] == product]
        return told[0] if told else None

    def v21(self) -> Iterator[Found]:
        """Tied sale."""
        phoned = [row for row in self.lines if row["clerk"] is not None]
        rare = {
            row["order_id"] for row in phoned
            if self.scarce(row["product_id"]) and (row["granted"] or 0) > 0
        }  # fmt: skip
        sums: dict[tuple[str, str, str, str], list[int | None]] = defaultdict(list)
        for row in phoned:
            if row["order_id"] in rare and self.scarce(row["product_id"]) is False:
                both = (row["granted"], row["requested"])
                more = None if None in both else row["granted"] - row["requested"]
                key = (row["clerk"], row["product_id"], row["retailer_id"], row["order_id"])
                sums[key].append(more)
        pushed: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for (clerk, product, shop, _), values in sums.items():
            more = total(values)
            if more is not None and more > 0:
                pushed[clerk, product][shop] += more
        for (clerk, product), shops in pushed.items():
            if len(shops) >= 5:
                yield "V21", clerk, product, sum(shops.values()), 0

    def v22(self) -> Iterator[Found]:
        """Reserve used without cause."""
        for product, supply in self.city.supply.items():
            reserve = self.city.reserve.get(product, 0)
            free = supply - reserve
            in_time, bare = 0, 0
            lines = [
                row for row in self.lines
                if row["product_id"] == product and row["granted"] is not None
            ]  # fmt: skip
            for entry in {self.entry(row) for row in lines}:
                # Of lines that were entered twice one counts, and the one that accuses nobody.
                mine = [row for row in lines if self.entry(row) == entry]
                if mine[0].get("kind") != "make_up":
                    in_time += min(row["granted"] for row in mine)
                else:
                    bare += min(row["granted"] * self.is_bare(row) for row in mine)
            excess = min(in_time, free) + bare - free
            if reserve > 0 and excess > 0:
                yield "V22", product, product, excess, 0

    @staticmethod
    def is_bare(row: Row) -> bool:
        """Whether a line is a make-up order that nothing excuses."""
        excused = row["cause"] and row["approved_by"]
        return row.get("kind") == "make_up" and not excused

    def v23(self) -> Iterator[Found]:
        """Edited after the cut-off."""

        def found() -> Iterator[tuple[Row, int, str]]:
            for row, cartons in self.ordinary():
                closing, changed = self.closing(row["ordered_at"]), row["changed_at"]
                if closing is None or changed is None or row["cause"]:
                    continue
                event = changed in (row["paid_at"], row["delivered_at"])
                if row["ordered_at"] <= closing < changed and not event:
                    yield row, cartons, ""

        yield from self.by_order("V23", found())

    def d01(self) -> Iterator[Found]:
        """Unknown product."""
        if self.city.products is None:
            return
        known = {row["product_id"] for row in self.city.products} | set(self.city.quotas)
        for product in sorted({row["product_id"] for row in self.lines} - known):
            lines = sum(row["product_id"] == product for row in self.lines)
            yield "D01", product, product, lines, 0


RULES = (*(f"v{number:02d}" for number in range(1, 25)), "d01")


def violations(city: Small) -> list[Found]:
    """All findings of the rules above, sorted."""
    audit = Audit(city)
    found = [finding for rule in RULES for finding in getattr(audit, rule)()]
    return sorted(found, key=str)
