"""Grading once more, as slowly and plainly as ``model.md`` 8 says it: fractions and counting."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor

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
    items: Sequence[Sequence[int]], weights: Sequence[int], scales: Sequence[str], limit: Fraction
) -> list[int]:
    """Scores of retailers by K items."""
    each = [points(*item, limit) for item in zip(items, weights, scales, strict=True)]
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
