"""Charts draw what was counted: lengths, areas and bars against the numbers themselves."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from allocator.grading.moves import counted
from allocator.reports.charts import BINS, FAR, WIDTH, distribution, heat, how_far, pyramid

SHOPS = st.lists(st.integers(0, 500), min_size=1, max_size=60)


@given(SHOPS, st.booleans())
def test_bars_are_as_long_as_their_part_of_the_shops(shops: list[int], aimed: bool) -> None:
    """Twice the shops, twice the bar, one unit of the drawing apart on each side; all within."""
    target = np.full(len(shops), 1_000_000 // len(shops), np.int64) if aimed else None
    chart = pyramid(np.array(shops, np.int64), target)

    assert [row.shops for row in chart.rows] == shops[::-1]
    assert [row.tier for row in chart.rows] == list(range(len(shops), 0, -1))
    longest = max(chart.rows, key=lambda row: row.shops)
    for row in chart.rows:
        assert (row.length > 0) == (row.shops > 0)
        assert 0 <= row.left <= row.left + row.length <= WIDTH
        assert row.left + row.length // 2 == longest.left + longest.length // 2  # one middle line
        if row.length > 10:
            exact = longest.length * row.shops / longest.shops
            assert abs(row.length - exact) <= 4
    assert bool(chart.outline) == aimed


def test_the_outline_is_the_shape_that_is_aimed_at() -> None:
    """Two tiers of 1 and 3 parts: the upper a third as wide as the lower, the bars just as wide."""
    chart = pyramid(np.array([30, 10]), np.array([750_000, 250_000]))
    corners = [int(x) for x in re.findall(r"H(-?\d+)", chart.outline)]

    assert chart.outline.startswith("M1850 0H")
    assert chart.outline.endswith("Z")
    assert corners == [2300, 3200, 500, 1400]
    assert [(row.left, row.length) for row in chart.rows] == [(1400, 900), (500, 2700)]


PAIRS = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), min_size=1, max_size=50)


@given(PAIRS)
def test_squares_tell_who_went_where(pairs: list[tuple[int, int]]) -> None:
    """One for each pair of tiers that anybody went between; its area is the part of its row."""
    moves = counted(pl.Series([a for a, _ in pairs]), pl.Series([b for _, b in pairs]), 6)
    chart = heat(moves)

    assert {(s.before, s.now): s.shops for s in chart.squares} == {
        pair: pairs.count(pair) for pair in pairs
    }
    for s in chart.squares:
        assert s.way == ("up" if s.now > s.before else "down" if s.now < s.before else "same")
        row = sum(a == s.before for a, _ in pairs)
        exact = chart.cell * (s.shops / row) ** 0.5
        assert s.side <= chart.cell
        assert abs(s.side - exact) < 1 or s.side == -(-chart.cell // 5) > exact
        assert (s.now - 1) * chart.cell <= s.x <= s.x + s.side <= s.now * chart.cell
        top = (6 - s.before) * chart.cell
        assert top <= s.y <= s.y + s.side <= top + chart.cell


@given(st.integers(1, 12), st.data())
def test_columns_count_moves_by_their_length(tiers: int, data: st.DataObject) -> None:
    """Moves of ``FAR`` and more stand together at both ends; everybody is in one column."""
    tier = st.integers(1, tiers)
    pairs = data.draw(st.lists(st.tuples(tier, tier), min_size=1, max_size=40))
    moves = counted(pl.Series([a for a, _ in pairs]), pl.Series([b for _, b in pairs]), tiers)
    went = [max(-FAR, min(b - a, FAR)) for a, b in pairs]

    told = {column.tiers: column.shops for column in how_far(moves).columns}

    assert told == {k: went.count(k) for k in range(-FAR, FAR + 1)}


@given(st.lists(st.integers(0, 90_000_000), min_size=1, max_size=300))
def test_every_score_is_in_one_bar(scores: list[int]) -> None:
    """By the printed edges; only the last bar also holds what is beyond the drawing."""
    chart = distribution(np.array(scores, np.int64), np.array([-1, 0, 40_000_000]))

    assert len(chart.bars) == BINS
    for k, bar in enumerate(chart.bars):
        last = k == BINS - 1
        assert bar.shops == sum(bar.low <= s and (last or s < bar.high) for s in scores)
        assert 0 < bar.x < WIDTH
        assert bar.length > 0
    assert chart.beyond == sum(s >= chart.bars[-1].high for s in scores)
    assert chart.beyond <= len(scores) // 50
    assert len(chart.ticks) <= 10
    for tier, x, _ in chart.cuts:
        value = {2: 0, 3: 40_000_000}[tier]
        inside = [bar for bar in chart.bars if bar.low <= value < bar.high]
        assert inside[0].x - 1 <= x <= inside[0].x + inside[0].length + 7


def test_equal_scores_and_none_at_all_can_be_drawn() -> None:
    """A single bar; and a drawing without any."""
    one = distribution(np.array([7, 7, 7]), np.array([-1, 7]))
    none = distribution(np.array([], np.int64), np.array([-1]))

    assert sum(bar.shops for bar in one.bars) == 3
    assert sum(bar.shops for bar in none.bars) == 0
