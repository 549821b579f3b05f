"""Migration matrices against plain loops."""

from __future__ import annotations

from fractions import Fraction

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from allocator.grading.moves import counted, migration
from allocator.grading.scheme import grade
from strategies import small_week

TIERS = 7
PAIRS = st.lists(st.tuples(*[st.none() | st.integers(1, TIERS)] * 2), max_size=60)


def column(tiers: list[int | None]) -> pl.Series:
    return pl.Series(tiers, dtype=pl.Int64)


@given(PAIRS)
def test_the_matrix_counts_every_retailer_once(pairs: list[tuple[int | None, int | None]]) -> None:
    """By a loop over retailers; who was or is without a tier is counted apart."""
    one, other = ([pair[k] for pair in pairs] for k in (0, 1))
    moves = counted(column(one), column(other), TIERS)
    span = range(1, TIERS + 1)

    assert moves.count.tolist() == [[pairs.count((f, t)) for t in span] for f in span]
    assert moves.entered.tolist() == [pairs.count((None, t)) for t in span]
    assert moves.left.tolist() == [pairs.count((f, None)) for f in span]


@given(PAIRS)
def test_figures_are_those_of_the_list_of_moves(
    pairs: list[tuple[int | None, int | None]],
) -> None:
    """Up, down, by at least so many tiers, on average: from the differences themselves."""
    moves = counted(column([a for a, _ in pairs]), column([b for _, b in pairs]), TIERS)
    went = [b - a for a, b in pairs if a is not None and b is not None]

    assert moves.known == len(went)
    assert moves.steps.tolist() == [went.count(k) for k in range(1 - TIERS, TIERS)]
    assert (moves.up, moves.down) == (sum(k > 0 for k in went), sum(k < 0 for k in went))
    for least in range(1, TIERS + 2):
        assert moves.moved(least) == sum(abs(k) >= least for k in went)
        share = Fraction(moves.moved(least), len(went)) if went else None
        assert moves.share(least) == share
    assert moves.distance == (Fraction(sum(map(abs, went)), len(went)) if went else None)


def test_the_matrix_grows_with_a_tier_that_no_longer_exists() -> None:
    """A scheme of 30 tiers after one of 7: nobody is lost."""
    moves = counted(column([30, 2, None]), column([7, 2, 1]), 7)

    assert moves.count.shape == (30, 30)
    assert moves.count[29, 6] == 1
    assert moves.moved(23) == 1
    assert moves.moved(24) == 0


def test_a_grading_is_compared_with_the_tiers_before_it() -> None:
    """From ``previous_tier`` to ``tier``; another column where it is asked for."""
    week = small_week(5)
    grading = grade(week.city, week.policy.grading)
    rows = grading.table.select("previous_tier", "tier", "tier_by_score").rows()
    moves, same = migration(grading), migration(grading, "tier_by_score")

    assert moves.known == sum(a is not None and b is not None for a, b, _ in rows) > 0
    assert moves.up == sum(b > a for a, b, _ in rows if a is not None and b is not None)
    assert same.moved() == sum(b != c for _, b, c in rows if c is not None)
