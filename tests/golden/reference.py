"""Part A once more, slow and obvious: ``model.md`` read line by line, shop by shop, in fractions.

Nothing here comes from ``allocator``: levels are found by raising them, tables by trying them all,
the second round by trying every breakpoint. What it shares with the program is the text.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

Cell = tuple[int, str, str]
"""Tier, segment, rhythm."""

MICRO = 1_000_000


@dataclass(frozen=True)
class Shop:
    """A retailer that is active and due."""

    name: str
    cell: Cell


@dataclass(frozen=True)
class Line:
    """A released product and what the policy says of it; cartons, cells that may have it."""

    product: str
    lot: int
    supply: int
    reserve: Fraction
    floor: Mapping[Cell, int]
    ceiling: Mapping[Cell, int]
    step: int | None
    tier_order: bool
    at_least_one: str
    below_one: str
    double: bool = False

    def visits(self, cell: Cell) -> int:
        """How often a shop of the cell counts."""
        return 2 if self.double and cell[2] == "fortnightly" else 1

    @property
    def kept(self) -> int:
        """The reserve, cartons, up to whole lots."""
        return min(self.supply, -(-self.supply * self.reserve // self.lot) * self.lot)

    @property
    def lots(self) -> int:
        """Whole lots to share out."""
        return (self.supply - self.kept) // self.lot


@dataclass(frozen=True)
class Quotas:
    """What one line gives: lots by cell, seats and credits (millionths) by name."""

    method: str
    entitlement: dict[Cell, Fraction]
    base: dict[Cell, int]
    seats: dict[Cell, int]
    turns: dict[str, int]
    credit: dict[str, int]


def sha(*parts: str | None) -> int:
    """SHA-256 of the canonical JSON of a list of texts."""
    text = json.dumps(list(parts), ensure_ascii=False, separators=(",", ":"))
    return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")


def label(cell: Cell) -> str:
    """A cell as hashes name it."""
    return "/".join(map(str, cell))


def snap(value: Fraction) -> int:
    """Nearest millionth."""
    return round(value * MICRO)


class Program:
    """Leximin for one line, in lots: bounds and supply are whole lots, inward."""

    def __init__(self, line: Line, count: Mapping[Cell, int], weight: Mapping[int, Fraction]):
        self.cells = sorted(line.ceiling)
        self.count = {c: count.get(c, 0) for c in self.cells}
        self.supply = line.lots
        self.floor = {c: -(-line.floor[c] // line.lot) for c in self.cells}
        self.ceiling = {c: line.ceiling[c] // line.lot for c in self.cells}
        self.step = None if line.step is None else Fraction(line.step, line.lot)
        self.tier_order = line.tier_order
        self.visits = {c: line.visits(c) for c in self.cells}
        earned = {c: weight[c[0]] * self.visits[c] for c in self.cells}
        demand = sum(self.count[c] * earned[c] for c in self.cells) or Fraction(1)
        self.kappa = {c: earned[c] * self.supply / demand for c in self.cells}

    def pull(self, low: Cell, high: Cell) -> list[tuple[Cell, Cell, Fraction]]:
        """Rows between neighbours as (a, b, gap): x_b >= x_a - gap."""
        rows = [(low, high, Fraction(0))] if self.tier_order else []
        if self.step is None:
            return rows
        return [*rows, (high, low, self.step * self.visits[low])]

    def rows(self) -> list[tuple[Cell, Cell, Fraction]]:
        """All rows between tiers that follow each other in a chain."""
        pairs = [
            (a, b) for a in self.cells for b in self.cells if (a[0] + 1, *a[1:]) == (b[0], *b[1:])
        ]
        return [row for pair in pairs for row in self.pull(*pair)]

    def least(self, wanted: Mapping[Cell, Fraction]) -> dict[Cell, Fraction]:
        """The least table above ``wanted`` that keeps order and step."""
        table, rows, moved = dict(wanted), self.rows(), True
        while moved:
            moved = False
            for a, b, gap in rows:
                if table[b] < table[a] - gap:
                    table[b], moved = table[a] - gap, True
        return table

    def feasible(self, table: Mapping[Cell, Fraction]) -> bool:
        """Whether supply and ceilings hold."""
        used = sum(self.count[c] * table[c] for c in self.cells)
        return used <= self.supply and all(table[c] <= self.ceiling[c] for c in self.cells)

    def at_level(
        self, level: Fraction, open_: Iterable[Cell], fixed: Mapping[Cell, Fraction]
    ) -> dict[Cell, Fraction]:
        """The least table in which every open cell has at least the level."""
        wanted = {c: Fraction(self.floor[c]) for c in self.cells} | dict(fixed)
        for c in open_:
            wanted[c] = max(wanted[c], level * self.kappa[c])
        return self.least(wanted)

    def holds(self, table: Mapping[Cell, Fraction], fixed: Mapping[Cell, Fraction]) -> bool:
        """Feasible, and the fixed cells have what they had."""
        return self.feasible(table) and all(table[c] == x for c, x in fixed.items())

    def highest(self, open_: Sequence[Cell], fixed: Mapping[Cell, Fraction]) -> Fraction:
        """The highest level: the largest breakpoint that holds, and the chord beyond it.

        Every cell of the least table is a maximum of lines in the level, so cells, and their
        sum, change slope only where two of those lines meet.
        """
        slopes = {self.kappa[c] for c in open_}
        whole = {Fraction(self.floor[c]) for c in self.cells} | set(fixed.values())
        whole |= {Fraction(self.ceiling[c]) for c in self.cells}
        reach = range(max(c[0] for c in self.cells) + 1)
        gaps = {g * (self.step or 0) * v for g in reach for v in set(self.visits.values())}
        gaps |= {-g for g in gaps}
        points = {(x + g) / k for x in whole for g in gaps for k in slopes}
        points |= {Fraction(g) / (a - b) for g in gaps for a in slopes for b in slopes if a != b}
        turns = sorted({Fraction(0)} | {p for p in points if p > 0})
        low, high = 0, len(turns) - 1
        if self.holds(self.at_level(turns[high], open_, fixed), fixed):
            low = high
        while high - low > 1:
            middle = (low + high) // 2
            if self.holds(self.at_level(turns[middle], open_, fixed), fixed):
                low = middle
            else:
                high = middle
        here = turns[low]
        beyond = turns[low + 1] if low + 1 < len(turns) else here + 1
        start, slope = self.at_level(here, open_, fixed), self.at_level(beyond, open_, fixed)
        room: list[Fraction] = []
        rise = beyond - here
        use = {c: (slope[c] - start[c]) / rise for c in self.cells}
        for c in self.cells:
            top = fixed.get(c, Fraction(self.ceiling[c]))
            if use[c] > 0:
                room.append((top - start[c]) / use[c])
        drain = sum((self.count[c] * use[c] for c in self.cells), Fraction(0))
        if drain > 0:
            left = self.supply - sum(self.count[c] * start[c] for c in self.cells)
            room.append(left / drain)
        return here + max(Fraction(0), min(room))

    def stuck(
        self, cell: Cell, table: Mapping[Cell, Fraction], fixed: Mapping[Cell, Fraction]
    ) -> bool:
        """Whether no table above ``table`` gives the cell a little more."""
        little = Fraction(1, 10**15)
        return not self.holds(self.least({**table, cell: table[cell] + little}), fixed)

    def leximin(self) -> dict[Cell, Fraction]:
        """The level rises; who cannot follow is fixed. Empty cells come after all others."""
        if self.supply == 0:
            return dict.fromkeys(self.cells, Fraction(0))
        fixed: dict[Cell, Fraction] = {}
        for group in (
            [c for c in self.cells if self.count[c]],
            [c for c in self.cells if not self.count[c]],
        ):
            open_ = list(group)
            while open_:
                level = self.highest(open_, fixed)
                table = self.at_level(level, open_, fixed)
                done = {
                    c: table[c]
                    for c in open_
                    if table[c] == level * self.kappa[c] and self.stuck(c, table, fixed)
                }
                assert done, "a level that nothing holds down"
                fixed |= done
                open_ = [c for c in open_ if c not in done]
        return fixed


def equal_table(line: Line, program: Program, exact: Mapping[Cell, Fraction]) -> dict[Cell, int]:
    """Of all whole tables within one lot of the exact one, the best that keeps every row."""
    if line.lots == 0:
        return dict.fromkeys(program.cells, 0)
    cells = sorted(program.cells, key=lambda c: (c[1], -c[0], c[2] != "weekly"))
    # A shop that counts twice has twice a number, as if it came twice.
    visits = program.visits
    near = {c: snap(exact[c] / visits[c]) for c in cells}
    best: tuple[tuple[int, int, tuple[int, ...]], dict[Cell, int]] | None = None
    for choice in itertools.product(*([0, 1] if near[c] % MICRO else [0] for c in cells)):
        table = {c: near[c] // MICRO + up for c, up in zip(cells, choice, strict=True)}
        if any(
            table[a] != table[b]
            for a in cells
            for b in cells
            if a[:2] == b[:2] and near[a] == near[b] and program.count[a] and program.count[b]
        ):
            continue
        lots = {c: table[c] * visits[c] for c in cells}
        if any(lots[b] < lots[a] - gap for a, b, gap in program.rows()):
            continue
        if any(not program.floor[c] <= lots[c] <= program.ceiling[c] for c in cells):
            continue
        used = sum(program.count[c] * lots[c] for c in cells)
        if used > line.lots:
            continue
        off = sum(program.count[c] * visits[c] * abs(table[c] * MICRO - near[c]) for c in cells)
        rank = (used, -off, tuple(table[c] for c in cells))
        if best is None or rank > best[0]:
            best = rank, lots
    assert best is not None
    return best[1]


def along_path(
    shops: Sequence[Shop],
    low: Mapping[str, int],
    high: Mapping[str, int],
    lots: int,
    weight: Mapping[str, Fraction],
    product: str,
    seed: str | None,
    cycle: str,
) -> dict[str, int]:
    """One lot at a time to the smallest (award + 1/2) / weight, ties by the circle."""
    start, ring = sha(seed, cycle, product), 2**256
    award = dict(low)
    for _ in range(lots - sum(low.values())):
        wanting = [s for s in shops if award[s.name] < high[s.name]]
        if not wanting:
            break
        nearest = min(
            wanting,
            key=lambda s: (
                (award[s.name] + Fraction(1, 2)) / weight[s.name],
                (sha(seed, cycle, s.name) - start) % ring,
            ),
        )
        award[nearest.name] += 1
    return award


def reading(shops: Sequence[Shop], product: str, seed: str | None, cycle: str) -> dict[str, int]:
    """One-based place of each shop on its cell's list, read from the product's start."""
    place = {}
    for cell in {shop.cell for shop in shops}:
        names = [shop.name for shop in shops if shop.cell == cell]
        names.sort(key=lambda name: sha(seed, cycle, name))
        start = sha(seed, cycle, product, label(cell)) % len(names)
        for k, name in enumerate(names):
            place[name] = (k - start) % len(names) + 1
    return place


def divide_lots(
    exact: Mapping[Cell, Fraction],
    whole: int,
    most: int,
    credit: Mapping[Cell, int],
    product: str,
    seed: str | None,
    cycle: str,
) -> dict[Cell, int]:
    """Whole lots by cell: floors, then one more for the largest credit and fraction.

    Beyond ``whole``, up to ``most``, only where that is above nothing.
    """
    given = {c: math.floor(x) for c, x in exact.items()}
    odd = [c for c in exact if exact[c] != given[c]]
    odd.sort(
        key=lambda c: (
            -(credit[c] + (exact[c] - given[c]) * MICRO),
            sha(seed, cycle, product, label(c)),
        )
    )
    sure = sum(given.values())
    for k, c in enumerate(odd):
        claim = credit[c] + (exact[c] - given[c]) * MICRO
        given[c] += k < whole - sure or (k < most - sure and claim > 0)
    assert whole <= sum(given.values()) <= most
    return given


def plan(
    line: Line,
    shops: Sequence[Shop],
    weight: Mapping[int, Fraction],
    credit: Mapping[str, int],
    seed: str | None,
    cycle: str,
) -> Quotas:
    """Quotas of one line. credit : millionths of a lot, by name, before the cycle."""
    counted = shops
    shops = [shop for shop in shops if shop.cell in line.ceiling]
    count = {c: sum(shop.cell == c for shop in shops) for c in line.ceiling}
    program = Program(line, count, weight)
    exact = program.leximin()
    method = (
        line.below_one if line.supply - line.kept < line.lot * len(shops) else line.at_least_one
    )
    after = dict(credit)
    if method == "equal":
        base = equal_table(line, program, exact)
        return Quotas(method, exact, base, dict.fromkeys(base, 0), {}, after)
    if method == "path":
        low = {s.name: program.floor[s.cell] for s in shops}
        high = {s.name: program.ceiling[s.cell] for s in shops}
        earned = {s.name: weight[s.cell[0]] * line.visits(s.cell) for s in shops}
        quota = along_path(shops, low, high, line.lots, earned, line.product, seed, cycle)
        return _by_shop(method, exact, quota, shops, counted, after, line, seed, cycle)
    if method == "lottery":
        credit = {}
    base = {c: snap(x) // MICRO for c, x in exact.items()}
    totals = {c: Fraction(snap(count[c] * x), MICRO) for c, x in exact.items()}
    due = snap(sum((count[c] * x for c, x in exact.items()), Fraction(0)))
    # A line that limits hold back may give its odd part in some cycles, if there is supply.
    whole = most = due // MICRO
    if method == "rotate" and -(-due // MICRO) <= line.lots:
        most = -(-due // MICRO)
    owed = {c: sum(credit.get(s.name, 0) for s in shops if s.cell == c) for c in exact}
    total = divide_lots(totals, whole, most, owed, line.product, seed, cycle)
    seats = {c: total[c] - count[c] * base[c] for c in exact}
    place = reading(shops, line.product, seed, cycle)
    turns: dict[str, int] = {}
    for c in exact:
        queue = sorted(
            (s.name for s in shops if s.cell == c), key=lambda s: (-credit.get(s, 0), place[s])
        )
        turns |= {name: place[name] for name in queue[: seats[c]]}
    for shop in shops:
        limit = base[shop.cell] + (shop.name in turns)
        if method == "rotate":
            after[shop.name] = credit.get(shop.name, 0) + snap(exact[shop.cell]) - limit * MICRO
    return Quotas(method, exact, base, seats, turns, after)


def _by_shop(
    method: str,
    exact: dict[Cell, Fraction],
    quota: Mapping[str, int],
    shops: Sequence[Shop],
    counted: Sequence[Shop],
    credit: dict[str, int],
    line: Line,
    seed: str | None,
    cycle: str,
) -> Quotas:
    """Quotas by name as cells see them: the least of a cell is its base, the rest are seats."""
    held = {c: [quota[s.name] for s in shops if s.cell == c] for c in exact}
    base = {c: min(lots) for c, lots in held.items() if lots}
    turns = {s.name for s in shops if quota[s.name] > base[s.cell]}
    start, ring = sha(seed, cycle, line.product), 2**256
    circle = sorted(counted, key=lambda s: (sha(seed, cycle, s.name) - start) % ring)
    place = {s.name: k for k, s in enumerate(circle, 1)}
    return Quotas(
        method,
        exact,
        base,
        {c: sum(s.cell == c and s.name in turns for s in shops) for c in exact},
        {name: place[name] for name in turns},
        credit,
    )


def serve(
    line: Line,
    quotas: Quotas,
    shops: Sequence[Shop],
    orders: Mapping[str, int],
    weight: Mapping[int, Fraction],
    credit: Mapping[str, int],
    seed: str | None,
    cycle: str,
    *,
    second_round: bool,
) -> tuple[dict[str, int], dict[str, int], Fraction | None]:
    """Round one and the award of every shop, in lots, and the level of round two."""
    shops = [shop for shop in shops if shop.cell in line.ceiling]
    cell = {s.name: s.cell for s in shops}
    wish = {
        s.name: min(orders.get(s.name, 0) // line.lot, line.ceiling[s.cell] // line.lot)
        for s in shops
    }
    first = {i: min(d, quotas.base[cell[i]] + (i in quotas.turns)) for i, d in wish.items()}
    supply = line.lots
    if not second_round or sum(first.values()) == supply or sum(wish.values()) <= supply:
        return first, wish if second_round and sum(wish.values()) <= supply else first, None

    earned = {i: weight[c[0]] * line.visits(c) for i, c in cell.items()}
    if quotas.method == "path":
        award = along_path(shops, first, wish, supply, earned, line.product, seed, cycle)
        # Had the orders been known from the start, the path had ended at the same awards.
        low = {s.name: min(wish[s.name], -(-line.floor[s.cell] // line.lot)) for s in shops}
        assert award == along_path(shops, low, wish, supply, earned, line.product, seed, cycle)
        return first, award, None
    if quotas.method == "lottery":
        credit = {}

    def at(level: Fraction) -> dict[str, Fraction]:
        return {
            i: min(Fraction(d), max(Fraction(first[i]), level * earned[i])) for i, d in wish.items()
        }

    points = sorted(
        {Fraction(0)} | {Fraction(x) / earned[i] for i in wish for x in (first[i], wish[i])}
    )
    low = max(p for p in points if sum(at(p).values()) <= supply)
    high = min(p for p in points if p > low)
    start, end = sum(at(low).values()), sum(at(high).values())
    level = low + (high - low) * (supply - start) / (end - start)
    exact = at(level)
    between = [i for i in wish if first[i] < exact[i] < wish[i]]
    groups = {c: [i for i in between if cell[i] == c] for c in line.ceiling}
    totals = {c: sum((exact[i] for i in who), Fraction(0)) for c, who in groups.items()}
    rest = supply - sum(x for i, x in exact.items() if i not in between)
    owed = {c: sum(credit.get(s.name, 0) for s in shops if s.cell == c) for c in groups}
    assert rest.denominator == 1
    shared = divide_lots(totals, int(rest), int(rest), owed, line.product, seed, cycle)
    place = reading(shops, line.product, seed, cycle)
    award = {i: math.floor(x) for i, x in exact.items()}
    for c, who in groups.items():
        queue = sorted(who, key=lambda i: (-credit.get(i, 0), place[i]))
        for i in queue[: shared[c] - sum(award[i] for i in who)]:
            award[i] += 1
    return first, award, level
