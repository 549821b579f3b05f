"""The scores and tiers of all, made again from the values on record, one shop's purchases changed.

Plainly: every scale is fitted anew, every place counted; nothing of ``grading.alone`` is asked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from itertools import accumulate

import numpy as np

from allocator.explanation.recount.case import Case
from allocator.grading.scales import fit
from allocator.grading.window import rule_of, window_of
from allocator.policy.grading_models import GradingPolicy
from allocator.records import MICRO, Units


def rules(case: Case) -> GradingPolicy:
    """How the policy grades."""
    grading = case.run.policy.grading
    if grading is None:
        raise ValueError("tiers were given")
    return grading


def months(case: Case) -> Fraction:
    """Length of the window."""
    on = case.run.grading.on
    return window_of(rule_of(rules(case)), on).months


def ties_lower(case: Case) -> bool:
    """Whether equal scores across a boundary have the lower tier."""
    return rules(case).tiers.ties == "lower"


def percentile(case: Case, name: str) -> Fraction:
    """Part of the shops below the full score of ``winsorised``."""
    limit = next(item.limit for known, item in rules(case).items.items() if known == name)
    return Fraction(95, 100) if limit is None else Fraction(limit)


def places(case: Case, tier: int) -> tuple[int, int]:
    """First and last rank of a tier, from the shares: after n cum + 1/2, rounded down."""
    shares, n = case.run.grading.shares, len(case.scores)
    if case.run.grading.limits is not None:
        tiers = case.run.grading.table.filter(graded=True)["tier_by_score"].to_list()
        return sum(t > tier for t in tiers) + 1, sum(t >= tier for t in tiers)
    last = [math.floor(n * part / 100 + Fraction(1, 2)) for part in accumulate(shares)]
    k = case.run.grading.tiers - tier
    return (last[k - 1] if k else 0) + 1, last[k]


def own_price(row: Mapping[str, int | None]) -> int | None:
    """A shop's mean price in whole fen, where the record tells it."""
    price, cartons, amount = (row.get(name) for name in ("mean_price", "quantity", "amount"))
    if price is not None:
        return price
    if cartons is None or amount is None or cartons <= 0:
        return None
    return nearest(Fraction(max(amount, 0), cartons))


def gains(case: Case) -> dict[str, int]:
    """What the items grow by for a carton more, of the own mix and at the own mean price."""
    row = case.graded
    bought, dear = row.get("quantity"), row.get("class_amount")
    found = {"quantity": 1, "amount": own_price(row) or 0}
    if dear is not None and bought:
        found["class_amount"] = nearest(Fraction(max(dear, 0), bought)) if bought > 0 else 0
    return found


def nearest(value: Fraction) -> int:
    """The nearest whole number, halves up."""
    return math.floor(value + Fraction(1, 2))


def scores_with(case: Case, more: int) -> tuple[Units, int]:
    """Scores of all graded if this one had bought ``more`` cartons a month, and where it stands."""
    graded = case.run.grading.table.filter(graded=True)
    own = graded["retailer_id"].to_list().index(case.retailer)
    gain, length = gains(case), months(case)
    score = np.zeros(graded.height, dtype=np.int64)
    for it in case.run.grading.items:
        values = graded[it.name].to_numpy(writable=True)
        old = int(values[own])
        values[own] = max(old + gain.get(it.name, 0) * nearest(length * more), min(old, 0))
        weight = int(it.weight * MICRO)
        part, decimals = percentile(case, it.name), case.run.grading.decimals
        score += fit(it.scale, values, weight, part, decimals).points(values)
    return score, own


def place_with(case: Case, more: int) -> int:
    """Own place if ``more`` cartons a month had been bought in the same mix."""
    score, own = scores_with(case, more)
    others = np.delete(score, own)
    ahead = others >= score[own] if ties_lower(case) else others > score[own]
    return 1 + int(ahead.sum())
