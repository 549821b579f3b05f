"""Complaint exposure of a world, cycle by cycle, with the cycles before as it lived them."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from allocator.comparison.exposure import ANY, EVENS_OUT, LONG, exposure, published
from allocator.policy.models import Policy
from allocator.records import Allocation, QuotaPlan
from allocator.simulation.chronicle import Chronicle
from allocator.simulation.outcomes import axes, outcome_of
from allocator.simulation.pace import Turn
from allocator.simulation.past import Past, alongside
from allocator.simulation.serving import cartons_of
from allocator.simulation.world import Life

KEPT: Final = LONG - 1
"""Cycles that are remembered: no kind of complaint looks back further."""

ONCE: Final = "tier_down"
"""The kind that arises at a grading, not again in each cycle under it."""


def remember(
    chronicle: Chronicle,
    past: Past,
    turn: Turn,
    policy: Policy,
    life: Life,
    plan: QuotaPlan,
    allocation: Allocation,
) -> Past:
    """Write down who could complain in a cycle; the past as the next cycle sees it."""
    if life.grading is None:
        raise ValueError("a world is graded before anybody can complain")
    ids, products = axes(life.city, plan)
    outcome = outcome_of(
        turn.cycle, life.city, policy, life.grading, plan,
        cartons_of(allocation, ids, products), alongside(past, ids, products, products),
    )  # fmt: skip
    found = exposure(outcome, published(outcome, outcome))
    kinds = [name for name in found if name != ANY and (name != ONCE or turn.regrades)]
    anything = [found[name].short > 0 for name in kinds if name != EVENS_OUT]
    rows = {
        name: None if found[name].missing else int((found[name].short > 0).sum()) for name in kinds
    }
    if ONCE in found and ONCE not in rows:
        rows[ONCE] = 0
    rows[ANY] = int(np.logical_or.reduce(anything).sum())
    head = {"number": turn.number, "cycle": turn.cycle}
    chronicle.exposure += [{**head, "kind": name, "retailers": rows[name]} for name in found]
    granted = allocation.lines.filter(pl.col("award").is_not_null()).select(
        pl.lit(turn.cycle).alias("cycle"), "retailer_id", "product_id", granted="award"
    )
    cycles = (*past.cycles, turn.cycle)[-KEPT:]
    kept = past.granted.filter(pl.col("cycle").is_in(list(cycles)))
    return Past(cycles, pl.concat([kept, granted.select(kept.columns)]))
