"""Which recordings are alike, and how many of each are heard."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import polars as pl

from allocator.auditing.sampling.sizes import (
    Heard,
    least_departures,
    most_departures,
    smallest,
)
from allocator.errors import BadRequest
from allocator.rules.apportionment import apportion

WEIGHT = 4
"""A recording that a finding names is so many times as likely to be heard as another."""

DENSER = 2
"""So many times as densely drawn: judged apart."""


@dataclass(frozen=True, slots=True)
class Stratum:
    """Recordings among which each is as likely to be drawn.

    clerk : ``None`` = of several order-takers; named : whether findings name the orders, ``None``
    = both kinds; recordings : all; drawn : to be heard
    """

    clerk: str | None
    named: bool | None
    recordings: int
    drawn: int = 0

    @property
    def part(self) -> Fraction:
        """Chance of each recording to be drawn (inclusion probability), exactly."""
        return Fraction(self.drawn, self.recordings)


Kind = tuple[str | None, bool | None]


def counts_of(recordings: pl.DataFrame) -> dict[tuple[str, bool], int]:
    """Recordings by order-taker and whether findings name them, in order."""
    rows = recordings.group_by("clerk", "named").len().sort("clerk", "named").iter_rows()
    return {(str(clerk), bool(named)): int(count) for clerk, named, count in rows}


def divided(counts: dict[tuple[str, bool], int], size: int, weight: int) -> tuple[Stratum, ...]:
    """Strata for a sample of ``size``, with at least one recording drawn from each.

    Each order-taker has one stratum, or two: what findings name, and the rest. Where there are
    more strata than recordings to hear, order-takers with the fewest named ones are taken whole
    first, then together. What remains is shared out by Webster's method in proportion to
    recordings times weight, at most all of each.
    """
    total = sum(counts.values())
    size = min(size, total)
    for kinds in _coarser(counts):
        sums: dict[Kind, int] = {}
        for own, count in counts.items():
            sums[kinds(own)] = sums.get(kinds(own), 0) + count
        if len(sums) <= size:
            break
    strata = [Stratum(clerk, named, count) for (clerk, named), count in sums.items()]
    drawn = apportion(
        "webster",
        [s.recordings * (weight if s.named else 1) for s in strata],
        size,
        floor=1,
        ceiling=[s.recordings for s in strata],
    )
    return tuple(replace(s, drawn=n) for s, n in zip(strata, drawn, strict=True))


def _coarser(counts: dict[tuple[str, bool], int]) -> Iterable[Callable[[tuple[str, bool]], Kind]]:
    """Ways to put recordings together, finest first; the last has one stratum."""
    both = [clerk for clerk, named in counts if named and (clerk, False) in counts]
    both.sort(key=lambda clerk: (counts[clerk, True], clerk))
    clerks = list(dict.fromkeys(clerk for clerk, _ in counts))
    quiet = [clerk for clerk in clerks if (clerk, True) not in counts]

    def merging(
        whole: frozenset[str], pooled: frozenset[str]
    ) -> Callable[[tuple[str, bool]], Kind]:
        def kind(own: tuple[str, bool]) -> Kind:
            clerk, named = own
            if clerk in pooled:
                return None, None if clerk in whole else named
            return clerk, None if clerk in whole else named

        return kind

    for number in range(len(both) + 1):
        yield merging(frozenset(both[:number]), frozenset())
    yield merging(frozenset(both), frozenset(quiet))
    yield lambda own: (None, own[1])
    yield lambda own: (None, None)


def classes(strata: Sequence[Stratum]) -> tuple[list[int], ...]:
    """Positions of the strata that one limit is made for: named and others apart, or all.

    Apart where named ones are drawn twice as densely or more: one limit over both would let all
    departures hide where few recordings are drawn. It follows from the plan alone.
    """
    named = [k for k, s in enumerate(strata) if s.named]
    rest = [k for k, s in enumerate(strata) if not s.named]
    if named and rest and _part(strata, named) >= DENSER * _part(strata, rest):
        return named, rest
    return (list(range(len(strata))),)


def _part(strata: Sequence[Stratum], which: Sequence[int]) -> Fraction:
    return Fraction(sum(strata[k].drawn for k in which), sum(strata[k].recordings for k in which))


def limits_of(
    strata: Sequence[Stratum], low: Sequence[int], high: Sequence[int], risk: Fraction
) -> tuple[int, int]:
    """Least and most departures in all recordings; each side fails with a chance of ``risk``.

    Where two kinds of strata are judged apart, they share the risk in proportion to their
    recordings (Bonferroni).

    Parameters
    ----------
    low, high : departures heard by stratum, what is missing counted as in order, and as departing
    """
    parts = classes(strata)
    weighed = {
        k: sum(strata[j].recordings for j in part)
        for k, part in enumerate(parts)
        if any(strata[j].drawn < strata[j].recordings for j in part)
    }
    each = [
        risk * Fraction(weighed.get(k, 0), max(sum(weighed.values()), 1)) for k in range(len(parts))
    ]

    def heard(part: Sequence[int], found: Sequence[int]) -> list[Heard]:
        return [Heard(strata[k].recordings, strata[k].drawn, found[k]) for k in part]

    return (
        sum(least_departures(heard(part, low), own) for part, own in zip(parts, each, strict=True)),
        sum(most_departures(heard(part, high), own) for part, own in zip(parts, each, strict=True)),
    )


def enough(
    counts: dict[tuple[str, bool], int],
    tolerable: Fraction,
    confidence: Fraction,
    expected: int,
    weight: int,
) -> tuple[Stratum, ...]:
    """The smallest sample that proves the tolerable share if no more than ``expected`` depart.

    It has a recording of each order-taker.

    Raises
    ------
    BadRequest : more departures are expected than are tolerable
    """
    total = sum(counts.values())
    tolerated = int(tolerable * total)
    if expected > tolerated:
        raise BadRequest(
            "sample-expected", expected=expected, tolerated=tolerated, recordings=total
        )
    size = smallest(
        min(total, len({clerk for clerk, _ in counts})),
        total,
        lambda n: shown(divided(counts, n, weight), expected, confidence) <= tolerated,
    )
    return divided(counts, size, weight)


def shown(strata: Sequence[Stratum], expected: int, confidence: Fraction) -> int:
    """Departures in all recordings that are not ruled out if ``expected`` of the drawn depart.

    They are taken to be found where they weigh most: where the smallest part is drawn.
    """
    found = [0] * len(strata)
    left = expected
    for k in sorted(range(len(strata)), key=lambda k: strata[k].part):
        found[k] = min(left, strata[k].drawn)
        left -= found[k]
    return limits_of(strata, found, found, 1 - confidence)[1]
