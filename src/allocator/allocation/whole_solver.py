"""The seam to the solver for whole numbers: small integer programs, each aim proven by HiGHS.

Everything that enters is a whole number, and what comes back is checked in whole numbers: floats
live only inside the solver. Several aims are met one after the other; between them what is reached
is held by a row ``aim x <= value + 1/2``, which no whole number but the value itself comes near.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd
from typing import Any

import numpy as np

from allocator.allocation.highs import load, solved
from allocator.allocation.tolerances import SECONDS
from allocator.errors import NotProvenOptimal
from allocator.records import Units

LARGEST_AIM = 2**49
"""Most that the weights of the last aim may sum to: doubles are exact to 2^53, and HiGHS takes no
number above 10^15."""

LARGEST_HELD = 2**34
"""The same for an aim that is held by a row while later ones are met: HiGHS checks rows to 10^-6,
and a double near 10^10 is exact to 2 x 10^-6, far from the 1/2 by which whole numbers differ."""


@dataclass(frozen=True, slots=True, eq=False)
class WholeRow:
    """One row ``sum a x <= b`` in whole numbers over columns that are named once each."""

    columns: tuple[int, ...]
    coefficients: tuple[int, ...]
    bound: int

    def reduced(self) -> WholeRow:
        """The same row divided by the common divisor of its coefficients, the bound downwards.

        What was 10^6 for each lot becomes 1: rows that only count are what the solver does best.
        """
        common = gcd(*self.coefficients)
        if common <= 1:
            return self
        divided = tuple(a // common for a in self.coefficients)
        return WholeRow(self.columns, divided, self.bound // common)

    def binds(self, low: Sequence[int], high: Sequence[int]) -> bool:
        """Whether some x within the bounds breaks the row."""
        most = sum(
            a * (high[j] if a > 0 else low[j])
            for j, a in zip(self.columns, self.coefficients, strict=True)
        )
        return most > self.bound

    def broken(self, x: Sequence[int]) -> bool:
        """Whether x breaks the row; exact."""
        used = sum(a * x[j] for j, a in zip(self.columns, self.coefficients, strict=True))
        return used > self.bound


def best_whole(
    low: Units, high: Units, rows: Sequence[WholeRow], aims: Sequence[Units]
) -> Units | None:
    """The whole x between ``low`` and ``high`` that keeps the rows and is least in the first aim,
    among those in the second, and so on.

    Parameters
    ----------
    low, high : (n,) int64
    aims : each (n,) int64; one whose weights sum to more than ``LARGEST_HELD``, for the last
        ``LARGEST_AIM``, is taken in units of a power of two, its last digits dropped

    Returns
    -------
    (n,) int64, or ``None`` where no whole x keeps the rows

    Raises
    ------
    NotProvenOptimal : anything but a proven optimum, or an answer that breaks what it should keep
    """
    bounds = low.tolist(), high.tolist()
    kept = [reduced for row in rows if (reduced := row.reduced()).binds(*bounds)]
    open_columns = low < high
    wanted = [aim * open_columns for aim in aims if aim[open_columns].any()]
    wanted = [_smaller(aim, LARGEST_HELD) for aim in wanted[:-1]] + [
        _smaller(aim, LARGEST_AIM) for aim in wanted[-1:]
    ]
    model, limits = _model(low, high, kept), len(kept)
    x = low.copy()
    for aim in wanted or [np.zeros_like(low)]:
        found = _solve(model, aim)
        if found is None and len(kept) > limits:
            raise NotProvenOptimal("not-proven-optimal", status="Infeasible")
        if found is None:
            return None
        x = found
        texts = x.tolist()
        if (x < low).any() or (x > high).any() or any(row.broken(texts) for row in kept):
            raise NotProvenOptimal("whole-answer-breaks-rows")
        columns = np.flatnonzero(aim)
        held = WholeRow(tuple(columns.tolist()), tuple(aim[columns].tolist()), int((aim * x).sum()))
        kept.append(held)
        model.addRow(
            -np.inf, held.bound + 0.5, len(columns), columns.astype(np.int32), aim[columns]
        )
    return x


def _smaller(aim: Units, largest: int) -> Units:
    """The same preferences in the smallest whole weights; coarser where those are too large."""
    weights: Units = aim // np.gcd.reduce(aim)
    excess = sum(map(abs, weights.tolist())) // largest
    weights >>= excess.bit_length()
    return weights


def _model(low: Units, high: Units, rows: Sequence[WholeRow]) -> Any:
    """The program without an aim, as HiGHS holds it."""
    return load(
        np.zeros(len(low)),
        low.astype(np.float64),
        high.astype(np.float64),
        (
            np.cumsum([0, *(len(row.columns) for row in rows)]),
            np.array([j for row in rows for j in row.columns], np.int32),
            np.array([a for row in rows for a in row.coefficients], np.float64),
        ),
        np.array([row.bound for row in rows], np.float64),
        whole=True,
        time_limit=SECONDS,
        mip_rel_gap=0.0,
        mip_abs_gap=0.0,
    )


def _solve(model: Any, aim: Units) -> Units | None:
    """The whole x of least ``aim``; believes only a proof."""
    columns = np.arange(len(aim), dtype=np.int32)
    model.changeColsCost(len(aim), columns, aim.astype(np.float64))
    answer = solved(model)
    if answer is None:
        return None
    whole: Units = np.rint(np.array(answer.col_value)).astype(np.int64)
    return whole
