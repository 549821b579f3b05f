"""Limits named as those without room for one more lot, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from allocator.allocation.in_the_way import InTheWay, in_the_way
from allocator.records import MICRO, Group, JointLimit, QuotaPlan, Shortfall
from runs.test_remarks import CROWDED, short_plan

P1, P3 = 0, 1
SHORT = Shortfall(P3, "supply/1", 1)


@pytest.fixture
def plan() -> QuotaPlan:
    """One cell of two shops; each has 1 carton of P1, nobody a lot (3 cartons) of P3."""
    made, _ = short_plan(CROWDED, 1, {"P1": 2, "P3": 3})
    assert made.base.tolist() == [[1], [0]]
    assert made.cells.count.tolist() == [2]
    return replace(made, baskets=(), groups=())


def basket(most: int, *lines: int) -> JointLimit:
    return JointLimit("b", np.array(lines, np.int32), np.array([most]))


def group(most: int, line: int = P3, own: int = 2) -> Group:
    """``own`` of the two shops are in it."""
    return Group(0, line, np.array([0], np.int32), np.array([own * MICRO]), -1, most)


def test_a_basket_is_in_the_way_where_no_lot_fits_for_all_its_shops_together(
    plan: QuotaPlan,
) -> None:
    """Two shops with 1 carton each leave 2 most - 2; a lot is 3: with most 2 it is 2, with 3 it is
    4. A basket without a limit, or without the line, is never in the way.
    """
    several = (basket(2, P1, P3), basket(3, P1, P3), basket(-1, P1, P3), basket(1, P1))

    assert in_the_way(replace(plan, baskets=several), SHORT) == InTheWay((0,), ())


def test_room_for_just_one_lot_is_room(plan: QuotaPlan) -> None:
    """With one more carton of P1 by turns the cell holds 3 of 2 x 3: a lot of 3 still fits."""
    fuller = replace(plan, seats=np.array([[1], [0]]), baskets=(basket(3, P1, P3), basket(2, P3)))

    assert in_the_way(fuller, SHORT) == InTheWay((0, 1), ())
    less = replace(fuller, seats=np.array([[2], [0]]))
    assert in_the_way(less, SHORT) == InTheWay((0,), ())


def test_where_every_limit_has_room_all_those_of_the_line_are_named(plan: QuotaPlan) -> None:
    several = (basket(3, P1, P3), basket(3, P1), basket(9, P3))
    shares = (group(9), group(-1), group(9, line=P1))

    assert in_the_way(replace(plan, baskets=several, groups=shares), SHORT) == InTheWay(
        (0, 2), (0,)
    )


@pytest.mark.parametrize(("most", "full"), [(0, True), (2, True), (3, False)])
def test_a_group_is_in_the_way_where_it_cannot_take_one_more_lot(
    plan: QuotaPlan, most: int, full: bool
) -> None:
    """It has nothing yet and a lot takes 3 cartons of it; the roomy basket is named only where
    nothing else is.
    """
    told = in_the_way(replace(plan, groups=(group(most),), baskets=(basket(9, P3),)), SHORT)

    assert told == (InTheWay((), (0,)) if full else InTheWay((0,), (0,)))


def test_what_a_group_has_already_counts_by_its_part_of_the_cell(plan: QuotaPlan) -> None:
    """One of the two shops is in the group: of the cell's 3 cartons it counts a half, 1.5, and of
    one more lot 1.5 too. 3 are enough for both, 2 are not.
    """
    odd = replace(plan, seats=np.array([[0], [1]]), baskets=(basket(9, P3),))
    odd = replace(odd, entitlement=np.array([[1.0], [3.0]]))

    assert in_the_way(replace(odd, groups=(group(2, own=1),)), SHORT) == InTheWay((), (0,))
    assert in_the_way(replace(odd, groups=(group(3, own=1),)), SHORT) == InTheWay((0,), (0,))


def test_a_cell_that_has_what_it_should_asks_for_no_room(plan: QuotaPlan) -> None:
    """Nobody is entitled to P3, or everybody to a lot that all have: then no basket is full for
    it, and all are named.
    """
    several = (basket(1, P1, P3), basket(9, P3))
    nothing = replace(plan, entitlement=np.array([[1.0], [0.0]]), baskets=several)
    served = replace(plan, entitlement=np.array([[1.0], [3.0]]), baskets=several)

    assert in_the_way(nothing, SHORT) == InTheWay((0, 1), ())
    assert in_the_way(replace(served, base=np.array([[1], [3]])), SHORT) == InTheWay((0, 1), ())
