"""Rank shares: boundaries, ties, distances."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.grading.shares import boundaries, stand
from grading.reference import tiers

QUJING = [
    Fraction(share, 2)
    for share in (2, 4, 4, 4, 4, 6, 6, *[8] * 5, *[10] * 6, *[8] * 5, 6, 6, 5, 4, 4, 4, 1)
]
"""The published shares, top tier first, in halves of a per cent."""
SHARES = st.lists(st.integers(1, 9), min_size=1, max_size=6).map(
    lambda parts: [Fraction(100 * part, sum(parts)) for part in parts]
)


def test_the_published_shares_of_a_thousand_retailers() -> None:
    """1 % are 10, then 20 each, ... and the last half per cent are 5 (Qujing 2026-03-27)."""
    last = boundaries(QUJING, 1000)

    assert last[:6].tolist() == [10, 30, 50, 70, 90, 120]
    assert last[-3:].tolist() == [975, 995, 1000]


def test_halves_go_up_exactly() -> None:
    """30 retailers: 1 % is 0.3 and 3 % is 0.9; 5 % of 30 is 1.5, which counts as 2."""
    assert boundaries(QUJING, 30)[:3].tolist() == [0, 1, 2]
    assert boundaries([Fraction(5), Fraction(95)], 30).tolist() == [2, 30]


@pytest.mark.parametrize("ties_lower", [False, True])
@pytest.mark.parametrize("n", [1, 7, 29, 30, 31])
def test_small_cities_get_tiers_by_their_places(n, ties_lower) -> None:
    """Every place belongs to the tier that the published shares deal it to."""
    score = np.array([(11 * i) % n for i in range(n)], np.int64) * 1000

    standing = stand(score, QUJING, ties_lower=ties_lower)

    assert standing.tier.tolist() == tiers(score, QUJING, lower=ties_lower)
    assert standing.rank.tolist() == [n - s // 1000 for s in score]
    assert len(standing.swallowed) == 0


def test_a_single_retailer_stands_in_the_middle_of_the_shares() -> None:
    """With one retailer the boundary reaches 1 where half of the shares are used up."""
    standing = stand(np.array([5]), QUJING, ties_lower=False)

    assert standing.tier.tolist() == [16]  # 45 % down to tier 17, 50 % with tier 16 included
    assert standing.last_rank.tolist() == [-1] * 15 + [1] + [-1] * 14
    assert standing.cut_score.tolist() == [-1] * 15 + [5] + [-1] * 14


@pytest.mark.parametrize(("ties_lower", "tier"), [(False, 30), (True, 1)])
def test_equals_share_the_highest_or_the_lowest_tier(ties_lower, tier) -> None:
    """All equal: the first tier or, with ``ties: lower``, the last; all others are swallowed."""
    standing = stand(np.full(1000, 7), QUJING, ties_lower=ties_lower)

    assert set(standing.tier.tolist()) == {tier}
    assert set(standing.rank.tolist()) == {1}
    assert standing.swallowed == tuple(t for t in range(1, 31) if t != tier)
    assert standing.last_rank.tolist() == boundaries(QUJING, 1000)[::-1].tolist()


def test_nobody_to_grade_is_no_fault() -> None:
    """No retailers: no ranks, and no tier has a place."""
    standing = stand(np.zeros(0, np.int64), QUJING, ties_lower=False)

    assert standing.tier.size == 0
    assert standing.last_rank.tolist() == [-1] * 30


@given(st.lists(st.integers(0, 8), min_size=1, max_size=14), SHARES, st.booleans())
def test_tiers_equal_dealing_out_the_places(score, shares, lower) -> None:
    """The tier of every retailer, ties and empty tiers included."""
    standing = stand(np.array(score), shares, ties_lower=lower)

    assert standing.tier.tolist() == tiers(score, shares, lower=lower)


@given(st.lists(st.integers(0, 8), min_size=1, max_size=10), SHARES, st.booleans(), st.data())
def test_distances_are_exact(score, shares, lower, data) -> None:
    """That many points more lift the retailer, one less does not; and so downwards."""
    i = data.draw(st.integers(0, len(score) - 1))
    standing = stand(np.array(score), shares, ties_lower=lower)

    def tier_with(mine: int) -> int:
        return tiers([mine if k == i else s for k, s in enumerate(score)], shares, lower=lower)[i]

    now, up, down = tier_with(score[i]), int(standing.to_next[i]), int(standing.to_lower[i])
    assert now == standing.tier[i]
    if up < 0:
        assert tier_with(max(score) + 9) == now
    else:
        assert tier_with(score[i] + up) > now
        assert tier_with(score[i] + up - 1) == now
    if down < 0:
        assert tier_with(min(score) - 9) == now
    else:
        assert tier_with(score[i] - down) == now
        assert tier_with(score[i] - down - 1) < now
