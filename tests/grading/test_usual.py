"""Medians, scatter and usual ranges, against Python's own and numbers worked out by hand."""

from __future__ import annotations

from fractions import Fraction
from math import floor, log2, sqrt
from statistics import median_high, median_low

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.grading import usual
from allocator.grading.usual import BITS

PART = 1 << BITS
CARTONS = st.integers(-5, 300) | st.integers(0, 10**12)
CELLS = st.integers(0, 64 << BITS).map(lambda x: x // 2) | st.integers(-9, 9)


@given(st.lists(CARTONS, min_size=1, max_size=40))
def test_logarithms_are_those_of_one_more(cartons) -> None:
    """Below the true ones by at most a part of 2**-BITS and what double precision loses."""
    found = usual.logs(np.array(cartons)).tolist()

    for q, x in zip(cartons, found, strict=True):
        assert -1e-3 < log2(1 + max(q, 0)) * PART - x < 1 + 1e-3


def test_a_table_of_logarithms_gives_the_same() -> None:
    """Whether each number is looked up or computed by itself."""
    few = np.array([7, 3, 0, 1000])

    assert usual.logs(np.concatenate([few, np.zeros(2000, np.int64)]))[:4].tolist() == (
        usual.logs(few).tolist()
    )


@st.composite
def tables(draw):
    """A table of values and which of them are there."""
    width = draw(st.integers(1, 6))
    rows = draw(
        st.lists(
            st.lists(st.tuples(CELLS, st.booleans()), min_size=width, max_size=width),
            min_size=1,
            max_size=12,
        )
    )
    table = np.array([[value for value, _ in row] for row in rows], np.int32)
    return table, np.array([[there for _, there in row] for row in rows], bool)


def plain(values: list[int]) -> int:
    """The mean of the two middle values, cut down; 0 of nothing."""
    return (median_low(values) + median_high(values)) // 2 if values else 0


@given(tables())
def test_medians_of_rows_leave_out_what_is_absent(table) -> None:
    """As Python's statistics give them."""
    values, present = table
    expected = [plain(row[there].tolist()) for row, there in zip(values, present, strict=True)]

    assert expected == usual.middle_of_rows(values, present).tolist()


@given(tables(), st.data())
def test_medians_of_groups_equal_those_of_their_members(table, data) -> None:
    """In every column, negative values and empty groups included."""
    values, present = table
    number = st.integers(0, 2)
    group = np.array(data.draw(st.lists(number, min_size=len(values), max_size=len(values))))
    middle, size = usual.middle_of_groups(values, present, group.astype(np.int32), 3)

    for g in range(3):
        for u in range(values.shape[1]):
            mine = values[(group == g) & present[:, u], u].tolist()
            assert (middle[g, u], size[g, u]) == (plain(mine), len(mine))


@given(st.integers(0, 12 << BITS), st.integers(0, 3 << BITS))
def test_the_usual_range_is_where_the_logarithms_lie(low, width) -> None:
    """The least and the most cartons inside, and none outside that would be inside."""
    high = low + width
    (least,), (most,) = usual.cartons_between(np.array([low]), np.array([high]))
    near = np.arange(max(least - 2, 0), most + 3)
    x = usual.logs(near)

    inside = near[(low <= x) & (x <= high)]
    if len(inside):
        assert (inside[0], inside[-1]) == (least, most)
    else:
        assert most < least  # the range is narrower than a carton


def test_a_range_from_nothing_begins_at_nothing() -> None:
    """Also where it would begin below 0, next to a range that does not."""
    least, most = usual.cartons_between(np.array([-5, 9 << BITS]), np.array([0, 9 << BITS]))

    assert least.tolist() == [0, 511]
    assert most.tolist() == [0, 511]


@pytest.mark.parametrize("share", [Fraction(15, 100), Fraction(1), Fraction(1, 3)])
def test_scatter_is_never_believed_below_the_share(share) -> None:
    """Large sales: the floor is log2(1 + share)."""
    (floor_,) = usual.least(np.array([20 << BITS], np.int32), share)

    assert floor_ == usual.log_of(1 + share)
    assert abs(floor_ - log2(1 + share) * PART) < 2


@pytest.mark.parametrize("cartons", [0, 1, 3, 15, 40])
def test_few_cartons_scatter_by_counting(cartons) -> None:
    """log2(e) over the root of one more, by half octaves: never less than the true root gives."""
    x = usual.logs(np.array([cartons]))
    (found,) = usual.least(x, Fraction(1, 1000)) / PART
    halves = floor(2 * log2(1 + cartons) + 1e-9)

    assert found == pytest.approx(log2(np.e) / sqrt(2 ** (halves / 2)), abs=1e-5)
    assert found >= log2(np.e) / sqrt(1 + cartons) - 1e-5


def test_scatter_is_the_normal_one() -> None:
    """1.4826 times the median distance, times the threshold: 1.4826 * 1000 * 5 = 7413."""
    mad = np.array([1000], np.int32)

    assert usual.scatter(mad).tolist() == [1483]
    assert usual.allowed(np.array([1483]), Fraction(5)).tolist() == [7415]
    assert usual.allowed(np.array([1000]), Fraction(7, 2)).tolist() == [3500]
