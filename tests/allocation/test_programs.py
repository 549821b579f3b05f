"""Which lines are solved together, and the rows that a plan's limits make, by hand."""

from __future__ import annotations

import numpy as np

from allocator.allocation.leximin import Lines
from allocator.allocation.programs import components, lines_of, program_of, weights_for
from allocator.records import MICRO, Cells, Group, JointLimit
from strategies import city_of, plan_of

CELLS = Cells(
    tier=np.array([1, 2]),
    segment=("", ""),
    rhythm=("weekly", "weekly"),
    count=np.array([4, 0]),
    weight=np.array([1, 3]),
    weight_unit=1,
)


def lines(
    allowed: list[list[bool]],
    baskets: tuple[JointLimit, ...] = (),
    groups: tuple[Group, ...] = (),
    step: int = -1,
) -> Lines:
    shape = (len(allowed), 2)
    return Lines(
        2,
        np.array(allowed),
        CELLS.count,
        CELLS.weight,
        np.zeros(shape, np.int64),
        np.full(shape, 9),
        np.full(shape[0], 20),
        np.ones(shape[0], bool),
        np.full(shape[0], step),
        groups=groups,
        baskets=baskets,
    )


def basket(most: list[int], *held: int) -> JointLimit:
    return JointLimit("b", np.array(held, np.int32), np.array(most))


def test_baskets_join_lines_that_meet_in_a_cell_in_which_they_hold() -> None:
    """0 and 3 meet in the first cell, 3 and 4 in the second by another basket; 1 is in a basket
    whose cells it may not have, 2 in one that holds only where 0 is not; nobody may have 5.
    """
    allowed = [[True, False], [False, True], [False, True], [True, True], [True, True], [False] * 2]
    baskets = (
        basket([5, -1], 0, 1, 3),
        basket([-1, 5], 0, 2),
        basket([-1, 7], 3, 4),
        basket([5, 5], 5, 1),
    )

    assert components(lines(allowed, baskets)) == ((0, 3, 4), (1,), (2,))
    assert components(lines(allowed)) == ((0,), (1,), (2,), (3,), (4,))


def test_rows_name_what_they_limit_and_leave_out_cells_without_shops() -> None:
    """Four shops in the first cell, none in the second: it takes nothing of supply and shares, but
    its quota is printed, so that baskets, tier order and steps hold for it.
    """
    group = Group(0, 1, np.array([0], np.int32), np.array([2 * MICRO]), 3, 8)
    whole = program_of(
        lines([[True, True], [True, False]], (basket([5, 0], 0, 1),), (group,), step=2),
        (0, 1),
        CELLS,
    )

    assert [(row.name, row.position, row.coefficient, row.bound) for row in whole.limits] == [
        ("supply/0", (0,), (4.0,), 20.0),
        ("supply/1", (2,), (4.0,), 20.0),
        ("most/0", (2,), (2.0,), 8.0),
        ("least/0", (2,), (-2.0,), -3.0),
        ("basket/0/1//weekly", (0, 2), (1.0, 1.0), 5.0),
        ("basket/0/2//weekly", (1,), (1.0,), 0.0),
    ]
    assert whole.pair.tolist() == [0, 1, 2]
    assert whole.label == ("0/1//weekly", "0/2//weekly", "1/1//weekly")
    assert whole.counted.tolist() == [True, False, True]
    assert whole.order.tolist() == [True, False, False]
    assert whole.step.tolist() == [2, -1, -1]
    assert whole.joint


def test_a_program_of_one_line_has_its_own_limits_only() -> None:
    group = Group(0, 1, np.array([0], np.int32), np.array([2 * MICRO]), -1, 8)
    other = program_of(lines([[True, True], [True, False]], groups=(group,)), (0,), CELLS)

    assert [row.name for row in other.limits] == ["supply/0"]
    assert not other.joint
    assert other.step.tolist() == [-1, -1]


def test_the_lines_of_a_plan_hand_out_its_supply_less_the_reserve_in_whole_lots() -> None:
    """7 % of 100 are kept back; what is left, 93, is 90 in lots of 5. Of 50 in lots of 1, 46."""
    supply = [{"quantity": 50}, {"product_id": "P5", "quantity": 100}]

    plan = plan_of(city_of({1: 2, 2: 1}, supply), reserve="7%")

    assert lines_of(plan).supply.tolist() == [46, 90]
    assert lines_of(plan).count.tolist() == [2, 1]


def test_equal_quotas_weigh_all_alike() -> None:
    assert weights_for("equal", CELLS.weight).tolist() == [1, 1]
    assert weights_for("proportional", CELLS.weight).tolist() == [1, 3]
