"""How much each item really counts: its part in the differences between the scores.

With p_k the points of item k and s = sum of all p_k over some retailers,

    effective share of k = cov(p_k, s) / var(s)        all of them add up to 1

A weight says how many points an item can give; what ranks retailers is how far apart the item
puts them [1]_. An item on which nearly all get nearly the same counts for little, whatever its
weight. A share below 0 means that the item works against the score.

It is computed of all graded retailers, and again of the middle nine tenths by score. Where a few
retailers are far ahead, they make most of the variance and follow the weights nicely, while
everybody else is ranked by something else: that shows in the second figure only.

.. [1] Paruolo, P., Saisana, M. and Saltelli, A. (2013). Ratings and rankings: voodoo or science?
   Journal of the Royal Statistical Society A 176, 609-634.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from math import floor
from typing import Final

import numpy as np

from allocator.grading.exact import Units, dot
from allocator.grading.refusals import Warnings
from allocator.records import MICRO, Flags, Item

TAIL: Final = 20
"""One in twenty is left out of the middle at either end."""

FAR: Final = 2
"""Told are items that count for twice their nominal share or more, or for half of it or less ..."""

APART: Final = 5 * MICRO // 100
"""... if that is five points of a hundred or more: less hardly moves anybody."""

LEAST: Final = 30
"""With fewer graded retailers the figures are chance, and nothing is told."""


def effective_shares(points: Units, score: Units) -> list[int | None]:
    """Part of each item in the variance of the score, in millionths; ``None`` where all are equal.

    points : (K, n) int64; score : (n,) int64, their sum
    """
    n, ones = len(score), np.ones(len(score), np.int64)
    total = dot(score, ones)
    variance = n * dot(score, score) - total * total
    if not variance:
        return [None] * len(points)
    shared = [n * dot(row, score) - dot(row, ones) * total for row in points]
    return [floor(Fraction(MICRO * part, variance) + Fraction(1, 2)) for part in shared]


def middle(score: Units) -> Flags:
    """Who is neither among the twentieth part that scores highest nor the one that scores lowest.

    Whoever scores the same as one of the middle belongs to it, so no order of rows matters.
    """
    tail, rising = len(score) // TAIL, np.sort(score)
    if not len(score):
        return np.zeros(0, bool)
    inside: Flags = (score >= rising[tail]) & (score <= rising[len(score) - 1 - tail])
    return inside


def weighed(items: Iterable[Item], points: Units, score: Units) -> tuple[Item, ...]:
    """The items with what they really count for; those without a weight (bands) as they are.

    points : (K, n) int64; score : (n,) int64, their sum
    """
    inside = middle(score)
    everywhere = effective_shares(points, score)
    among = effective_shares(points[:, inside], score[inside])
    return tuple(
        replace(item, effective=part, effective_middle=of_middle) if item.weight else item
        for item, part, of_middle in zip(items, everywhere, among, strict=True)
    )


def nominal_shares(items: Sequence[Item]) -> list[int]:
    """The weights as parts of their sum, in millionths; 0 where no item has a weight."""
    total = sum((item.weight for item in items), Fraction(0))
    return [floor(MICRO * item.weight / (total or 1) + Fraction(1, 2)) for item in items]


def is_far(nominal: int, effective: int | None) -> bool:
    """Whether an effective share is so different that the weight misleads."""
    if effective is None or abs(effective - nominal) < APART:
        return False
    return effective >= FAR * nominal or FAR * effective <= nominal


def misleading(items: Sequence[Item], graded: int) -> Warnings:
    """A warning for each item that counts for far more or far less than its weight says."""
    if graded < LEAST:
        return []
    return [
        ("grading-weight-misleads", {
            "item": item.name,
            "nominal": _percent(nominal),
            "effective": _percent(item.effective or 0),
            "middle": _percent(item.effective_middle or 0),
        })
        for item, nominal in zip(items, nominal_shares(items), strict=True)
        if nominal and (is_far(nominal, item.effective) or is_far(nominal, item.effective_middle))
    ]  # fmt: skip


def _percent(millionths: int) -> int:
    """Whole per cent, halves up."""
    return (millionths * 100 * 2 + MICRO) // (2 * MICRO)
