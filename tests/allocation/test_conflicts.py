"""Conflicts of policies: irreducible, and mended by exactly what is told. The judge tries every
table of whole cartons: floors, order and steps demand a whole one if they demand any.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given

from allocator.allocation.clauses import RESERVE_DIGITS, Clause
from allocator.allocation.conflicts import (
    RESERVE_UNIT,
    Demand,
    in_force,
    irreducible,
    mend,
)
from allocator.errors import InfeasiblePolicy
from strategies import city_of, demands, plan_of

MOST = 8
"""Floors of the strategy reach 6, in lots of up to 3 that is 6 or 8; no table needs more."""
TABLES = {size: np.array(list(product(range(MOST + 1), repeat=size))) for size in (1, 2, 3, 4)}


def feasible(demand: Demand, clauses: Sequence[Clause]) -> bool:
    """Whether any table at all keeps the clauses."""
    size, lot = len(demand.count), demand.lot
    tier = np.arange(size) % demand.tiers + 1
    table = TABLES[size]
    good = (table[:, ~demand.allowed] == 0).all(axis=1)
    neighbours = [
        (c, c + 1)
        for c in range(size - 1)
        if tier[c] < demand.tiers and demand.allowed[c] and demand.allowed[c + 1]
    ]
    for clause in clauses:
        held = demand.allowed & (clause.low <= tier) & (tier <= clause.high)
        if clause.kind == "floor":
            good &= (table[:, held] >= -(-clause.value // lot) * lot).all(axis=1)
        if clause.kind == "ceiling":
            good &= (table[:, held] <= clause.value // lot * lot).all(axis=1)
        for c, above in neighbours:
            rise = table[:, above] - table[:, c]
            if clause.kind == "step":
                good &= rise <= clause.value
            if clause.kind == "tier_order":
                good &= rise >= 0
        if clause.kind == "supply":
            part = next((Fraction(o.value) for o in clauses if o.kind == "reserve"), Fraction(0))
            kept = -(-clause.value * part // (10**RESERVE_DIGITS * lot)) * lot
            room = max(0, clause.value - kept) // lot * lot
            good &= table @ demand.count <= room
    return bool(good.any())


@given(demands())
def test_a_conflict_is_irreducible_and_every_mend_is_the_least(
    case: tuple[Demand, tuple[Clause, ...]],
) -> None:
    demand, clauses = case
    assume(not feasible(demand, clauses))

    found = irreducible(demand, clauses)

    assert not feasible(demand, found)
    for clause in found:
        assert feasible(demand, [other for other in found if other != clause])
    rows = in_force(found, clauses)
    for clause in found:
        others = [other for other in rows if other != clause]
        mended = mend(demand, rows, clause)
        assert feasible(demand, [*others, replace(clause, value=mended)] if mended else others)
        if clause.kind in ("ceiling", "step", "supply"):
            short = range(clause.value, mended)
        elif clause.kind == "floor":
            short = range(mended + 1, clause.value + 1)
        else:
            short = range(0) if clause.kind == "tier_order" else (mended + RESERVE_UNIT,)
        for value in short:
            assert not feasible(demand, [*others, replace(clause, value=value)])


def test_each_line_is_named_where_it_stands_in_the_file() -> None:
    """Three shops, 3 cartons each, of 9 less 10 %: one goes to the reserve, 8 are left."""
    with pytest.raises(InfeasiblePolicy) as refusal:
        plan_of(
            city_of({1: 3}, [{"quantity": 9}]),
            reserve="10%",
            products={"P1": {"floor": 3}},
        )

    lines = {line.kind: line for line in refusal.value.conflict}
    assert set(lines) == {"floor", "reserve", "supply"}
    assert (lines["floor"].path, lines["floor"].mend) == ("allocation.products.P1.floor", 2)
    # 9 of 10 are left after one in reserve.
    assert (lines["supply"].line, lines["supply"].mend) == (None, 10)
    assert (lines["reserve"].value, lines["reserve"].mend) == (10, 0)
    assert lines["floor"].line == lines["reserve"].line + 3  # as the mapping is spelt


def test_a_reserve_that_decides_nothing_is_not_named() -> None:
    """Nine shops cannot have one each of 5 whatever is kept back; 10 are needed with 10 % kept."""
    with pytest.raises(InfeasiblePolicy) as refusal:
        plan_of(city_of({1: 9}, [{"quantity": 5}]), reserve="10%", defaults={"floor": 1,
                "ceiling": 4})  # fmt: skip

    assert [(line.kind, line.mend) for line in refusal.value.conflict] == [
        ("floor", 0),
        ("supply", 10),
    ]


def test_a_floor_above_a_ceiling_only_in_whole_lots() -> None:
    """Floor 3 is a lot of 5, ceiling 4 is none: reading lets it pass, planning does not."""
    with pytest.raises(InfeasiblePolicy) as refusal:
        plan_of(
            city_of({1: 2, 2: 2}, [{"product_id": "P5", "quantity": 100}]),
            products={"P5": {"ceiling": {2: 9, 1: 4}}},
            defaults={"floor": 3, "ceiling": 20},
        )

    conflict = refusal.value.conflict
    assert [(line.kind, line.path, line.mend) for line in conflict] == [
        ("floor", "allocation.defaults.floor", 0),
        ("ceiling", "allocation.products.P5.ceiling.1", 5),
    ]
    assert refusal.value.facts["tier"] == 1


def test_the_message_tells_every_line_and_the_other_products_in_both_languages() -> None:
    city = city_of({1: 3}, [{"quantity": 7}, {"product_id": "P5", "quantity": 10}])

    with pytest.raises(InfeasiblePolicy) as refusal:
        plan_of(city, defaults={"floor": 3, "ceiling": 9})

    english, chinese = (refusal.value.message(lang).splitlines() for lang in ("en", "zh-CN"))
    assert (
        english[0]
        == "P1: floors promise 9 cartons to 3 retailers, 7 can be released; 2 are missing"
    )
    assert english[2].endswith("allocation.defaults.floor: floor 3; lower it to 2")
    assert english[3] == "  supply of the cycle: 7 cartons; find 2 more, 9 in all"
    assert english[4].startswith("1 more product")
    assert [len(chinese), "3 条；把保底量降到 2 条" in chinese[2]] == [5, True]
