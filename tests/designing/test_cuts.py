"""Cut-offs nearest a shape against every division there is."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.designing.cuts import (
    MOST_PLACES,
    STEPS,
    Cliff,
    cut_offs,
    nearest,
    needed_sales,
    round_places,
    roundest,
    score_places,
)
from allocator.grading.shapes import millionths
from allocator.grading.standing import tiers_at

SCORES = st.lists(st.integers(0, 30), min_size=1, max_size=14)
PARTS = st.lists(st.integers(1, 9), min_size=2, max_size=4)


def divisions(places: list[int], tiers: int) -> list[tuple[int, ...]]:
    """Every choice of inner places."""
    return list(combinations(range(1, len(places) - 1), tiers - 1))


def sizes(places: list[int], cut: tuple[int, ...]) -> list[int]:
    ends = [0, *(places[k] for k in cut), places[-1]]
    return [b - a for a, b in pairwise(ends)]


def off(places: list[int], cut: tuple[int, ...], shape: list[int]) -> int:
    n = places[-1]
    return sum(abs(10**6 * k - n * s) for k, s in zip(sizes(places, cut), shape, strict=True))


@given(SCORES, PARTS, st.integers(1, 3))
def test_no_division_is_nearer_the_shape(scores: list[int], parts: list[int], fewest: int) -> None:
    """Every way to cut between different scores, with the least number in each tier."""
    rising, shape = np.sort(np.array(scores, np.int64)), millionths(parts)
    places = score_places(rising, shape)
    listed = places.tolist()
    assert listed == [
        0,
        *(k for k in range(1, len(scores)) if rising[k] > rising[k - 1]),
        len(scores),
    ]
    able = [cut for cut in divisions(listed, len(parts)) if min(sizes(listed, cut)) >= fewest]

    chosen = nearest(places, shape, fewest)

    if not able:
        assert chosen is None
        return
    assert chosen is not None
    cut = tuple(chosen.tolist())
    assert cut in able
    assert off(listed, cut, shape.tolist()) == min(off(listed, c, shape.tolist()) for c in able)


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.sampled_from([0, 1, 2, 2, 3])), min_size=1, max_size=12
    ),
    PARTS,
    st.lists(st.integers(0, 5), min_size=4, max_size=4),
    st.sampled_from([Fraction(1, 2), Fraction(9, 10), Fraction(1), Fraction(3, 2), Fraction(5)]),
)
def test_the_cliff_limit_is_kept_by_the_nearest_that_can(
    shops: list[tuple[int, int]], parts: list[int], rises: list[int], limit: Fraction
) -> None:
    """Of all divisions whose neighbours keep it; mean sales in hundredths, as they are printed."""
    shops = sorted(shops)
    rising = np.array([score for score, _ in shops], np.int64)
    sold = np.concatenate([[0], np.cumsum([cartons for _, cartons in shops])]).astype(np.int64)
    shape, tiers = millionths(parts), len(parts)
    weights = tuple(1 + sum(rises[:t]) for t in range(tiers))
    places = score_places(rising, shape)
    listed = places.tolist()

    def keeps(cut: tuple[int, ...]) -> bool:
        ends = [0, *(listed[k] for k in cut), listed[-1]]
        means = [
            int(Fraction(100 * int(sold[b] - sold[a]), b - a) + Fraction(1, 2))
            for a, b in pairwise(ends)
        ]
        needs = needed_sales(weights, limit).tolist()
        return all(
            need * low <= 10**6 * high
            for need, low, high in zip(needs, means, means[1:], strict=False)
        )

    able = [cut for cut in divisions(listed, tiers) if keeps(cut)]
    chosen = nearest(places, shape, 1, Cliff(needed_sales(weights, limit), sold))

    if not able:
        assert chosen is None
        return
    assert chosen is not None
    cut = tuple(chosen.tolist())
    assert cut in able
    assert off(listed, cut, shape.tolist()) == min(off(listed, c, shape.tolist()) for c in able)


@given(st.tuples(*[st.integers(1, 99)] * 3), st.fractions(Fraction(1, 5), 5))
def test_needed_sales_are_rounded_up(weights: tuple[int, ...], limit: Fraction) -> None:
    """To the millionth: what keeps the rounded need keeps the limit."""
    for need, low, high in zip(
        needed_sales(weights, limit).tolist(), weights, weights[1:], strict=False
    ):
        exact = Fraction(high, low) / limit
        assert exact <= Fraction(need, 10**6) < exact + Fraction(1, 10**6)


@given(st.integers(0, 10**8), st.integers(1, 10**7))
def test_the_roundest_number_between_two_scores(low: int, gap: int) -> None:
    """None of a coarser step lies there."""
    high = low + gap
    number = roundest(low, high)
    step = next(step for step in STEPS if number % step == 0)

    assert low < number <= high
    for coarser in STEPS[: STEPS.index(step)]:
        assert high // coarser == low // coarser


@given(
    st.lists(st.integers(0, 3000), min_size=2, max_size=60),
    st.sampled_from([1, 50, 100, 200, 250, 500]),
)
def test_cut_offs_give_the_counts_they_were_chosen_for(scores: list[int], step: int) -> None:
    """Multiples of the step, rising, and each cuts where it should."""
    rising = np.sort(np.array(scores, np.int64))
    shape = millionths([1, 1, 1])
    places = round_places(rising, step, shape)
    assert places is not None
    numbers = range(rising[0] // step * step + step, rising[-1] + 1, step)
    below = {int((rising < number).sum()) for number in numbers}
    assert set(places.tolist()) == below | {0, len(scores)}
    chosen = nearest(places, shape)
    if chosen is None:
        return
    cuts = places[chosen]
    least = cut_offs(rising, cuts, step)

    assert all(number % step == 0 for number in least.tolist())
    assert (np.diff(least) > 0).all()
    tiers = tiers_at(rising, least)
    assert [int((tiers < t).sum()) for t in (2, 3)] == cuts.tolist()


def test_many_places_are_thinned_but_not_at_the_boundaries() -> None:
    """50,000 different scores: the shape itself can still be cut out exactly."""
    rising = np.arange(50_000, dtype=np.int64) * 997
    shape = millionths([5, 1, 3, 7, 4])
    places = score_places(rising, shape)
    chosen = nearest(places, shape)
    assert chosen is not None

    assert len(places) <= MOST_PLACES
    assert np.diff([0, *places[chosen], 50_000]).tolist() == [12_500, 2_500, 7_500, 17_500, 10_000]


def test_a_step_too_fine_to_publish_is_not_tried() -> None:
    assert round_places(np.array([0, 90_000_000]), 1, millionths([1, 1])) is None


def test_there_is_no_round_number_between_neighbours_of_a_step() -> None:
    with pytest.raises(ValueError, match="no such number"):
        roundest(100, 149, 50)
