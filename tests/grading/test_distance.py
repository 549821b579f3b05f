"""The cartons a month that the next tier takes, against trying them one after the other."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from allocator.grading import distance
from allocator.grading.distance import Scored, cartons_to_place
from allocator.grading.scales import SCALES
from grading.reference import scores

SHOPS = st.lists(
    st.tuples(
        st.integers(-2, 30) | st.integers(1, 900),  # cartons
        st.integers(50, 60),  # price
        st.integers(0, 4),  # a value that sales do not change
    ),
    min_size=2,
    max_size=8,
)


@settings(max_examples=150)
@given(
    SHOPS,
    st.lists(st.sampled_from(["max", "rank", "winsorised"]), min_size=3, max_size=3),
    st.lists(st.integers(1, 60), min_size=3, max_size=3),
    st.sampled_from([Fraction(1, 2), Fraction(4, 5), Fraction(1)]),
    st.integers(1, 4),
    st.booleans(),
    st.data(),
)
def test_the_figure_is_the_least_that_would_do(shops, names, parts, limit, months, lower, data):
    """For every retailer and a goal: found by bisection = found by trying 1, 2, 3, ..."""
    cartons, prices = [shop[0] for shop in shops], [shop[1] for shop in shops]
    items = [cartons, [q * price for q, price, _ in shops], [rest for _, _, rest in shops]]
    weights = [part * 1_000_000 for part in parts]
    scales = [
        SCALES[name](np.array(item), weight, limit)
        for name, item, weight in zip(names, items, weights, strict=True)
    ]
    mine = scores(items, weights, names, limit)
    place = [
        sum(other >= score for other in mine) if lower else 1 + sum(o > score for o in mine)
        for score in mine
    ]
    goal = [max(p - data.draw(st.integers(1, 3)), 0) for p in place]
    scored = Scored(
        names=tuple("qar"),
        values=np.array(items),
        points=np.array(
            [scale.points(np.array(i)) for scale, i in zip(scales, items, strict=True)]
        ),
        score=np.array(mine),
        scales=scales,
        gain=np.array([[1] * len(shops), prices, [0] * len(shops)]),
        cartons=np.array(cartons),
        months=months,
    )

    def place_with(i: int, extra: int) -> int:
        grown = [list(item) for item in items]
        grown[0][i] += months * extra
        grown[1][i] += months * extra * prices[i]
        score = scores(grown, weights, names, limit)
        if lower:
            return sum(other >= score[i] for other in score)
        return 1 + sum(other > score[i] for other in score)

    expected = []
    for i in range(len(shops)):
        bound = max(10 * -(-cartons[i] // months), 100)
        if goal[i] == 0 or cartons[i] <= 0 or place_with(i, bound) > goal[i]:
            expected.append(-1)
            continue
        tried = next((x for x in range(1, 81) if place_with(i, x) <= goal[i]), None)
        low, high = 80, bound  # beyond, places never get worse as the laws show: halve
        while tried is None and high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if place_with(i, middle) <= goal[i] else (middle, high)
        expected.append(tried or high)

    assert expected == cartons_to_place(scored, np.array(goal), ties_lower=lower).tolist()


def test_others_rise_where_the_first_points_of_an_item_appear() -> None:
    """Most have nothing of an item, so it gives no points; the first carton of it gives others too.

    Three shops, half of them at the cap: with 0, 0, 5 the cap is 0. Shop 0 with x cartons more has
    10 + x and x: the cap is then min(x, 5), so shop 2 has full points with its 5 as well, and only
    the first item brings shop 0 past its 12: from x = 3 on.
    """
    items = [[10, 1, 12], [0, 0, 5]]
    weights, names, limit = [30_000_000, 20_000_000], ["max", "winsorised"], Fraction(1, 2)
    scales = [
        SCALES[name](np.array(item), weight, limit)
        for name, item, weight in zip(names, items, weights, strict=True)
    ]
    mine = scores(items, weights, names, limit)
    scored = Scored(
        names=("a", "b"),
        values=np.array(items),
        points=np.array([s.points(np.array(i)) for s, i in zip(scales, items, strict=True)]),
        score=np.array(mine),
        scales=scales,
        gain=np.array([[1, 1, 1], [1, 0, 0]]),
        cartons=np.array(items[0]),
        months=Fraction(1),
    )
    first = [
        x for x in range(1, 10)
        if (s := scores([[10 + x, 1, 12], [x, 0, 5]], weights, names, limit))[0] > max(s[1:])
    ]  # fmt: skip

    assert first[0] == 3
    assert cartons_to_place(scored, np.array([1, 0, 0]), ties_lower=True).tolist() == [3, -1, -1]


def test_comparisons_in_small_portions_give_the_same(monkeypatch) -> None:
    """The bound on memory changes nothing."""
    draw = np.random.default_rng(7)
    cartons = draw.integers(1, 400, 120)
    values = np.array([cartons, draw.integers(0, 5, 120)])
    scales = [SCALES["rank"](row, 40_000_000, Fraction(1)) for row in values]
    points = np.array([scale.points(row) for scale, row in zip(scales, values, strict=True)])
    score = points.sum(axis=0)
    gain = np.array([np.ones(120, int), np.zeros(120, int)])
    scored = Scored(("q", "r"), values, points, score, scales, gain, cartons, 3)
    rank = np.array([1 + (score > s).sum() for s in score])
    goal = np.maximum(rank - 5, 0)
    whole = cartons_to_place(scored, goal, ties_lower=False)

    monkeypatch.setattr(distance, "_PAIRS", 3)

    assert whole.tolist() == cartons_to_place(scored, goal, ties_lower=False).tolist()
    assert (whole > 0).sum() > 50
