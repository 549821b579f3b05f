"""Scales: how the values of an item become points.

With n graded retailers, values v_1..v_n of an item and its weight w in millionths of a point:

    max         w * v / max v
    winsorised  w * min(v, c) / c, where c is the k-th smallest value, k = ceil(n * percentile)
    log         w * log(1 + v) / log(1 + max v)
    rank        w * r / n, where r = (number lower) + (number equal, itself included, + 1) / 2

each rounded to the nearest millionth, halves up; negative values count as 0 for all but
``rank``; an item whose maximum (or c) is 0 gives nobody points. ``max``, ``rank`` and
``winsorised`` do not depend on the unit of the values; ``log`` does. A policy that publishes fewer
decimals rounds each item once, from the exact quotient to so many (``Rounded``): Qujing four.

A scale also answers what a change of one retailer's value, up or down, does to its own points and
to everybody else's, so that "what would lift me" and "what keeps me" are computed by the scoring
itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Protocol

import numpy as np

from allocator.grading.exact import Units, log2, muldiv
from allocator.records import DECIMALS

_NEVER: Final = np.iinfo(np.int64).max


class Scale(Protocol):
    """The points that one item gives, fitted to the values of the graded retailers."""

    @property
    def reference(self) -> int:
        """Largest value after scaling; for ``rank`` the number of retailers."""

    def points(self, values: Units) -> Units:
        """Points (millionths) of the graded retailers, given in their order."""

    def own(self, old: Units, new: Units) -> Units:
        """Points of a retailer whose value goes from ``old`` to ``new``, all others as before."""

    def theirs(self, old: Units, new: Units, value: Units) -> Units:
        """Points of another retailer, with ``value``, when one goes from ``old`` to ``new``."""

    def fall(self, old: Units, new: Units) -> Units:
        """What the points of any other retailer fall by at most then."""

    def rise(self, old: Units, new: Units) -> Units:
        """What the points of any other retailer rise by at most then."""


def _as_is(values: Units) -> Units:
    return np.maximum(values, 0)


@dataclass(frozen=True, slots=True)
class Capped:
    """w * f(min(v, c)) / f(c): the scales ``max``, ``winsorised`` and ``log``.

    weight : millionths of a point
    cap : c, the k-th smallest value (k = n but for ``winsorised``)
    above : the next larger value in order, which c cannot pass when one value rises
    below : the next smaller one, which c cannot pass when one value falls; 0 = there is none
    measure : f, never falling
    """

    weight: int
    cap: int
    above: int
    below: int
    measure: Callable[[Units], Units]

    @property
    def reference(self) -> int:
        """The cap: values above it count as it."""
        return self.cap

    def points(self, values: Units) -> Units:
        """Points (millionths) of the graded retailers."""
        return self._points(values, np.asarray(self.cap))

    def _points(self, values: Units, cap: Units) -> Units:
        full = self.measure(cap)
        given = muldiv(self.weight, self.measure(np.minimum(values, cap)), np.maximum(full, 1))
        return np.where(full > 0, given, 0)

    def _cap(self, old: Units, new: Units) -> Units:
        """The cap after one value changed: it drags the cap along as far as the next in order."""
        cap = np.asarray(self.cap)
        if self.cap < self.above and bool((new > self.cap).any()):
            dragged = np.minimum(np.maximum(new, self.cap), self.above)
            cap = np.where(old <= self.cap, dragged, self.cap)
        if self.cap > self.below and bool(((old >= self.cap) & (new < self.cap)).any()):
            dropped = np.maximum(np.minimum(new, self.cap), self.below)
            cap = np.where((old >= self.cap) & (new < self.cap), dropped, cap)
        return cap

    def own(self, old: Units, new: Units) -> Units:
        """Points of a retailer whose value goes from ``old`` to ``new``."""
        return self._points(new, self._cap(old, new))

    def theirs(self, old: Units, new: Units, value: Units) -> Units:
        """Points of another retailer when one value goes from ``old`` to ``new``."""
        return self._points(value, self._cap(old, new))

    def fall(self, old: Units, new: Units) -> Units:
        """``w (1 - f(c) / f(c'))``, and one millionth for rounding, if the cap c rises to c'.

        Everything, if it falls to nothing: then nobody has points.
        """
        cap = self._cap(old, new)
        before, after = self.measure(np.asarray(self.cap)), self.measure(cap)
        kept = muldiv(self.weight, before, np.maximum(after, 1))
        lost = np.where(cap > self.cap, self.weight - kept + 2, np.zeros_like(new))
        return np.where((self.cap > 0) & (cap <= 0), self.weight, lost)

    def rise(self, old: Units, new: Units) -> Units:
        """The same with c and c' exchanged, if the cap falls; everything, if it was nothing."""
        cap = self._cap(old, new)
        before, after = self.measure(np.asarray(self.cap)), self.measure(cap)
        kept = muldiv(self.weight, np.minimum(after, before), np.maximum(before, 1))
        gained = np.where(cap < self.cap, self.weight - kept + 2, np.zeros_like(new))
        return np.where((self.cap <= 0) & (cap > 0), self.weight, gained)


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """w * mid-rank / n: the scale ``rank``.

    weight : millionths of a point
    ordered : (n,) int64, the values in rising order
    """

    weight: int
    ordered: Units

    @property
    def reference(self) -> int:
        """The number of retailers."""
        return len(self.ordered)

    def _doubled(self, values: Units) -> Units:
        """Twice the mid-rank among the ordered values, plus one for an added equal."""
        lower = np.searchsorted(self.ordered, values, "left")
        return lower + np.searchsorted(self.ordered, values, "right")

    def _points(self, doubled: Units) -> Units:
        return muldiv(self.weight, doubled, 2 * max(self.reference, 1))

    def points(self, values: Units) -> Units:
        """Points (millionths) of the graded retailers."""
        return self._points(self._doubled(values) + 1)

    def own(self, old: Units, new: Units) -> Units:
        """Points of a retailer whose value changes: it no longer stands among the others."""
        return self._points(self._doubled(new) + 2 - _side(old, new))

    def theirs(self, old: Units, new: Units, value: Units) -> Units:
        """Points of another retailer: half a rank for whom it passed or drew level with."""
        return self._points(self._doubled(value) + 1 + _side(new, value) - _side(old, value))

    def fall(self, old: Units, new: Units) -> Units:
        """One rank at most, and one millionth for rounding."""
        return np.where(new > old, self._rank, 0)

    def rise(self, old: Units, new: Units) -> Units:
        """The same when the value falls."""
        return np.where(new < old, self._rank, 0)

    @property
    def _rank(self) -> int:
        return int(muldiv(self.weight, 1, max(self.reference, 1))) + 2


@dataclass(frozen=True, slots=True)
class Rounded:
    """Another scale in coarser parts: its points are rounded once, to whole grains.

    scale : fitted with the weight in grains; grain : millionths of a point
    """

    scale: Scale
    grain: int

    @property
    def reference(self) -> int:
        """As of the scale."""
        return self.scale.reference

    def points(self, values: Units) -> Units:
        """Points (millionths) of the graded retailers."""
        return self.scale.points(values) * self.grain

    def own(self, old: Units, new: Units) -> Units:
        """Points of a retailer whose value goes from ``old`` to ``new``."""
        return self.scale.own(old, new) * self.grain

    def theirs(self, old: Units, new: Units, value: Units) -> Units:
        """Points of another retailer when one value goes from ``old`` to ``new``."""
        return self.scale.theirs(old, new, value) * self.grain

    def fall(self, old: Units, new: Units) -> Units:
        """The bound of the scale, in which a grain is allowed for rounding."""
        return self.scale.fall(old, new) * self.grain

    def rise(self, old: Units, new: Units) -> Units:
        """Likewise."""
        return self.scale.rise(old, new) * self.grain


def _side(one: Units, other: Units) -> Units:
    """What ``one`` adds to twice the mid-rank of ``other``: 2 below it, 1 level, 0 above."""
    return (one < other).astype(np.int64) + (one <= other)


def _capped(values: Units, weight: int, rank: int, measure: Callable[[Units], Units]) -> Scale:
    """The scale whose cap is the ``rank``-th smallest value."""
    if not len(values):
        return Capped(weight, 0, _NEVER, 0, measure)
    ordered = np.sort(np.maximum(values, 0))
    above = int(ordered[rank]) if rank < len(ordered) else int(_NEVER)
    below = int(ordered[rank - 2]) if rank > 1 else 0
    return Capped(weight, int(ordered[rank - 1]), above, below, measure)


def _largest(values: Units, weight: int, percentile: Fraction) -> Scale:
    return _capped(values, weight, len(values), _as_is)


def _logarithm(values: Units, weight: int, percentile: Fraction) -> Scale:
    return _capped(values, weight, len(values), log2)


def _winsorised(values: Units, weight: int, percentile: Fraction) -> Scale:
    share = len(values) * percentile
    return _capped(values, weight, max(-(-share.numerator // share.denominator), 1), _as_is)


def _rank(values: Units, weight: int, percentile: Fraction) -> Scale:
    return Ranked(weight, np.sort(values))


SCALES: Final[dict[str, Callable[[Units, int, Fraction], Scale]]] = {
    "max": _largest,
    "rank": _rank,
    "log": _logarithm,
    "winsorised": _winsorised,
}
"""Name in the policy -> fit(values of the graded, weight in millionths, percentile of 0..1)."""


def fit(
    name: str, values: Units, weight: int, percentile: Fraction, decimals: int = DECIMALS
) -> Scale:
    """The scale of an item: the one way from values to points.

    Parameters
    ----------
    name : as in the policy
    values : (n,) int64, of the graded retailers
    weight : most points, in millionths; a whole number of the smallest published part
    percentile : where ``winsorised`` cuts, 0..1
    decimals : digits of a point to which each item is rounded, 0..6
    """
    grain: int = 10 ** (DECIMALS - decimals)
    scale = SCALES[name](values, weight // grain, percentile)
    return scale if grain == 1 else Rounded(scale, grain)
