"""Whole programs against enumeration of every whole table."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.allocation import whole_solver
from allocator.allocation.whole_solver import WholeRow, best_whole
from allocator.errors import NotProvenOptimal


@given(st.data())
def test_the_first_aim_decides_then_the_next(data: st.DataObject) -> None:
    """Three aims, the last telling every table apart: equal to the least of all tables."""
    n = data.draw(st.integers(1, 4))
    low = data.draw(st.lists(st.integers(-1, 1), min_size=n, max_size=n))
    high = [a + data.draw(st.integers(0, 2)) for a in low]
    some = st.lists(st.integers(-3, 3), min_size=n, max_size=n)
    rows = [
        WholeRow(tuple(range(n)), tuple(data.draw(some)), data.draw(st.integers(-3, 6)))
        for _ in range(data.draw(st.integers(0, 3)))
    ]
    large = st.lists(st.sampled_from([0, 1, -1, 10**6, 10**9 + 7]), min_size=n, max_size=n)
    aims = [data.draw(some), data.draw(large), [5**k for k in range(n)]]

    found = best_whole(np.array(low), np.array(high), rows, [np.array(aim) for aim in aims])

    tables = [
        x
        for x in product(*(range(a, b + 1) for a, b in zip(low, high, strict=True)))
        if all(sum(a * v for a, v in zip(r.coefficients, x, strict=True)) <= r.bound for r in rows)
    ]
    best = min(
        tables, key=lambda x: [sum(a * v for a, v in zip(aim, x, strict=True)) for aim in aims],
        default=None,
    )  # fmt: skip
    assert (None if found is None else tuple(found.tolist())) == best


def test_an_aim_beyond_doubles_loses_its_last_digits() -> None:
    """2^60 against 2^60 + 2^20 is told apart, whatever the last digits are."""
    row = WholeRow((0, 1), (1, 1), 1)
    aim = np.array([-(2**60), -(2**60) - 2**20])

    found = best_whole(np.zeros(2, np.int64), np.ones(2, np.int64), [row], [aim])

    assert found is not None
    assert found.tolist() == [0, 1]


def test_without_time_there_is_no_proof_and_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A knapsack of many odd numbers with no time is an error, never a guess."""
    monkeypatch.setattr(whole_solver, "SECONDS", 0.0)
    rng = np.random.default_rng(1)
    size = rng.integers(10**6, 10**7, 60)
    rows = [WholeRow(tuple(range(60)), tuple(size.tolist()), int(size.sum()) // 2)]

    with pytest.raises(NotProvenOptimal) as refusal:
        best_whole(np.zeros(60, np.int64), np.ones(60, np.int64), rows, [-size])

    assert refusal.value.code == "not-proven-optimal"
