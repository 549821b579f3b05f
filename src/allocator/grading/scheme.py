"""Grading as the policy says: items, scores, ranks, tiers (``model.md`` 8).

Who stands where:

- active and suspended retailers are scored and ranked together, so that suspending a shop moves
  nobody else; allocation leaves the suspended out by their status;
- newcomers have their starting tier, without a score and outside the shares;
- with ``missing_month: exclude`` a retailer without any sale has no mean: it has tier 1, without
  a score and outside the shares; with ``zero`` it is scored with zeros;
- closed retailers have no tier and are kept only so that a question about them has an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

import numpy as np

from allocator.errors import BadRequest
from allocator.grading import roll, sheet
from allocator.grading.distance import Scored, cartons_to_place
from allocator.grading.exact import Units
from allocator.grading.items import MEASURES, gain, item_value
from allocator.grading.refusals import Warnings
from allocator.grading.scales import SCALES, Scale
from allocator.grading.shares import Standing, stand
from allocator.grading.turnover import sales_sums, window_before
from allocator.policy.grading_models import GradingPolicy, ItemPolicy
from allocator.records import MICRO, Grading, Item
from allocator.tables.city import City

WINSORISED_AT: Final = Fraction(95, 100)
"""Share of retailers below the cut of ``winsorised`` where the policy names none."""

MOST_POINTS: Final = 1_000_000
"""Largest weight: sums of points then fit 64 bits with room to spare."""


def grade(city: City, policy: GradingPolicy, on: date | None = None) -> Grading:
    """Scores, ranks and tiers of all retailers on a day.

    Parameters
    ----------
    city : retailers and sales; products where the policy asks for classes or scarce products
    policy : the grading part of a policy, resolved for the day
    on : grading date, default the day of the policy; the window is the complete months before it

    Raises
    ------
    BadTable : columns or values are missing that the policy needs
    BadRequest : no day, no sales, or none in the window; a weight that no score can hold
    """
    on = policy.on if on is None else on
    if on is None:
        raise BadRequest("grading-needs-day")
    on = on or policy.on
    if on is None:
        raise BadRequest("grading-date-missing")
    weights: dict[str, int] = {name: _weight(name, item) for name, item in policy.items.items()}
    window = window_before(on, policy.window.months)
    sold, warnings = sales_sums(city, policy, window)
    members = roll.members(city, on)
    sums = roll.aligned(members, sold)
    without_mean = policy.missing_month == "exclude"
    groups = roll.sort_out(members, policy.newcomers, on, sums["months"], without_mean)
    if "manager_score" in policy.items:
        sums["manager_score"] = roll.manager_scores(city.retailers, members, groups.graded)
    values: dict[str, Units] = {
        name: item_value(name, sums, window.months, missing_excluded=without_mean)
        for name in (*policy.items, "quantity")
    }
    scored = _scored(policy, weights, values, np.flatnonzero(groups.graded))
    shares = tuple(Fraction(share) for share in policy.tiers.shares)
    ties_lower = policy.tiers.ties == "lower"
    standing = stand(scored.score, shares, ties_lower=ties_lower)
    cartons = cartons_to_place(scored, standing.goal, ties_lower=ties_lower)
    table = sheet.fill(
        members,
        groups,
        standing,
        scored,
        values={name: values[name] for name in policy.items},
        to_next_tier=cartons,
        previous=roll.tiers_before(city, on),
    )
    warnings += roll.strangers(members, sold)
    warnings += roll.undated(members, policy.newcomers)
    warnings += _swallowed(standing)
    return Grading(
        on=on,
        tiers=len(shares),
        window=window.names(),
        items=tuple(
            Item(name, Fraction(item.weight), item.scale, scale.reference, MEASURES[name].unit)
            for (name, item), scale in zip(policy.items.items(), scored.scales, strict=True)
        ),
        last_rank=standing.last_rank,
        cut_score=standing.cut_score,
        shares=shares,
        table=table,
        warnings=tuple(warnings),
    )


def given_tiers(city: City, on: date) -> Grading:
    """The tiers that were given elsewhere, where there are no sales to grade by.

    A retailer's tier is that of the retailers table, or else its last one in the tiers table
    graded on the day or before. The number of tiers is the highest that any table names.

    Raises
    ------
    BadRequest : no table holds a tier
    """
    members = roll.members(city, on)
    before = roll.tiers_before(city, on)
    latest = roll.tiers_before(city, on + timedelta(days=1))
    return sheet.given(members, before, latest, on, roll.highest_tier(city))


def _scored(
    policy: GradingPolicy,
    weights: Mapping[str, int],
    values: Mapping[str, Units],
    inside: Units,
) -> Scored:
    """The graded retailers with their items fitted to scales and their scores."""
    scales: list[Scale] = []
    for name, item in policy.items.items():
        percentile = WINSORISED_AT if item.limit is None else Fraction(item.limit)
        scales.append(SCALES[item.scale](values[name][inside], weights[name], percentile))
    mine = np.array([values[name][inside] for name in policy.items])
    points = np.array([scale.points(row) for scale, row in zip(scales, mine, strict=True)])
    return Scored(
        names=tuple(policy.items),
        values=mine,
        points=points,
        score=points.sum(axis=0),
        scales=scales,
        gain=np.array([gain(name, values)[inside] for name in policy.items]),
        cartons=values["quantity"][inside],
        months=policy.window.months,
    )


def _weight(name: str, item: ItemPolicy) -> int:
    """The weight in millionths of a point, which it must be a whole number of."""
    weight = Fraction(item.weight) * MICRO
    if weight.denominator != 1 or weight > MOST_POINTS * MICRO:
        path = f"grading.items.{name}.weight"
        raise BadRequest("grading-weight-unusable", path=path, weight=item.weight, most=MOST_POINTS)
    return int(weight)


def _swallowed(standing: Standing) -> Warnings:
    """Tiers that a tie left empty although shares give them places."""
    if not standing.swallowed:
        return []
    tiers = ", ".join(str(tier) for tier in standing.swallowed)
    return [("grading-ties-swallow-tiers", {"count": len(standing.swallowed), "tiers": tiers})]
