"""Scales against their definitions, and what one retailer's change does to the rest."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.grading.scales import SCALES, fit
from grading.reference import points

VALUES = st.lists(st.integers(-5, 20) | st.integers(0, 10**12), min_size=1, max_size=12)
WEIGHTS = st.integers(1, 10**9)
LIMITS = st.fractions(0, 1, max_denominator=20)
NAMES = st.sampled_from(sorted(SCALES))
EXACT = st.sampled_from(["max", "rank", "winsorised"])
PARTS = st.integers(0, 6)


@given(VALUES, st.integers(1, 1_000), EXACT, LIMITS, PARTS)
def test_points_are_rounded_once_to_the_decimals_asked_for(
    values, weight, name, limit, decimals
) -> None:
    """From the exact quotient, as fractions give it, not from rounded millionths."""
    most = weight * 1_000_000
    scale = fit(name, np.array(values), most, limit, decimals)

    assert points(values, most, name, limit, decimals) == scale.points(np.array(values)).tolist()


def test_rounding_twice_would_lift_a_point() -> None:
    """0.0000499999 of a point: to six decimals it is 0.00005, and that would round up again."""
    values = np.array([499_999, 10**10])

    assert fit("max", values, 1_000_000, Fraction(1)).points(values).tolist() == [50, 1_000_000]
    assert fit("max", values, 1_000_000, Fraction(1), 4).points(values).tolist() == [0, 1_000_000]


def test_four_decimals_as_qujing_publishes_them() -> None:
    """2 / 3 of 5 points are 3.3333, 1 / 7 of 50 are 7.1429, by hand."""
    third, seventh = np.array([2, 3]), np.array([1, 7])

    assert fit("max", third, 5_000_000, Fraction(1), 4).points(third)[0] == 3_333_300
    assert fit("max", seventh, 50_000_000, Fraction(1), 4).points(seventh)[0] == 7_142_900


@given(VALUES, st.integers(1, 1_000), EXACT, LIMITS, PARTS, st.integers(1, 500))
def test_coarser_points_do_not_depend_on_the_unit_either(
    values, weight, name, limit, decimals, factor
) -> None:
    """In fen or in yuan, in cartons or in cases: the same points, however they are rounded."""
    here, there = np.array(values), np.array(values) * factor
    most = weight * 1_000_000

    assert (
        fit(name, here, most, limit, decimals).points(here).tolist()
        == fit(name, there, most, limit, decimals).points(there).tolist()
    )


def test_logarithms_do_depend_on_the_unit() -> None:
    """Of 1 and 3: log 2 / log 4 is a half; of 10 and 30 it is log 11 / log 31, about 0.7."""
    few, many = np.array([1, 3]), np.array([10, 30])

    assert SCALES["log"](few, 100, Fraction(1)).points(few)[0] == 50
    assert SCALES["log"](many, 100, Fraction(1)).points(many)[0] == 70


@given(VALUES, WEIGHTS, EXACT, LIMITS)
def test_points_equal_the_definition(values, weight, name, limit) -> None:
    """Points of every retailer, to the millionth, as fractions give them."""
    scale = SCALES[name](np.array(values), weight, limit)

    assert points(values, weight, name, limit) == scale.points(np.array(values)).tolist()


@given(VALUES, WEIGHTS, EXACT, LIMITS, st.integers(1, 500))
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


@given(VALUES, st.integers(1, 1_000), NAMES, LIMITS, PARTS, st.data())
def test_the_effect_of_one_rise_equals_fitting_anew(
    values, weight, name, limit, decimals, data
) -> None:
    """Own points, everybody else's points, and the bound on their fall."""
    i = data.draw(st.integers(0, len(values) - 1))
    rise = data.draw(st.integers(0, 12) | st.integers(0, 10**12))
    before = np.array(values)
    after = before.copy()
    after[i] += rise
    weight *= data.draw(st.sampled_from([1_000_000]) if decimals < 6 else st.integers(1, 10**6))
    scale = fit(name, before, weight, limit, decimals)
    expected = fit(name, after, weight, limit, decimals).points(after)
    assert scale.reference == SCALES[name](before, weight, limit).reference
    others = np.arange(len(values)) != i
    old, new = before[[i]], after[[i]]

    assert expected[[i]].tolist() == scale.own(old, new).tolist()
    assert expected[others].tolist() == scale.theirs(old, new, before[others]).tolist()
    fallen = scale.points(before)[others] - expected[others]
    if name == "rank" or scale.reference:  # a cap of 0 gave nobody anything: then all may gain
        assert min(fallen, default=0) >= 0
    assert max(fallen, default=0) <= scale.fall(old, new)[0]
    assert expected[i] >= scale.points(before)[i]
