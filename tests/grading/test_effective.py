"""What items really count for, against fractions and cases that anybody can check."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from allocator.grading.effective import (
    effective_shares,
    is_far,
    middle,
    misleading,
    nominal_shares,
    weighed,
)
from allocator.grading.exact import dot
from allocator.records import Item
from allocator.wording import LANGUAGES, say
from grading.reference import nearest

POINTS = st.integers(1, 12).flatmap(
    lambda n: st.lists(
        st.lists(st.integers(0, 20) | st.integers(0, 10**14), min_size=n, max_size=n),
        min_size=1,
        max_size=4,
    )
)


def of_definition(points: list[list[int]]) -> list[int | None]:
    """cov(item, score) / var(score), with means taken first, in fractions."""
    score = [sum(column) for column in zip(*points, strict=True)]
    n = len(score)
    centred = [s - Fraction(sum(score), n) for s in score]
    variance = sum(s * s for s in centred)
    if not variance:
        return [None] * len(points)
    shares = [
        sum((p - Fraction(sum(row), n)) * s for p, s in zip(row, centred, strict=True)) / variance
        for row in points
    ]
    assert sum(shares) == 1
    return [nearest(share * 1_000_000) for share in shares]


@given(POINTS)
def test_shares_equal_the_definition(points) -> None:
    """To the millionth, however large the points; they add up to the whole."""
    table = np.array(points)

    assert of_definition(points) == effective_shares(table, table.sum(axis=0))


@given(POINTS, st.randoms(use_true_random=False))
def test_neither_rows_nor_another_unit_of_points_matter(points, random) -> None:
    """Retailers in any order, points in tenths: the same shares."""
    table = np.array(points)
    order = list(range(table.shape[1]))
    random.shuffle(order)
    turned = 10 * table[:, order]

    assert effective_shares(table, table.sum(axis=0)) == effective_shares(
        turned, turned.sum(axis=0)
    )


def test_a_hand_computed_case() -> None:
    """Points 0, 1, 2 and 0, 0, 3; scores 0, 1, 5 with mean 2.

    Deviations of the score -2, -1, 3: squares add up to 14. First item: 0 - 1 + 6 - 1 * 0 = 5 of
    14; second: 9 of 14.
    """
    points = np.array([[0, 1, 2], [0, 0, 3]])

    assert effective_shares(points, np.array([0, 1, 5])) == [357_143, 642_857]


def test_an_item_that_works_against_the_score_is_below_nothing() -> None:
    """Points 0, 1 and 3, 0: the score is 3 and 1; the first item has -1/2 of it, the second 3/2."""
    points = np.array([[0, 1], [3, 0]])

    assert effective_shares(points, points.sum(axis=0)) == [-500_000, 1_500_000]


def test_equal_scores_have_no_shares() -> None:
    """Nothing to divide by; nobody at all neither."""
    equal = np.array([[1, 2], [2, 1]])

    assert effective_shares(equal, np.array([3, 3])) == [None, None]
    assert effective_shares(np.zeros((2, 0), np.int64), np.zeros(0, np.int64)) == [None, None]


@given(st.lists(st.tuples(st.integers(-(2**62), 2**62), st.integers(-(2**62), 2**62))))
def test_sums_of_products_are_exact(pairs) -> None:
    """However large the factors."""
    a, b = np.array(pairs, np.int64).reshape(-1, 2).T

    assert dot(a, b) == sum(x * y for x, y in pairs)


@given(st.lists(st.tuples(st.integers(-999, 999), st.integers(2**40, 2**52)), max_size=40))
def test_sums_are_carried_over_portions(pairs) -> None:
    """Products fit a word and their sum does not."""
    a, b = np.array(pairs, np.int64).reshape(-1, 2).T

    assert dot(a, b) == sum(x * y for x, y in pairs)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=90), st.randoms(use_true_random=False))
def test_the_middle_leaves_a_twentieth_at_either_end(score, random) -> None:
    """At most so many are left out at each end, and no equals are parted."""
    inside = middle(np.array(score))
    least = min(s for s, yes in zip(score, inside, strict=True) if yes)
    most = max(s for s, yes in zip(score, inside, strict=True) if yes)

    assert all(yes == (least <= s <= most) for s, yes in zip(score, inside, strict=True))
    assert sum(s < least for s in score) <= len(score) // 20
    assert sum(s > most for s in score) <= len(score) // 20
    assert sum(s <= least for s in score) > len(score) // 20


def test_nobody_has_no_middle() -> None:
    """An empty city is no fault."""
    assert middle(np.zeros(0, np.int64)).tolist() == []


def item(name: str, weight: int) -> Item:
    return Item(name, Fraction(weight), "max", 1, "cartons")


def test_a_few_giants_hide_what_ranks_everybody_else() -> None:
    """38 shops differ in price alone, two giants sell a hundred times more.

    Over all of them quantity makes nearly everything, as its weight of 90 % says; among the
    middle nine tenths it is price alone, and that is told.
    """
    price = np.array([100 * k for k in range(38)] + [2_000, 2_000])
    quantity = np.array([10] * 38 + [900_000, 800_000])
    points = np.array([quantity, price])

    items = weighed([item("quantity", 90), item("mean_price", 10)], points, points.sum(axis=0))

    assert nominal_shares(items) == [900_000, 100_000]
    assert items[0].effective is not None
    assert items[0].effective > 990_000
    assert [it.effective_middle for it in items] == [0, 1_000_000]
    assert misleading(items, 40) == [
        ("grading-weight-misleads",
         {"item": "quantity", "nominal": 90, "effective": 100, "middle": 0}),
        ("grading-weight-misleads",
         {"item": "mean_price", "nominal": 10, "effective": 0, "middle": 100}),
    ]  # fmt: skip
    assert misleading(items, 29) == []
    for language in LANGUAGES:
        assert "90" in say("grading", *misleading(items, 40)[0], language)


def test_what_is_far() -> None:
    """Twice or half, and five points of a hundred apart; none where it is not known."""
    assert is_far(100_000, 200_000)
    assert is_far(100_000, 50_000)
    assert not is_far(100_000, 199_999)
    assert not is_far(100_000, 50_001)
    assert not is_far(50_000, 99_999)  # less than five points apart
    assert not is_far(20_000, 0)
    assert is_far(300_000, -10_000)
    assert not is_far(100_000, None)


def test_bands_have_no_weights_to_compare() -> None:
    """Items without points stay as they are, and nothing is told."""
    items = weighed([item("quantity", 0)], np.array([[1, 2]]), np.array([1, 2]))

    assert (items[0].effective, items[0].effective_middle) == (None, None)
    assert nominal_shares(items) == [0]
    assert misleading(items, 100) == []
