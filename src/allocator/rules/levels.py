"""Filling vessels to one level: the arithmetic under most rules."""

from __future__ import annotations

from collections import Counter, defaultdict
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
    Between two kinks the sum is linear: kinks are sorted and the slope is carried along.
    Vessels of one kind are counted, not repeated, so k kinds take k log k steps. Where several
    levels fit, the lowest is given.
    """
    kinds = Counter(zip(rates, floors, ceilings, strict=True))
    kinks: defaultdict[Fraction, Fraction] = defaultdict(Fraction)
    missing, slope, at = supply, Fraction(0), Fraction(0)
    for (rate, floor, ceiling), count in kinds.items():
        missing -= count * floor
        if rate and floor < ceiling:
            kinks[floor / rate] += count * rate
            kinks[ceiling / rate] -= count * rate
    for kink in sorted(kinks):
        rise = slope * (kink - at)
        if missing <= rise:
            break
        missing, slope, at = missing - rise, slope + kinks[kink], kink
    return at + missing / slope if slope and missing > 0 else at


def fill(
    rates: Sequence[Fraction],
    floors: Sequence[Fraction],
    ceilings: Sequence[Fraction],
    supply: Fraction,
) -> list[Fraction]:
    """What each vessel holds when ``supply`` is poured in: floors first, then to one level."""
    lam = level(rates, floors, ceilings, supply)
    kinds = [*zip(rates, floors, ceilings, strict=True)]
    held = {
        (rate, floor, ceiling): min(ceiling, max(floor, lam * rate))
        for rate, floor, ceiling in set(kinds)
    }
    return [held[kind] for kind in kinds]
