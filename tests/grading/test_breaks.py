"""Natural breaks against trying every division."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.grading.breaks import TooWide, natural_breaks
from allocator.grading.ruling import sizes
from allocator.grading.standing import tiers_at
from allocator.policy.tier_models import Breaks
from grading.reference import divided

SCORES = st.lists(st.integers(0, 9) | st.integers(0, 10**9), min_size=1, max_size=11)


@given(SCORES, st.integers(1, 6))
def test_the_division_is_the_best_of_all(score, tiers) -> None:
    """Exactly, ties between divisions included; with few scores the lowest tiers are empty."""
    classes = min(tiers, len(set(score)))
    best = divided(score, classes, [1] * classes, [len(score)] * classes)
    assert best is not None

    least = natural_breaks(np.array(score), tiers)

    assert least is not None
    assert least.tolist() == [-1] * (tiers - classes) + [0, *best[1:]]


@given(SCORES, st.integers(1, 5), st.data())
def test_the_division_is_the_best_that_keeps_the_sizes(score, tiers, data) -> None:
    """Or none, where no division keeps them."""
    fewest = data.draw(st.lists(st.integers(1, 4), min_size=tiers, max_size=tiers))
    most = [low + data.draw(st.integers(0, 5)) for low in fewest]
    best = divided(score, tiers, fewest, most)

    least = natural_breaks(np.array(score), tiers, np.array(fewest), np.array(most))

    assert (None if least is None else least.tolist()) == (best and [0, *best[1:]])


def test_gaps_are_found() -> None:
    """Three heaps of scores far apart are three tiers, whatever their sizes."""
    score = np.array([1, 2, 3, 100, 101, 900, 901, 902, 903])

    assert natural_breaks(score, 3).tolist() == [0, 100, 900]


def test_of_equal_divisions_the_top_tier_is_the_largest() -> None:
    """1, 2, 3 in two: {1} {2, 3} and {1, 2} {3} are both one point from their medians."""
    assert natural_breaks(np.array([3, 1, 2]), 2).tolist() == [0, 2]


@pytest.mark.parametrize("n", [1, 7, 29, 30, 31])
def test_small_cities(n) -> None:
    """Up to thirty different scores have a tier each, from the top down; 31 share one."""
    score = np.arange(n) * 10 + 5

    tiers = tiers_at(score, natural_breaks(score, 30))

    if n <= 30:
        assert tiers.tolist() == list(range(31 - n, 31))
    else:  # one pair: that of the top tier, because all pairs cost the same
        assert tiers.tolist() == [*range(1, 31), 30]


@pytest.mark.parametrize("n", [1, 7, 29, 30, 31])
def test_equals_share_the_top_tier(n) -> None:
    """All equal: one class, which is the highest tier; nothing is cut apart."""
    score = np.full(n, 77)
    least = natural_breaks(score, 30)

    assert least.tolist() == [-1] * 29 + [0]
    assert set(tiers_at(score, least).tolist()) == {30}


def test_nobody_to_divide_is_no_fault() -> None:
    """No scores: the top tier is there for whoever comes."""
    nobody = np.zeros(0, np.int64)

    assert natural_breaks(nobody, 3).tolist() == [-1, -1, 0]
    assert natural_breaks(nobody, 3, *sizes(Breaks(tiers=3, at_least="10%"), 0)).tolist() == [
        -1, -1, 0,
    ]  # fmt: skip


def test_the_order_and_the_unit_of_scores_do_not_matter() -> None:
    """Shuffled: the same; ten times as large: ten times as large."""
    draw = np.random.default_rng(5)
    score = draw.integers(0, 10**8, 500)
    least = natural_breaks(score, 12)

    assert natural_breaks(draw.permutation(score), 12).tolist() == least.tolist()
    assert natural_breaks(10 * score, 12).tolist() == (10 * least).tolist()


def test_scores_too_far_apart_are_refused() -> None:
    """Rather than added up wrongly."""
    with pytest.raises(TooWide):
        natural_breaks(np.array([0, 1 << 60]), 2)


def test_wanted_sizes_are_taken_to_whole_retailers_outwards() -> None:
    """Of 31 retailers 20 +- 5 % are 4.65 to 7.75, so 4 to 8; at least 16 % are 4.96, so 5."""
    breaks = Breaks(tiers=2, shape=(Decimal(20), Decimal(80)), within="5%", at_least="16%")

    fewest, most = sizes(breaks, 31)

    assert fewest.tolist() == [23, 5]
    assert most.tolist() == [27, 8]
    assert sizes(Breaks(tiers=2), 31) == (None, None)
