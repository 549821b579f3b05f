"""Grading once more, as slowly and plainly as ``model.md`` 8 says it: fractions and counting."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, pairwise
from math import ceil, floor
from statistics import median_low

MICRO = 1_000_000


def nearest(value: Fraction) -> int:
    """The nearest whole number, halves up."""
    return floor(value + Fraction(1, 2))


def points(
    values: Sequence[int], weight: int, scale: str, limit: Fraction, decimals: int = 6
) -> list[int]:
    """Points (millionths) of each value; ``weight`` in millionths. Not for ``log``."""
    if decimals < 6:
        part = 10 ** (6 - decimals)
        return [part * p for p in _coarse(values, Fraction(weight, part), scale, limit)]
    return _coarse(values, Fraction(weight), scale, limit)


def _coarse(values: Sequence[int], weight: Fraction, scale: str, limit: Fraction) -> list[int]:
    n = len(values)
    if scale == "rank":
        rising = sorted(values)
        middles = [
            Fraction(bisect_left(rising, value) + bisect_right(rising, value) + 1, 2)
            for value in values
        ]
        return [nearest(weight * middle / n) for middle in middles]
    positive = [max(value, 0) for value in values]
    cap = max(positive)
    if scale == "winsorised":
        cap = sorted(positive)[max(ceil(n * limit), 1) - 1]
    return [nearest(weight * Fraction(min(v, cap), cap)) if cap else 0 for v in positive]


def scores(
    items: Sequence[Sequence[int]],
    weights: Sequence[int],
    scales: Sequence[str],
    limit: Fraction,
    *,
    decimals: int = 6,
) -> list[int]:
    """Scores of retailers by K items."""
    each = [points(*item, limit, decimals) for item in zip(items, weights, scales, strict=True)]
    return [sum(column) for column in zip(*each, strict=True)]


def tiers(score: Sequence[int], shares: Sequence[Fraction], *, lower: bool) -> list[int]:
    """Tiers by rank shares: places are dealt out one by one from the top."""
    n, deck = len(score), []
    cumulated = Fraction(0)
    for step, share in enumerate(shares):
        cumulated += Fraction(share) / 100
        while len(deck) < floor(n * cumulated + Fraction(1, 2)):
            deck.append(len(shares) - step)
    result = []
    for mine in score:
        higher = sum(other > mine for other in score)
        level = sum(other == mine for other in score)
        result.append(deck[higher + level - 1] if lower else deck[higher])
    return result


def tiers_from(score: Sequence[int], least: Sequence[int]) -> list[int]:
    """Tiers by limits: from the top tier down, the first that begins at the score or below.

    least : entry t-1 is where tier t begins, -1 = nowhere; the lowest that begins takes the rest
    """
    lowest = next(t for t, begins in enumerate(least, 1) if begins >= 0)
    descending = [(t, begins) for t, begins in enumerate(least, 1) if begins >= 0][::-1]
    return [next((t for t, begins in descending if begins <= mine), lowest) for mine in score]


def monthly(value: int, months: int | Fraction, parts: int) -> Fraction:
    """What an item is a month, in the unit of its limits, of which ``parts`` values make one."""
    return Fraction(max(value, 0)) / (months * parts)


def divided(
    score: Sequence[int], classes: int, fewest: Sequence[int], most: Sequence[int]
) -> list[int] | None:
    """The lowest score of each class, trying every division; ``None`` = none keeps the sizes.

    Least sum of distances to the median; of equals the largest top class, then the next, ...
    """
    rising = sorted(score)
    n, best = len(rising), None
    places = [i for i in range(1, n) if rising[i] != rising[i - 1]]
    for cuts in combinations(places, classes - 1):
        parts = [rising[a:b] for a, b in pairwise([0, *cuts, n])]
        if any(not low <= len(p) <= high for p, low, high in zip(parts, fewest, most, strict=True)):
            continue
        cost = sum(sum(abs(x - median_low(part)) for x in part) for part in parts)
        found = (cost, cuts[::-1]), [part[0] for part in parts]
        best = min(best or found, found)
    return best and best[1]
