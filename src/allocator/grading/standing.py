"""Where graded retailers stand, whatever the rule, and standing by fixed limits of the score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from allocator.grading.exact import Units


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """Where n graded retailers stand by their scores.

    falling : (n,) int64, the scores from the highest down
    rank : (n,) int64, 1 + number that score strictly higher
    tier : (n,) int64, 1..T
    goal : (n,) int64, place that a retailer must reach to stand in a higher tier; 0 = none, or
        places do not decide
    to_next : (n,) int64, points (millionths) up to the next tier, -1 = none is higher
    to_lower : (n,) int64, points that may be lost without losing the tier, -1 = cannot be lost
    last_rank, cut_score : (T,), as in ``records.Grading``
    swallowed : tiers that shares give places, all of which a tie draws to another tier
    """

    falling: Units
    rank: Units
    tier: Units
    goal: Units
    to_next: Units
    to_lower: Units
    last_rank: Units
    cut_score: Units
    swallowed: tuple[int, ...]


def places(score: Units) -> Units:
    """(n,) int64, 1 + the number that score strictly higher."""
    rising = np.sort(score)
    return (len(score) - np.searchsorted(rising, score, "right") + 1).astype(np.int64)


def tiers_at(score: Units, least: Units) -> Units:
    """Tiers, (n,) int64 of 1..T, of n scores by the least score of each tier.

    Parameters
    ----------
    least : (T,) int64, rising, entry t-1 for tier t; -1 = a tier that nobody can reach. Whoever
        reaches none has the lowest tier that can be reached.
    """
    open_ = np.flatnonzero(least >= 0)
    step = np.searchsorted(least[open_], score, "right") - 1
    return (open_[np.maximum(step, 0)] + 1).astype(np.int64)


def stand_at(score: Units, least: Units) -> Standing:
    """Ranks, tiers and distances of n retailers by the least score of each tier (millionths).

    Equal scores have equal tiers, and a tier that nobody reaches stays empty.
    """
    n, count = len(score), len(least)
    tier = tiers_at(score, least)
    open_ = np.flatnonzero(least >= 0)
    step = np.searchsorted(open_, tier - 1)
    above = open_[np.minimum(step + 1, len(open_) - 1)]
    rising = np.sort(score)
    places_taken = np.bincount(tier - 1, minlength=count)
    stands = places_taken > 0
    last = np.cumsum(places_taken[::-1])[::-1]
    lowest = rising[np.clip(n - last, 0, n - 1)] if n else np.zeros(count, np.int64)
    return Standing(
        falling=rising[::-1],
        rank=places(score),
        tier=tier,
        goal=np.zeros(n, np.int64),
        to_next=np.where(step + 1 < len(open_), least[above] - score, -1),
        to_lower=np.where(step > 0, score - least[tier - 1], -1),
        last_rank=np.where(stands, last, -1),
        cut_score=np.where(stands, lowest, -1),
        swallowed=(),
    )
