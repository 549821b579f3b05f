"""The closed form of leximin against the definition and against the staged LP."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.allocation.leximin import Lines, least_table, leximin_tables
from allocator.allocation.programs import components, program_of
from allocator.allocation.stages import leximin_stages
from allocator.records import Cells
from strategies import quota_lines


def one_line(count: list[int], weight: list[int], ceiling: list[int], supply: int) -> Lines:
    size = len(count)
    return Lines(
        tiers=size,
        allowed=np.ones((1, size), dtype=np.bool_),
        count=np.array(count),
        weight=np.array(weight),
        floor=np.zeros((1, size), dtype=np.int64),
        ceiling=np.array([ceiling]),
        supply=np.array([supply]),
        tier_order=np.array([False]),
        step=np.array([-1]),
    )


def test_without_limits_everyone_has_the_proportional_share() -> None:
    lines = one_line([10, 20, 5], [1, 2, 4], [99, 99, 99], 140)

    # 10 + 40 + 20 = 70 weighted retailers share 140 cartons: 2 for each unit of weight.
    assert leximin_tables(lines).tolist() == [[2.0, 4.0, 8.0]]


def test_what_a_ceiling_frees_goes_to_the_others() -> None:
    lines = one_line([10, 20, 5], [1, 2, 4], [99, 99, 4], 140)

    # 5 x 4 = 20 for the top; 120 for 50 weighted retailers is 2.4 for each unit of weight.
    assert leximin_tables(lines)[0] == pytest.approx([2.4, 4.8, 4.0], rel=1e-12)


def test_without_supply_there_is_no_quota() -> None:
    assert leximin_tables(one_line([3, 3], [1, 2], [5, 5], 0)).tolist() == [[0.0, 0.0]]


@given(quota_lines())
def test_closed_form_equals_the_staged_lp(lines: Lines) -> None:
    """``model.md`` 2: the optimum is unique, so both ways give one table, empty cells included."""
    table = leximin_tables(lines)
    cells = Cells(
        tier=np.arange(len(lines.count)) % lines.tiers + 1,
        segment=("",) * len(lines.count),
        rhythm=("weekly",) * len(lines.count),
        count=lines.count,
        weight=lines.weight,
        weight_unit=1,
    )
    for part in components(lines):
        program = program_of(lines, part, cells)

        by_stages, _ = leximin_stages(program)

        assert table.ravel()[program.pair] == pytest.approx(by_stages, rel=1e-6, abs=1e-6)


@given(quota_lines())
def test_table_keeps_every_row_and_uses_what_it_can(lines: Lines) -> None:
    table = leximin_tables(lines)

    used = table @ lines.count
    assert np.all(used <= lines.supply * (1 + 1e-12) + 1e-9)
    assert np.all(table >= lines.floor * (lines.supply > 0)[:, None] - 1e-9)
    assert np.all(table <= lines.ceiling + 1e-9)
    assert table == pytest.approx(np.where(lines.allowed, least_table(lines, table), 0))


@given(quota_lines(), st.integers(1, 30))
def test_l9_more_supply_lowers_no_entitlement(lines: Lines, extra: int) -> None:
    """L9: one product without shares."""
    more = replace(lines, supply=lines.supply + extra * (lines.supply > 0))

    assert np.all(leximin_tables(more) >= leximin_tables(lines) - 1e-9)


def test_published_max_min_cases(shared: Path) -> None:
    """Keshav 1997, pp. 215-217, from the collection of published cases."""
    cases = json.loads((shared / "cases" / "published.json").read_text())["cases"]
    chosen = [case for case in cases if case["kind"] == "maxmin_single"]
    assert chosen
    for case in chosen:
        grain = 10**6  # the cases have decimals; whole units of a millionth keep them exact
        demand = [round(value * grain) for value in case["input"]["demands"]]
        weight = [round(value * 10) for value in case["input"]["weights"]]
        lines = one_line([1] * len(demand), weight, demand, case["input"]["capacity"] * grain)

        assert leximin_tables(lines)[0] / grain == pytest.approx(
            case["expected"], abs=case["tolerance"]
        )


def test_uniform_rule_where_all_must_be_taken(shared: Path) -> None:
    """Sprumont 1991: with more than is wanted, x = max(peak, mu): floors at the peaks."""
    cases = json.loads((shared / "cases" / "published.json").read_text())["cases"]
    chosen = [
        case
        for case in cases
        if case["kind"] == "uniform_rule"
        and sum(case["input"]["peaks"]) < case["input"]["endowment"]
    ]
    assert chosen
    for case in chosen:
        peaks = case["input"]["peaks"]
        size, supply = len(peaks), case["input"]["endowment"]
        free = one_line([1] * size, [1] * size, [supply] * size, supply)

        table = leximin_tables(replace(free, floor=np.array([peaks])))

        assert table[0] == pytest.approx(case["expected"], abs=case["tolerance"])
