"""How much better "halved" or "doubled" explains a shop's months than "as usual"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from allocator.customers.expectation import SPAN, Usual
from allocator.records import Flags, Reals, Units

WINDOWS: Final = (1, 2)
"""Months that may have changed: the last one, or the last two."""

HALF: Final = float(np.log(2))
"""The change that is looked for, as a log: to half, or to twice as much."""

TAIL: Final = 2
"""Degrees of freedom of Student's t for a single month."""

MOST_OFF: Final = float(np.log(3))
"""A month counts as off by this much at most, as a log: a third, or three times as much. Without it
a shop that all but stops would be further from "halved" than from "as usual"."""

VIEWS: Final = ("volume", "lines", "size")

BARS: Final = (3.8, 3.7, 2.5)
"""Evidence that an alarm needs in each view, calibrated on a real year (``docs/customers.md``):
3.7 means that "halved" explains the months exp(3.7), about 40 times, better than "as usual"."""

BAR_ALONE: Final = 2.9
"""The same where the sales name no products and volume is the only view."""

RISES: Final = 1.7
"""Rises need so much more: volumes lean to the right, and a missed fall costs more."""

EVERYBODY: Final = slice(None)

GRAIN: Final = 1e-6
"""Evidence is rounded to this before it is compared."""


def departures(
    view: int, rows: list[Reals], usual: Usual, some: Units | slice = EVERYBODY
) -> Reals:
    """How far each month of a window is off the level, (w, n); NaN where a view says nothing."""
    level = usual.level[some]
    return np.stack([np.clip(row[view][some] - level, -MOST_OFF, MOST_OFF) for row in rows])


@dataclass(slots=True, eq=False)
class Best:
    """The strongest evidence so far of each of n shops, as a multiple of its bar.

    strength : (n,) float64, rounded to ``GRAIN``; window, view : (n,) where it was; fall : (n,)
    """

    strength: Reals
    window: Units
    view: Units
    fall: Flags

    @classmethod
    def none(cls, shops: int) -> Best:
        """Nothing yet."""
        zeros = np.zeros(shops, np.int64)
        return cls(np.zeros(shops), zeros, zeros.copy(), np.zeros(shops, bool))

    def weigh(
        self, some: Units, off: Reals, spread: Reals, seldom: Reals | None, change: Reals, w: int,
        view: int, bar: float,
    ) -> None:  # fmt: skip
        """Take in one view of one window of ``some`` shops.

        off : (w, s) departures; spread : (s,) variance; seldom : (s,) evidence of a month without
        a purchase, where the view tells; change : (s,) how far the cartons are off
        """
        fall = change < 0
        odds = evidence(np.where(fall, -off, off), spread)
        if seldom is not None:
            odds += np.where(fall, np.isnan(off).sum(axis=0) * seldom, 0.0)
        strength = odds / np.where(fall, bar, bar * RISES)
        strength = np.rint(strength / GRAIN) * GRAIN
        better = strength > self.strength[some]
        who = some[better]
        self.strength[who], self.fall[who] = strength[better], fall[better]
        self.window[who], self.view[who] = w, view


def evidence(off: Reals, spread: Reals) -> Reals:
    """Log likelihood ratio of "off by ``HALF``" against "as usual", summed over the months."""
    unit = TAIL * spread
    odds = np.log1p(off**2 / unit) - np.log1p((off - HALF) ** 2 / unit)
    result: Reals = (TAIL + 1) / 2 * np.nansum(odds, axis=0)
    return result


def seldom_bought(months: Units, bought: Units) -> Reals:
    """Evidence of one month without a purchase, by how seldom that was so (rule of succession).

    With k months of history, s of them without a purchase, another one has the chance
    (s + 1) / (k + 2) as usual, and is certain for a shop that stopped.
    """
    span = np.minimum(months, SPAN)
    evidence: Reals = np.log((span + 2) / (span - bought + 1))
    return evidence
