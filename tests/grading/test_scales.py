"""Scales against their definitions, and what one retailer's change does to the rest."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.grading.scales import SCALES
from grading.reference import points

VALUES = st.lists(st.integers(-5, 20) | st.integers(0, 10**12), min_size=1, max_size=12)
WEIGHTS = st.integers(1, 10**9)
LIMITS = st.fractions(0, 1, max_denominator=20)
NAMES = st.sampled_from(sorted(SCALES))


@given(VALUES, WEIGHTS, st.sampled_from(["max", "rank", "winsorised"]), LIMITS)
def test_points_equal_the_definition(values, weight, name, limit) -> None:
    """Points of every retailer, to the millionth, as fractions give them."""
    scale = SCALES[name](np.array(values), weight, limit)

    assert points(values, weight, name, limit) == scale.points(np.array(values)).tolist()


@given(VALUES, WEIGHTS, st.sampled_from(["max", "rank", "winsorised"]), LIMITS, st.integers(1, 500))
def test_points_do_not_depend_on_the_unit(values, weight, name, limit, factor) -> None:
    """In fen or in yuan, in cartons or in cases: the same points."""
    here, there = np.array(values), np.array(values) * factor

    assert (
        SCALES[name](here, weight, limit).points(here).tolist()
        == SCALES[name](there, weight, limit).points(there).tolist()
    )


def test_logarithmic_points_of_a_hand_computed_case() -> None:
    """1 + 0, 1 + 1, 1 + 7: logarithms 0, 1, 3, so nothing, a third and all of 30 points."""
    values = np.array([0, 1, 7])

    given_points = SCALES["log"](values, 30_000_000, Fraction(1)).points(values)

    assert given_points.tolist() == [0, 10_000_000, 30_000_000]


@pytest.mark.parametrize("name", sorted(SCALES))
def test_an_item_that_nobody_has_gives_the_same_to_all(name) -> None:
    """No division by a maximum of 0, and nobody at all is no fault either."""
    none, zeros = np.zeros(0, np.int64), np.zeros(3, np.int64)

    assert SCALES[name](none, 10, Fraction(1, 2)).points(none).tolist() == []
    assert len(set(SCALES[name](zeros, 10, Fraction(1, 2)).points(zeros).tolist())) == 1


@given(VALUES, WEIGHTS, NAMES, LIMITS, st.data())
def test_the_effect_of_one_rise_equals_fitting_anew(values, weight, name, limit, data) -> None:
    """Own points, everybody else's points, and the bound on their fall."""
    i = data.draw(st.integers(0, len(values) - 1))
    rise = data.draw(st.integers(0, 12) | st.integers(0, 10**12))
    before = np.array(values)
    after = before.copy()
    after[i] += rise
    scale = SCALES[name](before, weight, limit)
    expected = SCALES[name](after, weight, limit).points(after)
    others = np.arange(len(values)) != i
    old, new = before[[i]], after[[i]]

    assert expected[[i]].tolist() == scale.own(old, new).tolist()
    assert expected[others].tolist() == scale.theirs(old, new, before[others]).tolist()
    fallen = scale.points(before)[others] - expected[others]
    assert min(fallen, default=0) >= 0
    assert max(fallen, default=0) <= scale.fall(old, new)[0]
    assert expected[i] >= scale.points(before)[i]
