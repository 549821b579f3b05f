"""The rows of a program as the formulas write them, and its greatest table by trying all."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from allocator.allocation.program import Program, Row, greatest_table, matrix


def program(order: list[bool], step: list[float], limits: tuple[Row, ...] = ()) -> Program:
    """One line of two chains, tiers 1..3 and 1..2, cells 0..2 and 6..7."""
    size = 5
    return Program(
        pair=np.array([0, 1, 2, 6, 7]),
        label=("0/a", "0/b", "0/c", "0/d", "0/e"),
        chain=np.array([0, 0, 0, 2, 2]),
        counted=np.ones(size, bool),
        kappa=np.ones(size),
        floor=np.zeros(size),
        ceiling=np.full(size, 9.0),
        order=np.array(order),
        step=np.array(step),
        limits=limits,
    )


def test_rows_are_limits_then_order_then_steps() -> None:
    supply = Row("supply/0", (0, 2, 4), (3.0, 2.0, 1.0), 12.0)
    whole = program([True, False, False, True, False], [-1, 2, -1, 0, -1], (supply,))

    rows = matrix(whole)

    dense = np.zeros((len(rows.bound), rows.positions))
    dense[rows.row, rows.position] = rows.coefficient
    assert dense.tolist() == [
        [3, 0, 2, 0, 1],  # 3 a + 2 c + e <= 12
        [1, -1, 0, 0, 0],  # a <= b
        [0, 0, 0, 1, -1],  # d <= e
        [0, -1, 1, 0, 0],  # c <= b + 2
        [0, 0, 0, -1, 1],  # e <= d
    ]
    assert rows.bound.tolist() == [12, 0, 0, 2, 0]
    assert [whole.name(r) for r in range(5)] == [
        "supply/0", "order/0/a", "order/0/d", "step/0/b", "step/0/d",
    ]  # fmt: skip
    assert whole.joined().tolist() == [True, True, False, True, False]


@pytest.mark.parametrize("seed", range(8))
def test_the_greatest_table_is_nowhere_below_any_that_keeps_order_and_steps(seed: int) -> None:
    rng = np.random.default_rng(seed)
    joined = np.array([True, True, False, True, False])
    order = (rng.random(5) < 0.6) & joined
    step = np.where((rng.random(5) < 0.6) & joined, rng.integers(0, 3, 5), -1)
    top = rng.integers(0, 4, 5)
    kept = [
        x
        for x in product(*(range(most + 1) for most in top.tolist()))
        if all(x[k] <= x[k + 1] for k in np.flatnonzero(order))
        and all(x[k + 1] <= x[k] + step[k] for k in np.flatnonzero(step >= 0))
    ]

    found = greatest_table(program(order.tolist(), step.tolist()), top.astype(np.float64))

    assert found.tolist() == np.max(kept, axis=0).tolist()
