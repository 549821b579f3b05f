"""Webster with caps and guarantees on counts, against one lot at a time."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from allocator.allocation.awards import allocate
from allocator.allocation.divisor import last_lot
from strategies import city_of, plan_of, table_of

GROUPS = st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 3), st.integers(1, 9))


@given(st.lists(GROUPS, min_size=1, max_size=6), st.integers(0, 60))
def test_the_level_is_where_one_lot_at_a_time_stops(
    groups: list[tuple[int, int, int, int]], supply: int
) -> None:
    """Lots sure to each, and how many are tied for how many, as handing out one by one finds."""
    low, more, count, weight = (
        np.array(column, dtype=np.int64) for column in zip(*groups, strict=True)
    )
    high = low + more
    last = last_lot(low, high, count, weight, supply)

    lots = sorted(
        (Fraction(2 * k - 1, 2 * w), g)
        for g, (f, m, n, w) in enumerate(groups)
        for k in range(f + 1, f + m + 1)
        for _ in range(n)
    )
    spare = supply - int((count * low).sum())
    if len(lots) <= spare:
        assert last is None
        return
    assert last is not None
    if spare <= 0:
        assert np.clip(last.sure(weight), low, high).tolist() == low.tolist()
        return
    level = lots[spare - 1][0]
    assert Fraction(last.twice, 2 * last.weight) == level
    tied = sum(at == level for at, _ in lots)
    reached = sum(at <= level for at, _ in lots)
    assert last.full == (reached == spare)
    assert last.odd == (0 if last.full else tied - (reached - spare))
    for g, lots_of in enumerate((np.clip(last.sure(weight), low, high) - low).tolist()):
        before = [at for at, h in lots if h == g and (at < level or (last.full and at == level))]
        assert lots_of * int(count[g]) == len(before)


def test_weights_one_two_four_share_seven_lots_as_webster_does() -> None:
    """Sainte-Lague by hand: quotients 4, 2, 4/3, 1, 4/5, 2/3, 4/7: one, two and four lots."""
    plan = plan_of(
        city_of({1: 1, 2: 1, 3: 1}, [{"quantity": 7}]),
        seed=None,
        whole_units="path",
        weights={"table": {1: 1, 2: 2, 3: 4}},
    )

    assert plan.base[0].tolist() == [1, 2, 4]
    assert plan.seats.sum() == 0


def test_a_path_may_leave_the_share_by_more_than_a_lot() -> None:
    """Divisor methods need not keep quota (Balinski and Young 1982): 25 lots for a share of 23.7.

    By hand: the 25th lot of weight 50 comes at 24.5 / 50 = 0.49, before any of weight 1 at 0.5;
    the 26th would come at 0.51, so three of the nine small shops draw the rest of 28.
    """
    plan = plan_of(
        city_of({1: 9, 2: 1}, [{"quantity": 28}]),
        whole_units="path",
        defaults={"ceiling": 40},
        weights={"table": {1: 1, 2: 50}},
    )

    assert plan.entitlement[0].round(3).tolist() == [0.475, 23.729]
    assert plan.base[0].tolist() == [0, 25]
    assert plan.seats[0].tolist() == [3, 0]


def test_a_lot_that_was_not_ordered_goes_to_who_has_none_of_its_level_yet() -> None:
    """Five equals, seven lots: 1 each and two drawn. What one leaves is not a third lot."""
    plan = plan_of(city_of({1: 5}, [{"quantity": 7}]), whole_units="path", second_round=True)
    names = plan.members["retailer_id"].to_list()
    drawn = [names[i] for i in plan.turns.retailer]
    absent, *late = (name for name in names if name not in drawn)
    orders = [
        {"order_id": name, "retailer_id": name, "product_id": "P1", "cycle": "C1",
         "ordered_at": datetime(2026, 11, 16), "requested": 0 if name == absent else 3}
        for name in names
    ]  # fmt: skip
    lines = allocate(table_of("orders", orders), plan).lines

    award = dict(lines.select("retailer_id", "award").rows())
    assert award[absent] == 0
    assert [award[name] for name in drawn] == [2, 2]
    assert sorted(award[name] for name in late) == [1, 2]


def test_credits_count_for_turns_only() -> None:
    """Nothing carried changes a lottery or a path, and neither changes what is carried."""
    for method in ("lottery", "path"):
        plan = plan_of(city_of({1: 5, 2: 5}, [{"quantity": 7}]), whole_units=method)
        assert plan.method == (method,)
        assert plan.seats.sum() > 0
        assert not plan.credit_after.any()
