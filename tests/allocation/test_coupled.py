"""Lines coupled by baskets and groups: the direct tables against the program and the definition."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pulp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocation.test_stages import excess, gaps, rows
from allocator.allocation.coupled import quota_tables
from allocator.allocation.leximin import Lines
from allocator.allocation.programs import components, program_of
from allocator.allocation.stages import leximin_stages, prove
from allocator.errors import NotProvenOptimal
from allocator.records import Group, JointLimit
from strategies import cells_of, coupled_lines, masses


@settings(max_examples=150)
@given(coupled_lines())
def test_the_direct_table_is_the_programs(lines: Lines) -> None:
    """``model.md`` 2: the optimum is unique, so both ways give one table, empty cells included."""
    cells = cells_of(lines)
    table = quota_tables(lines, cells).ravel()
    for part in components(lines):
        program = program_of(lines, part, cells)
        x, _ = leximin_stages(program)

        assert table[program.pair] == pytest.approx(x, rel=1e-6, abs=1e-6)


@settings(max_examples=150)
@given(coupled_lines())
def test_its_multipliers_prove_it_in_fractions(lines: Lines) -> None:
    """L5: condition (iv) of the certificate, within one millionth of a lot; every pair once."""
    cells = cells_of(lines)
    table = quota_tables(lines, cells).ravel()
    for part in components(lines):
        program = program_of(lines, part, cells)
        x = table[program.pair]
        stages = prove(program, x)
        told = program.counted | program.joint

        assert excess(program, x) <= 1e-8
        assert max(gaps(program, x, stages), default=0) <= 1e-6
        assert sorted(j for stage in stages for j in stage.fixed) == program.pair[told].tolist()
        for stage in stages:
            for j in stage.fixed:
                k = int(np.flatnonzero(program.pair == j)[0])
                assert abs(x[k] - program.kappa[k] * stage.level) <= 1e-6


@settings(max_examples=100)
@given(coupled_lines(), st.data())
def test_a_moved_quota_is_not_proven(lines: Lines, data: st.DataObject) -> None:
    cells = cells_of(lines)
    table = quota_tables(lines, cells).ravel()
    part = data.draw(st.sampled_from(components(lines)))
    program = program_of(lines, part, cells)
    told = np.flatnonzero(program.counted | program.joint).tolist()
    if not told:
        return
    x = table[program.pair]
    x[data.draw(st.sampled_from(told))] += data.draw(st.sampled_from([-0.01, 0.01]))
    with pytest.raises(NotProvenOptimal):
        prove(program, x)


def two_lines(**limits: object) -> Lines:
    """Two products of 12 and 6 cartons for tiers of 2 and 1 shops with weights 1 and 2."""
    shape = (2, 2)
    lines = Lines(
        tiers=2,
        allowed=np.ones(shape, np.bool_),
        count=np.array([2, 1]),
        weight=np.array([1, 2]),
        floor=np.zeros(shape, np.int64),
        ceiling=np.full(shape, 20),
        supply=np.array([12, 6]),
        tier_order=np.ones(2, np.bool_),
        step=np.full(2, -1),
    )
    return replace(lines, **limits)  # type: ignore[arg-type]


def test_a_basket_lowers_both_products_to_one_satisfaction() -> None:
    """By hand: shares are 3, 6 and 1.5, 3. Together 9 in the upper tier, of which 6 are allowed:
    both at 2/3, that is 4 and 2. The lower tier then takes the rest, (12 - 4) / 2 and (6 - 2) / 2.
    Tier order then binds nowhere: 4 <= 4 and 2 <= 2.
    """
    basket = JointLimit("both", np.array([0, 1], np.int32), np.array([-1, 6]))
    lines = two_lines(baskets=(basket,))

    assert quota_tables(lines, cells_of(lines)) == pytest.approx(np.array([[4, 4], [2, 2]]))


def test_a_group_at_least_lifts_its_cells_at_the_cost_of_the_rest() -> None:
    """Tier 1 is due at least 8 of 12: 4 each; 4 are left for the one shop of tier 2."""
    group = Group(0, 0, np.array([0], np.int32), masses(2), least=8, most=-1)
    lines = two_lines(groups=(group,))

    assert quota_tables(lines, cells_of(lines))[0] == pytest.approx([4, 4])


def test_a_group_at_most_leaves_more_to_the_others() -> None:
    """Tier 2 has 3 at most, so tier 1 would have 4.5, but tier order stops it at 3."""
    group = Group(0, 0, np.array([1], np.int32), masses(1), least=-1, most=3)
    lines = two_lines(groups=(group,))

    assert quota_tables(lines, cells_of(lines))[0] == pytest.approx([3, 3])
    free = replace(lines, tier_order=np.zeros(2, np.bool_))
    assert quota_tables(free, cells_of(free))[0] == pytest.approx([4.5, 3])


def test_a_share_that_ceilings_leave_to_the_rest_is_found_by_the_program() -> None:
    """Tier 1 must have 8, its ceiling is 4: exactly 4 each. Without the exchange of rows the rest
    could take 4 at most; the supply of 12 is all used, 8 + 4.
    """
    group = Group(0, 0, np.array([0], np.int32), masses(2), least=8, most=-1)
    lines = two_lines(groups=(group,), ceiling=np.array([[4, 20], [20, 20]]))

    assert quota_tables(lines, cells_of(lines))[0] == pytest.approx([4, 4])


@pytest.mark.parametrize("scale", [1, 10**3, 10**7])
def test_scales_from_one_carton_to_ten_million(scale: int) -> None:
    """Supplies of 1 to 10^7 in one program with a basket, proven in fractions."""
    lines = two_lines(
        count=np.array([2 * scale, 1]),
        supply=np.array([scale, 1]),
        baskets=(JointLimit("both", np.array([0, 1], np.int32), np.array([1, 1])),),
    )
    cells = cells_of(lines)
    table = quota_tables(lines, cells).ravel()
    for part in components(lines):
        program = program_of(lines, part, cells)
        stages = prove(program, table[program.pair])

        assert max(gaps(program, table[program.pair], stages)) <= Fraction(1, 10**6)


def cbc() -> pulp.LpSolver:
    """CBC as PuLP 3 brings it along; PuLP 4 has none of its own."""
    names = pulp.listSolvers(onlyAvailable=True)
    name = next((name for name in ("PULP_CBC_CMD", "COIN_CMD") if name in names), None)
    if name is None:
        pytest.skip("CBC is not installed")
    return pulp.getSolver(name, msg=False)


@pytest.mark.filterwarnings("ignore:PULP_CBC_CMD is deprecated:DeprecationWarning")
@settings(max_examples=15)
@given(coupled_lines())
def test_cbc_finds_the_same_levels(lines: Lines) -> None:
    """L10: another solver agrees within 1e-6, stage by stage, on a program written down anew."""
    solver, cells = cbc(), cells_of(lines)
    table = quota_tables(lines, cells).ravel()
    for part in components(lines):
        program = program_of(lines, part, cells)
        x = table[program.pair]
        at = {int(pair): k for k, pair in enumerate(program.pair)}
        fixed: set[int] = set()
        for stage in prove(program, x)[:4]:
            problem = pulp.LpProblem("stage", pulp.LpMinimize)
            q = [
                problem.add_variable(f"q{k:04}", float(program.floor[k]), float(program.ceiling[k]))
                for k in range(len(x))
            ]
            level = problem.add_variable("z")
            problem += -1 * level, "objective"
            for name, terms, bound in rows(program):
                problem += pulp.lpSum(a * q[k] for k, a in terms) <= bound + 1e-9, name
            for k in range(len(x)):
                if k in fixed:
                    problem += q[k] >= float(x[k]) - 1e-9, f"low{k}"
                    problem += q[k] <= float(x[k]) + 1e-9, f"high{k}"
                elif program.counted[k] or len(fixed) >= program.counted.sum():
                    problem += float(program.kappa[k]) * level - q[k] <= 0, f"level{k}"
            problem.solve(solver)

            assert problem.sol_status == 1
            assert level.value() == pytest.approx(stage.level, rel=1e-6, abs=1e-6)
            fixed |= {at[j] for j in stage.fixed}
