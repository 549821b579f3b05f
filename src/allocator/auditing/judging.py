"""A quota table that was made elsewhere, looked at as a whole: totals, shares, cliffs.

Everything here is arithmetic over P lines and C cells; no program is solved, and nothing of the
code that plans quotas is used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.demands import Demands
from allocator.auditing.rule import Outcome
from allocator.nearness import near_pairs
from allocator.records import MICRO, Flags, QuotaPlan, Units

ORDINARY = ("ordinary",)
"""Kinds of sales that tell what a shop sells of its own."""


def cartons_of(plan: QuotaPlan) -> Units:
    """What the quotas of each cell come to when all its retailers order in full, (P, C) cartons."""
    odd = np.minimum(plan.seats, plan.cells.count) * plan.lot[:, None]
    total: Units = plan.base * plan.cells.count + odd
    return total


def shares_of(plan: QuotaPlan) -> Units:
    """What a retailer of each cell may order, odd lots averaged, (P, C) millionths of a carton."""
    count = np.maximum(plan.cells.count, 1)
    odd = np.minimum(plan.seats, plan.cells.count) * plan.lot[:, None]
    share: Units = plan.base * MICRO + odd * MICRO // count
    return share


def unsure_of(plan: QuotaPlan) -> Units:
    """How far the average of odd lots may be off what was meant, (P, C) millionths of a carton.

    A tier gets whole odd lots: between one fewer and one more than its exact part.
    """
    lots = plan.lot[:, None] * MICRO // np.maximum(plan.cells.count, 1)
    turns = (plan.seats > 0).any(axis=1, keepdims=True) & (plan.cells.count > 0)
    unsure: Units = np.where(turns, lots, 0)
    return unsure


def free_of(case: Case) -> Units:
    """Supply less reserve of each line, (P,) int64 cartons; -1 where none is known."""
    (stock,) = case.engine.collect(case.stock.select("p", "supply", "reserve"))
    stock = stock.sort("p")
    free = (stock["supply"] - stock["reserve"]).fill_null(-1).to_numpy()
    return free.astype(np.int64)


def spelt(share: int) -> str:
    """Millionths of a carton for people: 2, 2.35."""
    hundredths = (int(share) + MICRO // 200) * 100 // MICRO
    whole, rest = divmod(hundredths, 100)
    return f"{whole}.{rest:02}".rstrip("0").rstrip(".") if rest else str(whole)


def outcome(
    case: Case, rows: Sequence[Mapping[str, Any]], checked: int, not_checked: int = 0
) -> Outcome:
    """What a rule about the table found, with the table's rows as evidence; counts are quotas."""
    found = pl.DataFrame(rows) if rows else pl.DataFrame(schema={"product_id": pl.String})
    if rows and case.quotas is not None:
        stood = (
            case.quotas.frame.filter(
                (pl.col("cycle").is_null() | (pl.col("cycle") == case.plan.cycle))
                & (pl.col("quota") > 0)
            )
            .group_by("product_id")
            .agg(pl.col("row").unique().sort().alias("quota_rows"))
        )
        found = found.join(stood, on="product_id", how="left", maintain_order="left")
    tally = pl.DataFrame({"checked": [checked], "not_checked": [not_checked]})
    return Outcome(case.engine.lend(found), (), case.engine.lend(tally))


def chains_of(plan: QuotaPlan) -> list[tuple[str, Units]]:
    """Name and cells, tier 1 first, of each segment and rhythm; the name is empty if alone."""
    keys = list(zip(plan.cells.segment, plan.cells.rhythm, strict=True))
    both = len(set(plan.cells.rhythm)) > 1
    found = []
    for segment, rhythm in dict.fromkeys(keys):
        cell = np.array([c for c, key in enumerate(keys) if key == (segment, rhythm)])
        name = ", ".join(part for part in (segment, rhythm if both else "") if part)
        found.append((name, cell))
    return found


def judged_cells(plan: QuotaPlan, demands: Demands | None) -> Flags:
    """The cells that may have each line, (P, C): as the policy says, else as the table does."""
    given: Flags = (plan.base > 0) | (plan.seats > 0)
    if demands is None:
        return given
    told: Flags = np.where(plan.cells.count > 0, demands.may > 0, given)
    return told


def headcount_unsure(case: Case) -> bool:
    """Whether nobody knows which of the fortnightly shops order in this cycle."""
    if case.calendar is not None or case.retailers is None:
        return False
    return bool((case.retailers.frame["rhythm"] == "fortnightly").any())


@dataclass(frozen=True, slots=True, eq=False)
class Cliffs:
    """Pairs of shops of one segment with nearly the same sales, by line.

    shops, pairs, apart : (P,) int64; apart differ by a carton or more
    widest : (P,) int64 millionths of a carton; one, other : (P,) cells of a widest pair
    """

    shops: Units
    pairs: Units
    apart: Units
    widest: Units
    one: Units
    other: Units


def cliffs_of(case: Case) -> Cliffs | None:
    """The cliff figure of a foreign table (``model.md`` 3); ``None`` where no sales are known.

    Sales are all ordinary cartons of the sales table up to the day of the standard.
    """
    if case.sales is None:
        return None
    plan = case.plan
    kinds = nw.col("kind").is_in(ORDINARY)
    sold = case.sales.filter(kinds, nw.col("month") <= plan.on)
    (known,) = case.engine.collect(
        sold.with_columns(nw.col("retailer_id").cast(nw.String))
        .group_by("retailer_id")
        .agg(nw.col("quantity").sum())
    )
    shops = (
        plan.members.filter(pl.col("cell").is_not_null())
        .select(pl.col("retailer_id").cast(pl.String), "cell")
        .join(known, on="retailer_id", how="inner", maintain_order="left")
    )
    cell, sales = (shops[name].to_numpy().astype(np.int64) for name in ("cell", "quantity"))
    lines = len(plan.product)
    figures = [np.zeros(lines, np.int64) for _ in range(6)]
    count, pairs, apart, widest, one, other = figures
    share, segments = shares_of(plan), np.array(plan.cells.segment)
    for segment in np.unique(segments[cell]).tolist():
        own = np.flatnonzero(segments == segment)
        here = np.flatnonzero(segments[cell] == segment)
        near = near_pairs(sales[here], np.searchsorted(own, cell[here]), len(own))
        low, high = np.nonzero(near)
        weight = near[low, high]
        count += len(here)
        pairs += int(weight.sum())
        if not len(weight):
            continue
        gap = np.abs(share[:, own[low]] - share[:, own[high]])
        apart += np.where(gap >= MICRO, weight, 0).sum(axis=1)
        place = gap.argmax(axis=1)
        most = gap[np.arange(lines), place]
        wider = most > widest
        widest[wider] = most[wider]
        one[wider], other[wider] = own[low][place][wider], own[high][place][wider]
    return Cliffs(*figures)


def worst_of(plan: QuotaPlan, demands: Demands, free: Units) -> tuple[Units, Units, Units]:
    """The worst-off share of each line, the best that could be, and the cell that has the worst.

    (P,) int64 millionths of the proportional share; -1 where nothing is to be said: no supply, or
    lines that a group or a basket joins to others, for which the best needs the program
    (``allocator plan``). Of the cells that may have the line, those at their ceiling aside.

    What rounding to whole lots may have taken is added to what a tier has. Closed form
    (``model.md`` 2): q(L) rises with the level L, so the best L is found by halving.
    """
    count, lines = plan.cells.count, len(plan.product)
    worst, best, where = (np.full(lines, -1, np.int64) for _ in range(3))
    joined = {share.p for share in demands.shares}
    joined |= {p for basket in demands.baskets for p in basket.lines}
    share, unsure = shares_of(plan), unsure_of(plan)
    for p in range(lines):
        open_cells = demands.may[p] > 0
        weight = plan.cells.weight * demands.visits[p]
        mass = int((demands.may[p] * weight)[open_cells].sum())
        if p in joined or free[p] <= 0 or not mass:
            continue
        level = _best_level(plan, demands, p, int(free[p]), mass)
        # A quota q is at the level q x mass / (supply x weight).
        # A table without turns rounds to whole lots: up to one of them is its rounding.
        rounded = unsure[p] if plan.seats[p].any() else int(plan.lot[p]) * MICRO - 1
        own = (share[p] + rounded) * mass // np.maximum(int(free[p]) * weight, 1)
        looked = open_cells & (plan.base[p] < demands.ceiling[p]) & (count > 0)
        if level < 0 or not looked.any():
            continue
        cell = int(np.where(looked, own, np.iinfo(np.int64).max).argmin())
        # Where its ceiling stands in the way, the cell cannot come up to the level.
        top = int(demands.ceiling[p, cell]) * MICRO * mass // (int(free[p]) * int(weight[cell]))
        worst[p], best[p], where[p] = own[cell], min(level, top), cell
    return worst, best, where


def _best_level(plan: QuotaPlan, demands: Demands, p: int, free: int, mass: int) -> int:
    """Highest level (millionths) at which all shops of a line can be; -1 where floors forbid."""
    weight = plan.cells.weight * demands.visits[p]
    may, ceiling = demands.may[p], demands.ceiling[p] * MICRO
    step = int(demands.step[p]) * MICRO
    order, tiers = bool(demands.tier_order[p]), plan.tiers

    def fits(level: int) -> bool:
        # level x free x weight / mass, in millionths of a carton.
        wanted = np.array([level * free * int(w) // mass for w in weight], dtype=object)
        quota = np.maximum(np.minimum(wanted, ceiling), demands.floor[p] * MICRO)
        quota = np.where(may > 0, quota, 0).reshape(-1, tiers)
        if order:
            quota = np.maximum.accumulate(quota, axis=1)
        if step >= 0:
            for tier in range(tiers - 2, -1, -1):
                quota[:, tier] = np.maximum(quota[:, tier], quota[:, tier + 1] - step)
        flat = np.where(may > 0, quota.reshape(-1), 0)
        return bool((flat <= ceiling).all()) and int((flat * may).sum()) <= free * MICRO

    if not fits(0):
        return -1
    low, high = 0, MICRO
    while fits(high) and high < 1000 * MICRO:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low
