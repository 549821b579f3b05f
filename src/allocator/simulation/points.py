"""Looks for the best of many combinations with few runs: a design over all of them, then steps.

1. *design*: a third of the runs, spread evenly over all combinations: Halton points (one prime for
   each path), shifted round the circle by an amount drawn from the seed [1]_.
2. *steps*: from the best point, one path at a time: a step up and down where values have an order,
   every other value where they have none. The best of these neighbours is the next point; where
   none is better, steps are halved, down to neighbouring values [2]_. Where that ends, the same
   from the next best point of the design that is not yet passed.
3. *more*: the design goes on with what runs are left.

Where there are no more combinations than runs, all are tried. Otherwise nothing proves that none is
better; what is found is at least as good as every point of the design and, where the steps ended,
as all its neighbours. No derivative is asked for, so figures that jump and values that cannot hold
are no hindrance.

.. [1] Halton, J. H. (1960). On the efficiency of certain quasi-random sequences of points.
   Numerische Mathematik 2, 84-90; shift: Cranley, R. and Patterson, T. N. L. (1976).
.. [2] Hooke, R. and Jeeves, T. A. (1961). "Direct search" solution of numerical and statistical
   problems. Journal of the ACM 8, 212-229 (compass search, without the pattern move).
.. [3] Deb, K. (2000). An efficient constraint handling method for genetic algorithms. Computer
   Methods in Applied Mechanics and Engineering 186, 311-338 (its rule of comparison alone).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from math import prod
from typing import Final

from allocator.canonical import canonical_json

PRIMES: Final = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)
"""One for each path; more paths than these are refused before."""

Point = tuple[int, ...]
"""Number of the value of each path, from 0."""

KEPT, MISSED, IMPOSSIBLE = 0, 1, 2
"""It keeps what is to be kept; it holds, but does not; it cannot hold."""

Cost = tuple[int, Fraction]
"""One of these; then of what keeps it the figure, of which less is better, and of what does not by
how much. So steps lead to where the limits are kept, and only there to the best [3]_."""

Evaluate = Callable[[Sequence[Point]], Sequence[Cost]]


@dataclass(frozen=True, slots=True)
class Axis:
    """The values of one path. size : how many; ordered : whether neighbours are alike"""

    size: int
    ordered: bool


@dataclass(slots=True)
class Tried:
    """Every point that was tried, in order, with its cost and the phase it came from."""

    axes: Sequence[Axis]
    evaluate: Evaluate
    runs: int
    costs: dict[Point, Cost] = field(default_factory=dict)
    phases: dict[Point, str] = field(default_factory=dict)

    @property
    def left(self) -> int:
        """Runs that are left."""
        return min(self.runs, prod(axis.size for axis in self.axes)) - len(self.costs)

    def look(self, points: Sequence[Point], phase: str) -> None:
        """Try those that are new, as far as runs are left."""
        new = [point for point in dict.fromkeys(points) if point not in self.costs][: self.left]
        if new:
            self.costs |= zip(new, self.evaluate(new), strict=True)
            self.phases |= dict.fromkeys(new, phase)

    def best(self, points: Sequence[Point] | None = None) -> Point:
        """The best of some points that were tried, of equals the one tried first."""
        among = self.costs if points is None else [p for p in points if p in self.costs]
        return min(among, key=lambda point: self.costs[point])


def look_for(axes: Sequence[Axis], evaluate: Evaluate, *, runs: int, seed: str) -> Tried:
    """Try at most ``runs`` points, each once; see the head of this file.

    Parameters
    ----------
    axes : 1 to 12
    evaluate : costs of some points; asked for several at once, so that they can be run side by side
    seed : shifts the design
    """
    tried = Tried(axes, evaluate, runs)
    if prod(axis.size for axis in axes) <= runs:
        tried.look(list(product(*(range(axis.size) for axis in axes))), "all")
        return tried
    design = _design(axes, seed)
    tried.look(_some(design, max(runs // 3, 1), tried), "design")
    passed: set[Point] = set()
    while tried.left:
        starts = [point for point in tried.costs
                  if point not in passed and tried.phases[point] != "step"]  # fmt: skip
        if starts:
            _step(tried, tried.best(starts), passed)
        else:
            tried.look(_some(design, min(tried.left, 2 * len(axes)), tried), "more")
    return tried


def _step(tried: Tried, point: Point, passed: set[Point]) -> None:
    """Go from a point to better neighbours, until none is better or no run is left."""
    strides = [max(axis.size // 4, 1) if axis.ordered else 1 for axis in tried.axes]
    passed.add(point)
    while True:
        around = list(_neighbours(tried.axes, point, strides))
        tried.look(around, "step")
        best = tried.best([point, *around])
        if tried.costs[best] < tried.costs[point]:
            point = best
            if point in passed:  # somebody went on from here
                return
            passed.add(point)
        elif tried.left and max(strides) > 1:
            strides = [max(stride // 2, 1) for stride in strides]
        else:
            return


def _neighbours(axes: Sequence[Axis], point: Point, strides: Sequence[int]) -> Iterator[Point]:
    for k, axis in enumerate(axes):
        here = point[k]
        if axis.ordered:
            values = {max(here - strides[k], 0), min(here + strides[k], axis.size - 1)} - {here}
        else:
            values = set(range(axis.size)) - {here}
        for value in sorted(values):
            yield (*point[:k], value, *point[k + 1 :])


def _some(design: Iterator[Point], count: int, tried: Tried) -> list[Point]:
    """So many points of the design that are new; there are always some left."""
    found: dict[Point, None] = {}
    count = min(count, tried.left)
    while len(found) < count:
        point = next(design)
        if point not in tried.costs:
            found[point] = None
    return list(found)


def _design(axes: Sequence[Axis], seed: str) -> Iterator[Point]:
    """Halton points, shifted; all combinations in the end."""
    shifts = [
        Fraction(int(hashlib.sha256(canonical_json([seed, k])).hexdigest()[:16], 16), 16**16)
        for k in range(len(axes))
    ]
    size = prod(axis.size for axis in axes)
    for number in range(1, 20 * size + 1):
        yield tuple(
            int((_radical(number, prime) + shift) % 1 * axis.size)
            for axis, prime, shift in zip(axes, PRIMES, shifts, strict=False)
        )
    yield from product(*(range(axis.size) for axis in axes))


def _radical(number: int, base: int) -> Fraction:
    """The digits of a number to the base, mirrored behind the point."""
    digits, scale = 0, 1
    while number:
        number, digit = divmod(number, base)
        digits, scale = digits * base + digit, scale * base
    return Fraction(digits, scale)
