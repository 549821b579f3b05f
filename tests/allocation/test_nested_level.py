"""Round two under group maxima, against bisection in fractions retailer by retailer."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from allocator.allocation.awards import allocate
from allocator.allocation.nested_level import (
    SUPPLY,
    CellLevels,
    Most,
    nested_levels,
    round_two_in_groups,
)
from allocator.allocation.rounds import Lots, round_one, round_two
from allocator.allocation.turns import credit_sums, priorities, reading_starts
from allocator.records import Group, Units
from strategies import Counter, counters, grouped_counters, small_plan, table_of

FINE = Fraction(1, 10**9)
"""(lots) Bisection stops here; the outcomes are compared a thousand times coarser."""


def with_supply(counter: Counter, groups: list[Most]) -> list[Most]:
    return [*groups, Most(SUPPLY, np.ones(len(counter[2]), dtype=np.bool_), counter[4])]


def cell_of(counter: Counter) -> list[int]:
    return np.repeat(np.arange(len(counter[2])), np.diff(counter[5].start)).tolist()


def outcome(
    counter: Counter, first: Lots, caps: list[Fraction | None], cells: np.ndarray
) -> list[Fraction]:
    """x_i = min(d, max(a, level w)) of the retailers in ``cells``."""
    asked, _, _, weight, _, _, _ = counter
    return [
        Fraction(int(d))
        if caps[c] is None
        else min(Fraction(int(d)), max(Fraction(int(a)), caps[c] * int(weight[c])))
        for d, a, c in zip(asked, first, cell_of(counter), strict=True)
        if cells[c]
    ]


def by_bisection(counter: Counter, first: Lots, groups: list[Most]) -> list[Fraction]:
    """The smallest group first: a level of its own where it cannot have all it asks for."""
    caps: list[Fraction | None] = [None] * len(counter[2])
    for most in sorted(with_supply(counter, groups), key=lambda g: (g.number < 0, g.cells.sum())):
        if sum(outcome(counter, first, caps, most.cells)) <= most.lots:
            continue
        low, high = Fraction(0), Fraction(10_000)
        while high - low > FINE:
            level = (low + high) / 2
            tried = [
                min(cap, level) if cap is not None and inside else level if inside else cap
                for cap, inside in zip(caps, most.cells.tolist(), strict=True)
            ]
            enough = sum(outcome(counter, first, tried, most.cells)) <= most.lots
            low, high = (level, high) if enough else (low, level)
        caps = [
            (low if cap is None else min(cap, low)) if inside else cap
            for cap, inside in zip(caps, most.cells.tolist(), strict=True)
        ]
    return outcome(counter, first, caps, np.ones(len(caps), dtype=np.bool_))


def levels_of(counter: Counter, groups: list[Most]) -> tuple[Lots, CellLevels]:
    asked, seat, base, weight, _, roster, _ = counter
    first, cohorts = round_one(asked, seat, base, roster)
    return first, nested_levels(cohorts, weight, with_supply(counter, groups))


def serve(counter: Counter, groups: list[Most], credit: Units | None = None) -> Lots:
    asked, seat, base, weight, _, roster, draw = counter
    first, cohorts = round_one(asked, seat, base, roster)
    owed = np.zeros(len(asked), dtype=np.int32) if credit is None else credit
    award, _ = round_two_in_groups(
        asked,
        first,
        cohorts,
        weight,
        with_supply(counter, groups),
        priorities(roster, reading_starts(roster, draw), owed),
        credit_sums(owed, roster),
        roster,
        draw,
    )
    return award


def short(counter: Counter) -> bool:
    """Whether there is nothing left after round one."""
    asked, seat, base, _, supply, roster, _ = counter
    return bool(round_one(asked, seat, base, roster)[0].sum() >= supply)


@given(grouped_counters())
def test_each_group_has_the_level_that_fills_it(case: tuple[Counter, list[Most]]) -> None:
    """model.md 5, groups by nested levels: the same outcome as by bisection."""
    counter, groups = case
    if short(counter):
        return
    first, levels = levels_of(counter, groups)

    caps = [None if at is None else Fraction(*at) for at in levels.of_cell]
    found = outcome(counter, first, caps, np.ones(len(caps), dtype=np.bool_))
    expected = by_bisection(counter, first, groups)
    assert all(abs(x - y) < FINE * 1000 for x, y in zip(expected, found, strict=True))


@given(grouped_counters())
def test_whole_lots_use_all_that_the_levels_give(case: tuple[Counter, list[Most]]) -> None:
    """Floor or ceiling of the real outcome, no maximum exceeded, no lot of it lost."""
    counter, groups = case
    if short(counter):
        return
    award = serve(counter, groups)

    first, levels = levels_of(counter, groups)
    caps = [None if at is None else Fraction(*at) for at in levels.of_cell]
    exact = outcome(counter, first, caps, np.ones(len(caps), dtype=np.bool_))
    for x, lots in zip(exact, award.tolist(), strict=True):
        assert x.__floor__() <= lots <= x.__ceil__()
    cell = np.array(cell_of(counter), dtype=np.int64)
    for most in with_supply(counter, groups):
        assert award[most.cells[cell]].sum() <= most.lots
    assert award.sum() == sum(exact)


@given(grouped_counters(nested=False))
def test_crossing_groups_keep_every_maximum(case: tuple[Counter, list[Most]]) -> None:
    """L2 where groups overlap: nobody below round one, nobody above the order."""
    counter, groups = case
    if short(counter):
        return
    award = serve(counter, groups)

    first, _ = levels_of(counter, groups)
    assert (award >= first).all()
    assert (award <= np.maximum(counter[0], first)).all()
    cell = np.array(cell_of(counter), dtype=np.int64)
    for most in with_supply(counter, groups):
        assert award[most.cells[cell]].sum() <= most.lots


@given(counters(), st.data())
def test_without_groups_it_is_the_uniform_rule_to_the_bit(
    counter: Counter, data: st.DataObject
) -> None:
    """One limit, the supply: the same odd lots to the same retailers, credits included."""
    if short(counter):
        return
    asked, seat, base, weight, supply, roster, draw = counter
    owed = np.array(
        data.draw(
            st.lists(st.integers(-900_000, 900_000), min_size=len(asked), max_size=len(asked))
        ),
        dtype=np.int32,
    )
    first, cohorts = round_one(asked, seat, base, roster)
    key = priorities(roster, reading_starts(roster, draw), owed)
    expected, _ = round_two(
        asked, first, cohorts, weight, supply, key, credit_sums(owed, roster), roster, draw
    )

    assert expected.tolist() == serve(counter, [], owed).tolist()


@given(grouped_counters(retailers=6, largest=4), st.data())
def test_l7_nobody_gains_by_misreporting(
    case: tuple[Counter, list[Most]], data: st.DataObject
) -> None:
    """L7 with groups: every report of one retailer."""
    counter, groups = case
    asked, *rest = counter
    if not len(asked):
        return
    liar = data.draw(st.integers(0, len(asked) - 1))
    truth = int(asked[liar])

    def award(report: int) -> int:
        told = asked.copy()
        told[liar] = report
        reported = (told, *rest)
        if short(reported):
            return int(round_one(told, rest[0], rest[1], rest[4])[0][liar])
        return int(serve(reported, groups)[liar])

    honest = award(truth)
    for report in range(int(asked.max()) + 4):
        assert abs(award(report) - truth) >= abs(honest - truth)


def test_the_rural_group_stops_and_the_others_go_on() -> None:
    """Four shops of equal weight want 10 each of 24; two of them may have 6 together.

    Quotas of 2: 8 go in round one, the two have 1 more each, the other two share 18.
    """
    plan = small_plan(
        {"P": {1: 2, 2: 2}}, {"A": 1, "B": 1, "C": 2, "D": 2}, tiers=2,
        supply={"P": 24}, ceilings={"P": 20}, second_round=True, source="planned",
    )  # fmt: skip
    cells = replace(plan.cells, weight=np.array([1, 1]))
    group = Group(0, 0, np.array([0], np.int32), np.array([2_000_000]), -1, 6)
    plan = replace(plan, cells=cells, groups=(group,))
    rows = [
        {"order_id": who, "retailer_id": who, "product_id": "P", "requested": 10} for who in "ABCD"
    ]

    allocation = allocate(table_of("orders", rows), plan)

    assert allocation.lines["award"].to_list() == [3, 3, 9, 9]
    assert allocation.left.tolist() == [0]
    assert Fraction(*allocation.group_level[0]) == 3
    level = allocation.level[0]
    assert level is not None
    assert Fraction(*level) == 9


def test_a_full_group_counts_with_its_total_not_with_its_parts() -> None:
    """Two tiers have 3 together, one and a half each; the third has the other 7 of 10."""
    plan = small_plan(
        {"P": {1: 1, 2: 1, 3: 1}}, {"A": 1, "B": 2, "C": 3}, tiers=3,
        supply={"P": 10}, ceilings={"P": 20}, second_round=True, source="planned",
    )  # fmt: skip
    cells = replace(plan.cells, weight=np.array([1, 1, 1]))
    group = Group(0, 0, np.array([0, 1], np.int32), np.array([10**6, 10**6]), -1, 3)
    rows = [
        {"order_id": who, "retailer_id": who, "product_id": "P", "requested": 10} for who in "ABC"
    ]

    lines = allocate(table_of("orders", rows), replace(plan, cells=cells, groups=(group,))).lines

    awards = lines["award"].to_list()
    assert sorted(awards[:2]) == [1, 2]
    assert awards[2] == 7
