"""Whole-number arithmetic against fractions and decimals of any length."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.grading.exact import LOG_BITS, log2, muldiv
from grading.reference import nearest

SIZES = st.integers(0, 62).flatmap(lambda bits: st.integers(0, 2**bits))


@given(st.lists(st.tuples(SIZES, SIZES, SIZES.map(lambda c: c + 1)), min_size=1, max_size=5))
def test_products_divided_equal_fractions_or_are_refused(numbers) -> None:
    """The result is the nearest whole number of the exact quotient, whatever the length."""
    expected = [nearest(Fraction(a * b, c)) for a, b, c in numbers]
    a, b, c = np.array(numbers, np.int64).T
    if max(expected) >= 2**63:
        with pytest.raises(OverflowError):
            muldiv(a, b, c)
        return

    assert expected == muldiv(a, b, c).tolist()


@given(st.integers(2**30, 2**45), st.integers(2**20, 2**30), st.integers(0, 2**50))
def test_points_of_a_huge_maximum_are_exact(maximum, weight, value) -> None:
    """Long division takes over where the product has more than 63 binary digits."""
    value = min(value, maximum)

    assert muldiv(weight, [value], maximum).tolist() == [nearest(Fraction(weight * value, maximum))]


def test_halves_go_up_in_long_division_too() -> None:
    """(2**40 + 1) * 3 / 2 is one and a half more than 3 * 2**39, and counts as two more."""
    assert muldiv(2**40 + 1, [3 * 2**39], 2**40).tolist() == [3 * 2**39 + 2]
    assert muldiv(2**40 + 1, [3 * 2**39 - 1], 2**40).tolist() == [3 * 2**39]


def test_nothing_to_divide_gives_nothing() -> None:
    """Empty arrays stay empty."""
    none = np.zeros(0, np.int64)

    assert muldiv(3, none, 2).shape == (0,)
    assert muldiv(none, none, none).shape == (0,)


@given(SIZES)
def test_logarithms_are_close_to_the_true_ones(value) -> None:
    """Within 8 units in the last place of the logarithm to base 2."""
    with localcontext() as context:
        context.prec = 50
        true = Decimal(value + 1).ln() / Decimal(2).ln() * 2**LOG_BITS

    assert abs(int(log2(np.array([value]))[0]) - true) <= 8


@given(st.lists(SIZES, min_size=2, max_size=30))
def test_logarithms_never_fall(values) -> None:
    """A larger value never has a smaller logarithm; negative values count as 0."""
    logs = log2(np.sort(np.array(values, np.int64)))

    assert (np.diff(logs) >= 0).all()
    assert log2(np.array([-5, 0])).tolist() == [0, 0]


def test_logarithms_of_powers_of_two_are_exact() -> None:
    """2**k has the logarithm k; log2 3, 10 and 1,000,001 are cut, as tables of logarithms say."""
    values = np.array([2**k - 1 for k in range(63)], np.int64)

    assert log2(values).tolist() == [k << LOG_BITS for k in range(63)]
    assert log2(np.array([2, 9, 1_000_000])).tolist() == [425460131, 891723282, 5350340084]
