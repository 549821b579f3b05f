"""Leximin by stages: against the definition, brute force, and published max-min cases."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocator.allocation.program import Program
from allocator.allocation.stages import leximin_stages, prove
from allocator.errors import NotProvenOptimal
from allocator.records import Reals, Stage
from strategies import programs, single_program


def least(program: Program, low: list[float]) -> list[float]:
    """The least table above ``low`` that keeps order and step, by repeated sweeps."""
    x = list(low)
    for _ in x:
        for k in range(1, len(x)):
            if program.order[k - 1]:
                x[k] = max(x[k], x[k - 1])
            if program.step[k - 1] >= 0:
                x[k - 1] = max(x[k - 1], x[k] - program.step[k - 1])
    return x


def can_rise(program: Program, x: Reals, j: int, by: float = 1e-4) -> bool:
    """Whether j can have ``by`` more while nobody at or below its level has less.

    On a convex set a table is leximin if and only if no cell can rise so.
    """
    level = x / program.kappa
    keeps = program.counted & (level <= level[j] + 1e-9)
    low = [float(x[i]) - 1e-9 if keeps[i] else float(program.floor[i]) for i in range(len(x))]
    low[j] = float(x[j]) + by
    table = np.array(least(program, low))
    return bool((table <= program.ceiling + 1e-9).all()) and all(
        sum(a * table[k] for k, a in zip(row.position, row.coefficient, strict=True))
        <= row.bound + by / 2
        for row in program.limits
    )


def rows(program: Program) -> list[tuple[str, list[tuple[int, float]], float]]:
    """Name, terms and bound of every row, written down from the program once more."""
    found = [
        (row.name, list(zip(row.position, row.coefficient, strict=True)), row.bound)
        for row in program.limits
    ]
    for k, label in enumerate(program.label):
        if program.order[k]:
            found.append((f"order/{label}", [(k, 1.0), (k + 1, -1.0)], 0.0))
        if program.step[k] >= 0:
            found.append((f"step/{label}", [(k + 1, 1.0), (k, -1.0)], float(program.step[k])))
    return found


def excess(program: Program, x: Reals) -> float:
    """The largest violation of a row or bound, cartons."""
    broken = [sum(a * x[k] for k, a in terms) - bound for _, terms, bound in rows(program)]
    return float(max([*broken, *(program.floor - x), *(x - program.ceiling)]))


def gaps(program: Program, x: Reals, stages: tuple[Stage, ...]) -> list[float]:
    """What each stage leaves unproven of each cell it fixes, in cartons over alpha; exact."""
    kappa, table = [Fraction(k) for k in program.kappa], [Fraction(v) for v in x]
    named = {name: (terms, bound) for name, terms, bound in rows(program)}
    at = {int(pair): k for k, pair in enumerate(program.pair)}
    closed: set[int] = set()
    found = []
    for stage in stages:
        rho = {j: Fraction(0) for j in range(len(table))}
        for j, alpha in stage.alpha.items():
            rho[at[j]] += Fraction(alpha) / kappa[at[j]]
        bound = Fraction(0)
        for name, y in stage.y.items():
            terms, most = named[name]
            bound += Fraction(y) * Fraction(most)
            for k, a in terms:
                rho[k] -= Fraction(y) * Fraction(a)
        for k, worth in rho.items():
            low, high = Fraction(program.floor[k]), Fraction(program.ceiling[k])
            bound += worth * table[k] if k in closed else max(worth * low, worth * high)
        over = bound - Fraction(stage.level) * sum(map(Fraction, stage.alpha.values()))
        found += [float(kappa[at[j]] * over / Fraction(stage.alpha[j])) for j in stage.fixed]
        closed |= {at[j] for j in stage.fixed}
    return found


@settings(max_examples=150)
@given(programs())
def test_no_cell_can_rise_without_hurting_one_no_better_off(program: Program) -> None:
    """L5: the table keeps every row and is leximin by definition."""
    x, stages = leximin_stages(program)

    assert excess(program, x) <= 1e-8
    assert not [j for j in np.flatnonzero(program.counted) if can_rise(program, x, int(j))]
    fixed = sorted(j for stage in stages for j in stage.fixed)
    assert np.flatnonzero(program.counted).tolist() == fixed
    assert sorted(stage.level for stage in stages) == [stage.level for stage in stages]


@settings(max_examples=150)
@given(programs())
def test_every_stage_is_proven_by_its_multipliers(program: Program) -> None:
    """L5: condition (iv) of the certificate, in fractions, within one millionth of a lot."""
    x, stages = leximin_stages(program)

    assert max(gaps(program, x, stages), default=0) <= 1e-6
    assert all(min(stage.alpha[j] for j in stage.fixed) >= 1e-9 for stage in stages)


@settings(max_examples=150)
@given(programs())
def test_a_leximin_table_found_elsewhere_is_proven(program: Program) -> None:
    """`prove` keeps the given numbers and agrees with the program's stages."""
    x, _ = leximin_stages(program)
    stages = prove(program, x)

    assert max(gaps(program, x, stages), default=0) <= 1e-6
    for stage in stages:
        for j in stage.fixed:
            assert abs(x[j] - program.kappa[j] * stage.level) <= 1e-6


@settings(max_examples=100)
@given(programs(), st.data())
def test_a_table_that_is_not_leximin_is_not_proven(program: Program, data: st.DataObject) -> None:
    """A counted cell moved by a hundredth of a carton breaks a row, or the proof."""
    x, _ = leximin_stages(program)
    counted = np.flatnonzero(program.counted).tolist()
    if not counted:
        return
    j = data.draw(st.sampled_from(counted))
    moved = x.copy()
    moved[j] += data.draw(st.sampled_from([-0.01, 0.01]))
    with pytest.raises(NotProvenOptimal):
        prove(program, moved)


@settings(max_examples=60)
@given(programs())
def test_empty_cells_take_the_most_that_the_others_leave(program: Program) -> None:
    """No empty cell can rise, alone or together with others, once the counted cells are fixed."""
    x, _ = leximin_stages(program)
    counted = program.counted
    for j in np.flatnonzero(~counted).tolist():
        low = np.where(counted, x - 1e-9, program.floor).tolist()
        low[j] = float(x[j]) + 1e-4
        table = np.array(least(program, low))
        kept = (table <= np.where(counted, x + 1e-6, program.ceiling)).all()

        assert not kept


def test_no_table_on_a_fine_grid_is_leximin_better() -> None:
    """Brute force by definition: all tables in twelfths of a carton for three tiers."""
    for count, supply, floor, ceiling, tier_order, step in [
        ([1, 2, 1], 7, [0, 0, 0], [2, 2, 3], True, -1),
        ([1, 1, 1], 6, [1, 0, 0], [2, 3, 3], True, 1),
        ([2, 1, 0], 5, [0, 1, 0], [3, 3, 3], False, 1),
        ([1, 1, 2], 4, [0, 0, 1], [3, 3, 3], True, 0),
    ]:
        weight = np.array([1.0, 2.0, 3.0])
        program = single_program(
            count=np.array(count),
            kappa=weight * supply / float(np.array(count) @ weight),
            floor=np.array(floor),
            ceiling=np.array(ceiling),
            supply=supply,
            tier_order=tier_order,
            step=step,
        )
        x, _ = leximin_stages(program)
        counted = program.counted
        grids = [np.arange(12 * f, 12 * m + 1) / 12 for f, m in zip(floor, ceiling, strict=True)]
        tables = np.array(list(itertools.product(*grids)))
        kept = tables @ np.array(count) <= supply + 1e-9
        rise = np.diff(tables, axis=1)
        if tier_order:
            kept &= (rise >= -1e-9).all(axis=1)
        if step >= 0:
            kept &= (rise <= step + 1e-9).all(axis=1)
        ranked = np.sort((tables / program.kappa)[kept][:, counted], axis=1)
        best = tuple(max(np.round(ranked, 9).tolist()))
        ours = tuple(np.round(np.sort((x / program.kappa)[counted]), 9).tolist())

        assert ours >= best


def test_published_max_min_cases(shared: Path) -> None:
    """Keshav 1997: one capacity, demands as ceilings, weights; tenths make the demands whole."""
    cases = json.loads((shared / "cases" / "published.json").read_text())["cases"]
    found = [case for case in cases if case["kind"] == "maxmin_single"]

    assert len(found) == 2
    for case in found:
        weight = np.array(case["input"]["weights"], np.float64)
        demand = np.round(np.array(case["input"]["demands"]) * 10).astype(np.int64)
        supply = int(case["input"]["capacity"] * 10)
        size = len(weight)
        program = single_program(
            chain=np.arange(size),
            count=np.ones(size, np.int64),
            kappa=weight * supply / weight.sum(),
            floor=np.zeros(size, np.int64),
            ceiling=demand,
            supply=supply,
            tier_order=True,
            step=-1,
        )
        x, _ = leximin_stages(program)

        np.testing.assert_allclose(np.array(case["expected"]) * 10, x, atol=1e-8)


def test_cells_that_share_a_ceiling_need_one_stage_for_each_level() -> None:
    """Ten segments of four tiers at the same ceiling: four levels, four stages, not forty."""
    weight = np.tile([1.0, 2, 3, 4], 10)
    count = np.full(40, 5)
    program = single_program(
        chain=np.repeat(np.arange(10), 4),
        count=count,
        kappa=weight * 9000 / float(count @ weight),
        floor=np.zeros(40, np.int64),
        ceiling=np.full(40, 3),
        supply=9000,
        tier_order=True,
        step=-1,
    )
    x, _ = leximin_stages(program)
    stages = prove(program, x)

    assert len(stages) == 4
    np.testing.assert_allclose(np.full(40, 3.0), x)


def test_a_line_that_nobody_can_have_has_no_stages() -> None:
    """Only empty cells: each takes the greatest table, nothing is to prove."""
    program = single_program(
        count=np.zeros(3, np.int64),
        kappa=np.ones(3),
        floor=np.zeros(3, np.int64),
        ceiling=np.array([9, 2, 9]),
        supply=10,
        tier_order=True,
        step=3,
    )
    x, stages = leximin_stages(program)

    assert stages == ()
    np.testing.assert_allclose([2.0, 2.0, 5.0], x)


def test_scales_from_one_shop_to_a_million_are_proven() -> None:
    """Tiny and huge cells in one line, as a province has them."""
    count = np.array([1, 1_000_000, 3, 250_000, 1])
    weight = np.array([1.0, 2, 3, 5, 50])
    program = single_program(
        count=count,
        kappa=weight * 3_000_001 / float(count @ weight),
        floor=np.zeros(5, np.int64),
        ceiling=np.full(5, 40),
        supply=3_000_001,
        tier_order=True,
        step=20,
    )
    x, stages = leximin_stages(program)

    assert max(gaps(program, x, stages)) <= 1e-6
    assert max(gaps(program, x, prove(program, x))) <= 1e-6


def test_the_numbering_of_cells_is_the_citys() -> None:
    program = single_program(
        pair=[4, 7],
        count=np.array([2, 1]),
        kappa=np.array([1.0, 2.0]),
        floor=np.zeros(2, np.int64),
        ceiling=np.array([9, 9]),
        supply=4,
        tier_order=True,
        step=-1,
    )
    _, (stage,) = leximin_stages(program)

    assert stage.fixed == (4, 7)
    assert {4, 7} == set(stage.alpha)
    assert {"supply/0"} == set(stage.y)


def test_more_than_the_supply_is_not_proven() -> None:
    program = single_program(
        count=np.array([2, 1]),
        kappa=np.array([1.0, 2.0]),
        floor=np.zeros(2, np.int64),
        ceiling=np.array([9, 9]),
        supply=4,
        tier_order=True,
        step=-1,
    )
    x, _ = leximin_stages(replace(program, limits=(replace(program.limits[0], bound=5.0),)))
    with pytest.raises(NotProvenOptimal):
        prove(program, x)
