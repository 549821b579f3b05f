"""Where shops stand between the middles of tiers, from the definition alone, shop by shop."""

from __future__ import annotations

from collections import Counter
from statistics import median

from allocator.records import Grading, QuotaPlan

FEWEST = 6
"""Scores of a tier, or shops on one side of a middle, before where they stand counts."""


def middles(grading: Grading) -> dict[int, tuple[int, list[int]]]:
    """{tier: its middle score, all its scores}."""
    of: dict[int, list[int]] = {}
    for score, tier in grading.table.filter("graded").select("score", "tier_by_score").rows():
        of.setdefault(tier, []).append(score)
    return {tier: (int(median(scores) // 1), scores) for tier, scores in of.items()}


def effective_scores(plan: QuotaPlan, grading: Grading) -> dict[int, int]:
    """{member: the score it counts with}, of those whose tier has scores.

    Its own, cut to those of its tier; the middle for the unscored, where the tier or the next one
    has fewer than six scores, and with fewer than six of its cell on its side of the middle.
    """
    known = middles(grading)
    score = dict(grading.table.filter("graded").select("retailer_id", "score").rows())
    found, side = {}, {}
    for i, (name, cell, tier) in enumerate(
        plan.members.select("retailer_id", "cell", "tier").rows()
    ):
        if cell is None or tier not in known:
            continue
        middle, scores = known[tier]
        place = found[i] = min(max(score.get(name, middle), min(scores)), max(scores))
        up = place > middle
        further = [t for t in known if (t > tier if up else t < tier)]
        if place == middle or not further:  # beyond the end knots it is flat
            continue
        beside = min(further) if up else max(further)
        if min(len(scores), len(known[beside][1])) < FEWEST:
            found[i] = middle
        else:
            side[i] = cell, up
    crowd = Counter(side.values())
    for i, where in side.items():
        if crowd[where] < FEWEST:
            found[i] = known[int(plan.cells.tier[where[0]])][0]
    return found


def stretches(grading: Grading) -> dict[int, int]:
    """{tier: number of the stretch that lines join it in}: tiers of few scores stand alone."""
    found, number = {}, 0
    for tier, (_, scores) in sorted(middles(grading).items()):
        number += (few := len(scores) < FEWEST)
        found[tier] = number
        number += few
    return found
