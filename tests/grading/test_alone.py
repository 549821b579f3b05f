"""One shop buys more or less: nothing changed is the grading, and the search finds the edge."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.grading.alone import Shop, _first, lay_open
from allocator.grading.apart import first, prospects
from strategies import RULED_TIERS, ruled_week


@given(st.integers(0, 40), st.integers(0, 40), st.integers(-1, 45))
def test_the_first_that_holds_is_found_whatever_the_guess(edge, most, guess):
    """A rising condition: the edge itself if it is within reach, else nothing."""
    expected = max(edge, 1) if max(edge, 1) <= most else None

    assert expected == _first(lambda x: x >= edge, most, guess)


@given(st.lists(st.booleans(), min_size=1, max_size=12), st.integers(-1, 14))
def test_what_is_found_holds_and_one_less_does_not(marks, guess):
    """Even where the condition comes and goes."""

    def holds(x: int) -> bool:
        return x > 0 and marks[x - 1]

    found = _first(holds, len(marks), guess)

    assert found is None or (holds(found) and not holds(found - 1))
    assert found is not None or not marks[-1]


@pytest.mark.parametrize("seed", range(2 * len(RULED_TIERS)))
def test_no_change_gives_the_grading_itself(seed):
    """Score, tier by score, every rule after it and the tier, as they are on record."""
    week = ruled_week(seed, touched=seed % 2 > 0)
    alone = lay_open(week.city, week.policy.grading, week.grading)
    if alone is None:  # cartons are not on record
        assert week.grading.rule == "by" or "quantity" not in week.grading.table.columns
        return
    for row in week.grading.table.filter(graded=True).iter_rows(named=True):
        same = Shop(alone, row["retailer_id"]).after(0)
        expected = (row["score"], row["tier_by_score"], row["tier"], row["moves"])

        assert expected == (same.score, same.by_score, same.tier, same.moves)


@pytest.mark.parametrize("seed", range(len(RULED_TIERS)))
@pytest.mark.parametrize("moving", [True, False])
def test_many_shops_at_once_are_each_shop_alone(seed, moving):
    """By columns the same edges are found as by grading the city again for each shop."""
    week = ruled_week(seed, moving=moving, touched=seed % 2 > 0)
    alone = lay_open(week.city, week.policy.grading, week.grading)
    if alone is None:
        return
    names = list(alone.place)[::3]
    assert prospects(alone, ["nobody"]) == {}
    for name, found in prospects(alone, names).items():
        shop = Shop(alone, name)
        tier = shop.after(0).tier
        fewer, more = shop.least_fewer(tier), shop.least_more(tier)
        lower = None if fewer is None else shop.after(-fewer).by_score

        assert (found.fewer, found.lower) == (fewer, lower)
        if found.reached is not None:
            reached = shop.most_more() if more is None else shop.after(more)
            assert (found.more, found.reached) == (more, reached)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(-1, 45)), max_size=8))
def test_many_edges_are_found_as_each_alone(asked):
    """Rising conditions with edges, mosts and guesses of their own."""
    edge, most, guess = (np.array([row[k] for row in asked], np.int64) for k in range(3))
    found = first(lambda part, x: x >= edge[part], most, guess)
    expected = [_first(lambda x, e=e: x >= e, m, g) for e, m, g in asked]

    assert [None if x < 0 else x for x in found.tolist()] == expected
