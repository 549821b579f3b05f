"""Cut-offs for a target shape, several ways side by side, with what each would do.

``exact``    the cut-offs nearest the shape at any score
``rounded``  the coarsest round numbers (1, 2 or 5 times a power of ten) that stand at most ten per
             cent of the retailers farther from the shape than ``exact``
``close``    the same, one per cent
``breaks``   natural breaks of the scores, each tier as near its share as ``exact`` leaves it or
             within a quarter of the share

All keep the least number of retailers of a tier, and but for ``breaks`` the largest cliff between
neighbours. No tie is ever cut apart, and a cut-off is the roundest number between the scores it
divides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

import numpy as np

from allocator.designing.cuts import (
    STEPS,
    Cliff,
    cut_offs,
    nearest,
    needed_sales,
    round_places,
    score_places,
)
from allocator.designing.outcome import Outcome, outcome_of, weights_of
from allocator.errors import BadRequest
from allocator.grading.breaks import TooWide, natural_breaks
from allocator.grading.exact import Units
from allocator.grading.scheme import grade
from allocator.grading.shapes import shape_of
from allocator.policy.grading_models import GradingPolicy
from allocator.policy.models import Policy
from allocator.policy.tier_models import TierPolicy
from allocator.records import MICRO, Grading
from allocator.tables.city import City

FARTHER: Final = {"rounded": Fraction(10, 100), "close": Fraction(1, 100)}
"""Part of the retailers by which round numbers may stand farther from the shape than ``exact``."""

ROOM: Final = 4
"""Natural breaks may leave a tier by a fourth of its share."""


UNKNOWN_BEFORE: Final = (
    "grading-window-without-sales",
    "grading-window-before-year-one",
    "grading-window-all-holidays",
)
"""Refusals that say only that nothing is known of the period before."""


@dataclass(frozen=True, slots=True)
class DesignLimits:
    """What every proposal must keep.

    fewest : retailers of each tier
    cliff : most that supply may rise between neighbouring tiers, as a multiple of what sales rise;
        ``None`` = any
    step : millionths, cut-offs as multiples of this number alone; ``None`` = the designer chooses
    """

    fewest: int = 1
    cliff: Fraction | None = None
    step: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """One set of cut-offs.

    name : exact, rounded, close or breaks
    step : millionths, what all cut-offs are multiples of; 0 = any number
    least : (T,) int64, cut-offs of tiers 1..T, millionths of a point; 0 for tier 1
    outcome : what they would do
    """

    name: str
    step: int
    least: Units
    outcome: Outcome

    def policy(self) -> dict[int, Decimal]:
        """As ``grading.tiers.cutoffs`` of a policy takes it: tier T down to tier 2."""
        numbers = self.least.tolist()
        return {t: _plain(numbers[t - 1]) for t in range(len(numbers), 1, -1)}


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """Proposals for one city, day and shape.

    asked : the shape as it was asked for; shape : (T,) int64 millionths of tiers 1..T
    scores : the grading whose scores are cut; earlier : one period before, ``None`` = unknown
    proposals : the best first in the order of the module's page
    missing : (name of a proposal, code of the reason) of those that cannot be had
    """

    on: date
    asked: str
    shape: Units
    limits: DesignLimits
    scores: Grading
    earlier: Grading | None
    proposals: tuple[Proposal, ...]
    missing: tuple[tuple[str, str], ...]

    @property
    def before(self) -> date | None:
        """The day of the earlier grading."""
        return None if self.earlier is None else self.earlier.on


def design(
    city: City,
    policy: Policy,
    shape: str,
    tiers: int | None = None,
    *,
    limits: DesignLimits | None = None,
    before: date | None = None,
) -> Design:
    """Propose cut-offs of the score for a target shape.

    Parameters
    ----------
    policy : its items give the score, its weights the supply of a tier
    shape : pagoda, olive, normal, or per cent from the top tier down with commas between
    tiers : T; may be left out with a list
    before : day of the grading to compare with; default the first day of the sales that count on
        the policy's day, so that the two look at different sales

    Raises
    ------
    BadRequest : no such shape; a policy without a score; fewer different scores than tiers; no
        cut-offs at all that keep the limits
    """
    limits = DesignLimits() if limits is None else limits
    target = shape_of(shape, tiers)
    if len(target) < 2:
        raise BadRequest("design-needs-two-tiers")
    rules = scores_only(policy.grading)
    scores = grade(city, rules, policy.on)
    rising = np.sort(_scores(scores))
    known = len(np.unique(rising))
    if known < len(target):
        raise BadRequest("design-too-few-scores", scores=known, tiers=len(target))
    earlier = _earlier(city, rules, scores, before)
    proposals, missing = [], []
    for name, step, least in _found(scores, rising, target, limits, policy):
        if least is None:
            missing.append((name, f"missing-{name}"))
            continue
        outcome = outcome_of(scores, earlier, least, target, policy.allocation.weights)
        proposals.append(Proposal(name, step, least, outcome))
    if not proposals:
        raise BadRequest(
            "design-impossible", fewest=limits.fewest, tiers=len(target), retailers=len(rising)
        )
    return Design(
        on=scores.on,
        asked=shape,
        shape=target,
        limits=limits,
        scores=scores,
        earlier=earlier,
        proposals=tuple(proposals),
        missing=tuple(missing),
    )


def scores_only(grading: GradingPolicy | None) -> GradingPolicy:
    """The same score and nothing after it: one tier for all, no movement, no sanctions."""
    if grading is None or not grading.items or grading.window is None:
        raise BadRequest("design-needs-score")
    nothing: dict[str, object] = {"movement": None, "credit": {}, "sanctions": None}
    one = TierPolicy.model_construct(shares=(Decimal(100),))
    return grading.model_copy(update={**nothing, "tiers": one})


def _found(
    scores: Grading, rising: Units, target: Units, limits: DesignLimits, policy: Policy
) -> Iterator[tuple[str, int, Units | None]]:
    """Name, step and cut-offs of each kind; ``None`` where there are none."""
    cliff = _cliff(scores, len(target), limits, policy)

    def divided(step: int) -> tuple[Units, Units] | None:
        places = round_places(rising, step, target) if step > 1 else score_places(rising, target)
        if places is None or len(places) <= len(target):
            return None
        chosen = nearest(places, target, limits.fewest, cliff)
        return None if chosen is None else (places[chosen], cut_offs(rising, places[chosen], step))

    exact = divided(1)
    yield "exact", 0, None if exact is None else exact[1]
    if limits.step is not None:
        only = divided(limits.step)
        yield "rounded", limits.step, None if only is None else only[1]
    elif exact is not None:
        best = _off(exact[0], len(rising), target)
        names = dict(FARTHER)
        for step in STEPS:
            found = divided(step)
            if found is None:
                continue
            far = _off(found[0], len(rising), target) - best
            reached = [name for name, most in names.items() if far <= most]
            if reached:  # the strictest that it keeps; the others are then the same numbers
                yield reached[-1], step, found[1]
                names = dict(list(names.items())[list(names).index(reached[-1]) + 1 :])
            if not names:
                break
        for name in names:
            yield name, 0, None
    yield "breaks", 0, _breaks(rising, target, limits.fewest, None if exact is None else exact[0])


def _breaks(rising: Units, target: Units, fewest: int, exact: Units | None) -> Units | None:
    """Natural breaks with each tier near its share, at the roundest numbers.

    exact : (T-1,) places of the nearest cut-offs, which show what can be had
    """
    n = len(rising)
    wanted = n * target
    off = np.zeros(len(target), np.int64)
    if exact is not None:
        off = np.abs(np.diff(np.concatenate([[0], exact, [n]])) * MICRO - wanted)
    room = np.maximum(off, wanted // ROOM)
    low = np.maximum((wanted - room) // MICRO, fewest)
    high = np.minimum(-(-(wanted + room) // MICRO), n)
    try:
        least = natural_breaks(rising, len(target), low, np.maximum(high, low))
    except TooWide:
        return None
    if least is None:
        return None
    return cut_offs(rising, np.searchsorted(rising, least[1:], "left").astype(np.int64))


def _cliff(scores: Grading, tiers: int, limits: DesignLimits, policy: Policy) -> Cliff | None:
    if limits.cliff is None:
        return None
    weights = weights_of(policy.allocation.weights, tiers)
    if weights is None:  # by sales: then supply rises just as sales do
        raise BadRequest("design-cliff-unknown")
    if "quantity" not in scores.table.columns:
        raise BadRequest("design-cliff-without-sales")
    table = scores.table.filter("graded").sort("score", maintain_order=True)
    sold = np.concatenate([[0], np.cumsum(table["quantity"].to_numpy())]).astype(np.int64)
    return Cliff(needed_sales(weights, limits.cliff), sold)


def _earlier(
    city: City, rules: GradingPolicy, scores: Grading, before: date | None
) -> Grading | None:
    """The grading of one period before; ``None`` where its sales are not known."""
    day = first_day(scores.window[0]) if before is None else before
    if before is not None and before >= scores.on:
        raise BadRequest("stability-days-order", earlier=before, later=scores.on)
    try:
        earlier = grade(city, rules, day)
    except BadRequest as refused:
        if before is not None or refused.code not in UNKNOWN_BEFORE:
            raise
        return None
    return None if earlier.window == scores.window else earlier


def first_day(unit: str) -> date:
    """The first day of a month (2026-01), an ISO week (2026-W03) or a day (2026-01-05)."""
    if "W" in unit:
        return date.fromisocalendar(int(unit[:4]), int(unit[6:]), 1)
    return date.fromisoformat(unit if len(unit) == 10 else f"{unit}-01")


def _scores(grading: Grading) -> Units:
    score: Units = grading.table.filter("graded")["score"].to_numpy()
    return score


def _off(places: Units, n: int, target: Units) -> Fraction:
    """Half the sum of distances to the shape, of all retailers."""
    shops = np.diff(np.concatenate([[0], places, [n]]))
    return Fraction(int(np.abs(shops * MICRO - n * target).sum()), 2 * MICRO * n)


def _plain(micro: int) -> Decimal:
    """Millionths as a decimal without noughts at its end."""
    text = f"{micro // MICRO}.{micro % MICRO:06d}".rstrip("0").rstrip(".")
    return Decimal(text)
