"""Plan the quotas of a cycle: count, solve, round, offer turns (``model.md`` 1, 2, 4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial

import numpy as np
import polars as pl

from allocator.allocation.boundaries import stand_between, supply_masses
from allocator.allocation.cartons import whole_cartons
from allocator.allocation.cohorts import weighted
from allocator.allocation.conflicts import Conflicts
from allocator.allocation.counting import Counted, count_city, release_of
from allocator.allocation.credits import carried_credits
from allocator.allocation.joined import Entitled
from allocator.allocation.leximin import Lines
from allocator.allocation.limits import (
    Released,
    doubled,
    quota_lines,
)
from allocator.allocation.objectives import aimed_tables
from allocator.allocation.rounding import Draw
from allocator.allocation.shares import (
    bands_of,
    baskets_of,
    check_choices,
    group_shares,
)
from allocator.allocation.shelf import Shelf
from allocator.allocation.take_up import refuse_oversold, take_up_of
from allocator.allocation.weights import tier_weights
from allocator.allocation.whole_lots import WholeLots
from allocator.errors import BadRequest
from allocator.policy.allocation_models import AllocationPolicy
from allocator.records import (
    Grading,
    QuotaPlan,
    Turns,
)
from allocator.tables.city import City


def plan_quotas(
    city: City,
    grading: Grading,
    policy: AllocationPolicy,
    *,
    cycle: str,
    seed: str | None = None,
    on: date | None = None,
    policy_digest: str = "",
) -> QuotaPlan:
    """The quotas of one cycle: leximin entitlements, whole cartons, turns, credits, proof.

    Parameters
    ----------
    cycle : as in the supply table
    seed : public text drawn after the policy was published; needed where turns are drawn
    on : the day whose retailer rows are in force, default the grading date
    policy_digest : SHA-256 of the policy file, repeated in the certificate

    Raises
    ------
    BadRequest : no supply in this cycle, a seed is missing, retailers without region
    InfeasiblePolicy : limits that contradict each other or the supply
    """
    on = on or grading.on
    release = release_of(city, policy, cycle=cycle, on=on)
    counted = count_city(city, grading, release.names, cycle=cycle, seed=seed, on=on)
    return plan_counted(
        city, grading, policy, release.released, counted,
        cycle=cycle, seed=seed, on=on, policy_digest=policy_digest,
    )  # fmt: skip


def plan_counted(
    city: City,
    grading: Grading,
    policy: AllocationPolicy,
    released: Released,
    counted: Counted,
    *,
    cycle: str,
    seed: str | None,
    on: date,
    policy_digest: str = "",
    prove: bool = True,
    shelf: Shelf | None = None,
) -> QuotaPlan:
    """The quotas for retailers that are counted already; see ``plan_quotas``.

    city : its products, credits and, where take-up is expected, retailers, orders, quotas and
        calendar are read
    prove : whether a certificate will be wanted; without, proofs may be missing
    shelf : lines of earlier plans, and then of this one: nothing but the time depends on it
    """
    members, attributes, order = counted.members, counted.attributes, counted.order
    weights = tier_weights(policy.weights, grading.tiers, grading)
    cells = weighted(counted.cells, weights)
    check_choices(city, policy, released)
    lines = quota_lines(released, cells, policy, grading.tiers, attributes)
    between = stand_between(grading, cells, members) if policy.boundary == "smooth" else None
    take_up = take_up_of(policy, city, members, cells, released.product, cycle=cycle, on=on)
    masses = partial(supply_masses, between, cells.count, lines.allowed, take_up)
    lines = replace(
        lines,
        mass=masses(),
        groups=group_shares(released, cells, policy, attributes, masses, lines.supply),
        baskets=baskets_of(released, cells, policy, grading.tiers),
    )
    conflicts = Conflicts(lines, released, policy)
    conflicts.refuse_demands()
    method = _methods(lines, released, policy)
    for drawn in ("rotate", "lottery"):
        if seed is None and drawn in method:
            raise BadRequest("seed-missing", product=released.product[method.index(drawn)])
    entitlement, proofs = aimed_tables(
        lines, cells, policy.objective, released.product, conflicts.refuse_shares, prove=prove
    )
    credit_before = carried_credits(city, members, released.product)
    labels = cells.labels()
    draws = [Draw(seed, cycle, product, labels) for product in released.product]
    task = Entitled(lines, cells, released.lot, method, entitlement)
    whole, missed = whole_cartons(
        task, between, released.product, credit_before, order, draws, shelf
    )
    plan = QuotaPlan(
        cycle=cycle,
        on=on,
        seed=seed,
        source="planned",
        policy_digest=policy_digest,
        tiers=grading.tiers,
        cells=cells,
        members=members,
        product=released.product,
        region=released.region,
        lot=released.lot,
        supply=released.supply,
        reserve=released.reserve,
        method=method,
        step=lines.step,
        tier_order=lines.tier_order,
        allowed=lines.allowed,
        floor=lines.floor,
        ceiling=lines.ceiling,
        entitlement=entitlement,
        base=np.stack([part.base for part in whole]) * released.lot[:, None],
        seats=np.stack([part.seats for part in whole]),
        turns=_join_turns(whole),
        credit_before=credit_before,
        credit_after=np.stack([part.credit for part in whole]),
        second_round=policy.second_round,
        proofs=proofs,
        mass=masses(),
        covered=np.broadcast_to(lines.promised, lines.allowed.shape) // released.lot[:, None],
        groups=lines.groups,
        baskets=lines.baskets,
        bands=bands_of(released, cells, policy, grading.tiers),
        double=doubled(released.product, policy),
        shortfalls=missed,
        objective=policy.objective,
        boundary=policy.boundary,
        between=between,
        oversell=policy.take_up.oversell if policy.take_up else "",
    )
    refuse_oversold(plan)
    return plan


def _methods(lines: Lines, released: Released, policy: AllocationPolicy) -> tuple[str, ...]:
    """``below_one`` where the supply is under one lot for each retailer that may have it."""
    reached = (lines.allowed * lines.count).sum(axis=1)
    scarce = lines.supply // released.lot < reached
    units = policy.whole_units
    return tuple(units.below_one if few else units.at_least_one for few in scarce.tolist())


def _join_turns(whole: list[WholeLots]) -> Turns:
    line = np.repeat(np.arange(len(whole)), [len(part.place) for part in whole])
    return Turns(
        line.astype(np.int32),
        np.concatenate([part.retailer for part in whole]),
        np.concatenate([part.place for part in whole]),
    )


_TURN_COLUMNS = ("segment", "rhythm", "tier", "retailer_id")


def turn_frame(plan: QuotaPlan) -> pl.DataFrame:
    """Seats by name as in ``seats.csv``: one row for each odd lot offered."""
    line, who = plan.turns.line, plan.turns.retailer
    members = {name: plan.members[name].gather(who) for name in _TURN_COLUMNS}
    return pl.DataFrame(
        {
            "cycle": pl.Series([plan.cycle] * len(line), dtype=pl.String),
            "product_id": pl.Series(plan.product, dtype=pl.String).gather(line),
            "segment": members["segment"],
            "rhythm": members["rhythm"],
            "tier": members["tier"],
            "place": plan.turns.place,
            "retailer_id": members["retailer_id"],
            "credit_before": plan.credit_before[line, who],
        }
    )
