"""Whether least shares can be had at once: a linear program, and its proof in exact fractions.

Over quotas x within bounds l <= x <= u, s_g cartons that are missing of the least share g::

    min  sum_g s_g
    s.t. x_i - x_j <= d                     tier order and steps
         sum_j n_rj x_j <= b_r              supplies, largest shares, baskets
         -sum_j n_gj x_j - s_g <= -b_g      least shares

The solver's multipliers y >= 0, with y_g <= 1, prove that at least

    min_{l <= x <= u} (y A) x - y b

cartons are missing, whatever their rounding. Only such a number above 0 is believed: what the
solver says of the program is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from allocator.allocation.highs import load, solved
from allocator.allocation.tolerances import SECONDS, SOLVER_FEASIBILITY
from allocator.errors import NotProvenOptimal
from allocator.records import MICRO

Sum = tuple[Mapping[int, int], int]
"""``sum n x`` against cartons: {position: millionths}, and the bound."""


@dataclass(frozen=True, slots=True, eq=False)
class Packing:
    """Quotas within bounds, limits that the lower ones keep, and least shares.

    lower, upper : K bounds, cartons; lower keeps ``differences`` and ``most``
    differences : (i, j, d) for ``x_i - x_j <= d``
    most, least : sums that are at most, and at least, their bounds
    """

    lower: Sequence[Fraction]
    upper: Sequence[int]
    differences: Sequence[tuple[int, int, int]]
    most: Sequence[Sum]
    least: Sequence[Sum]


def missing(packing: Packing, seconds: float = SECONDS) -> Fraction | None:
    """Cartons of the least shares that are missing in every table; ``None`` = no proof of any.

    Raises
    ------
    NotProvenOptimal : the solver stopped before its optimum
    """
    rows: list[Sum] = [({i: MICRO, j: -MICRO}, d) for i, j, d in packing.differences]
    rows += packing.most
    rows += [({k: -n for k, n in terms.items()}, -b) for terms, b in packing.least]
    prices = _multipliers(packing, rows, seconds)
    slope = [Fraction(0)] * len(packing.lower)
    found = Fraction(0)
    for price, (terms, bound) in zip(prices, rows, strict=True):
        if price:
            found -= price * bound
            for k, n in terms.items():
                slope[k] += price * n / MICRO
    for k, rate in enumerate(slope):
        if rate:
            found += rate * (packing.lower[k] if rate > 0 else packing.upper[k])
    return found if found > 0 else None


def _multipliers(packing: Packing, rows: Sequence[Sum], seconds: float) -> list[Fraction]:
    """Prices of the rows as the solver gives them, exact from here on; those of shares <= 1."""
    columns, shares = len(packing.lower), len(packing.least)
    first = len(rows) - shares
    scale = [max((abs(n) for n in terms.values()), default=MICRO) / MICRO for terms, _ in rows]
    start, index, value = [0], list[int](), list[float]()
    for r, ((terms, _), size) in enumerate(zip(rows, scale, strict=True)):
        index += terms.keys()
        value += [n / MICRO / size for n in terms.values()]
        if r >= first:
            index.append(columns + r - first)
            value.append(-1.0 / size)
        start.append(len(index))
    model = load(
        np.repeat([0.0, 1.0], [columns, shares]),
        np.array([*map(float, packing.lower), *([0.0] * shares)]),
        np.array([*map(float, packing.upper), *([np.inf] * shares)]),
        (np.array(start), np.array(index, np.int32), np.array(value, np.float64)),
        np.array([b / size for (_, b), size in zip(rows, scale, strict=True)], np.float64),
        time_limit=seconds,
        primal_feasibility_tolerance=SOLVER_FEASIBILITY,
        dual_feasibility_tolerance=SOLVER_FEASIBILITY,
    )
    answer = solved(model)
    if answer is None:  # What is missed makes up for everything.
        raise NotProvenOptimal("not-proven-optimal", status="Infeasible")
    prices = [Fraction(max(0.0, -y) / size) for y, size in zip(answer.row_dual, scale, strict=True)]
    return prices[:first] + [min(price, Fraction(1)) for price in prices[first:]]
