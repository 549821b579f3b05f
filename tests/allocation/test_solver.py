"""The seam to the solver: proofs only, one sign for duals, on every PuLP."""

from __future__ import annotations

import numpy as np
import pytest

from allocator.allocation.program import Program, matrix
from allocator.allocation.solver import StageModel
from allocator.errors import NotProvenOptimal
from allocator.records import Flags
from strategies import single_program


def line(
    count: list[int],
    weight: list[int],
    supply: int,
    floor: list[int],
    ceiling: list[int],
    **rule: int,
) -> Program:
    w, n = np.array(weight, np.float64), np.array(count, np.int64)
    return single_program(
        count=count,
        kappa=(w * supply / float(n @ w)).tolist(),
        floor=floor,
        ceiling=ceiling,
        supply=supply,
        tier_order=bool(rule.get("tier_order", True)),
        step=rule.get("step", -1),
    )


def model(program: Program, **options: float) -> StageModel:
    return StageModel(program, matrix(program), **options)


def nobody(size: int) -> Flags:
    return np.zeros(size, np.bool_)


def test_supply_alone_gives_the_proportional_level_and_its_multipliers() -> None:
    """Nothing but supply binds: L = 1, alpha_j = N_j kappa_j / S, y = 1 / S (by hand)."""
    program = line([10, 20, 5], [1, 2, 4], 140, [0, 0, 0], [99, 99, 99])
    optimum = model(program).highest_level(
        program.counted, nobody(program.counted.size), np.zeros(3)
    )

    np.testing.assert_allclose(1.0, optimum.level, rtol=1e-12)
    np.testing.assert_allclose([1 / 7, 4 / 7, 2 / 7], optimum.alpha, rtol=1e-12)
    np.testing.assert_allclose([1 / 140, 0, 0], optimum.y, rtol=1e-12, atol=1e-15)


def test_multipliers_are_positive_where_order_and_step_push_back() -> None:
    """Steps of 0 tie both tiers: q = 6 for both, the upper at s = 3/4; prices by hand."""
    program = line([1, 1], [1, 2], 12, [0, 0], [99, 99], step=0)
    optimum = model(program).highest_level(
        program.counted, nobody(program.counted.size), np.zeros(2)
    )

    np.testing.assert_allclose(6 / 8, optimum.level, rtol=1e-12)
    np.testing.assert_allclose([0, 1], optimum.alpha, atol=1e-12)
    # supply 1/16 twice over kappa 8; the step row carries the lower tier's part
    np.testing.assert_allclose([1 / 16, 0, 1 / 16], optimum.y, atol=1e-12)


def test_later_stages_run_on_with_cells_fixed() -> None:
    """Top tier at its ceiling 2, then the rest share what is left: 10 - 2 over weights 1 and 1."""
    program = line([1, 1, 1], [1, 1, 3], 10, [0, 0, 0], [9, 9, 2], tier_order=0)
    kept = model(program)
    first = kept.highest_level(np.array([True, True, True]), nobody(3), np.zeros(3))
    table = program.kappa * first.level
    later = kept.highest_level(np.array([True, True, False]), np.array([False, False, True]), table)

    np.testing.assert_allclose(2 / 6, first.level, rtol=1e-12)
    np.testing.assert_allclose(4 / 2, later.level, rtol=1e-12)
    assert later.alpha[2] == 0


def test_a_model_begun_with_closed_cells_equals_one_that_came_there_in_stages() -> None:
    program = line([1, 1, 1], [1, 1, 3], 10, [0, 0, 0], [9, 9, 2], tier_order=0)
    table = np.array([0.0, 0.0, 2.0])
    optimum = model(program).highest_level(
        np.array([True, True, False]), np.array([False, False, True]), table
    )

    np.testing.assert_allclose(2.0, optimum.level, rtol=1e-12)


def test_cells_that_stand_in_no_row_do_not_disturb_the_columns() -> None:
    """PuLP 4 exports only columns in use, PuLP 3.3 all of them."""
    program = line([0, 3, 0, 2], [1, 1, 1, 2], 14, [0] * 4, [9] * 4, tier_order=0)
    optimum = model(program).highest_level(
        program.counted, nobody(program.counted.size), np.zeros(4)
    )

    np.testing.assert_allclose(1.0, optimum.level, rtol=1e-12)
    np.testing.assert_allclose([0, 3 / 7, 0, 4 / 7], optimum.alpha, rtol=1e-12)


def test_infeasible_floors_are_refused_with_the_solver_status() -> None:
    program = line([10, 10], [1, 2], 10, [1, 1], [5, 5])
    with pytest.raises(NotProvenOptimal) as caught:
        model(program).highest_level(program.counted, nobody(program.counted.size), np.zeros(2))

    assert caught.value.facts == {"status": "Infeasible"}
    assert "Infeasible" in caught.value.message("zh-CN")


def test_a_time_limit_is_never_taken_for_a_result() -> None:
    """PuLP 3.3 says Optimal at a time limit; the model status does not."""
    rng = np.random.default_rng(7)
    count = rng.integers(1, 50, 300).tolist()
    weight = np.sort(rng.integers(1, 99, 300)).tolist()
    program = line(count, weight, 9999, [0] * 300, [9999] * 300, step=3)
    with pytest.raises(NotProvenOptimal):
        model(program, seconds=0.0).highest_level(
            program.counted, nobody(program.counted.size), np.zeros(300)
        )
