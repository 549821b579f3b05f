"""Whole lots of joined lines: hard limits, names for what is missed, credits over many cycles."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import ceil, floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocator.allocation.joined import Entitled, joined_lines
from allocator.allocation.leximin import Lines
from allocator.allocation.rounding import Draw
from allocator.allocation.whole_lots import WholeLots, rotate
from allocator.allocation.whole_programs import whole_lots
from allocator.records import MICRO, Cells, Group, JointLimit, Shortfall
from strategies import entitled, roster_of

SEEDS = st.integers(0, 2**32 - 1)


def solved(task: Entitled, *rest: object) -> tuple[list[WholeLots], tuple[Shortfall, ...]]:
    return whole_lots(task, [f"P{p}" for p in range(len(task.lot))], *rest)  # type: ignore[arg-type]


def holdings(task: Entitled, lots: list[WholeLots], cell: np.ndarray) -> np.ndarray:
    """Cartons of every member by name, (P, r)."""
    held = np.stack([part.base[cell] for part in lots]).reshape(len(lots), len(cell))
    for p, part in enumerate(lots):
        held[p, part.retailer] += 1
    return held * task.lot[:, None]


@settings(max_examples=200)
@given(SEEDS)
def test_hard_limits_hold_for_every_shop_and_every_group(seed: int) -> None:
    """Whatever the sets and methods; totals are floors or ceilings, or named as kept back."""
    task, *rest = entitled(seed)
    cell = np.repeat(np.arange(len(task.cells.count)), task.cells.count)

    lots, missed = solved(task, *rest)

    held = holdings(task, lots, cell)
    assert (held <= task.lines.ceiling[:, cell]).all()
    assert (held.sum(axis=1) <= task.lines.supply).all()
    for basket in task.lines.baskets:
        most = basket.most[cell]
        assert ((most < 0) | (held[basket.lines].sum(axis=0) <= most)).all()
    for group in task.lines.groups:
        inside = np.isin(cell, group.cells)
        assert group.most < 0 or held[group.line, inside].sum() <= group.most
    for p, part in enumerate(lots):
        assert np.bincount(cell[part.retailer], minlength=len(part.seats)).tolist() == (
            part.seats.tolist()
        )
        if task.method[p] == "equal":
            assert not part.seats.any()
    named = {(short.line, short.row): short.lots for short in missed}
    expected = {}
    for p in range(len(lots)):
        share = task.entitlement[p] * task.cells.count / task.lot[p]
        wanted = floor(round(float(share.sum()) * MICRO) / MICRO)
        if task.method[p] != "equal":
            expected[p, f"supply/{p}"] = wanted - int(held[p].sum()) // int(task.lot[p])
    for g, group in enumerate(task.lines.groups):
        given_ = int(held[group.line, np.isin(cell, group.cells)].sum())
        if group.least >= 0:
            lot = int(task.lot[group.line])
            expected[group.line, f"least/{g}"] = ceil(Fraction(group.least - given_, lot))
    joined = {p for program in joined_lines(task.lines.baskets, task.lines.groups) for p in program}
    assert named == {key: lots for key, lots in expected.items() if lots > 0 and key[0] in joined}


@settings(max_examples=200)
@given(SEEDS)
def test_nested_or_disjoint_rows_keep_everything(seed: int) -> None:
    """Supply, minima and seats, under two laminar families and lots of one size."""
    _, missed = solved(*entitled(seed, laminar=True))

    assert missed == ()


@settings(max_examples=100)
@given(SEEDS)
def test_the_order_of_the_rows_changes_nothing(seed: int) -> None:
    """Groups and baskets may be written in any order (law L10)."""
    task, *rest = entitled(seed, laminar=True)
    rows = {"groups": task.lines.groups[::-1], "baskets": task.lines.baskets[::-1]}
    turned = replace(task, lines=replace(task.lines, **rows))

    first, second = solved(task, *rest)[0], solved(turned, *rest)[0]

    for one, other in zip(first, second, strict=True):
        assert one.base.tolist() == other.base.tolist()
        assert one.retailer.tolist() == other.retailer.tolist()
        assert one.credit.tolist() == other.credit.tolist()


@settings(max_examples=100)
@given(SEEDS)
def test_a_basket_with_room_for_all_changes_nothing(seed: int) -> None:
    """Joined by what does not bind, lines that use their supply are rounded as alone."""
    task, credit, order, draws = entitled(seed, laminar=True)
    count = task.cells.count
    P, C = task.entitlement.shape
    wide = JointLimit("wide", np.arange(P, dtype=np.int32), np.full(C, 99))
    supply = np.floor((task.entitlement * count).sum(axis=1) + 1e-6).astype(np.int64)
    lines = replace(task.lines, supply=supply, groups=(), baskets=(wide,))
    task = replace(task, method=("rotate",) * P, lines=lines)

    lots, missed = solved(task, credit, order, draws)

    assert missed == ()
    for p, part in enumerate(lots):
        alone = rotate(
            task.entitlement[p], count, 1, credit[p], order, draws[p], int(task.lines.supply[p])
        )
        for name in ("base", "seats", "retailer", "place", "credit"):
            assert getattr(part, name).tolist() == getattr(alone, name).tolist()


def test_equal_leaves_the_turn_lines_their_room() -> None:
    """A basket of 2 for one cell of two shops: 0.6 by tier, 1.4 by turns.

    Rounded up, the first would take 1 of 2 and leave 1 where 1.4 are due; so it stays at 0 and the
    other has its 2.8 lots: two, and the third where there is supply for it and credit.
    """
    order, draw = roster_of([2], "s", "C")
    cells = Cells(np.array([1]), ("",), ("weekly",), np.array([2]), np.array([1]), 1)
    task = Entitled(
        Lines(
            1, np.ones((2, 1), np.bool_), cells.count, cells.weight, np.zeros((2, 1), np.int64),
            np.full((2, 1), 5), np.array([2, 2]), np.ones(2, np.bool_), np.full(2, -1),
            baskets=(JointLimit("both", np.array([0, 1], np.int32), np.array([2])),),
        ),
        cells,
        np.array([1, 1]),
        ("equal", "rotate"),
        np.array([[0.6], [1.4]]),
    )  # fmt: skip

    lots, missed = solved(task, np.zeros((2, 2), np.int32), order, [draw, draw])

    assert [part.base.tolist() for part in lots] == [[0], [1]]
    assert [part.seats.tolist() for part in lots] == [[0], [0]]
    assert missed == ()


def test_programs_are_joined_by_baskets_and_named_by_groups() -> None:
    """0-2 by a basket, 2-4 by another, 3 has a group, 1 and 5 stand alone."""
    both = [
        JointLimit("a", np.array([0, 2], np.int32), np.array([1])),
        JointLimit("b", np.array([2, 4], np.int32), np.array([1])),
    ]
    group = Group(0, 3, np.array([0], np.int32), np.array([MICRO]), 1, -1)

    assert joined_lines(both, [group]) == [(0, 2, 4), (3,)]


LARGEST_CELL_DEBT = 1.5
LARGEST_SHOP_DEBT = 2.5
"""(lots) What a cell or a shop was ever behind in 100 cycles of 8 lines that fill a basket."""


@pytest.mark.parametrize("seed", [1, 2])
def test_nobody_is_starved_in_a_full_basket(seed: int) -> None:
    """100 cycles: entitlements fill the basket of every shop, and an inner basket of four lines."""
    rng = np.random.default_rng(seed)
    P, sizes, most = 8, [6, 11], 3
    count = np.array(sizes)
    cells = Cells(np.array([1, 2]), ("", ""), ("weekly",) * 2, count, np.array([1, 2]), 1)
    quota = rng.random((P, 2))
    quota *= most / quota.sum(axis=0)
    four = np.ceil(quota[:4].sum(axis=0)).astype(np.int64)
    task = Entitled(
        Lines(
            2, np.ones((P, 2), np.bool_), count, cells.weight, np.zeros((P, 2), np.int64),
            np.full((P, 2), 5), np.ceil((quota * count).sum(axis=1)).astype(np.int64),
            np.zeros(P, np.bool_), np.full(P, -1),
            baskets=(
                JointLimit("all", np.arange(P, dtype=np.int32), np.full(2, most)),
                JointLimit("four", np.arange(4, dtype=np.int32), four),
            ),
        ),
        cells,
        np.ones(P, np.int64),
        ("rotate",) * P,
        quota,
    )  # fmt: skip
    credit, debt = np.zeros((P, sum(sizes)), np.int32), np.zeros((P, 2))
    worst_cell = worst_shop = 0.0
    for cycle in range(100):
        order, _ = roster_of(sizes, f"s{seed}", f"C{cycle}")
        draws = [Draw(f"s{seed}", f"C{cycle}", f"P{p}", ("1", "2")) for p in range(P)]
        lots, missed = solved(task, credit, order, draws)
        assert missed == ()
        credit = np.stack([part.credit for part in lots])
        debt += quota * count - np.stack([part.base * count + part.seats for part in lots])
        worst_cell = max(worst_cell, float(debt.max()))
        worst_shop = max(worst_shop, float(credit.max()) / MICRO)

    assert worst_cell <= LARGEST_CELL_DEBT
    assert worst_shop <= LARGEST_SHOP_DEBT
