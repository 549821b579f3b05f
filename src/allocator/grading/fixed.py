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

from allocator.errors import BadRequest
from allocator.grading.exact import Units
from allocator.grading.scales import Scale, fit
from allocator.grading.scheme import WINSORISED_AT
from allocator.policy.grading_models import GradingPolicy
from allocator.records import MICRO, Grading

_NEVER: Final = np.iinfo(np.int64).max


BY_POINTS: Final = ("shares", "cutoffs", "breaks")
"""Rules whose tiers come from points, which depend on the other retailers."""


@dataclass(frozen=True, slots=True, eq=False)
class Yardstick:
    """The references and cut-offs of one grading with T tiers.

    scales : by item, fitted to that grading's retailers
    least : (T,) int64, millionths: what tier t takes at least; tier 1 takes everybody; a tier
        that nobody could reach takes what the one above it takes, so nobody comes to stand in it
    """

    scales: dict[str, Scale]
    least: Units

    def tiers(self, grading: Grading) -> Units:
        """Tiers of the graded retailers of a later grading with the same items, (n,) int64.

        Raises
        ------
        BadRequest : the later grading scored other items
        """
        table = grading.table.filter("graded")
        if missing := [name for name in self.scales if name not in table.columns]:
            raise BadRequest("stability-other-items", on=grading.on, item=missing[0])
        score = np.zeros(table.height, np.int64)
        for name, scale in self.scales.items():
            score += scale.points(table[name].to_numpy())
        return np.searchsorted(self.least, score, "right").astype(np.int64)


def yardstick(first: Grading, policy: GradingPolicy) -> Yardstick:
    """The references and cut-offs of a grading by points (``BY_POINTS``).

    policy : the rules that made it
    """
    table = first.table.filter("graded")
    scales: dict[str, Scale] = {}
    for name, item in policy.items.items():
        percentile = WINSORISED_AT if item.limit is None else Fraction(item.limit)
        weight = int(Fraction(item.weight) * MICRO)
        scales[name] = fit(item.scale, table[name].to_numpy(), weight, percentile, policy.decimals)
    return Yardstick(scales, least_scores(first))


def least_scores(grading: Grading) -> Units:
    """Least score of each tier as drawn by a grading, (T,) int64, never falling.

    The cut-offs or breaks where there are any, else the lowest score of those in the tier.
    """
    least = np.full(grading.tiers, _NEVER, np.int64)
    if grading.limits is not None:
        known = grading.limits.least
        least = np.where(known >= 0, known, _NEVER)
    else:
        table = grading.table.filter("graded")
        held = table.group_by("tier_by_score").agg(pl.col("score").min()).drop_nulls()
        least[held["tier_by_score"].to_numpy() - 1] = held["score"].to_numpy()
    least = np.minimum.accumulate(least[::-1])[::-1]
    least[0] = np.iinfo(np.int64).min
    return least


def shape_on(measure: Yardstick | None, grading: Grading, tiers: int) -> Units:
    """Retailers of each tier 1..T by sales or attributes alone, (T,) int64.

    measure : ``None`` where the boundaries of the policy stand still by themselves
    """
    if measure is not None:
        found = measure.tiers(grading)
    else:
        found = grading.table["tier_by_score"].drop_nulls().to_numpy()
    return np.bincount(np.minimum(found, tiers), minlength=tiers + 1)[1:].astype(np.int64)
