"""Shapes of the customer structure: which part of the retailers each tier should hold.

For tiers t = 1..T, before they are brought to a sum of 1:

    pagoda    s_t = T + 1 - t            broad at the bottom, one step narrower each tier
    olive     s_t = t (T + 1 - t)        a parabola: broad in the middle, thin at both ends
    normal    s_t = Phi(z_t) - Phi(z_(t-1)), z_t = 6 t / T - 3
                                         a normal curve cut at three standard deviations

or an own list of per cent from tier T down to tier 1 that sums to 100, as ``tiers.shares`` of a
policy. Shapes are whole millionths of the retailers that sum to exactly one: each share is rounded
down and what is missing goes to the largest fractions, lower tiers first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from math import erf, floor, sqrt
from typing import Final

import numpy as np

from allocator.errors import BadRequest
from allocator.grading.exact import Units
from allocator.records import MICRO

MOST_TIERS: Final = 200

_FINE: Final = 10**12
"""The normal curve is taken to so many parts, so that every machine has the same shape."""


def _pagoda(tiers: int) -> list[int]:
    return [tiers + 1 - t for t in range(1, tiers + 1)]


def _olive(tiers: int) -> list[int]:
    return [t * (tiers + 1 - t) for t in range(1, tiers + 1)]


def _normal(tiers: int) -> list[int]:
    below = [0.5 + 0.5 * erf((6 * t / tiers - 3) / sqrt(2)) for t in range(tiers + 1)]
    return [round((below[t + 1] - below[t]) * _FINE) for t in range(tiers)]


SHAPES: Final[dict[str, Callable[[int], list[int]]]] = {
    "pagoda": _pagoda,
    "olive": _olive,
    "normal": _normal,
}
"""Name -> parts of tiers 1..T, not yet brought to a sum."""


def shape_of(asked: str, tiers: int | None) -> Units:
    """The shares of tiers 1..T, (T,) int64 millionths of the retailers, sum 1,000,000.

    Parameters
    ----------
    asked : a name, or per cent from tier T down to tier 1 with commas between
    tiers : T; may be ``None`` with a list, and must fit its length

    Raises
    ------
    BadRequest : neither a name nor a list; no T or one that cannot be
    """
    if asked in SHAPES:
        if tiers is None or not 1 <= tiers <= MOST_TIERS:
            raise BadRequest("shape-needs-tiers", shape=asked, most=MOST_TIERS)
        return millionths(SHAPES[asked](tiers))
    listed = _listed(asked)
    if tiers is not None and tiers != len(listed):
        raise BadRequest("shape-other-length", entries=len(listed), tiers=tiers)
    return millionths(listed[::-1])


def millionths(parts: Sequence[int | Fraction]) -> Units:
    """Parts in proportion, as whole millionths with the sum 1,000,000 (largest remainders)."""
    whole = sum(map(Fraction, parts), Fraction(0))
    exact = [MICRO * Fraction(part) / whole for part in parts]
    given = [floor(share) for share in exact]
    rest = sorted(range(len(parts)), key=lambda t: (given[t] - exact[t], t))
    for t in rest[: MICRO - sum(given)]:
        given[t] += 1
    return np.array(given, np.int64)


def apart(shops: Units, shape: Units) -> Fraction:
    """How far retailers by tier are from a shape: the part that would have to stand elsewhere.

    Half the sum of |N_t / n - s_t|: 0 = just the shape, 1 = everybody in the wrong tier.

    Parameters
    ----------
    shops : (T,) int64, retailers of each tier; shape : (T,) int64, millionths
    """
    n = int(shops.sum())
    off = np.abs(shops * MICRO - n * shape)  # n up to 10^9: below 2^63
    return Fraction(int(off.sum()), 2 * MICRO * max(n, 1))


def _listed(asked: str) -> list[Fraction]:
    """Per cent from tier T down to tier 1."""
    shares = []
    for text in asked.replace("，", ",").split(","):
        plain = text.strip()
        digits = plain.replace(".", "", 1)
        if not (digits.isascii() and digits.isdigit() and len(plain) <= 20 and Fraction(plain)):
            known = ", ".join(SHAPES)
            raise BadRequest("shape-unknown", shape=asked[:80], entry=plain[:40], known=known)
        shares.append(Fraction(plain))
    if len(shares) > MOST_TIERS:
        raise BadRequest("shape-needs-tiers", shape=asked[:80], most=MOST_TIERS)
    total = sum(shares, Fraction(0))
    if total != 100:
        raise BadRequest("shape-sum", total=Decimal(total.numerator) / total.denominator)
    return shares


def thirds(shops: Units) -> tuple[int, int, int]:
    """Retailers of the lower, middle and upper third of the tiers (``T k / 3``, rounded).

    shops : (T,) int64, retailers of tiers 1..T
    """
    tiers = len(shops)
    one, two = ((2 * tiers * k + 3) // 6 for k in (1, 2))
    return int(shops[:one].sum()), int(shops[one:two].sum()), int(shops[two:].sum())
