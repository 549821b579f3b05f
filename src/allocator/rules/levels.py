"""Filling vessels to one level: the arithmetic under most rules."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction


def level(
    rates: Sequence[Fraction],
    floors: Sequence[Fraction],
    ceilings: Sequence[Fraction],
    supply: Fraction,
) -> Fraction:
    """The level at which ``sum_i min(ceiling_i, max(floor_i, level rate_i)) = supply``.

    Parameters
    ----------
    rates : (n,) from 0 up; what one unit of level adds
    floors, ceilings : (n,) with floor <= ceiling
    supply : sum of floors <= supply <= sum of ceilings (of those with a positive rate)

    Notes
    -----
    Between two kinks the sum is linear: kinks are sorted and the slope is carried along, so
    n vessels take n log n steps. Where several levels fit, the lowest is given.
    """
    kinks = []
    for rate, floor, ceiling in zip(rates, floors, ceilings, strict=True):
        if rate and floor < ceiling:
            kinks += [(floor / rate, rate), (ceiling / rate, -rate)]
    kinks.sort()
    missing, slope, at = supply - sum(floors, Fraction(0)), Fraction(0), Fraction(0)
    for kink, change in kinks:
        rise = slope * (kink - at)
        if missing <= rise:
            break
        missing, slope, at = missing - rise, slope + change, kink
    return at + missing / slope if slope and missing > 0 else at


def fill(
    rates: Sequence[Fraction],
    floors: Sequence[Fraction],
    ceilings: Sequence[Fraction],
    supply: Fraction,
) -> list[Fraction]:
    """What each vessel holds when ``supply`` is poured in: floors first, then to one level."""
    lam = level(rates, floors, ceilings, supply)
    return [
        min(ceiling, max(floor, lam * rate))
        for rate, floor, ceiling in zip(rates, floors, ceilings, strict=True)
    ]
