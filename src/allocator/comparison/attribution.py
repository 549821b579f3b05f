"""Why an award changed: five steps from one outcome to the other, each asked on its own.

An award is ``f(d, b, s) + r`` with ``f = min(d, b + s)``: the order d, the base b of the quota
table, the odd lot s by turn, and r, what round two added or a joint limit took away. The steps, in
this order, first outcome 0 and then outcome 1:

1. grade : the base that the baseline's own table gives in the scenario's tier, where the shop
   stands now
2. quota : the scenario's table
3. seat : the scenario's turn
4. order : the scenario's order
5. round : what round two and limits over several products do

Each step's cartons are the difference that it alone makes after those before it, so that they add
up to the change exactly. Another order of steps could give other parts; this one says first what
happened to the shop's grade, then to the published table, then to luck, then to what it asked.
Where the number of tiers differs, a tier of one outcome means nothing in the other's table: steps
1 and 2 are then one, counted as ``grade``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl

from allocator.comparison.outcome import Outcome
from allocator.holdings import snap
from allocator.records import MICRO, QuotaPlan, Units

STEPS: Final = ("grade", "quota", "seat", "order", "round")
"""The steps in their order; a reason is the one that moved most, of equal ones the first."""

UNLIMITED: Final = np.int64(2**31 - 1)


@dataclass(frozen=True, slots=True, eq=False)
class Changed:
    """The m awards that differ between two outcomes.

    line, who : (m,) int64 rows of products and retailers; before, after : (m,) int64 cartons
    parts : (5, m) int64 cartons by ``STEPS``; they add up to ``after - before``. ``None`` where an
        outcome tells no quotas
    """

    line: Units
    who: Units
    before: Units
    after: Units
    parts: Units | None


def changed_awards(baseline: Outcome, scenario: Outcome) -> Changed:
    """The awards that differ, step by step; both outcomes have the same products and retailers."""
    line, who = (at.astype(np.int64) for at in np.nonzero(baseline.award != scenario.award))
    before, after = (side.award[line, who].astype(np.int64) for side in (baseline, scenario))
    if baseline.plan is None or scenario.plan is None:
        return Changed(line, who, before, after, None)
    sides = []
    for side in (baseline, scenario):
        order, base, limit = (
            matrix[line, who].astype(np.int64) for matrix in (side.order, side.base, side.limit)
        )
        sides.append(
            (order if side.ordered else np.full_like(order, UNLIMITED), base, limit - base)
        )
    (order0, base0, seat0), (order1, base1, seat1) = sides
    moved = base_in_tier(baseline, scenario, line, who)
    states = (
        (order0, base0, seat0),
        (order0, base1 if moved is None else moved, seat0),
        (order0, base1, seat0),
        (order0, base1, seat1),
        (order1, base1, seat1),
    )
    got = [np.minimum(order, base + seat) for order, base, seat in states]
    steps = [later - earlier for earlier, later in pairwise(got)]
    rest = (after - got[-1]) - (before - got[0])
    return Changed(line, who, before, after, np.stack([*steps, rest]))


def base_in_tier(baseline: Outcome, scenario: Outcome, line: Units, who: Units) -> Units | None:
    """Cartons that the baseline's table gives in the scenario's tier, (m,) int64.

    In the shop's own segment and rhythm, and, with smooth boundaries on both sides, as far between
    the knots as it stands in the scenario. ``None`` where the number of tiers differs.
    """
    plan = baseline.plan
    if plan is None or scenario.plan is None or baseline.tiers != scenario.tiers:
        return None
    cell, part = _cells_in_tier(baseline, scenario)
    products = baseline.products["product_id"]
    released = pl.DataFrame({"product_id": plan.product, "p": range(len(plan.product))})
    found = np.zeros(len(line), np.int64)
    mine = cell[who]
    for k in np.unique(line).tolist():
        rows = np.flatnonzero((line == k) & (mine >= 0))
        for p in released.filter(pl.col("product_id") == products[k])["p"].to_list():
            found[rows] += _base_at(plan, p, mine[rows], part[who[rows]])
    return found


def _cells_in_tier(baseline: Outcome, scenario: Outcome) -> tuple[Units, Units]:
    """Cell of the baseline's plan that the scenario's tier means, -1 = none, and place in it.

    The place in millionths of the way to the knot above (> 0) or below (< 0).
    """
    plan = baseline.plan
    then = scenario.retailers
    tier = then["tier"].fill_null(0).to_numpy()
    takes_part = then["cell"].is_not_null().to_numpy()
    if plan is None:
        raise ValueError("an outcome without a plan has no cells")
    tiers = plan.tiers
    chains = {
        (plan.cells.segment[c], plan.cells.rhythm[c]): c
        for c in range(0, len(plan.cells.tier), tiers)
    }
    own = baseline.retailers.select("retailer_id").join(
        plan.members.select("retailer_id", "segment", "rhythm"),
        on="retailer_id", how="left", maintain_order="left",
    )  # fmt: skip
    start = pl.DataFrame(
        {
            "segment": [segment for segment, _ in chains],
            "rhythm": [rhythm for _, rhythm in chains],
            "first": list(chains.values()),
        },
        schema={"segment": pl.String, "rhythm": pl.String, "first": pl.Int64},
    )
    first = own.join(start, on=["segment", "rhythm"], how="left", maintain_order="left")["first"]
    begin = first.fill_null(-1).to_numpy()
    known = takes_part & (begin >= 0) & (tier >= 1)
    cell = np.where(known, begin + tier - 1, -1)
    place = np.zeros(len(cell), np.int64)
    side = scenario if scenario.plan is not None and scenario.plan.between is not None else baseline
    if plan.between is not None and side.plan is not None and side.plan.between is not None:
        stands = side.plan.members.select("retailer_id").head(len(side.plan.between.part))
        stands = stands.with_columns(part=pl.Series(side.plan.between.part))
        mine = own.select("retailer_id").join(
            stands, on="retailer_id", how="left", maintain_order="left"
        )
        place = mine["part"].fill_null(0).cast(pl.Int64).to_numpy()
        if side is baseline:  # where it stands in another tier is not known: on that tier's knot
            same = baseline.retailers["tier"].fill_null(0).to_numpy() == tier
            place = np.where(same, place, 0)
    return cell, place


def _base_at(plan: QuotaPlan, p: int, cell: Units, place: Units) -> Units:
    """Whole cartons of line p in a cell of the plan, at a place between the knots, (m,)."""
    if plan.between is None:
        whole: Units = plan.base[p][cell]
        return whole
    lot = int(plan.lot[p])
    values = snap(plan.entitlement[p] / lot)
    between = plan.between
    ends = np.where(place < 0, between.below[cell], between.above[cell])
    joined = plan.allowed[p][cell] & plan.allowed[p][ends]
    way = np.where(joined, values[ends] - values[cell], 0) * np.abs(place)
    share: Units = values[cell] + (way + MICRO // 2) // MICRO
    return share // MICRO * lot
