"""The least change of one line of a conflict that alone would mend it.

Floors, coverage, least shares and the reserve go down, ceilings, steps, baskets, largest shares
and the supply up; tier order is lifted. More of it never breaks what less has mended, so halving
finds the least, with one exception: shares follow the supply and are taken to whole lots, so that
one lot more may undo what one lot less had mended. There the neighbours are looked at too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

from allocator.allocation.clauses import SHARE_DIGITS, Clause
from allocator.allocation.judge import Judge
from allocator.records import MICRO

WHOLE: Final = 10**SHARE_DIGITS
SHARE_UNIT: Final = WHOLE // 10**6
"""(parts) 0.0001 per cent: a share that mends a conflict is written no finer."""

LOOK_BACK: Final = 100
"""Lots on the near side of a supply or reserve found by halving that are tried one by one: shares
go to whole lots, which moves what is needed by few lots."""

MOST_DOUBLINGS: Final = 30
"""A supply that would have to grow to a billion times its size is no mend."""


def mend(judge: Judge, clauses: Sequence[Clause], clause: Clause) -> int | None:
    """The value of ``clause`` nearest to its own with which the clauses have a table; tier order 0.

    ``None`` where no value does: more supply lets shares of it grow as much.
    """
    others = [other for other in clauses if other != clause]

    def holds(value: int) -> bool:
        return judge.has_table([*others, replace(clause, value=value)])

    value, lowest = clause.value, clause.value // SHARE_UNIT
    match clause.kind:
        case "tier_order":
            return 0
        case "floor":
            return value - _first(lambda less: holds(value - less), value)
        case "coverage" | "group_least":
            return SHARE_UNIT * (
                lowest - _first(lambda k: holds(SHARE_UNIT * (lowest - k)), lowest)
            )
        case "group_most":
            start = -(-value // SHARE_UNIT)
            last = 10**6 - start
            return SHARE_UNIT * (start + _first(lambda k: holds(SHARE_UNIT * (start + k)), last))
        case "reserve":
            return _reserve(judge, clauses, clause, holds)
        case "supply":
            return _supply(judge, clauses, clause, holds)
    room = judge.enough(others) + int(judge.demand.lot.max())
    if clause.kind == "basket":
        room *= len(clause.spans)
    return value + _first(lambda more: holds(value + more), room)


def _supply(
    judge: Judge, clauses: Sequence[Clause], clause: Clause, holds: Callable[[int], bool]
) -> int | None:
    p = clause.spans[0].p
    lot = int(judge.demand.lot[p])
    part = next((other.value for other in clauses if other.kind == "reserve"), 0)

    def supply(lots: int) -> int:
        # m lots release floor((1 - reserve) m) of them; what exceeds whole lots only adds reserve.
        return -(-lots * WHOLE // (WHOLE - part)) * lot

    if not _follow(clauses):
        row = next(row for row in judge.asked.rows(clauses) if row.clause == clause)
        least = judge.least(clauses)
        needed = sum((n * least[p][c] for (_, c), n in row.terms.items()), Fraction(0))
        return supply(-(-needed.numerator // (needed.denominator * MICRO * lot)))
    low = judge.asked.released(p, clauses) // lot
    high = max(low, 1)
    for _ in range(MOST_DOUBLINGS):
        high *= 2
        if holds(supply(high)):
            break
    else:
        return None
    lots = low + _first(lambda more: holds(supply(low + more)), high - low)
    below = [k for k in range(max(low + 1, lots - LOOK_BACK), lots) if holds(supply(k))]
    return supply(min(below, default=lots))


def _reserve(
    judge: Judge, clauses: Sequence[Clause], clause: Clause, holds: Callable[[int], bool]
) -> int:
    others = [other for other in clauses if other != clause]
    highest = clause.value // SHARE_UNIT

    def released(units: int) -> list[int]:
        kept = [*others, replace(clause, value=SHARE_UNIT * units)]
        return [judge.asked.released(p, kept) for p in range(len(judge.demand.lot))]

    def last_like(units: int) -> int:
        """The largest reserve that releases as much."""
        same = released(units)
        more = highest - units
        return units + _first(lambda k: k == more or released(units + k + 1) != same, more)

    units = highest - _first(lambda k: holds(SHARE_UNIT * (highest - k)), highest)
    best = units
    for _ in range(LOOK_BACK if _follow(clauses) else 0):
        if units == highest:
            break
        units = last_like(units + 1)
        if holds(SHARE_UNIT * units):
            best = units
    return SHARE_UNIT * best


def _follow(clauses: Sequence[Clause]) -> bool:
    """Whether any clause is a share of the supply."""
    return any(clause.kind in ("group_least", "group_most") for clause in clauses)


def _first(holds: Callable[[int], bool], last: int) -> int:
    """The smallest number in 0..last that holds, where all above it do; the last one does."""
    low, high = -1, last
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
