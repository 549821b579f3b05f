"""Sizes and limits against every population and every sample there can be."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import combinations, product

import pytest

from allocator.auditing.sampling.sizes import (
    Heard,
    chance_of_few,
    least_departures,
    least_size,
    most_departures,
)
from allocator.auditing.sampling.strata import Stratum, divided, enough, limits_of, shown
from allocator.errors import BadRequest

RISK = Fraction(1, 20)
EVERY_ONE = [
    (recordings, heard) for recordings in range(1, 9) for heard in range(1, recordings + 1)
]


def found_in_every_sample(recordings: int, departures: int, drawn: int) -> dict[int, Fraction]:
    """Chances of what is found, by looking at every sample there can be."""
    counts = Counter(
        sum(place < departures for place in chosen)
        for chosen in combinations(range(recordings), drawn)
    )
    total = sum(counts.values())
    return {found: Fraction(count, total) for found, count in counts.items()}


@pytest.mark.parametrize("recordings", range(1, 8))
def test_the_chance_of_few_is_that_of_counting_all_samples(recordings: int) -> None:
    for departures, drawn in product(range(recordings + 1), repeat=2):
        every = found_in_every_sample(recordings, departures, drawn)
        for found in range(drawn + 1):
            expected = sum((c for x, c in every.items() if x <= found), Fraction(0))

            assert chance_of_few(recordings, departures, drawn, found) == expected


@pytest.mark.parametrize(
    ("tolerable", "expected", "size"),
    [
        ("0.05", 0, 59), ("0.05", 1, 93), ("0.05", 2, 124), ("0.03", 0, 99),
        ("0.10", 0, 29), ("0.10", 1, 46), ("0.10", 2, 61), ("0.08", 0, 36),
    ],
)  # fmt: skip
def test_sizes_of_large_populations_are_those_of_the_printed_tables(
    tolerable: str, expected: int, size: int
) -> None:
    """AICPA Audit Guide Audit Sampling, table A-1: 5 % risk of relying too much."""
    assert least_size(10_000_000, Fraction(tolerable), Fraction(95, 100), expected) == size


def test_the_least_size_proves_and_one_less_does_not() -> None:
    """Every population up to 14 recordings, every tolerable number, up to two expected."""
    for recordings in range(1, 15):
        for tolerated in range(recordings):
            for expected in range(min(3, tolerated + 1)):
                size = least_size(recordings, Fraction(tolerated, recordings), 1 - RISK, expected)
                worst = tolerated + 1

                def missed(
                    n: int, worst: int = worst, N: int = recordings, k: int = expected
                ) -> Fraction:
                    every = found_in_every_sample(N, worst, n)
                    return sum((c for x, c in every.items() if x <= k), Fraction(0))

                assert missed(size) <= RISK
                assert size == 0 or missed(size - 1) > RISK


def test_more_expected_than_tolerable_is_refused() -> None:
    with pytest.raises(BadRequest, match=r"3 departures .* 2 that are tolerable among 40"):
        least_size(40, Fraction(5, 100), Fraction(95, 100), 3)


def cases(most: int, strata: int) -> list[list[tuple[int, int]]]:
    """Every way to have strata of up to ``most`` recordings, at least one drawn from each."""
    one = [(n, d) for n in range(1, most + 1) for d in range(1, n + 1)]
    return [list(case) for case in product(one, repeat=strata) if list(case) == sorted(case)]


@pytest.mark.parametrize("risk", [Fraction(1, 20), Fraction(1, 4), Fraction(2, 5)])
@pytest.mark.parametrize("strata", [1, 2])
def test_limits_hold_for_every_population_and_every_sample(strata: int, risk: Fraction) -> None:
    """However departures lie: each limit misses the truth with at most its risk, by counting."""
    for case in cases(6 if strata == 1 else 5, strata):
        limits = {}
        for found in product(*(range(drawn + 1) for _, drawn in case)):
            heard = [Heard(n, d, x) for (n, d), x in zip(case, found, strict=True)]
            limits[found] = (least_departures(heard, risk), most_departures(heard, risk))
        for truth in product(*(range(n + 1) for n, _ in case)):
            every = [found_in_every_sample(n, t, d) for (n, d), t in zip(case, truth, strict=True)]
            below = above = Fraction(0)
            for found in product(*(one.keys() for one in every)):
                chance = Fraction(1)
                for one, x in zip(every, found, strict=True):
                    chance *= one[x]
                least, most = limits[found]
                below += chance * (most < sum(truth))
                above += chance * (least > sum(truth))

            assert below <= risk, (case, truth)
            assert above <= risk, (case, truth)


def test_limits_hold_over_named_and_other_strata_together() -> None:
    """As a plan judges them, apart or together; three strata, every truth, every sample."""
    for drawn in ((1, 1, 2), (2, 1, 1), (3, 1, 1), (3, 2, 2), (1, 2, 1)):
        strata = tuple(
            Stratum("C", named, n, d)
            for named, n, d in zip((True, False, False), (3, 4, 3), drawn, strict=True)
        )
        limits = {
            found: limits_of(strata, found, found, Fraction(1, 4))
            for found in product(*(range(s.drawn + 1) for s in strata))
        }
        for truth in product(*(range(s.recordings + 1) for s in strata)):
            below = above = Fraction(0)
            every = [
                found_in_every_sample(s.recordings, t, s.drawn)
                for s, t in zip(strata, truth, strict=True)
            ]
            for found in product(*(one.keys() for one in every)):
                chance = Fraction(1)
                for one, x in zip(every, found, strict=True):
                    chance *= one[x]
                least, most = limits[found]
                below += chance * (most < sum(truth))
                above += chance * (least > sum(truth))

            assert below <= Fraction(1, 4), (drawn, truth)
            assert above <= Fraction(1, 4), (drawn, truth)


def test_where_nothing_was_found_the_limit_is_the_worst_of_all_ways_to_lie() -> None:
    """Every way to spread departures over three strata is tried."""
    for case in ([(4, 1), (6, 2), (5, 3)], [(7, 2), (3, 1), (4, 4)], [(5, 1), (5, 2), (5, 3)]):
        for risk in (Fraction(1, 20), Fraction(1, 5), Fraction(1, 2)):
            most = 0
            for truth in product(*(range(n + 1) for n, _ in case)):
                chance = Fraction(1)
                for (n, d), t in zip(case, truth, strict=True):
                    chance *= found_in_every_sample(n, t, d).get(0, Fraction(0))
                if chance > risk:
                    most = max(most, sum(truth))

            assert most_departures([Heard(n, d, 0) for n, d in case], risk) == most


def test_one_stratum_has_the_limits_of_the_inverted_exact_test() -> None:
    for n, d in EVERY_ONE:
        for x in range(d + 1):
            ruled_in = [
                t
                for t in range(n + 1)
                if x in (every := found_in_every_sample(n, t, d))
                and sum(c for y, c in every.items() if y <= x) > RISK
            ]

            assert most_departures([Heard(n, d, x)], RISK) == max(ruled_in)


COUNTS = {("a", False): 20, ("a", True): 8, ("b", False): 30, ("c", False): 27, ("d", True): 4}


@pytest.mark.parametrize("size", range(1, 90))
def test_a_plan_has_its_size_and_hears_someone_of_everyone_where_it_can(size: int) -> None:
    strata = divided(COUNTS, size, 4)

    assert sum(s.drawn for s in strata) == size
    assert sum(s.recordings for s in strata) == sum(COUNTS.values())
    assert all(1 <= s.drawn <= s.recordings for s in strata)
    if size >= 4:
        assert {s.clerk for s in strata} - {None} == {"a", "b", "c", "d"}
    if size >= len(COUNTS):
        assert {(s.clerk, s.named) for s in strata} == set(COUNTS)


def test_named_recordings_are_drawn_so_many_times_as_often() -> None:
    """Where whole numbers allow it exactly: 20 of 100, and 5 of 100."""
    strata = divided({("a", True): 100, ("a", False): 100}, 25, 4)

    assert {s.named: s.drawn for s in strata} == {True: 20, False: 5}


@pytest.mark.parametrize(("expected", "weight"), [(0, 1), (0, 4), (1, 4), (2, 1)])
def test_the_planned_size_proves_what_it_says_and_one_less_does_not(
    expected: int, weight: int
) -> None:
    tolerable, confidence = Fraction(8, 100), Fraction(90, 100)
    strata = enough(COUNTS, tolerable, confidence, expected, weight)
    size = sum(s.drawn for s in strata)
    tolerated = int(tolerable * 89)

    assert shown(strata, expected, confidence) <= tolerated
    assert shown(divided(COUNTS, size - 1, weight), expected, confidence) > tolerated
