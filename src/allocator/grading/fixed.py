"""Cut-offs that stand still: one grading's scales and boundaries, laid on a later grading.

Classes redrawn by rank shares hold the same part of the retailers each time, however these fare:
they cannot show progress (need N4). Here a retailer scores by the references of the first grading
(its largest value, its ranks) and stands in the highest tier whose least score of that time it
reaches. On the first grading itself this gives the tiers by score again.

Where tiers do not come from the score (bands, formats) the boundaries of the policy stand still by
themselves, and the tiers of each grading are taken as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
import polars as pl

from allocator.grading.exact import Units
from allocator.grading.scales import SCALES, Scale
from allocator.grading.scheme import WINSORISED_AT
from allocator.policy.grading_models import GradingPolicy
from allocator.records import MICRO, Grading

_NEVER: Final = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, eq=False)
class Yardstick:
    """The references and cut-offs of one grading with T tiers.

    scales : by item, fitted to that grading's retailers
    least : (T,) int64, millionths: what tier t takes at least; tier 1 takes everybody; a tier
        that nobody held takes what the one above it takes, so nobody comes to stand in it
    """

    scales: dict[str, Scale]
    least: Units

    def tiers(self, grading: Grading) -> Units:
        """Tiers of the graded retailers of a later grading with the same items, (n,) int64."""
        table = grading.table.filter("graded")
        score = np.zeros(table.height, np.int64)
        for name, scale in self.scales.items():
            score += scale.points(table[name].to_numpy())
        return np.searchsorted(self.least, score, "right").astype(np.int64)


def yardstick(first: Grading, policy: GradingPolicy) -> Yardstick:
    """The references and cut-offs of a grading.

    policy : the rules that made it
    """
    table = first.table.filter("graded")
    scales = {}
    for name, item in policy.items.items():
        percentile = WINSORISED_AT if item.limit is None else Fraction(item.limit)
        weight = int(Fraction(item.weight) * MICRO)
        scales[name] = SCALES[item.scale](table[name].to_numpy(), weight, percentile)
    held = table.group_by("tier_by_score").agg(pl.col("score").min()).drop_nulls()
    least = np.full(first.tiers, _NEVER, np.int64)
    least[held["tier_by_score"].to_numpy() - 1] = held["score"].to_numpy()
    least = np.minimum.accumulate(least[::-1])[::-1]
    least[0] = np.iinfo(np.int64).min
    return Yardstick(scales, least)


def held(tiers: Units, most: int) -> Units:
    """Retailers of each tier 1..T, (T,) int64."""
    return np.bincount(tiers, minlength=most + 1)[1:].astype(np.int64)
