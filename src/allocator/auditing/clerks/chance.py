"""How often chance alone would do so: exact tails of counts, held as whole trillionths.

Sums of positive terms only, each made from its neighbour by one ratio, and summed without
rounding loss (``math.fsum``): a relative error of some 1e-13 at the sizes of a city. A chance is
then taken up to the next trillionth, so that every machine decides alike and no error makes
anybody look worse.

References
----------
.. [1] Fisher 1935, The logic of inductive inference: the comparison given the margins.
.. [2] Clopper & Pearson 1934, The use of confidence or fiducial limits.
.. [3] Benjamini & Yekutieli 2001, The control of the false discovery rate under dependency.
.. [4] Tarone 1990, A modified Bonferroni method for discrete data; Gilbert 2005 for the false
   discovery rate: comparisons that could never be told apart do not count.
.. [5] Spiegelhalter 2005, Funnel plots for comparing institutional performance, and 2005,
   Handling over-dispersion of performance indicators.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from math import ceil, comb, fsum, sqrt
from statistics import NormalDist

import numpy as np

from allocator.records import MICRO, Reals

TRILLION = 10**12
"""Chances are whole trillionths; what is rarer counts as one."""

SLACK = 1e-9
"""(relative) By so much a sum of floats is raised before it is taken up: above its error."""

TAILS = Fraction(1, 20)
"""Chance that an interval misses the true share, both sides together."""


def trillionths(chance: float) -> int:
    """A chance as whole trillionths, taken up; from 1 to ``TRILLION``."""
    return min(TRILLION, max(1, ceil(chance * (1 + SLACK) * TRILLION)))


def drawn(population: int, marked: int, sample: int) -> tuple[int, Reals]:
    """Chances of the number of marked ones in a sample without replacement (hypergeometric).

    Returns
    -------
    least : smallest number that can be
    chances : (s,) of least, least + 1, ...; they sum to 1
    """
    least, most = max(0, sample - (population - marked)), min(marked, sample)
    x = np.arange(least, most, dtype=np.float64)
    ratio = (marked - x) * (sample - x) / ((x + 1) * (population - marked - sample + x + 1))
    heights = _heights(ratio)
    return least, heights / fsum(heights.tolist())


def together(parts: Iterable[tuple[int, Reals]]) -> tuple[int, Reals]:
    """Chances of a sum of independent counts, each as ``drawn`` gives it."""
    least, chances = 0, np.ones(1)
    for low, part in parts:
        least += low
        short, long = sorted((chances, part), key=len)
        total = np.zeros(len(short) + len(long) - 1)
        for place, chance in enumerate(short.tolist()):
            # One product and one sum for each cell, in a fixed order: the same on every machine.
            total[place : place + len(long)] += chance * long
        chances = total
    return least, chances


def tails(chances: Reals) -> Reals:
    """Chance of each count or more, (s,)."""
    total: Reals = np.cumsum(chances[::-1])[::-1]
    return total


def few_shops(sizes: Sequence[int], marked: int) -> Reals:
    """Chances of the number of shops hit when ``marked`` of all lines are drawn at random.

    Parameters
    ----------
    sizes : (n,) lines of each shop, at least 1
    marked : lines that are drawn, at most all

    Returns
    -------
    (min(n, marked) + 1,) chances of 0, 1, ... shops hit. One hypergeometric draw after another:
    how many of the lines still to be drawn fall on the next shop.
    """
    most = min(len(sizes), marked)
    left = sum(sizes)
    # state[j, d]: j lines still to be drawn, d shops hit so far
    state = np.zeros((marked + 1, most + 1))
    state[marked, 0] = 1.0
    for size in sorted(sizes, reverse=True):
        after = np.zeros_like(state)
        for hit in range(min(size, marked) + 1):
            part = state * _on_one(left, size, hit, marked)[:, None]
            after[: marked + 1 - hit, min(hit, 1) :] += part[hit:, : most + 1 - min(hit, 1)]
        state, left = after, left - size
    reached: Reals = state[0]
    return reached


def _on_one(left: int, size: int, hit: int, most: int) -> Reals:
    """Chance that ``hit`` of j drawn lines fall on a shop with ``size`` of ``left``, j 0..most."""
    j = np.arange(most + 1, dtype=np.float64)
    chance = np.ones(most + 1)
    for k in range(hit):
        chance *= (size - k) / (k + 1) * np.clip(j - k, 0, None) / (left - k)
    for k in range(size - hit):
        chance *= np.clip(left - j - k, 0, None) / (left - hit - k)
    return chance


def moments_drawn(deal: Sequence[tuple[int, int, int]]) -> tuple[float, float]:
    """Mean and variance of a sum of ``drawn`` counts.

    deal : population, marked and sample of each
    """
    mean = sum((Fraction(of * marked, all_) for all_, marked, of in deal), Fraction(0))
    spread = sum(
        (
            Fraction(of * marked * (all_ - marked) * (all_ - of), all_ * all_ * (all_ - 1))
            for all_, marked, of in deal
            if all_ > 1
        ),
        Fraction(0),
    )
    return float(mean), float(spread)


def moments_reached(sizes: Sequence[int], marked: int) -> tuple[float, float]:
    """Mean and variance of the number of shops reached by ``marked`` of all lines at random.

    sizes : lines of each shop
    """
    lines, kinds = sum(sizes), {size: sizes.count(size) for size in set(sizes)}
    every = comb(lines, marked)

    def missed(left_out: int) -> Fraction:
        return Fraction(comb(max(0, lines - left_out), marked), every)

    none = sum((n * missed(size) for size, n in kinds.items()), Fraction(0))
    pairs = sum(
        (
            n * (m - (one == two)) * missed(one + two)
            for one, n in kinds.items()
            for two, m in kinds.items()
        ),
        Fraction(0),
    )
    return float(len(sizes) - none), max(0.0, float(none + pairs - none * none))


def inflated(chance: int, spread: float) -> int:
    """A chance where clerks differ by ``spread`` >= 1 times what chance explains [5]_."""
    if spread <= 1 or chance >= TRILLION // 2:
        return chance
    normal = NormalDist()
    z = -normal.inv_cdf(chance / TRILLION)
    return max(chance, trillionths(normal.cdf(-z / sqrt(spread))))


def spread_of(z: Sequence[float]) -> float:
    """Mean square of the deviations, a tenth drawn in at each end [5]_; at least 1."""
    if not z:
        return 1.0
    rising = sorted(z)
    cut = len(rising) // 10
    low, high = rising[cut], rising[-1 - cut]
    return max(1.0, fsum(min(max(value, low), high) ** 2 for value in rising) / len(rising))


def cutoff(chances: Sequence[int], level: Fraction) -> tuple[Fraction, int]:
    """The greatest chance that still counts as outside, and how many are outside [3]_.

    Parameters
    ----------
    chances : (m,) of all comparisons that could be told apart, in trillionths
    level : share of false alarms among the alarms, on average, that is put up with; where no
        order-taker differs at all, the chance of any alarm

    Returns
    -------
    limit : in trillionths; a chance up to it is outside
    outside : comparisons outside
    """
    count = len(chances)
    if not count:
        return Fraction(0), 0
    # Whatever hangs together with what: that costs the sum of 1, 1/2, ..., 1/m.
    each = level * TRILLION / (count * sum(Fraction(1, k) for k in range(1, count + 1)))
    outside = 0
    for place, chance in enumerate(sorted(chances), start=1):
        if chance <= each * place:
            outside = place
    return each * max(outside, 1), outside


@lru_cache(maxsize=65536)
def interval(count: int, of: int) -> tuple[int, int]:
    """Interval of a share that was seen ``count`` times in ``of``, in millionths, outwards [2]_.

    Whatever the true share, the interval holds it with a chance of 19 in 20 or more.
    """
    half = float(TAILS / 2)
    low = 0 if count == 0 else _crossing(lambda p: _at_least(count, of, p) > half) - 1
    high = (
        MICRO
        if count == of
        else MICRO - _crossing(lambda p: _at_least(of - count, of, p) > half) + 1
    )
    return max(low, 0), min(high, MICRO)


def _crossing(above: Callable[[float], bool]) -> int:
    """The smallest share in millionths at which a rising statement becomes true."""
    low, high = 0, MICRO
    while low < high:
        middle = (low + high) // 2
        if above(middle / MICRO):
            high = middle
        else:
            low = middle + 1
    return low


def _at_least(count: int, of: int, share: float) -> float:
    """Chance of ``count`` or more of ``of`` when each comes with ``share`` (binomial)."""
    if share <= 0:
        return float(count == 0)
    if share >= 1:
        return 1.0
    x = np.arange(of, dtype=np.float64)
    chances = _heights((of - x) / (x + 1) * (share / (1 - share)))
    return float(tails(chances)[count] / tails(chances)[0])


def _heights(ratio: Reals) -> Reals:
    """Chances up to a factor, the greatest 1, from the ratios of neighbours, which fall."""
    top = int(np.searchsorted(-ratio, -1.0))
    down = np.cumprod(1 / ratio[:top][::-1])[::-1]
    return np.concatenate([down, [1.0], np.cumprod(ratio[top:])])
