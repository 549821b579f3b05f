"""Policies that no quota table can keep: which lines contradict each other, and what would mend it.

The lines that limit the quotas are taken away one after the other; what can go without making room
goes. What stays is *irreducible*: without any one of its lines there is a table. Single products
are looked at first, alone; only what no single one shows is told of several that baskets join.
Whether there is a table is decided by a ``Judge``.

The tiers that may have a product are in no conflict: fewer of them are fewer rows. A share stands
with the supply it is of: where no amount of supply would mend a conflict, it is not named.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final, NoReturn

import numpy as np

from allocator.allocation.clauses import Clause, clauses_of
from allocator.allocation.demand import Demand
from allocator.allocation.judge import Judge
from allocator.allocation.leximin import Lines, least_table
from allocator.allocation.limits import NOISE, Released
from allocator.allocation.mends import mend
from allocator.allocation.programs import components
from allocator.allocation.refusals import Case, refuse
from allocator.policy.allocation_models import AllocationPolicy
from allocator.records import MICRO, Flags, Reals

DROPPED_FIRST: Final = (
    "group_most",
    "group_least",
    "supply",
    "step",
    "tier_order",
    "basket",
    "ceiling",
    "coverage",
    "floor",
    "reserve",
)
"""What is tried to do without, in this order: the simplest conflict is told. Shares come first, so
that a largest share is only named where raising it to the whole supply would do. Limits that
contradict whatever the supply is are told before it, and of several floors the largest stays. The
reserve is part of its supply row, so it comes last: it is named only where the conflict ends
without it."""


class Conflicts:
    """Refuses the limits of a plan where they cannot hold together.

    Both refusals raise ``InfeasiblePolicy``; its ``conflict`` names the lines of the first product
    or program found.
    """

    def __init__(self, lines: Lines, released: Released, policy: AllocationPolicy) -> None:
        self._lines = lines
        self._released = released
        self._policy = policy

    def refuse_demands(self) -> None:
        """Refuse a plan of which the least quotas that are demanded already break a limit.

        Without least shares of groups what this lets pass has a table.
        """
        single, joint = _doubtful(self._lines)
        alone = [self._case((p,)) for p in np.flatnonzero(single).tolist()]
        stuck = [case for case in alone if case.judge.excess(case.clauses)]
        if stuck:
            _refuse(stuck[0], others=len(stuck) - 1)
        for part in components(self._lines):
            if len(part) > 1 and joint[list(part)].any():
                case = self._case(part)
                if case.judge.excess(case.clauses):
                    _refuse(case)

    def refuse_shares(self, part: tuple[int, ...]) -> None:
        """Refuse the program of the lines ``part`` if its least shares cannot be had.

        This asks a solver: it is meant for a program of which a table fell short of them.
        """
        whole = self._case(part)
        if whole.judge.has_table(whole.clauses):
            return
        for p in sorted({group.line for group in self._lines.groups} & set(part)):
            case = self._case((p,))
            if not case.judge.has_table(case.clauses):
                _refuse(case)
        _refuse(whole)

    def _case(self, members: tuple[int, ...]) -> Case:
        lines, released = self._lines, self._released
        demand = demand_of(lines, released, members)
        clauses = clauses_of(self._policy, released, members, lines.groups, lines.tiers)
        return Case(Judge(demand), clauses, released, members, self._policy)


def _refuse(case: Case, others: int = 0) -> NoReturn:
    found = irreducible(case.judge, case.clauses)
    rows = in_force(found, case.clauses)
    refuse(case, rows, [(clause, mend(case.judge, rows, clause)) for clause in found], others)


def _doubtful(lines: Lines) -> tuple[Flags, Flags]:
    """Lines whose least table breaks a limit, or nearly: by themselves; in a basket, (P,) each.

    What is near a limit is for exact arithmetic to say.
    """
    least, use = least_table(lines, lines.low), lines.use

    def over(needed: Reals, room: Reals) -> Flags:
        close: Flags = needed > room - NOISE * (1.0 + np.abs(room))
        return close

    # Nothing is demanded where the least quota is 0, and nothing can be in the way of it.
    single = (over(least, lines.ceiling.astype(float)) & (least > 0)).any(axis=1)
    single |= over((least * use).sum(axis=1), lines.supply.astype(float)) & (lines.supply > 0)
    for group in lines.groups:
        had = float((group.mass * least[group.line, group.cells]).sum()) / MICRO
        rest = float((use[group.line] * least[group.line]).sum()) - had
        whole = float(lines.supply[group.line])
        tight = group.most >= 0 and had > group.most - NOISE * (1.0 + group.most)
        tight |= group.least >= 0 and rest > whole - group.least - NOISE * (1.0 + whole)
        single[group.line] |= tight
    joint = np.zeros(len(single), np.bool_)
    for basket in lines.baskets:
        needed = least[basket.lines].sum(axis=0)
        held = (basket.most >= 0) & (needed > 0) & over(needed, basket.most.astype(float))
        joint[basket.lines[lines.allowed[basket.lines][:, held].any(axis=1)]] = True
    return single | joint, joint


def demand_of(lines: Lines, released: Released, members: tuple[int, ...]) -> Demand:
    """What the lines ``members`` are about, limits apart."""
    chosen = np.array(members)
    size = len(lines.count)
    mass = np.repeat(lines.count[None] * MICRO, len(members), axis=0)
    return Demand(
        tiers=lines.tiers,
        allowed=lines.allowed[chosen],
        count=lines.count,
        visits=np.broadcast_to(lines.visits, (len(lines.supply), size))[chosen],
        mass=mass if lines.mass is None else lines.mass[chosen],
        lot=released.lot[chosen],
        supply=released.supply[chosen],
        shares={
            (group.rule, members.index(group.line)): dict(
                zip(group.cells.tolist(), group.mass.tolist(), strict=True)
            )
            for group in lines.groups
            if group.line in members
        },
    )


def irreducible(judge: Judge, clauses: Sequence[Clause]) -> tuple[Clause, ...]:
    """The clauses of one conflict, none of which can go; the whole must be a conflict.

    The reserve is named only where it decides; elsewhere it stays part of what is released, see
    ``in_force``.
    """

    def kind(clause: Clause) -> int:
        return DROPPED_FIRST.index(clause.kind)

    kept = sorted(clauses, key=lambda c: (kind(c), c.value, c.spans[0].low))

    def thin(block: list[Clause]) -> None:
        """Drop what can go of a block, front to back; halves spare trials of each one."""
        nonlocal kept
        rest = [clause for clause in kept if clause not in block]
        if not judge.has_table(rest):
            kept = rest
        elif len(block) > 1:
            thin(block[: len(block) // 2])
            thin(block[len(block) // 2 :])

    for _, block in groupby(tuple(kept), key=kind):
        thin(list(block))
    return tuple(reversed(kept))


def in_force(found: Sequence[Clause], clauses: Sequence[Clause]) -> tuple[Clause, ...]:
    """The conflict with its supply as it stands: the reserve is part of what shares are of."""
    if not any(clause.kind in ("supply", "group_least", "group_most") for clause in found):
        return tuple(found)
    return (*found, *(c for c in clauses if c.kind == "reserve" and c not in found))
