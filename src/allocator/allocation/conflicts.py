"""Policies that no quota table can keep: which lines contradict each other, and what would mend it.

The lines of one released line (floor, ceilings, step, tier order, reserve, supply) are taken away
one by one; what can go without making room goes. What stays is *irreducible*: without any one of
its lines there is a table. Whether there is one is decided exactly: the least table that floors,
order and steps demand, against ceilings and supply.

The tiers that may have a product are in no conflict: fewer of them are fewer rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, NoReturn

import numpy as np

from allocator.allocation.clauses import RESERVE_DIGITS, Clause, clauses_of, reserve_clause
from allocator.allocation.leximin import Lines, least_table
from allocator.allocation.limits import NOISE, Released, whole_reserve
from allocator.errors import InfeasiblePolicy, PolicyLine
from allocator.policy.allocation_models import AllocationPolicy
from allocator.records import Cells, Flags, Units

DROPPED_FIRST: Final = ("supply", "step", "tier_order", "ceiling", "floor", "reserve")
"""What is tried to do without, in this order: limits that contradict whatever the supply is are
told before it, and of several floors the largest stays. The reserve is part of its supply row, so
it comes last: it is named only where the conflict ends without it."""

RESERVE_UNIT: Final = 10**18
"""(parts) 0.0001 per cent: a reserve that mends a conflict is written no finer."""


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """What the clauses are about: the C cells of one released line.

    tiers : T; chains are blocks of T cells with tiers 1..T rising
    allowed : (C,) bool; lot : cartons
    count : (C,) int64, retailers; those that a doubled product counts twice count as two
    """

    tiers: int
    allowed: Flags
    count: Units
    lot: int

    def tier(self) -> Units:
        """Tier of each cell, (C,) int64."""
        return np.arange(len(self.count), dtype=np.int64) % self.tiers + 1


def refuse_conflicts(
    lines: Lines, released: Released, cells: Cells, policy: AllocationPolicy
) -> None:
    """Refuse a plan in which any released line has no table, and say why and what would mend it.

    Raises
    ------
    InfeasiblePolicy : its ``conflict`` names the lines of the first such product
    """
    least = least_table(lines, lines.floor.astype(float))
    promised = (least * lines.count).sum(axis=1)
    stuck = (least > lines.ceiling + NOISE).any(axis=1) | (promised > lines.supply + NOISE)
    if not stuck.any():
        return
    p = int(np.flatnonzero(stuck)[0])
    # A shop that counts twice has twice the limits: as two shops it has those of the policy.
    visits: Units = np.broadcast_to(lines.visits, lines.allowed.shape)[p]
    demand = Demand(lines.tiers, lines.allowed[p], cells.count * visits, int(released.lot[p]))
    supply = int(released.supply[p])
    found = irreducible(demand, clauses_of(policy, released.product[p], supply, lines.tiers))
    name = f"{released.product[p]} {released.region[p]}".rstrip()
    _refuse(demand, found, name, policy, int(np.count_nonzero(stuck)) - 1)


def irreducible(demand: Demand, clauses: Sequence[Clause]) -> tuple[Clause, ...]:
    """The clauses of one conflict, none of which can go; the whole must be a conflict.

    The reserve is named only where it decides; elsewhere it stays part of its supply row, see
    ``in_force``.
    """
    kept = sorted(clauses, key=lambda c: (DROPPED_FIRST.index(c.kind), c.value, c.low))
    for clause in tuple(kept):
        rest = [other for other in kept if other != clause]
        if not has_table(demand, rest):
            kept = rest
    return tuple(reversed(kept))


def has_table(demand: Demand, clauses: Sequence[Clause]) -> bool:
    """Whether any table of quotas keeps the clauses; without floors the empty one does."""
    return _excess(demand, clauses) is None


def _excess(demand: Demand, clauses: Sequence[Clause]) -> tuple[str, dict[str, int]] | None:
    """What breaks in the least table: a cell's ceiling, or the supply; ``None`` if nothing."""
    least, most = least_needed(demand, clauses), _ceilings(demand, clauses)
    above = np.flatnonzero(demand.allowed & (least > most))
    if above.size:
        c = int(above[0])
        facts = {"tier": int(demand.tier()[c]), "floor": int(least[c]), "ceiling": int(most[c])}
        return "floor-above-ceiling", facts
    room = released_by(demand, clauses)
    promised = int((least * demand.count).sum())
    if room is None or promised <= room:
        return None
    shops = int(demand.count[demand.allowed].sum())
    figures = {"promised": promised, "supply": room, "missing": promised - room}
    return "floors-above-supply", {**figures, "retailers": shops}


def least_needed(demand: Demand, clauses: Sequence[Clause]) -> Units:
    """The least table that floors, tier order and step demand, (C,) int64 cartons."""
    low = np.zeros(len(demand.count), np.int64)
    tier, step, order = demand.tier(), -1, False
    for clause in clauses:
        if clause.kind == "floor":
            floor = -(-clause.value // demand.lot) * demand.lot
            held = (tier >= clause.low) & (tier <= clause.high)
            low = np.where(held, np.maximum(low, floor), low)
        elif clause.kind == "step":
            step = clause.value
        elif clause.kind == "tier_order":
            order = True
    low = np.where(demand.allowed, low, 0)
    rows = Lines(
        demand.tiers, demand.allowed[None], demand.count, demand.count, low[None], low[None],
        np.zeros(1, np.int64), np.array([order]), np.array([step], np.int64),
    )  # fmt: skip
    least = least_table(rows, low[None].astype(np.float64))[0]
    whole: Units = np.rint(least).astype(np.int64)
    return whole


def _ceilings(demand: Demand, clauses: Sequence[Clause]) -> Units:
    """Ceilings down to whole lots, (C,) int64 cartons; the largest number where there is none."""
    most = np.full(len(demand.count), np.iinfo(np.int64).max)
    tier = demand.tier()
    for clause in clauses:
        if clause.kind == "ceiling":
            held = (tier >= clause.low) & (tier <= clause.high)
            lots = clause.value // demand.lot
            most = np.where(held, np.minimum(most, lots * demand.lot), most)
    return most


def released_by(demand: Demand, clauses: Sequence[Clause]) -> int | None:
    """Cartons that can be released, supply less reserve in whole lots; ``None`` = no such row."""
    values = {clause.kind: clause.value for clause in clauses}
    if "supply" not in values:
        return None
    supply = values["supply"]
    part = Decimal(values.get("reserve", 0)).scaleb(-RESERVE_DIGITS)
    return (supply - whole_reserve(supply, demand.lot, part)) // demand.lot * demand.lot


def in_force(found: Sequence[Clause], clauses: Sequence[Clause]) -> tuple[Clause, ...]:
    """The conflict with its supply row as it stands: the reserve is part of that row."""
    if not any(clause.kind == "supply" for clause in found):
        return tuple(found)
    return (*found, *(c for c in clauses if c.kind == "reserve" and c not in found))


def mend(demand: Demand, clauses: Sequence[Clause], clause: Clause) -> int:
    """The value of ``clause`` nearest to its own with which the clauses have a table.

    Floors and the reserve go down, ceilings, steps and the supply up; tier order is lifted (0).
    """
    others = [other for other in clauses if other != clause]

    def holds(value: int) -> bool:
        return has_table(demand, [*others, replace(clause, value=value)])

    if clause.kind == "tier_order":
        return 0
    if clause.kind == "reserve":
        units = clause.value // RESERVE_UNIT
        return RESERVE_UNIT * (units - _first(lambda k: holds(RESERVE_UNIT * (units - k)), units))
    if clause.kind == "floor":
        return clause.value - _first(lambda less: holds(clause.value - less), clause.value)
    needed = least_needed(demand, others if clause.kind != "supply" else clauses)
    if clause.kind == "supply":
        lots = -(-int((needed * demand.count).sum()) // demand.lot)
        part = next((other.value for other in clauses if other.kind == "reserve"), 0)
        # m lots release floor((1 - reserve) m) of them; what exceeds whole lots only adds reserve.
        whole = 10**RESERVE_DIGITS
        return -(-lots * whole // (whole - part)) * demand.lot
    greatest = int(needed.max(initial=0))
    return clause.value + _first(lambda more: holds(clause.value + more), greatest)


def _first(holds: Callable[[int], bool], last: int) -> int:
    """The smallest number in 0..last that holds; all above it do, and the last one does."""
    low, high = -1, last
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _refuse(
    demand: Demand, found: Sequence[Clause], product: str, policy: AllocationPolicy, others: int
) -> NoReturn:
    rows = in_force(found, reserve_clause(policy))
    broken = _excess(demand, rows)
    if broken is None:
        raise ArithmeticError(f"{product}: no conflict left of {found!r}")
    code, figures = broken
    told = tuple(
        PolicyLine(c.kind, c.path, policy.lines.get(c.path), _told(c.kind, c.value),
                   _told(c.kind, mend(demand, rows, c)))
        for c in found
    )  # fmt: skip
    raise InfeasiblePolicy(code, conflict=told, product=product, others=others, **figures)


def _told(kind: str, value: int) -> int | Decimal:
    """A value as it is written in the policy: the reserve in per cent."""
    return Decimal(value).scaleb(2 - RESERVE_DIGITS).normalize() if kind == "reserve" else value
