"""Standing by limits of the score: cut-offs, bands of one item, boundaries that were drawn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.grading.standing import stand_at, tiers_at
from grading.reference import tiers_from

LIMITS = st.lists(st.integers(1, 30), max_size=5, unique=True).map(lambda cuts: [0, *sorted(cuts)])
"""Where tiers 1, 2, ... begin."""


@given(st.lists(st.integers(0, 32), min_size=1, max_size=14), LIMITS, st.integers(0, 2))
def test_tiers_equal_the_definition(score, least, unreachable) -> None:
    """The highest tier that begins at the score or below; lower tiers may not exist at all."""
    least = [-1] * unreachable + least
    expected = tiers_from(score, least)

    standing = stand_at(np.array(score), np.array(least))

    assert standing.tier.tolist() == expected
    assert tiers_at(np.array(score), np.array(least)).tolist() == expected
    assert standing.rank.tolist() == [1 + sum(other > mine for other in score) for mine in score]


@given(st.lists(st.integers(0, 32), min_size=1, max_size=10), LIMITS, st.data())
def test_distances_are_exact(score, least, data) -> None:
    """That many points more lift the retailer, one less does not; and so downwards."""
    mine = data.draw(st.sampled_from(score))
    i = score.index(mine)
    standing = stand_at(np.array(score), np.array(least))
    up, down = int(standing.to_next[i]), int(standing.to_lower[i])
    (now,) = tiers_from([mine], least)

    assert (up < 0) == (now == len(least))
    assert (down < 0) == (now == 1)
    if up >= 0:
        assert tiers_from([mine + up, mine + up - 1], least) == [now + 1, now]
    if down >= 0:
        assert tiers_from([mine - down, mine - down - 1], least) == [now, now - 1]


@given(st.lists(st.integers(0, 32), min_size=1, max_size=12), LIMITS)
def test_ranks_and_scores_of_tiers_are_those_of_who_stands_there(score, least) -> None:
    """``last_rank`` and ``cut_score`` as the records say, -1 where nobody stands."""
    standing = stand_at(np.array(score), np.array(least))
    tiers = tiers_from(score, least)

    for tier in range(1, len(least) + 1):
        inside = [s for s, t in zip(score, tiers, strict=True) if t == tier]
        last = sum(t >= tier for t in tiers) if inside else -1
        assert standing.last_rank[tier - 1] == last
        assert standing.cut_score[tier - 1] == min(inside, default=-1)


@pytest.mark.parametrize("n", [1, 7, 29, 30, 31])
def test_small_cities_and_equals(n) -> None:
    """Each of n shops a point apart has its own tier of thirty; equal ones share one."""
    least = np.arange(30)
    apart = stand_at(np.arange(n), least)
    equal = stand_at(np.full(n, 12), least)

    assert apart.tier.tolist() == [min(i + 1, 30) for i in range(n)]
    assert set(equal.tier.tolist()) == {13}
    assert set(equal.rank.tolist()) == {1}


def test_nobody_to_grade_is_no_fault() -> None:
    """No retailers: no ranks, and nobody stands anywhere."""
    standing = stand_at(np.zeros(0, np.int64), np.array([0, 5]))

    assert standing.tier.size == 0
    assert standing.last_rank.tolist() == [-1, -1]
