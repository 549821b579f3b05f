"""Grading as the policy says: items, scores, ranks, tiers (``model.md`` 8).

Who stands where:

- active and suspended retailers are scored and ranked together, so that suspending a shop moves
  nobody else; allocation leaves the suspended out by their status;
- newcomers have their starting tier, without a score and outside the shares;
- a retailer all of whose units are taken out of the window keeps its last tier (1 without one),
  without a score and outside the shares;
- with ``missing_month: exclude`` a retailer without any sale has no mean: it has tier 1, without
  a score and outside the shares; with ``zero`` it is scored with zeros;
- closed retailers have no tier and are kept only so that a question about them has an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Final

import numpy as np
import polars as pl

from allocator.errors import BadRequest
from allocator.grading import roll, sheet
from allocator.grading.attribute import grade_by_attribute
from allocator.grading.bands import monthly
from allocator.grading.distance import Scored
from allocator.grading.effective import misleading, weighed
from allocator.grading.exact import Units
from allocator.grading.items import MEASURES, gain, item_value
from allocator.grading.kept import KeptSales, keep
from allocator.grading.movement import Gates, gates_at, gates_between
from allocator.grading.newcomers import unmeasured
from allocator.grading.refusals import Warnings
from allocator.grading.ruling import Ruled, ruled
from allocator.grading.sanctions import exempted
from allocator.grading.scales import Scale, fit
from allocator.grading.screening import counts_from, screen_kept
from allocator.grading.settling import settle, settle_given
from allocator.grading.turnover import window_sums
from allocator.grading.window import rule_of, window_of
from allocator.policy.grading_models import GradingPolicy, ItemPolicy
from allocator.policy.movement_models import Margin
from allocator.policy.tier_models import TierPolicy
from allocator.records import DECIMALS, Grading, Item
from allocator.tables.city import City

WINSORISED_AT: Final = Fraction(95, 100)
"""Share of retailers below the cut of ``winsorised`` where the policy names none."""

MOST_POINTS: Final = 1_000_000
"""Largest weight: sums of points then fit 64 bits with room to spare."""


def grade(
    city: City, policy: GradingPolicy, on: date | None = None, *, ahead: bool = True
) -> Grading:
    """Scores, ranks and tiers of all retailers on a day.

    Parameters
    ----------
    city : retailers and sales; products where the policy asks for classes or scarce products
    policy : the grading part of a policy, resolved for the day
    on : grading date, default the day of the policy; see ``window`` for what counts before it
    ahead : whether to find how many cartons more would lift each retailer; that takes longer than
        all the rest, and without it ``to_next_tier`` is null

    Raises
    ------
    BadTable : columns or values are missing that the policy needs
    BadRequest : no day, no sales, or none in the window; a weight that no score can hold
    """
    on = day_of(policy, on)
    if policy.tiers.by is not None:
        return grade_by_attribute(city, policy, on)
    policy = measuring(policy)
    window = window_of(rule_of(policy), on)
    kept, warnings = keep(city, policy, counts_from(policy.screening, window), window.last)
    return grade_kept(city, policy, on, kept, warnings, ahead=ahead)


def measuring(policy: GradingPolicy) -> GradingPolicy:
    """The policy with what is measured as its items: bands name them, and round no points."""
    exact = {} if policy.tiers.bands is None else {"decimals": DECIMALS}
    return policy.model_copy(update={"items": policy.measured, **exact})


def day_of(policy: GradingPolicy, on: date | None) -> date:
    """The grading date: the one given, else the day of the policy."""
    on = policy.on if on is None else on
    if on is None:
        raise BadRequest("grading-needs-day")
    return on


def grade_kept(
    city: City,
    policy: GradingPolicy,
    on: date,
    kept: KeptSales,
    warnings: Warnings,
    *,
    ahead: bool = True,
) -> Grading:
    """Grade by sums per retailer and unit, wherever they come from.

    Parameters
    ----------
    city : retailers, and what else the policy needs but the sales
    policy : one whose tiers need sales
    kept : sums of the window at least; with screening from ``counts_from`` on
    warnings : what was found while summing
    ahead : as in ``grade``
    """
    policy = measuring(policy)
    weights: dict[str, int] = {
        name: _weight(name, item, policy.decimals) for name, item in policy.items.items()
    }
    window = window_of(rule_of(policy), on)
    without_mean = policy.missing_month == "exclude"
    exempt = exempted(city, policy.sanctions, window)
    members = roll.members(city, on)
    screened = screen_kept(kept, window, members, policy, exempt)
    touched = exempt if screened is None else pl.concat([exempt, screened.touched])
    sold, more = window_sums(kept, window, touched, missing_excluded=without_mean)
    units, total = len(window.units), sum(unit.weight for unit in window.units)
    sums = roll.aligned(members, sold, {"units": units, "weight": 0 if without_mean else total})
    groups = roll.sort_out(
        members, policy.newcomers, on, sums["months"], sums["units"], without_mean
    )
    if "manager_score" in policy.items:
        sums["manager_score"] = roll.manager_scores(city.retailers, members, groups.graded)
    values: dict[str, Units] = {
        name: item_value(name, sums, units) for name in (*policy.items, "quantity")
    }
    scored = _scored(policy, weights, values, window.months, np.flatnonzero(groups.graded))
    found = ruled(policy.tiers, scored, window.months)
    settled, told = settle(
        city,
        policy,
        members,
        on,
        raw=sheet.before_rules(groups, found.standing.tier),
        moving=groups.graded | groups.silent,
        exempt=groups.exempt,
        score=sheet.spread(groups.graded, scored.score),
        gates=lambda margin: _gates(found, scored.score, margin, policy.tiers),
        window=(window.first, window.last),
    )
    table = sheet.fill(
        members,
        groups,
        found.standing,
        scored,
        settled,
        values={name: values[name] for name in policy.items},
        to_next_tier=found.cartons() if ahead else np.full(len(scored.score), -1),
        spared=members["retailer_id"].is_in(exempt["retailer_id"].implode()),
        rule=policy.tiers.rule,
    )
    items = weighed(
        (
            Item(name, Fraction(item.weight), item.scale, scale.reference, MEASURES[name].unit)
            for (name, item), scale in zip(policy.items.items(), scored.scales, strict=True)
        ),
        scored.points,
        scored.score,
    )
    warnings = [
        *warnings,
        *more,
        *roll.strangers(members, sold),
        *roll.undated(members, policy.newcomers),
        *found.warnings,
        *told,
        *unmeasured(members, policy.newcomers, groups.new),
        *misleading(items, len(scored.score)),
        *([] if screened is None else screened.warnings),
    ]
    return Grading(
        on=on,
        tiers=policy.tiers.count,
        window=window.names(),
        items=items,
        last_rank=found.standing.last_rank,
        cut_score=found.standing.cut_score,
        shares=tuple(Fraction(share) for share in policy.tiers.shares or ()),
        table=table,
        warnings=tuple(warnings),
        rule=policy.tiers.rule,
        limits=found.limits,
        moving=policy.moving,
        decimals=policy.decimals,
        screened=None if screened is None else screened.table,
    )


def given_tiers(city: City, on: date, policy: GradingPolicy | None = None) -> Grading:
    """The tiers that were given, where there are no sales to grade by.

    A retailer's tier is that of the retailers table, or else its last one in the tiers table
    graded on the day or before. The number of tiers is the highest that any table names. What an
    earlier grading of ours earned is followed by credit levels and sanctions of the day.

    Parameters
    ----------
    policy : whose credit levels and sanctions are followed; ``None`` = nobody says any

    Raises
    ------
    BadRequest : no table holds a tier
    BadTable : a sanction in force cannot be followed
    """
    members, tiers = roll.members(city, on), roll.highest_tier(city)
    settled, told = settle_given(city, policy, members, on, tiers)
    grading = sheet.given(members, settled, on, tiers)
    moving = policy is not None and policy.moving
    return replace(grading, moving=moving, warnings=(*told, *grading.warnings))


def _gates(found: Ruled, score: Units, margin: Margin, tiers: TierPolicy) -> Gates:
    """Where boundaries are crossed: at fixed limits, or between the shops on both sides."""
    if found.limits is not None and tiers.rule in ("cutoffs", "bands"):
        return gates_at(found.limits.least, margin)
    return gates_between(found.standing.tier, score, tiers.count, margin)


def _scored(
    policy: GradingPolicy,
    weights: Mapping[str, int],
    values: Mapping[str, Units],
    months: Fraction,
    inside: Units,
) -> Scored:
    """The graded retailers with their items fitted to scales and their scores.

    With bands the first item is the score, as it is; a second one has no part in it.
    """
    scales: list[Scale] = []
    for name, item in policy.items.items():
        if policy.tiers.bands is not None:
            scales.append(monthly(name, months))
            continue
        percentile = WINSORISED_AT if item.limit is None else Fraction(item.limit)
        mine = values[name][inside]
        scales.append(fit(item.scale, mine, weights[name], percentile, policy.decimals))
    mine = np.array([values[name][inside] for name in policy.items])
    points = np.array([scale.points(row) for scale, row in zip(scales, mine, strict=True)])
    if policy.tiers.bands is not None:
        points[1:] = 0
    return Scored(
        names=tuple(policy.items),
        values=mine,
        points=points,
        score=points.sum(axis=0),
        scales=scales,
        gain=np.array([gain(name, values)[inside] for name in policy.items]),
        cartons=values["quantity"][inside],
        months=months,
    )


def _weight(name: str, item: ItemPolicy, decimals: int) -> int:
    """The weight in millionths of a point; it must be a whole number of the parts published."""
    parts = Fraction(item.weight) * 10**decimals
    if parts.denominator != 1 or item.weight > MOST_POINTS:
        path = f"grading.items.{name}.weight"
        raise BadRequest(
            "grading-weight-unusable",
            path=path, weight=item.weight, most=MOST_POINTS, decimals=decimals,
        )  # fmt: skip
    grain: int = 10 ** (DECIMALS - decimals)
    return int(parts) * grain
