"""Orders meet quotas: round one, round two, the award of every line (``model.md`` 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from allocator.allocation.coupling import couple
from allocator.allocation.nested_level import SUPPLY, Level, Most, round_two_in_groups
from allocator.allocation.order_lines import asked_lines, order_lines
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
from allocator.records import Allocation, QuotaPlan
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
    wanted = order_lines(as_table("orders", orders).frame, plan)
    order = roster(plan.members, len(plan.cells.tier), plan.seed, plan.cycle)
    line = wanted["line"].fill_null(-1).to_numpy()
    starts = np.searchsorted(line, np.arange(len(plan.product) + 1))
    member = wanted["member"].fill_null(-1).to_numpy()
    lots = wanted["lots"].fill_null(0).to_numpy()
    limit, first, award = (np.zeros(len(wanted), dtype=np.int64) for _ in range(3))
    left = np.zeros(len(plan.product), dtype=np.int64)
    here = (line >= 0) & (member >= 0) & (member < len(order.rank))
    joint = couple(plan, asked_lines(wanted, here)) if plan.bands or plan.baskets else None

    def serve_line(p: int) -> tuple[Level | None, Mapping[int, Level]]:
        part = slice(int(starts[p]), int(starts[p + 1]))
        inside = here[part]
        who = member[part][inside]
        lot = int(plan.lot[p])
        bound = joint is not None and joint.lines[p]
        asked = np.zeros(len(order.rank), dtype=np.int32)
        asked[who] = joint.reach(p, lot) if joint and bound else lots[part][inside]
        served = serve_orders(plan, p, asked, order)
        for target, source in (
            (limit, served.limit),
            (first, served.round_one),
            (award, served.award),
        ):
            target[part][inside] = source[who].astype(np.int64) * lot
        if joint and bound:
            joint.count_down(p, award[part][inside])
        if plan.supply[p] >= 0:
            left[p] = plan.supply[p] - plan.reserve[p] - int(award[part].sum())
        return served.level, served.group_level

    # Lines that share a basket or band wait for each other, in the order of the plan.
    coupled = np.zeros(len(plan.product), dtype=np.bool_) if joint is None else joint.lines
    with ThreadPoolExecutor(threads) as pool:
        apart = pool.map(serve_line, np.flatnonzero(~coupled).tolist())
        in_turn = [serve_line(p) for p in np.flatnonzero(coupled).tolist()]
        served = [next(apart) if not waits else in_turn.pop(0) for waits in coupled.tolist()]
    figures = {"limit": limit, "round_one": first, "award": award}
    if plan.bands and joint:
        room = np.full(len(wanted), -1, dtype=np.int64)
        room[here] = joint.band_room
        figures["band_room"] = room
    lines = (
        wanted.with_columns(pl.Series(name, values) for name, values in figures.items())
        .with_columns(
            # A product outside this plan is not ours to judge: no figure rather than a zero.
            pl.when(pl.col("governed")).then(pl.col(name)).alias(name)
            for name in ("limit", "round_one", "award")
        )
        .with_columns(
            pl.when(pl.col(name) >= 0).then(pl.col(name)).alias(name)
            for name in figures
            if name == "band_room"
        )
        .with_columns(round_two=pl.col("award") - pl.col("round_one"))
        .select(
            "line",
            "product_id",
            "retailer_id",
            "tier",
            "requested",
            "limit",
            "round_one",
            "round_two",
            "award",
            "granted",
            "order",
            *(name for name in figures if name == "band_room"),
        )
        .sort("product_id", "retailer_id")
    )
    by_group = {g: level for _, bound in served for g, level in bound.items()}
    return Allocation(plan.cycle, lines, left, tuple(level for level, _ in served), by_group)


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
