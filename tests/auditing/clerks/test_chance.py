"""Chances against counting every case, and against the definitions in whole numbers."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, product
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocator.auditing.clerks.chance import (
    TRILLION,
    cutoff,
    drawn,
    few_shops,
    inflated,
    interval,
    spread_of,
    tails,
    together,
    trillionths,
)
from allocator.records import MICRO


def exactly(population: int, marked: int, sample: int, count: int) -> Fraction:
    """Chance of that count, in whole numbers."""
    ways = comb(marked, count) * comb(population - marked, sample - count)
    return Fraction(ways, comb(population, sample))


@pytest.mark.parametrize(
    ("population", "marked", "sample"),
    [(1, 0, 1), (5, 5, 3), (10, 3, 4), (165, 7, 27), (1000, 400, 300), (20_000, 60, 700)],
)
def test_chances_of_a_draw_are_those_of_whole_numbers(
    population: int, marked: int, sample: int
) -> None:
    """Relative error below 1e-11, far tails included."""
    least, chances = drawn(population, marked, sample)

    for count, chance in enumerate(chances.tolist(), start=least):
        exact = exactly(population, marked, sample, count)
        if exact > Fraction(1, 10**250):
            assert abs(Fraction(chance) / exact - 1) < Fraction(1, 10**11)
    assert len(chances) == min(marked, sample) - least + 1


def test_a_count_over_strata_is_dealt_as_every_deal_there_is() -> None:
    """Shops 0..3 and 4..8 in two strata, 2 and 3 of them marked; an order-taker has 2 and 3."""
    cases = []
    for first, second in product(combinations(range(4), 2), combinations(range(4, 9), 3)):
        served = {*first, *second}
        cases.append(len(served & {0, 1}) + len(served & {4, 5, 6}))

    least, chances = together([drawn(4, 2, 2), drawn(5, 3, 3)])

    for count, chance in enumerate(tails(chances).tolist(), start=least):
        assert abs(chance - sum(x >= count for x in cases) / len(cases)) < 1e-12


@settings(max_examples=40)
@given(st.lists(st.integers(1, 3), min_size=1, max_size=5), st.data())
def test_few_shops_are_hit_as_by_every_choice_of_lines(
    sizes: list[int], data: st.DataObject
) -> None:
    marked = data.draw(st.integers(1, sum(sizes)))
    owner = [shop for shop, size in enumerate(sizes) for _ in range(size)]
    hit = [
        len({owner[line] for line in lines}) for lines in combinations(range(len(owner)), marked)
    ]

    for count, chance in enumerate(few_shops(sizes, marked).tolist()):
        assert abs(chance - hit.count(count) / len(hit)) < 1e-12


def at_least(count: int, of: int, micro: int) -> Fraction:
    """Chance of so many or more, each with that many millionths."""
    ways = sum(comb(of, k) * micro**k * (MICRO - micro) ** (of - k) for k in range(count, of + 1))
    return Fraction(ways, MICRO**of)


@pytest.mark.parametrize(("count", "of"), [(0, 10), (1, 10), (7, 27), (10, 10), (3, 60), (1, 1)])
def test_intervals_are_those_of_clopper_and_pearson(count: int, of: int) -> None:
    """The limits are the last millionths that one side in forty still rules out."""
    low, high = interval(count, of)
    side = Fraction(1, 40)

    if count:
        assert at_least(count, of, low) <= side < at_least(count, of, low + 2)
    else:
        assert low == 0
    if count < of:
        assert 1 - at_least(count + 1, of, high) <= side < 1 - at_least(count + 1, of, high - 2)
    else:
        assert high == MICRO


def test_intervals_are_as_printed() -> None:
    """Clopper and Pearson 95 %, from tables: 0 of 10, 1 of 10, 5 of 20."""
    printed = {(0, 10): (0, 0.3085), (1, 10): (0.0025, 0.4450), (5, 20): (0.0866, 0.4910)}

    for (count, of), limits in printed.items():
        for found, expected in zip(interval(count, of), limits, strict=True):
            assert abs(found / MICRO - expected) < 0.0001


@settings(max_examples=200)
@given(
    st.lists(st.integers(1, TRILLION), min_size=1, max_size=30)
    | st.lists(st.integers(1, TRILLION // 200), min_size=1, max_size=30),
    st.sampled_from([Fraction(1, 20), Fraction(1, 10)]),
)
def test_the_cutoff_is_that_of_benjamini_and_yekutieli(chances: list[int], level: Fraction) -> None:
    """Their procedure word for word: the largest k with p(k) <= k q / (m sum 1/i)."""
    m, p = len(chances), sorted(Fraction(chance, TRILLION) for chance in chances)
    harmonic = sum(Fraction(1, i) for i in range(1, m + 1))
    rejected = max(
        (k for k in range(1, m + 1) if p[k - 1] <= k * level / (m * harmonic)), default=0
    )

    limit, outside = cutoff(chances, level)

    assert outside == rejected == sum(chance <= limit for chance in chances)


def test_nobody_is_compared_nobody_is_outside() -> None:
    assert cutoff([], Fraction(1, 20)) == (0, 0)


def test_chances_are_taken_up_and_never_vanish() -> None:
    assert trillionths(1e-30) == 1
    assert trillionths(0.5) >= TRILLION // 2
    assert trillionths(1.0) == TRILLION
    assert trillionths(3.0000001e-12) == 4


def test_the_spread_is_one_at_least_and_drawn_in_at_the_ends() -> None:
    """Twenty order-takers at 2, two far away: the mean square of 2, whatever the two do."""
    assert spread_of([]) == 1
    assert spread_of([0.1] * 30) == 1
    assert spread_of([-2.0] * 10 + [2.0] * 10 + [50.0] * 2) == pytest.approx(4)


def test_a_spread_of_four_halves_the_distance() -> None:
    """P(Z > 3.0902) = 0.001; half the distance is P(Z > 1.5451) = 0.0612, from tables."""
    assert inflated(TRILLION // 1000, 4.0) / TRILLION == pytest.approx(0.0612, abs=0.0001)
    assert inflated(TRILLION // 1000, 1.0) == TRILLION // 1000
    assert inflated(TRILLION * 3 // 4, 4.0) == TRILLION * 3 // 4
