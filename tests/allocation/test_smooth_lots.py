"""Odd lots of smooth plans under shares of supply and baskets, small enough to follow by hand."""

from __future__ import annotations

import numpy as np
import pytest

from allocator.allocation.smooth_lots import SmoothTask, WholeShare, smooth_lots
from allocator.records import Between, JointLimit
from strategies import roster_of


def task_of(
    entitlement: list[list[float]],
    count: list[int],
    shares: tuple[WholeShare, ...] = (),
    baskets: tuple[JointLimit, ...] = (),
) -> SmoothTask:
    """Everybody stands on its tier's knot."""
    lines, tiers = len(entitlement), len(count)
    own, zero = np.arange(tiers, dtype=np.int32), np.zeros(tiers, np.int64)
    return SmoothTask(
        Between(np.arange(tiers), own, own, np.zeros(sum(count), np.int32), zero, zero),
        np.array(count),
        np.ones((lines, tiers), bool),
        np.array(entitlement),
        np.ones(lines, np.int64),
        np.full(lines, 1_000),
        ("rotate",) * lines,
        shares,
        baskets,
    )


@pytest.mark.parametrize(
    ("least", "most", "owed", "inside"),
    [
        (-1, -1, 1, 4),  # nothing limits: the two cells that are owed have the two odd lots
        (-1, 3, 1, 3),  # the most is what their shares come to: one moves to another cell
        (-1, -1, -1, 2),
        (3, -1, -1, 3),  # the least: one moves to them
    ],
)
def test_odd_lots_move_where_a_share_of_supply_needs_it(
    least: int, most: int, owed: int, inside: int
) -> None:
    """Four tiers of three shops at half a lot: 1.5 each, 6 in all; a share for the middle two."""
    order, draw = roster_of([3, 3, 3, 3], "a", "C")
    share = WholeShare(0, 0, np.array([False, True, True, False]), least, most)
    credit = np.zeros((1, 12), np.int32)
    credit[0, 3:9] = 100_000 * owed

    found, missed = smooth_lots(task_of([[0.5] * 4], [3] * 4, (share,)), credit, order, [draw])

    assert found[0].seats.sum() == 6
    assert found[0].seats[1:3].sum() == inside
    assert not missed


def test_nobody_has_more_than_the_basket_and_what_is_lost_is_told() -> None:
    """Three shops, two products of 2/3 and a basket of one: four odd lots, three have room.

    The second product's shop with most credit is served although the first comes to it first.
    """
    order, draw = roster_of([3], "a", "C")
    basket = JointLimit("both", np.array([0, 1], np.int32), np.array([1]))
    credit = np.array([[0, 0, 0], [0, 0, 9]], np.int32)

    found, missed = smooth_lots(
        task_of([[2 / 3], [2 / 3]], [3], (), (basket,)), credit, order, [draw, draw]
    )

    assert found[1].retailer.size == 2
    assert 2 in found[1].retailer
    assert set(found[0].retailer.tolist()).isdisjoint(found[1].retailer.tolist())
    assert [(short.line, short.row, short.lots) for short in missed] == [(0, "supply/0", 1)]
    # Six shares of 666,667 millionths less three lots, and the 9 of before.
    owed = int(found[0].credit.sum() + found[1].credit.sum())
    assert owed == 6 * 666_667 - 3_000_000 + 9
