"""Orders meet quotas: round one, round two, the award of every line (``model.md`` 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from allocator.allocation.coupling import couple
from allocator.allocation.matching import Matched, match
from allocator.allocation.nested_level import SUPPLY, Level, Most, round_two_in_groups
from allocator.allocation.requests import Requests, lay_out
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
from allocator.records import Allocation, QuotaPlan, Units
from allocator.tables.city import Table
from allocator.tables.reading import as_table


def allocate(orders: Table | Any, plan: QuotaPlan, *, threads: int = 1) -> Allocation:
    """What the rules give for the orders of the plan's cycle.

    Parameters
    ----------
    orders : the orders table, or any dataframe of its columns; lines of other cycles, cancelled
        lines and make-up orders do not count; lines of one retailer and product are summed
    threads : released lines served at once; the outcome does not depend on it
    """
    frame = as_table("orders", orders).frame
    requests = lay_out(frame, plan.cycle, placed=bool(plan.bands))
    given = award_requests(requests, plan, threads=threads)
    return Allocation(
        plan.cycle, award_lines(requests, plan, given), given.left, given.level, given.group_level
    )


@dataclass(frozen=True, slots=True, eq=False)
class Awarded:
    """What the m order lines of a cycle are given; the orders themselves are the ``Requests``.

    matched : where each line stands in the plan
    limit, round_one, award : (m,) int64 cartons, 0 for what the plan does not govern
    band_room : (m,) int64 cartons, -1 = in no band; ``None`` where the plan has no bands
    left, level, group_level : as in ``Allocation``
    """

    matched: Matched
    limit: Units
    round_one: Units
    award: Units
    band_room: Units | None
    left: Units
    level: tuple[Level | None, ...]
    group_level: Mapping[int, Level]


def award_requests(
    requests: Requests, plan: QuotaPlan, *, order: Roster | None = None, threads: int = 1
) -> Awarded:
    """What the rules give, as arrays beside the requests.

    Parameters
    ----------
    requests : of the plan's cycle; where the plan has bands they must be ``placed``
    order : the plan's lists, where they are drawn already
    """
    order = order or roster(plan.members, len(plan.cells.tier), plan.seed, plan.cycle)
    found = match(requests, plan)
    limit, first, award = (np.zeros(len(found.line), dtype=np.int64) for _ in range(3))
    left = np.zeros(len(plan.product), dtype=np.int64)
    joint = couple(plan, found.asked(requests)) if plan.bands or plan.baskets else None

    def serve_line(p: int) -> tuple[Level | None, Mapping[int, Level]]:
        rows, lot = found.rows[p], int(plan.lot[p])
        who = found.member[rows]
        bound = joint is not None and joint.lines[p]
        asked = np.zeros(len(order.rank), dtype=np.int32)
        asked[who] = joint.reach(p, lot) if joint and bound else found.lots[rows]
        served = serve_orders(plan, p, asked, order)
        for target, source in (
            (limit, served.limit),
            (first, served.round_one),
            (award, served.award),
        ):
            target[rows] = source[who].astype(np.int64) * lot
        if joint and bound:
            joint.count_down(p, award[rows])
        if plan.supply[p] >= 0:
            left[p] = plan.supply[p] - plan.reserve[p] - int(award[rows].sum())
        return served.level, served.group_level

    # Lines that share a basket or band wait for each other, in the order of the plan.
    coupled = np.zeros(len(plan.product), dtype=np.bool_) if joint is None else joint.lines
    with ThreadPoolExecutor(threads) as pool:
        apart = pool.map(serve_line, np.flatnonzero(~coupled).tolist())
        in_turn = [serve_line(p) for p in np.flatnonzero(coupled).tolist()]
        served = [next(apart) if not waits else in_turn.pop(0) for waits in coupled.tolist()]
    room = None
    if plan.bands and joint:
        room = np.full(len(limit), -1, dtype=np.int64)
        room[np.concatenate(found.rows)] = joint.band_room
    by_group = {g: level for _, bound in served for g, level in bound.items()}
    return Awarded(
        found, limit, first, award, room, left, tuple(level for level, _ in served), by_group
    )


def award_lines(requests: Requests, plan: QuotaPlan, given: Awarded) -> pl.DataFrame:
    """The lines of an ``Allocation``."""
    found = given.matched
    # A product outside this plan is not ours to judge: no figure rather than a zero.
    figures = {
        name: pl.Series(name, values).set(pl.Series(~found.governed), None)
        for name, values in (
            ("limit", given.limit),
            ("round_one", given.round_one),
            ("round_two", given.award - given.round_one),
            ("award", given.award),
        )
    }
    known = pl.Series(found.member)
    columns = {
        "line": _unless_absent(pl.Series(found.line)),
        "product_id": requests.products.gather(requests.product),
        "retailer_id": requests.retailers.gather(requests.retailer),
        "tier": plan.members["tier"].gather(_unless_absent(known)),
        "requested": requests.figures["requested"],
        **figures,
        "granted": requests.figures["granted"],
        "order": requests.figures["order"],
    }
    if given.band_room is not None:
        columns["band_room"] = _unless_absent(pl.Series(given.band_room))
    return pl.DataFrame(columns)


def _unless_absent(numbers: pl.Series) -> pl.Series:
    """Null instead of what is below 0."""
    return numbers.set(numbers < 0, None)


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


def serve_orders(plan: QuotaPlan, p: int, asked: Lots, order: Roster) -> Served:
    """Serve line p. asked : (r,) lots of the counted members."""
    lot = int(plan.lot[p])
    seat = np.zeros(len(asked), dtype=np.bool_)
    low, high = np.searchsorted(plan.turns.line, [p, p + 1])
    seat[plan.turns.retailer[low:high]] = True
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
        award, level, by_group = _level_out(plan, p, first, nothing, cohorts, supply, groups, order)
        return Served(limit, award, award, level, by_group)
    if not plan.second_round or plan.supply[p] < 0 or given >= supply:
        return Served(limit, first, first, None)
    award, level, by_group = _level_out(plan, p, wanted, first, cohorts, supply, groups, order)
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
) -> tuple[Lots, Level | None, Mapping[int, Level]]:
    """The uniform rule for line p: awards, (r,) lots, its level and those of its groups.

    wanted : (r,) lots; first : (r,) lots that nobody falls below; supply : lots
    """
    draw = Draw(plan.seed, plan.cycle, plan.product[p], plan.cells.labels())
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
