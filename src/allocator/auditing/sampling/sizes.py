"""How many recordings suffice, and what was heard of a few says of all: whole numbers only.

References
----------
.. [1] Clopper & Pearson 1934; for a finite population Buonaccorsi 1987: limits by inverting the
   exact hypergeometric test.
.. [2] Vatutin & Mikhailov 1982: a hypergeometric count is a sum of independent yes-or-no ones.
.. [3] Hoeffding 1956, On the distribution of the number of successes in independent trials: of
   all such sums with one mean, the binomial has the heaviest tails.
.. [4] Wendell & Schmee 1996, Exact inference for proportions from a stratified finite population:
   the limit must hold for the departures spread over the strata in the worst way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from heapq import heapify, heapreplace
from math import comb

from allocator.errors import BadRequest
from allocator.records import MICRO

FINE = 256
"""Binary digits of a product of chances; each step is taken up, so that no limit is too tight."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard of one stratum.

    recordings : all there are; drawn : of these; departures : of the drawn ones
    """

    recordings: int
    drawn: int
    departures: int


def chance_of_few(recordings: int, departures: int, drawn: int, found: int) -> Fraction:
    """Chance that at most ``found`` of ``departures`` are among the drawn (hypergeometric)."""
    least = max(0, drawn - (recordings - departures))
    ways = sum(
        comb(departures, x) * comb(recordings - departures, drawn - x)
        for x in range(least, min(found, departures, drawn) + 1)
    )
    return Fraction(ways, comb(recordings, drawn))


def least_size(
    recordings: int, tolerable: Fraction, confidence: Fraction, expected: int = 0
) -> int:
    """Recordings to hear, drawn all alike, so that few departures prove that the rest is fine.

    If no more than ``expected`` of them depart, then with the confidence no more than the
    tolerable share of all recordings does.

    Raises
    ------
    BadRequest : so many departures expected are more than is tolerable
    """
    departures = int(tolerable * recordings) + 1  # the first number that is too many
    if departures > recordings:
        return 0
    if expected >= departures:
        raise BadRequest(
            "sample-expected", expected=expected, tolerated=departures - 1, recordings=recordings
        )
    return smallest(
        0,
        recordings,
        lambda n: chance_of_few(recordings, departures, n, expected) <= 1 - confidence,
    )


def smallest(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The smallest number from ``low`` to ``high`` for which a rising statement holds.

    In growing strides from below: what is asked of large numbers costs most. It holds for ``high``.
    """
    stride = 16
    while low + stride < high and not holds(low + stride):
        low, stride = low + stride + 1, stride * 2
    high = min(high, low + stride)
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def most_departures(strata: Sequence[Heard], risk: Fraction) -> int:
    """The largest number of departures, in all recordings, that ``risk`` does not rule out.

    Were there more, however they lie in the strata, so few departures would be found with a
    chance of at most ``risk``. Exact where nothing was found [4]_, or for one stratum [1]_; for
    several strata the binomial chance, which is never smaller [2]_ [3]_.
    """
    whole = sum(s.departures for s in strata if s.drawn == s.recordings)
    open_ones = [s for s in strata if s.drawn < s.recordings]
    if not open_ones:
        return whole
    found = sum(s.departures for s in open_ones)
    if len(open_ones) == 1:
        return whole + _most_of_one(open_ones[0], risk)
    if found == 0:
        return whole + _most_of_none(open_ones, risk)
    return whole + _most_of_some(open_ones, found, risk)


def least_departures(strata: Sequence[Heard], risk: Fraction) -> int:
    """The smallest number of departures that ``risk`` does not rule out: by what was in order."""
    in_order = [Heard(s.recordings, s.drawn, s.drawn - s.departures) for s in strata]
    return sum(s.recordings for s in strata) - most_departures(in_order, risk)


def _most_of_one(heard: Heard, risk: Fraction) -> int:
    low, high = heard.departures, heard.recordings - (heard.drawn - heard.departures)
    while low < high:
        middle = (low + high + 1) // 2
        if chance_of_few(heard.recordings, middle, heard.drawn, heard.departures) > risk:
            low = middle
        else:
            high = middle - 1
    return low


def _most_of_none(strata: Sequence[Heard], risk: Fraction) -> int:
    """Nothing found: departures lie where they are missed most easily, one after the other.

    With d departures a stratum shows none with a chance that falls by (N - d - n) / (N - d) for
    the next one; these factors fall with d, so the easiest next place leads to the worst case.
    """
    places = [(Fraction(s.drawn, s.recordings), s.recordings, k) for k, s in enumerate(strata)]
    heapify(places)
    chance, bar, most = 1 << FINE, risk * (1 << FINE), 0
    while True:
        _, free, k = places[0]
        drawn = strata[k].drawn
        # Taken up, so too large by less than one for each step; close to the bar it is made exact.
        chance = -(-chance * (free - drawn) // free)
        if chance <= bar or (chance - most - 1 <= bar and _none(strata, places) <= risk):
            return most
        most += 1
        free -= 1
        heapreplace(places, (Fraction(drawn, free) if free > drawn else Fraction(2), free, k))


def _none(strata: Sequence[Heard], places: Sequence[tuple[Fraction, int, int]]) -> Fraction:
    """Chance to find none of the departures placed so far and the next one, exactly."""
    chance = Fraction(1)
    for place, (_, free, k) in enumerate(places):
        s = strata[k]
        chance *= Fraction(comb(free - (place == 0), s.drawn), comb(s.recordings, s.drawn))
    return chance


def _most_of_some(strata: Sequence[Heard], found: int, risk: Fraction) -> int:
    """Some found, in several strata: by the binomial chance at the smallest mean there can be."""
    low, high = found, sum(s.recordings - s.drawn + s.departures for s in strata)
    drawn = sum(s.drawn for s in strata)
    hidden = sorted(strata, key=lambda s: Fraction(s.drawn, s.recordings))
    while low < high:
        middle = (low + high + 1) // 2
        if _binomial_few(drawn, _least_mean(hidden, middle), found) > risk:
            low = middle
        else:
            high = middle - 1
    return low


def _least_mean(strata: Sequence[Heard], departures: int) -> Fraction:
    """Mean number found if departures lie where the fewest recordings are drawn, first to last.

    What was heard stands: each stratum has at least the departures found in it, and at most all
    but those heard in order.
    """
    mean = sum((Fraction(s.drawn * s.departures, s.recordings) for s in strata), Fraction(0))
    left = departures - sum(s.departures for s in strata)
    for s in strata:
        here = min(left, s.recordings - s.drawn)
        mean += Fraction(s.drawn * here, s.recordings)
        left -= here
    return mean


def _binomial_few(trials: int, mean: Fraction, found: int) -> Fraction:
    """Chance of at most ``found``; 1 where the bound does not hold (less than one below it)."""
    if found > mean - 1:
        return Fraction(1)
    each, of = int(mean * MICRO), trials * MICRO  # taken down: the chance is never too small
    ways = sum(comb(trials, x) * each**x * (of - each) ** (trials - x) for x in range(found + 1))
    return Fraction(ways, of**trials)
