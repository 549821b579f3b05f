"""From scores, or from values a month, to tiers: whichever rule the policy has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import partial
from math import ceil, floor

import numpy as np

from allocator.errors import BadRequest
from allocator.grading.bands import Cells, axis, cells_of, micro, two_axes
from allocator.grading.breaks import TooWide, natural_breaks
from allocator.grading.distance import Scored, cartons_to_place, cartons_to_score
from allocator.grading.exact import Units
from allocator.grading.refusals import Warnings
from allocator.grading.shares import stand
from allocator.grading.standing import Standing, stand_at
from allocator.policy.tier_models import Breaks, TierPolicy
from allocator.records import TierLimits


@dataclass(frozen=True, slots=True, eq=False)
class Ruled:
    """Where n graded retailers stand by the rule.

    cartons : tells the cartons a month more to the next tier, (n,) int64, -1 = none; asked for only
        where they are wanted, for finding them costs more than all the rest of a grading
    limits : what a tier takes; ``None`` where ranks decide
    """

    standing: Standing
    cartons: Callable[[], Units]
    limits: TierLimits | None = None
    warnings: Warnings = field(default_factory=list)


def ruled(tiers: TierPolicy, scored: Scored, months: Fraction) -> Ruled:
    """Tiers, and the ways up and down.

    months : length of the window, by which values are divided to be "a month"

    Raises
    ------
    BadRequest : natural breaks cannot keep the sizes that the policy wants
    """
    if tiers.shares is not None:
        return _by_shares(tiers, scored)
    limits = limits_of(tiers, scored.score, months)
    if limits.table is not None:
        return _by_cells(Cells(limits.axes, limits.table), scored, limits)
    standing = stand_at(scored.score, limits.least)
    goal = np.where(standing.to_next >= 0, scored.score + standing.to_next, -1)
    warnings = _few_scores(limits.least, scored.score) if tiers.breaks is not None else []
    return Ruled(standing, partial(cartons_to_score, scored, goal), limits, warnings)


def limits_of(tiers: TierPolicy, score: Units, months: Fraction) -> TierLimits:
    """What a tier takes by cut-offs, bands, or breaks drawn between the scores of the graded.

    Raises
    ------
    BadRequest : natural breaks cannot keep the sizes that the policy wants; no such rule is given
    """
    if tiers.cutoffs is not None:
        return TierLimits(least_of(tiers.cutoffs), months)
    if tiers.bands is not None and tiers.bands.items is not None:
        nowhere = np.zeros(0, np.int64)
        return TierLimits(nowhere, months, two_axes(tiers.bands), cells_of(tiers.bands))
    if tiers.bands is not None:
        item, least = tiers.bands.both[0], least_of(tiers.bands.from_ or {})
        return TierLimits(least, months, (axis(item, least),))
    if tiers.breaks is not None:
        return TierLimits(_drawn(tiers.breaks, score), months)
    raise BadRequest("grading-needs-rule")


def least_of(limits: dict[int, Decimal]) -> Units:
    """The least score of each tier, (T,) int64 millionths; that of tier 1 is 0."""
    return micro([0, *(limits[tier] for tier in sorted(limits) if tier > 1)])


def _by_shares(tiers: TierPolicy, scored: Scored) -> Ruled:
    shares = tuple(Fraction(share) for share in tiers.shares or ())
    lower = tiers.ties == "lower"
    standing = stand(scored.score, shares, ties_lower=lower)
    cartons = partial(cartons_to_place, scored, standing.goal, ties_lower=lower)
    swallowed = ", ".join(str(tier) for tier in standing.swallowed)
    warnings: Warnings = []
    if swallowed:
        facts: dict[str, str | int] = {"count": len(standing.swallowed), "tiers": swallowed}
        warnings.append(("grading-ties-swallow-tiers", facts))
    return Ruled(standing, cartons, None, warnings)


def _by_cells(cells: Cells, scored: Scored, limits: TierLimits) -> Ruled:
    measured = [scale.points(row) for scale, row in zip(scored.scales, scored.values, strict=True)]
    standing = cells.stand(*measured)
    return Ruled(standing, partial(cells.cartons, scored, standing), limits)


def _drawn(breaks: Breaks, score: Units) -> Units:
    """The boundaries at natural gaps, with the sizes that are wanted."""
    n = len(score)
    fewest, most = sizes(breaks, n)
    try:
        least = natural_breaks(score, breaks.tiers, fewest, most)
    except TooWide:
        raise BadRequest("grading-breaks-too-wide", retailers=n) from None
    if least is None:
        facts = {"tiers": breaks.tiers, "retailers": n, "scores": len(np.unique(score))}
        raise BadRequest("grading-breaks-impossible", **facts)
    return least


def sizes(breaks: Breaks, n: int) -> tuple[Units | None, Units | None]:
    """How many of n retailers each tier must and may have, by tier from 1; ``None`` = any.

    A wanted share and its tolerance are taken to whole retailers outwards, a least share upwards.
    """
    if breaks.at_least is None and breaks.shape is None:
        return None, None
    least = ceil(n * Fraction(breaks.at_least or 0))
    wide = Fraction(breaks.within or 1)
    shape: Sequence[Decimal] = breaks.shape or (Decimal(0),) * breaks.tiers
    wanted = [Fraction(share) / 100 for share in reversed(shape)]
    fewest = [max(least, floor(n * (share - wide))) for share in wanted]
    most = [min(n, ceil(n * (share + wide))) for share in wanted]
    return np.array(fewest, np.int64), np.array(most, np.int64)


def _few_scores(least: Units, score: Units) -> Warnings:
    """Fewer different scores than tiers: the lowest tiers stay empty."""
    empty = int((least < 0).sum())
    if not empty or not len(score):
        return []
    scores = len(np.unique(score))
    facts: dict[str, str | int] = {"scores": scores, "tiers": len(least), "lowest": empty + 1}
    return [("grading-breaks-few-scores", facts)]
