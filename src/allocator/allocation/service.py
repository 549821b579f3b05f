"""One released line after the other meets its orders: round one, round two (``model.md`` 5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from allocator.allocation.coupling import Coupled, couple
from allocator.allocation.matching import Matched, match
from allocator.allocation.nested_level import SUPPLY, Level, Most, round_two_in_groups
from allocator.allocation.requests import Requests
from allocator.allocation.rounding import Draw
from allocator.allocation.rounds import Cohorts, Lots, round_one, round_two, round_two_by_path
from allocator.allocation.turns import (
    Roster,
    credit_sums,
    line_up,
    reading_starts,
    roster,
)
from allocator.holdings import base_and_extra, ceilings
from allocator.records import QuotaPlan

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """A plan and the orders of its cycle, to be served line by line.

    labels : of the plan's cells; joint : what lines share, ``None`` = nothing
    """

    plan: QuotaPlan
    order: Roster
    matched: Matched
    labels: tuple[str, ...]
    joint: Coupled | None

    @classmethod
    def of(
        cls, requests: Requests, plan: QuotaPlan, order: Roster | None, matched: Matched | None
    ) -> Service:
        """As for ``award_requests``."""
        found = matched or match(requests, plan)
        return cls(
            plan,
            order or roster(plan.members, len(plan.cells.tier), plan.seed, plan.cycle),
            found,
            plan.cells.labels(),
            couple(plan, found.asked(requests)) if plan.bands or plan.baskets else None,
        )

    def bound(self, p: int) -> bool:
        """Whether line p shares a basket or band with others."""
        return self.joint is not None and bool(self.joint.lines[p])

    def asked(self, p: int) -> Lots:
        """Lots of line p that the counted members ask for, as far as joint limits let them."""
        rows = self.matched.rows[p]
        asked = np.zeros(len(self.order.rank), dtype=np.int32)
        lots = self.matched.lots[rows]
        if self.joint is not None and self.bound(p):
            lots = self.joint.reach(p, int(self.plan.lot[p]))
        asked[self.matched.member[rows]] = lots
        return asked

    def line(self, p: int, asked: Lots) -> Served:
        """Serve line p, and count down what it takes of joint limits."""
        served = serve_orders(self.plan, p, asked, self.order, self.labels)
        if self.joint is not None and self.bound(p):
            mine = served.award[self.matched.member[self.matched.rows[p]]]
            self.joint.count_down(p, mine.astype(np.int64) * int(self.plan.lot[p]))
        return served

    def each(self, serve_line: Callable[[int], T], threads: int) -> list[T]:
        """Serve all lines; those that share a basket or band one after the other, as planned."""
        coupled = np.array([self.bound(p) for p in range(len(self.plan.product))], np.bool_)
        with ThreadPoolExecutor(threads) as pool:
            each = map if threads == 1 else pool.map
            apart = iter(each(serve_line, np.flatnonzero(~coupled).tolist()))
            in_turn = [serve_line(p) for p in np.flatnonzero(coupled).tolist()]
            return [next(apart) if not waits else in_turn.pop(0) for waits in coupled.tolist()]


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """One line served; (r,) lots in the order of the roster, and the level of round two.

    group_level : levels of the groups that bound, by index into ``QuotaPlan.groups``
    """

    limit: Lots
    round_one: Lots
    award: Lots
    level: Level | None
    group_level: Mapping[int, Level] = field(default_factory=dict)


def serve_orders(
    plan: QuotaPlan, p: int, asked: Lots, order: Roster, labels: tuple[str, ...]
) -> Served:
    """Serve line p. asked : (r,) lots of the counted members; labels : of the plan's cells."""
    lot, draw = int(plan.lot[p]), Draw(plan.seed, plan.cycle, plan.product[p], labels)
    seat = np.zeros(len(asked), dtype=np.bool_)
    seat[plan.turns.of(p)] = True
    base, extra = base_and_extra(plan, p, seat)
    limit = np.repeat(base.astype(asked.dtype), np.diff(order.start)) + extra
    # A limit is never above the ceiling, so cutting orders there changes nothing in round one.
    wanted = np.minimum(asked, ceilings(plan, p).astype(asked.dtype))
    first, cohorts = round_one(wanted, extra, base, order)
    supply = int(plan.supply[p] - plan.reserve[p]) // lot
    groups = [
        Most(g, np.isin(np.arange(len(base)), group.home), group.most // lot)
        for g, group in enumerate(plan.groups)
        if group.line == p and group.most >= 0
    ]
    given = int(first.sum(dtype=np.int64))
    if plan.oversell == "share" and (given > supply or _exceeded(groups, first, order)):
        # A quota is then a ceiling: the uniform rule with what round one would give as orders.
        nothing = np.zeros_like(first)
        _, cohorts = round_one(first, nothing.astype(np.bool_), np.zeros_like(base), order)
        award, level, by_group = _level_out(
            plan, p, first, nothing, cohorts, supply, groups, order, draw
        )
        return Served(limit, award, award, level, by_group)
    if not plan.second_round or plan.supply[p] < 0 or given >= supply:
        return Served(limit, first, first, None)
    award, level, by_group = _level_out(
        plan, p, wanted, first, cohorts, supply, groups, order, draw
    )
    return Served(limit, first, award, level, by_group)


def _exceeded(groups: Sequence[Most], award: Lots, order: Roster) -> bool:
    """Whether any group is awarded more than its maximum."""
    if not groups:
        return False
    totals = credit_sums(award, order)
    return any(int(totals[group.cells].sum()) > group.lots for group in groups)


def _level_out(
    plan: QuotaPlan,
    p: int,
    wanted: Lots,
    first: Lots,
    cohorts: Cohorts,
    supply: int,
    groups: Sequence[Most],
    order: Roster,
    draw: Draw,
) -> tuple[Lots, Level | None, Mapping[int, Level]]:
    """The uniform rule for line p: awards, (r,) lots, its level and those of its groups.

    wanted : (r,) lots; first : (r,) lots that nobody falls below; supply : lots
    """
    weight = plan.weight(p)
    if plan.method[p] == "path":
        return *round_two_by_path(wanted, first, cohorts, weight, supply, order, draw), {}
    credit = plan.credit_before[p][: len(wanted)]
    if plan.method[p] == "lottery":
        credit = np.zeros_like(credit)
    key, sums = line_up(order, reading_starts(order, draw), credit)
    if groups:
        limits = [*groups, Most(SUPPLY, np.ones(len(weight), dtype=np.bool_), supply)]
        award, levels = round_two_in_groups(
            wanted, first, cohorts, weight, limits, key, sums, order, draw
        )
        by_group = {k: level for k, level in levels.of_limit.items() if k != SUPPLY}
        return award, levels.of_limit.get(SUPPLY), by_group
    return *round_two(wanted, first, cohorts, weight, supply, key, sums, order, draw), {}
