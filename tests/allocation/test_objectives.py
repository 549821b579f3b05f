"""Other aims over the same rows: against all tables of a grid, definitions and hand arithmetic."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocation.test_coupled import two_lines
from allocation.test_stages import excess, least
from allocation.test_stages import rows as rows_of
from allocator.allocation.coupled import quota_tables
from allocator.allocation.leximin import Lines
from allocator.allocation.objectives import aimed_tables
from allocator.allocation.program import Program
from allocator.allocation.programs import components, lines_of, program_of
from allocator.allocation.volume import greatest_volumes, price_of_fairness
from allocator.errors import InfeasiblePolicy
from allocator.records import Group, JointLimit, Proof, QuotaPlan, Reals
from allocator.runs.remarks import price_remarks
from strategies import cells_of, city_of, coupled_lines, masses, plan_of, tiny_coupled

NAMES = ("P1", "P2", "P3", "P4")


def aimed(lines: Lines, objective: str) -> tuple[Reals, tuple[Proof, ...]]:
    return aimed_tables(lines, cells_of(lines), objective, NAMES)


def program(lines: Lines, part: tuple[int, ...]) -> Program:
    return program_of(lines, part, cells_of(lines))


def volume(lines: Lines, part: tuple[int, ...], table: Reals) -> float:
    return float((lines.use * table)[list(part)].sum())


def grid(program: Program, parts: int) -> Iterator[Reals]:
    """All tables of 1/parts of cartons that keep every row and bound."""
    ranges = [
        np.arange(round(low * parts), round(high * parts) + 1) / parts
        for low, high in zip(program.floor, program.ceiling, strict=True)
    ]
    for x in itertools.product(*ranges):
        table = np.array(x)
        if excess(program, table) <= 1e-9:
            yield table


@settings(max_examples=120)
@given(tiny_coupled())
def test_no_table_of_a_grid_has_more_volume_nor_as_much_and_is_fairer(lines: Lines) -> None:
    """``volume``: the greatest, and among the tables that reach it the leximin one."""
    table, _ = aimed(lines, "volume")
    for part in components(lines):
        own = program(lines, part)
        use, x = lines.use.ravel()[own.pair], table.ravel()[own.pair]
        mine = sorted((x / own.kappa).tolist())
        for other in grid(own, 2):
            sold = float(use @ other)
            assert sold <= volume(lines, part, table) + 1e-6
            if sold >= volume(lines, part, table) - 1e-9:
                theirs = sorted((other / own.kappa).tolist())
                differ = [(a, b) for a, b in zip(mine, theirs, strict=True) if abs(a - b) > 1e-6]
                assert not differ or differ[0][0] > differ[0][1]


@settings(max_examples=100)
@given(coupled_lines())
def test_the_multipliers_bound_every_volume_in_fractions(lines: Lines) -> None:
    """Weak duality: V <= sum y b + sum max(rho f, rho m) for every table that keeps the rows."""
    parts = components(lines)
    table, proofs = aimed(lines, "volume")
    for part, proof, most in zip(
        parts, proofs, greatest_volumes(lines, parts, cells_of(lines)), strict=True
    ):
        own, first = program(lines, part), proof.stages[0]
        named = {name: (terms, bound) for name, terms, bound in rows_of(own)}
        rho = [Fraction(n) for n in lines.use.ravel()[own.pair]]
        bound = Fraction(0)
        for name, y in first.y.items():
            terms, limit = named[name]
            assert y > 0
            bound += Fraction(y) * Fraction(limit)
            for k, a in terms:
                rho[k] -= Fraction(y) * Fraction(a)
        for k, worth in enumerate(rho):
            bound += max(worth * Fraction(edge) for edge in (own.floor[k], own.ceiling[k]))

        assert excess(own, table.ravel()[own.pair]) <= 1e-8
        assert first.fixed == ()
        assert first.level == most.volume
        assert float(bound) == pytest.approx(volume(lines, part, table), rel=1e-8, abs=1e-8)


@settings(max_examples=100)
@given(coupled_lines())
def test_without_a_loss_of_volume_the_fair_table_is_the_one_of_greatest_volume(
    lines: Lines,
) -> None:
    fair = quota_tables(lines, cells_of(lines))
    table, _ = aimed(lines, "volume")
    for part in components(lines):
        if volume(lines, part, fair) >= volume(lines, part, table) - 1e-7:
            assert table[list(part)] == pytest.approx(fair[list(part)], rel=1e-6, abs=1e-6)


@settings(max_examples=100)
@given(coupled_lines())
def test_one_level_is_as_high_as_rows_allow_and_the_tables_follow_it(lines: Lines) -> None:
    """``proportional``: quotas are those of the level, and each level is held: a little more of it
    breaks a row in which no line has more for standing higher (Bertsekas and Gallager 1987).
    """
    try:
        table, proofs = aimed(lines, "proportional")
    except InfeasiblePolicy:
        return
    for proof in proofs:
        own = program(lines, proof.lines)
        x = table.ravel()[own.pair]
        line_of = own.pair // len(lines.count)
        level = {int(line_of[own.pair == stage.fixed[0]][0]): stage for stage in proof.stages}
        counted = own.counted

        def quotas(at: dict[int, float], own: Program = own, line_of: Reals = line_of) -> Reals:
            top = highest(own)
            low = [
                max(own.floor[k], min(at.get(int(line_of[k]), 0.0) * own.kappa[k], top[k]))
                if own.counted[k]
                else own.floor[k]
                for k in range(len(top))
            ]
            return np.array(least(own, low))

        levels = {p: stage.level for p, stage in level.items()}
        told = quotas(levels)
        assert excess(own, x) <= 1e-8
        assert x[counted] == pytest.approx(told[counted], rel=1e-9, abs=1e-9)
        for p, stage in level.items():
            more = quotas({**levels, p: levels[p] * (1 + 1e-6) + 1e-6})
            rises = more > told + 1e-12
            if not stage.y:
                assert not rises.any()
                continue
            broken = [
                terms
                for name, terms, bound in rows_of(own)
                if not name.startswith("least")
                and sum(a * more[k] for k, a in terms) > bound + 1e-9
            ]
            assert broken
            alike = quotas({q: min(value, levels[p]) for q, value in levels.items()})
            held = [all(told[k] <= alike[k] + 1e-8 for k, a in terms if a > 0) for terms in broken]
            assert any(held)


def highest(own: Program) -> list[float]:
    """The greatest table that ceilings, order and steps allow, by repeated sweeps."""
    x = own.ceiling.tolist()
    for _ in x:
        for k in range(len(x) - 1):
            if own.order[k]:
                x[k] = min(x[k], x[k + 1])
            if own.step[k] >= 0:
                x[k + 1] = min(x[k + 1], x[k] + own.step[k])
    return x


@settings(max_examples=60)
@given(coupled_lines(), st.integers(1, 5))
def test_equal_does_not_look_at_weights(lines: Lines, weight: int) -> None:
    other = replace(lines, weight=np.arange(len(lines.weight)) % lines.tiers + weight)

    assert aimed(lines, "equal")[0].tolist() == aimed(other, "equal")[0].tolist()


def test_equal_levels_what_limits_leave() -> None:
    """By hand: 12 cartons for 2 + 1 shops, 4 each; with a ceiling of 3 below, 6 are left above."""
    assert aimed(two_lines(), "equal")[0][0] == pytest.approx([4, 4])
    low = two_lines(ceiling=np.array([[3, 20], [20, 20]]))

    assert aimed(low, "equal")[0][0] == pytest.approx([3, 6])


def test_a_full_group_stops_everybody_at_one_level() -> None:
    """12 cartons, shares 3 and 6 (2 shops of weight 1, one of 2). Tier 2 has 4 at most: level 2/3,
    so tier 1 has 2 each, 8 in all; leximin gives the 4 left to tier 1, and has no loss of volume.
    """
    group = Group(0, 0, np.array([1], np.int32), masses(1), least=-1, most=4)
    lines = two_lines(groups=(group,))
    table, proofs = aimed(lines, "proportional")

    assert table[0] == pytest.approx([2, 4])
    assert [(stage.level, dict(stage.y)) for stage in proofs[0].stages] == [
        (pytest.approx(2 / 3), {"most/0": 1.0})
    ]
    assert aimed(lines, "leximin")[0][0] == pytest.approx([4, 4])


def test_a_basket_stops_the_lines_it_holds_and_no_other() -> None:
    """Shares 3, 6 and 1.5, 3; together 6 of the 9 in tier 2: level 2/3 of both. A third line of 9
    cartons in no basket goes to its own level 1.
    """
    basket = JointLimit("both", np.array([0, 1], np.int32), np.array([-1, 6]))
    two = two_lines(baskets=(basket,))
    lines = replace(
        two,
        allowed=np.ones((3, 2), np.bool_),
        floor=np.zeros((3, 2), np.int64),
        ceiling=np.full((3, 2), 20),
        supply=np.array([12, 6, 8]),
        tier_order=np.ones(3, np.bool_),
        step=np.full(3, -1),
    )

    assert aimed(lines, "proportional")[0] == pytest.approx(np.array([[2, 4], [1, 2], [2, 4]]))


def test_a_share_that_one_level_does_not_give_is_refused() -> None:
    """Tier 1 must have 8 of 12 and has 6 at its level."""
    group = Group(3, 0, np.array([0], np.int32), masses(2), least=8, most=-1)

    with pytest.raises(InfeasiblePolicy, match="P1") as refusal:
        aimed(two_lines(groups=(group,)), "proportional")

    assert refusal.value.facts == {
        "product": "P1",
        "path": "allocation.groups.3.at_least",
        "least": 8,
        "has": 6,
    }


def test_a_chain_of_baskets_gives_up_volume_for_fairness() -> None:
    """Ten shops; A is in a basket with B and in one with C, 1 carton each: a + b <= 1, a + c <= 1.
    Most is b = c = 1, 20 cartons; fair is a = b = c = 1/2, 15.
    """
    lines = Lines(
        tiers=1,
        allowed=np.ones((3, 1), np.bool_),
        count=np.array([10]),
        weight=np.array([1]),
        floor=np.zeros((3, 1), np.int64),
        ceiling=np.full((3, 1), 1),
        supply=np.full(3, 10),
        tier_order=np.zeros(3, np.bool_),
        step=np.full(3, -1),
        baskets=(
            JointLimit("ab", np.array([0, 1], np.int32), np.array([1])),
            JointLimit("ac", np.array([0, 2], np.int32), np.array([1])),
        ),
    )

    assert aimed(lines, "leximin")[0].ravel() == pytest.approx([0.5, 0.5, 0.5])
    assert aimed(lines, "proportional")[0].ravel() == pytest.approx([0.5, 0.5, 0.5])
    table, proofs = aimed(lines, "volume")
    assert table.ravel() == pytest.approx([0, 1, 1], abs=1e-9)
    assert proofs[0].stages[0].level == pytest.approx(20)


def shared_room(objective: str, more: int = 0) -> QuotaPlan:
    """Ten shops in each of two tiers of one weight, A (10 cartons) for both, B (10) for tier 1; one
    carton of both together for a shop. more : cartons of A
    """
    supply = {"A": 10 + more, "B": 10}
    city = city_of(
        {1: 10, 2: 10},
        [{"product_id": name, "quantity": quantity} for name, quantity in supply.items()],
    )
    return plan_of(
        city,
        weights={"kind": "linear", "bottom": 1, "top": 1},
        products={"B": {"tiers": [1, 1]}},
        baskets=[{"name": "room", "products": "all", "at_most": 1}],
        objective=objective,
    )


def test_the_price_of_fairness() -> None:
    """Shares are 1/2 of A and 1 of B, in tier 1 together 3/2 of which 1 fits: level 2/3, so A 1/3
    and B 2/3, and tier 2 takes the rest of A, 2/3 each: 50/3 cartons. Most is A for tier 2 and B
    for tier 1, one each: 20. One level for everybody leaves tier 2 at 1/3: 40/3 cartons.
    """
    for objective, planned in (("leximin", 50 / 3), ("volume", 20), ("proportional", 40 / 3)):
        plan = shared_room(objective)
        (price,) = price_of_fairness(plan)

        assert price.lines == (0, 1)
        assert (price.volume, price.most) == pytest.approx((planned, 20))
        assert price.given_up == pytest.approx(20 - planned)
    assert shared_room("volume").entitlement == pytest.approx(np.array([[0, 1], [1, 0]]), abs=1e-9)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_price_is_told_in_words(language: str) -> None:
    """3 1/3 of 20 cartons is 16.7 per cent; a plan that gives up nothing is silent."""
    plan = shared_room("leximin")
    (told,) = price_remarks(plan, price_of_fairness(plan), language)
    most = shared_room("volume")

    assert all(part in told for part in ("A, B", " 3 ", "16.7", "20 "))
    assert price_remarks(most, price_of_fairness(most), language) == []


def test_the_inverse_of_a_plan_gives_its_entitlements_again() -> None:
    city = city_of({1: 4, 2: 3, 3: 1}, [{"product_id": "A", "quantity": 31}])
    for objective in ("leximin", "equal", "volume", "proportional"):
        plan = plan_of(city, objective=objective, defaults={"ceiling": 9, "step": 2})
        lines = lines_of(plan)
        table, _ = aimed_tables(lines, plan.cells, objective, plan.product)

        assert plan.objective == objective
        assert table.tolist() == plan.entitlement.tolist()
