"""Plans a run again as far as inputs and policy say: cells, supply, limits, what binds several."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from allocator.allocation.boundaries import supply_masses
from allocator.allocation.cohorts import count_members, form_cells
from allocator.allocation.leximin import Lines
from allocator.allocation.limits import (
    Released,
    doubled,
    quota_lines,
    released_lines,
    supply_of_cycle,
)
from allocator.allocation.published import adopt_quotas
from allocator.allocation.segments import mentioned, named_regions
from allocator.allocation.shares import bands_of, baskets_of, group_shares
from allocator.allocation.take_up import take_up_of
from allocator.allocation.weights import tier_weights
from allocator.runs.discrepancies import (
    MOST_TOLD,
    Discrepancy,
    compare,
    differs,
    discrepancy,
    first_difference,
)
from allocator.runs.keeping import plan_document
from allocator.runs.outputs import MEMBERS
from allocator.runs.record import Run


def check_members(root: Path, run: Run, _: dict[str, int]) -> Iterator[Discrepancy]:
    """The cells, counted again from tiers and retailers."""
    plan = run.plan
    if plan.source != "planned":
        return
    attributes = mentioned(run.policy.allocation, plan.product, by_region=any(plan.region))
    weights = tier_weights(run.policy.allocation.weights, plan.tiers, run.grading)
    members = count_members(
        run.city, run.grading, cycle=plan.cycle, on=plan.on, attributes=attributes
    )
    cells, members = form_cells(
        members, plan.tiers, weights, named_regions(plan.region, attributes)
    )
    if not np.array_equal(
        cells.weight * plan.cells.weight_unit, plan.cells.weight * cells.weight_unit
    ):
        yield differs(
            "certificate.json", "weight", cells.weight.tolist(), plan.cells.weight.tolist()
        )
    for c, (count, stated) in enumerate(
        zip(cells.count.tolist(), plan.cells.count.tolist(), strict=False)
    ):
        if count != stated:
            label = plan.cells.label(c)
            yield discrepancy(
                "cell-count-differs", "certificate.json", cell=label, expected=count, found=stated
            )
    yield from compare(root, "record/members.csv", members.select(MEMBERS))


def check_lines(root: Path, run: Run, __: dict[str, int]) -> Iterator[Discrepancy]:
    """Supply, reserve and limits follow from inputs and policy."""
    plan, policy = run.plan, run.policy.allocation
    if plan.source != "planned":
        yield from _published(root, run)
        return
    released = released_lines(run.city, supply_of_cycle(run.city, plan.cycle), policy.reserve)
    if (released.product, released.region) != (plan.product, plan.region):
        yield discrepancy("products-differ", "certificate.json")
        return
    attributes = mentioned(policy, plan.product, by_region=any(plan.region))
    if plan.boundary != policy.boundary:
        yield differs("certificate.json", "boundary", policy.boundary, plan.boundary)
    limits = quota_lines(released, plan.cells, policy, plan.tiers, attributes)
    for p in sorted(plan.double ^ doubled(plan.product, policy)):
        yield differs(
            "certificate.json", f"{plan.product[p]} double", p not in plan.double, p in plan.double
        )
    for p, product in enumerate(plan.product):
        place = f"{product} {plan.region[p]}".strip()
        for name, expected, stated in (
            ("supply", released.supply[p], plan.supply[p]),
            ("reserve", released.reserve[p], plan.reserve[p]),
            ("lot", released.lot[p], plan.lot[p]),
            ("step", limits.step[p], plan.step[p]),
            ("tier_order", limits.tier_order[p], plan.tier_order[p]),
        ):
            if expected != stated:
                yield differs("certificate.json", f"{place} {name}", int(expected), int(stated))
        for name, wanted, written in (
            ("allowed", limits.allowed[p], plan.allowed[p]),
            ("floor", limits.floor[p], plan.floor[p]),
            ("ceiling", limits.ceiling[p], plan.ceiling[p]),
        ):
            for c in np.flatnonzero(wanted != written)[:MOST_TOLD].tolist():
                cell = plan.cells.label(c)
                yield differs(
                    "certificate.json", f"{place} {name} {cell}", int(wanted[c]), int(written[c])
                )
    yield from _together(run, released, attributes, limits)


def _together(
    run: Run, released: Released, attributes: tuple[str, ...], limits: Lines
) -> Iterator[Discrepancy]:
    """What binds several lines or cells follows from inputs and policy too."""
    plan, policy = run.plan, run.policy.allocation
    take_up = take_up_of(
        policy, run.city, plan.members, plan.cells, plan.product, cycle=plan.cycle, on=plan.on
    )
    masses = partial(supply_masses, plan.between, plan.cells.count, limits.allowed, take_up)
    again = replace(
        plan,
        mass=masses(),
        covered=np.broadcast_to(limits.promised, plan.floor.shape) // plan.lot[:, None],
        groups=group_shares(released, plan.cells, policy, attributes, masses, limits.supply),
        baskets=baskets_of(released, plan.cells, policy, plan.tiers),
        bands=bands_of(released, plan.cells, policy, plan.tiers),
        oversell=policy.take_up.oversell if policy.take_up else "",
    )
    expected, found = plan_document(again), plan_document(plan)
    for key in expected:
        difference = first_difference(expected[key], found[key], key)
        if difference:
            yield differs("record/plan.json", *difference)


def _published(root: Path, run: Run) -> Iterator[Discrepancy]:
    """A quota table from elsewhere: adopted again, it gives the same plan and members."""
    plan, policy = run.plan, run.policy
    again = adopt_quotas(
        run.city, run.grading,
        cycle=plan.cycle, on=plan.on, policy=policy.allocation, policy_digest=policy.digest,
        seed=plan.seed,
    )  # fmt: skip
    yield from compare(root, "record/members.csv", again.members.select(MEMBERS))
    difference = first_difference(plan_document(again), plan_document(plan), "")
    if difference:
        path, expected, found = difference
        yield differs("record/plan.json", path, expected, found)
