"""Movement: hysteresis and the largest step between the last grading and this one.

Both compare the tier that a score gives with the tier *earned* last time, before credit levels
and sanctions (``settling``).

**Hysteresis.** Between tiers u - 1 and u lies one boundary. To cross it a score must pass it by
a margin, each boundary on the way for itself:

    up into u    the score gives u or higher and is at least   H_u + margin
    down from u  the score gives less than u and is at most    L_u - margin

H_u is the highest score that gives less than u, L_u the lowest that gives u or more: the first
shop on the other side. A shop is thus never measured against itself, else nobody could reach a
tier with a single place. Where boundaries are fixed (score cut-offs, volume bands), H_u = L_u =
the cut-off. The margin is a share h of that score, rounded to whole millionths away from it
(ceil((1 + h) H), floor((1 - h) L)), or a number of points.

Crossing is asked boundary by boundary, so the tier after hysteresis lies between the earned one
and the one by score, does not fall as the score or the earned tier rises, and grading the same
scores again changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from allocator.grading.exact import Units
from allocator.policy.movement_models import Margin, Step
from allocator.records import MICRO

NOBODY: Final = -1
"""Instead of a tier: has none."""

_MOST: Final = int(np.iinfo(np.int64).max)


@dataclass(frozen=True, slots=True, eq=False)
class Gates:
    """Scores at which boundaries are crossed, entry u - 2 for the boundary below tier u = 2..T.

    enter : (T - 1,) int64, least score that crosses it upwards, never falling
    leave : (T - 1,) int64, greatest score that crosses it downwards, never falling
    """

    enter: Units
    leave: Units


def gates_between(raw: Units, score: Units, tiers: int, margin: Margin) -> Gates:
    """The gates where boundaries lie between shops (rank shares, natural breaks).

    raw : (n,) int64 tiers 1..T by score; score : (n,) int64, raw does not fall as it rises

    Nobody below a boundary: any score enters. Nobody above it: the tier is kept by nobody.
    """
    order = np.sort(score)
    below = np.searchsorted(np.sort(raw), np.arange(2, tiers + 1), "left")  # who has less than u
    n = len(order)
    highest = [int(order[k - 1]) if k > 0 else None for k in below.tolist()]
    lowest = [int(order[k]) if k < n else None for k in below.tolist()]
    return Gates(
        enter=_clipped([-_MOST if h is None else _above(h, margin) for h in highest]),
        leave=_clipped([_MOST if low is None else _beneath(low, margin) for low in lowest]),
    )


def gates_at(least: Units, margin: Margin) -> Gates:
    """The gates of fixed boundaries; ``least`` : (T,) int64, least score of each tier."""
    cuts = least[1:].tolist()
    return Gates(
        enter=_clipped([_above(cut, margin) for cut in cuts]),
        leave=_clipped([_beneath(cut, margin) for cut in cuts]),
    )


def held_back(raw: Units, score: Units, earned: Units, gates: Gates) -> Units:
    """Tiers after hysteresis, (n,) int64.

    raw : tiers by score; earned : tiers of the last grading, ``NOBODY`` = none, so not held back
    """
    entered = 1 + np.searchsorted(gates.enter, score, "right")
    kept = 1 + np.searchsorted(gates.leave, score, "left")
    up = np.maximum(earned, np.minimum(raw, entered))
    down = np.minimum(earned, np.maximum(raw, kept))
    held = np.where(raw > earned, up, np.where(raw < earned, down, raw))
    return np.where(earned == NOBODY, raw, held)


def within_step(tier: Units, earned: Units, step: Step) -> Units:
    """Tiers no further from the earned ones than the step allows, (n,) int64."""
    low = -_MOST if step.down is None else earned - step.down
    high = _MOST if step.up is None else earned + step.up
    return np.where(earned == NOBODY, tier, np.clip(tier, low, high))


def _above(score: int, margin: Margin) -> int:
    """The least whole score that passes another one upwards by the margin."""
    if margin.points is not None:
        return score + int(margin.points * MICRO)
    part = Fraction(margin.share or 0)
    return score - (-score * part.numerator // part.denominator)


def _beneath(score: int, margin: Margin) -> int:
    """The greatest whole score that passes another one downwards by the margin."""
    if margin.points is not None:
        return score - int(margin.points * MICRO)
    part = Fraction(margin.share or 0)
    return score - -(-score * part.numerator // part.denominator)


def _clipped(values: list[int]) -> Units:
    return np.array([min(max(value, -_MOST), _MOST) for value in values], np.int64)
