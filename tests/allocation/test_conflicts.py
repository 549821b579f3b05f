"""Conflicts of policies: irreducible, and mended by exactly what is told.

The judge of these tests writes every clause as a row of fractions and solves by Bland's rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from allocator.allocation.clauses import SHARE_DIGITS, Clause, Span
from allocator.allocation.conflicts import in_force, irreducible
from allocator.allocation.demand import Demand
from allocator.allocation.judge import Judge
from allocator.allocation.mends import SHARE_UNIT, mend
from allocator.errors import BadPolicy, InfeasiblePolicy, PolicyLine
from allocator.tables.city import City
from strategies import Draft, city_of, demands, drafts, plan_of

Equation = tuple[list[Fraction], Fraction]


def solvable(rows: list[Equation]) -> bool:
    """Whether some x >= 0 keeps ``a x <= b`` for all rows, in fractions (phase one, Bland)."""
    if not rows:
        return True
    size, extra = len(rows[0][0]), len(rows)
    table, basis = [], []
    for r, (a, b) in enumerate(rows):
        sign = 1 if b >= 0 else -1
        slack = [Fraction(0)] * (2 * extra)
        slack[r] = Fraction(sign)
        if sign < 0:
            slack[extra + r] = Fraction(1)
        table.append([sign * v for v in a] + slack + [sign * b])
        basis.append(size + r if sign > 0 else size + extra + r)
    artificial = size + extra
    cost = [
        -sum((row[k] for row, j in zip(table, basis, strict=True) if j >= artificial), Fraction(0))
        for k in range(size + 2 * extra + 1)
    ]
    while True:
        enter = next((k for k in range(artificial) if cost[k] < 0), None)
        if enter is None:
            return cost[-1] == 0
        ratios = [
            (row[-1] / row[enter], basis[r], r) for r, row in enumerate(table) if row[enter] > 0
        ]
        r = min(ratios)[2]
        pivot = table[r][enter]
        table[r] = [v / pivot for v in table[r]]
        for other in (*(row for k, row in enumerate(table) if k != r), cost):
            if factor := other[enter]:
                other[:] = [v - factor * w for v, w in zip(other, table[r], strict=True)]
        basis[r] = enter


def feasible(demand: Demand, clauses: Sequence[Clause]) -> bool:
    """Whether any table at all keeps the clauses."""
    lines, size = demand.allowed.shape
    tier = (np.arange(size) % demand.tiers + 1).tolist()
    pairs = [(p, c) for p in range(lines) for c in range(size) if demand.allowed[p, c]]
    rows: list[Equation] = []
    values = {(clause.kind, clause.spans[0].p): clause.value for clause in clauses}
    reserve = next((Fraction(c.value, 10**SHARE_DIGITS) for c in clauses if c.kind == "reserve"), 0)

    def whole(value: Fraction | int, p: int, up: bool) -> int:
        lots = Fraction(value) / int(demand.lot[p])
        return int((-(-lots // 1) if up else lots // 1) * int(demand.lot[p]))

    def released(p: int) -> int:
        supply = values.get(("supply", p), int(demand.supply[p]))
        return whole(max(0, supply - whole(supply * reserve, p, up=True)), p, up=False)

    def row(terms: dict[tuple[int, int], Fraction | int], bound: Fraction | int) -> None:
        rows.append(([Fraction(terms.get(pair, 0)) for pair in pairs], Fraction(bound)))

    for clause in clauses:
        part = Fraction(clause.value, 10**SHARE_DIGITS)
        for span in clause.spans:
            p = span.p
            held = [c for q, c in pairs if q == p and span.low <= tier[c] <= span.high]
            visits = demand.visits[p].tolist()
            for c in held:
                shops = int(demand.count[c])
                if clause.kind == "floor":
                    row({(p, c): -1}, -whole(clause.value, p, up=True) * visits[c])
                if clause.kind == "ceiling":
                    row({(p, c): 1}, whole(clause.value, p, up=False) * visits[c])
                if clause.kind == "coverage" and shops:
                    row({(p, c): -shops}, -int(part * shops // 1) * int(demand.lot[p]))
                if clause.kind == "basket" and p == clause.spans[0].p:
                    row({(s.p, c): 1 for s in clause.spans if demand.allowed[s.p, c]}, clause.value)
                if tier[c] < demand.tiers and c + 1 in held:
                    if clause.kind == "step":
                        row({(p, c + 1): 1, (p, c): -1}, clause.value * visits[c])
                    if clause.kind == "tier_order":
                        row({(p, c): 1, (p, c + 1): -1}, 0)
            if clause.kind == "supply":
                row({(p, c): Fraction(int(demand.mass[p, c]), 10**6) for c in held}, released(p))
            if clause.kind in ("group_least", "group_most"):
                sign = -1 if clause.kind == "group_least" else 1
                share = whole(part * released(p), p, up=sign < 0)
                mass = demand.shares[clause.rule, p].items()
                row({(p, c): Fraction(sign * n, 10**6) for c, n in mass}, sign * share)
    return solvable(rows)


@settings(max_examples=150, deadline=None)
@given(demands())
def test_whether_there_is_a_table_is_decided_exactly(
    case: tuple[Demand, tuple[Clause, ...]],
) -> None:
    demand, clauses = case

    assert Judge(demand).has_table(clauses) == feasible(demand, clauses)


@settings(max_examples=100, deadline=None)
@given(demands(), st.data())
def test_a_conflict_is_irreducible_and_every_mend_is_the_least(
    case: tuple[Demand, tuple[Clause, ...]], data: st.DataObject
) -> None:
    demand, clauses = case
    assume(not feasible(demand, clauses))
    judge = Judge(demand)

    found = irreducible(judge, clauses)

    rows = in_force(found, clauses)
    assert not feasible(demand, rows)
    for clause in found:
        assert feasible(demand, [other for other in rows if other != clause])
    for clause in found:
        others = [other for other in rows if other != clause]
        mended = mend(judge, rows, clause)
        if mended is None:
            assert clause.kind == "supply"
            far = [replace(clause, value=clause.value * k) for k in range(2, 9)]
            assert not any(feasible(demand, [*others, more]) for more in far)
            continue
        lifted = clause.kind == "tier_order"
        assert feasible(demand, others if lifted else [*others, replace(clause, value=mended)])
        short = short_of(clause, mended)
        if len(short) > 6:
            short = [
                *short[:2],
                short[-1],
                *data.draw(st.lists(st.sampled_from(short), max_size=4)),
            ]
        for value in short:
            assert not feasible(demand, [*others, replace(clause, value=value)])


def short_of(clause: Clause, mended: int) -> Sequence[int]:
    """The values between that of a clause and its mend, nearest to the mend first."""
    if clause.kind in ("ceiling", "step", "supply", "basket"):
        return range(mended - 1, clause.value - 1, -1)
    if clause.kind == "floor":
        return range(mended + 1, clause.value + 1)
    if clause.kind == "tier_order":
        return []
    if clause.kind == "group_most":
        return range(mended - SHARE_UNIT, clause.value - 1, -SHARE_UNIT)
    return range(mended + SHARE_UNIT, clause.value + 1, SHARE_UNIT)


def refusal_of(draft: Draft) -> InfeasiblePolicy | None:
    """How a draft is refused, if it is."""
    try:
        plan_of(draft.city(), **draft.allocation)
    except InfeasiblePolicy as refusal:
        return refusal
    except BadPolicy:
        assume(False)
    return None


def changed(draft: Draft, line: PolicyLine) -> Draft:
    """The draft with one line changed to what is told to mend it."""
    if line.kind == "supply":
        return replace(draft, supply={**draft.supply, line.name: int(line.mend)})
    tree = deepcopy(draft.allocation)
    *steps, last = line.path.split(".")[1:]
    node: Any = tree
    for step in steps:
        node = node[int(step)] if isinstance(node, tuple) else node[step]
    if line.kind == "tier_order":
        node[last] = False
    elif line.kind in ("coverage", "reserve", "group_least", "group_most"):
        node[last] = f"{line.mend}%"
        # A group that is to go is kept in its place, so that the paths of the others stay.
        if line.kind == "group_least" and line.mend == 0:
            del node[last]
            node["at_most"] = "99.9999%"
        if line.kind == "group_most" and line.mend == 100:
            del node[last]
            node["at_least"] = "0.0001%"
    else:
        node[int(last) if last.isdigit() else last] = int(line.mend)
    return replace(draft, allocation=tree)


@settings(max_examples=150, deadline=None)
@given(drafts())
def test_every_policy_is_planned_or_refused_with_lines_any_one_of_which_mends_it(
    draft: Draft,
) -> None:
    """No solver ever meets a policy that no table keeps, and what is told is so."""
    refusal = refusal_of(draft)
    if refusal is None or not refusal.conflict:
        return
    paths = {(line.path, line.name) for line in refusal.conflict}

    assert len(paths) > 1
    for line in refusal.conflict:
        after = refusal_of(changed(draft, line))

        same = after is not None and {(other.path, other.name) for other in after.conflict} == paths
        assert not same or after.facts["product"] != refusal.facts["product"]


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
        == "P1: the least quotas of 3 retailers take 9 cartons, 7 can be released; 2 are missing"
    )
    assert english[2].endswith("allocation.defaults.floor: floor 3; lower it to 2")
    assert english[3] == "  supply of P1: 7 cartons; find 2 more, 9 in all"
    assert english[4].startswith("1 more product")
    assert [len(chinese), "3 条；把保底量降到 2 条" in chinese[2]] == [5, True]


def mixed_city(urban: int, rural: int, **supply: int) -> City:
    """Shops of one tier in town and in the villages."""
    return Draft({(1, "urban"): urban, (1, "rural"): rural}, supply, {}).city()


def test_a_share_above_what_ceilings_let_through_is_told_in_both_languages() -> None:
    """25 shops, 20 each at most, make 500 of the 600 that 60 % are; 600 / 25 = 24, 50 % = 500."""
    with pytest.raises(InfeasiblePolicy) as refusal:
        plan_of(
            mixed_city(20, 25, P1=1000),
            groups=({"who": {"market": "rural"}, "products": "all", "at_least": "60%"},),
        )

    english, chinese = (refusal.value.message(lang).splitlines() for lang in ("en", "zh-CN"))
    assert english[0] == (
        "P1: retailers with market rural must have at least 600 of 1,000 cartons, "
        "but at most 20 each for 25 retailers are 500"
    )
    assert english[2].endswith("allocation.defaults.ceiling: ceiling 20; raise it to 24")
    assert english[3].endswith(
        "allocation.groups.0.at_least: at least 60 % for retailers with market rural; "
        "lower it to 50 %"
    )
    assert chinese[0] == (
        "P1：市场类型为农网的零售户在可投放的 1,000 条中至少应得 600 条，"
        "而每户至多 20 条，25 户共 500 条"
    )
    assert chinese[3].endswith("市场类型为农网的零售户至少得 60%；降到 50%")
    assert all(line.line for line in refusal.value.conflict)


def test_floors_of_two_products_above_their_basket() -> None:
    """3 and 3 in a basket of 5: the floor to 2, or the basket to 6, for each line is one change."""
    with pytest.raises(InfeasiblePolicy) as refusal:
        plan_of(
            mixed_city(2, 2, P1=90, P2=90),
            defaults={"ceiling": 20, "floor": 3},
            products={"P2": {"floor": 4}},
            baskets=({"name": "both", "products": "all", "at_most": {1: 5}},),
        )

    assert [(line.path, line.mend) for line in refusal.value.conflict] == [
        ("allocation.products.P2.floor", 2),
        ("allocation.defaults.floor", 1),
        ("allocation.baskets.0.at_most.1", 7),
    ]
    assert refusal.value.facts["product"] == "P1, P2"
    assert "the basket both allows 5" in refusal.value.message()


def test_coverage_above_the_supply() -> None:
    """19 of 20 and 23 of 25 (95 % is 23.75) must have a lot: 42 of 30; below 70 % 13 and 17."""
    with pytest.raises(InfeasiblePolicy) as refusal:
        plan_of(
            mixed_city(20, 25, P1=30),
            defaults={"ceiling": 9, "coverage": "95%"},
            groups=({"who": {"market": "rural"}, "products": "all", "at_most": "90%"},),
        )

    assert [(line.kind, line.value, line.mend) for line in refusal.value.conflict] == [
        ("coverage", 95, Decimal("69.9999")),
        ("supply", 30, 42),
    ]


def test_more_supply_is_told_with_what_the_shares_then_take() -> None:
    """20 urban shops with 2 each need 40; 10 % are left to them of 300 less 10 %, that is 27.

    A supply of 445 releases 400, of which 40 are left; of 444 it releases 399, and 359.1 up to
    whole cartons are 360, which leave 39.
    """
    with pytest.raises(InfeasiblePolicy) as refusal:
        plan_of(
            mixed_city(20, 25, P1=300),
            reserve="10%",
            defaults={"ceiling": 400, "floor": 2},
            groups=({"who": {"market": "rural"}, "products": "all", "at_least": "90%"},),
        )

    mends = {line.kind: line.mend for line in refusal.value.conflict}
    assert mends["supply"] == 445
    assert mends["floor"] == 1
    # 230 of 270 are left: 85.1851 % are 229.99977, and 85.1852 % are 230.00004, one carton more.
    assert mends["group_least"] == Decimal("85.1851")


def test_a_supply_that_mends_nothing_is_not_named() -> None:
    """Tier order leaves the lower tier half at most, however much there is: 10 of 20 shops."""
    with pytest.raises(InfeasiblePolicy) as refusal:
        plan_of(
            city_of({1: 10, 2: 10}, [{"quantity": 100}]),
            groups=({"who": {"tier": (1, 1)}, "products": "all", "at_least": "60%"},),
        )

    assert [(line.kind, line.mend) for line in refusal.value.conflict] == [
        ("tier_order", 0),
        ("group_least", 50),
    ]
    assert refusal.value.facts["most"] == 50


def test_a_share_of_which_nothing_can_be_had_is_to_be_taken_away() -> None:
    """A ceiling of nothing leaves nothing; 0 % would be no share."""
    with pytest.raises(InfeasiblePolicy) as refusal:
        plan_of(
            mixed_city(1, 1, P5=10),
            defaults={"ceiling": 4},
            groups=({"who": {"market": "rural"}, "products": "all", "at_least": "1%"},),
        )

    assert [line.mend for line in refusal.value.conflict] == [5, 0]
    endings = [line.rstrip() for line in refusal.value.message().splitlines()]
    assert endings[3].endswith("for retailers with market rural; take it away")


@pytest.mark.parametrize("shops", [5, 5000, 500_000])
def test_one_carton_too_much_is_proven_and_none_too_much_is_not(shops: int) -> None:
    """Under tier order two tiers of equal size leave the lower one half: exactly, at any scale."""
    count = np.array([shops, shops])
    supply = 20 * shops
    demand = Demand(
        tiers=2,
        allowed=np.ones((1, 2), np.bool_),
        count=count,
        visits=np.ones((1, 2), np.int64),
        mass=count[None] * 10**6,
        lot=np.ones(1, np.int64),
        supply=np.array([supply]),
        shares={(0, 0): {0: shops * 10**6}},
    )
    half = 10**SHARE_DIGITS // 2
    everywhere = (Span(0),)

    def clauses(share: int) -> list[Clause]:
        return [
            Clause("tier_order", "order", 1, everywhere),
            Clause("supply", "supply", supply, everywhere),
            Clause("group_least", "group", share, everywhere, 0),
        ]

    assert Judge(demand).has_table(clauses(half))
    assert Judge(demand).missing(clauses(half + 1)) == pytest.approx(1)


def one_line(count: list[int], supply: int, mass: list[int]) -> Demand:
    """One product, one tier per cell; group k holds cell k."""
    size = len(count)
    return Demand(
        tiers=size,
        allowed=np.ones((1, size), np.bool_),
        count=np.array(count),
        visits=np.ones((1, size), np.int64),
        mass=np.array([mass]),
        lot=np.ones(1, np.int64),
        supply=np.array([supply]),
        shares={(k, 0): {k: mass[k]} for k in range(size)},
    )


def part(thousandths: int) -> int:
    """A share as clauses hold it."""
    return thousandths * 10 ** (SHARE_DIGITS - 3)


def test_shares_in_whole_lots_do_not_hide_a_nearer_supply_or_reserve() -> None:
    """45 % twice, up to whole cartons, leave of 10 to 15 cartons: 0, 1, 0, 1, 0, 1. One is needed,
    so 11 are the least, though 12 are not enough; of 20 that is a reserve of 45 %, not of 35 %.
    """
    everywhere, micro = (Span(0),), 10**6
    rules = [
        Clause("floor", "floor", 1, (Span(0, 3, 3),)),
        Clause("group_least", "first", part(450), everywhere, 0),
        Clause("group_least", "second", part(450), everywhere, 1),
    ]
    few = Clause("supply", "supply", 10, everywhere)
    judge = Judge(one_line([1, 1, 1], 10, [micro] * 3))
    assert mend(judge, [*rules, few], few) == 11

    kept = Clause("reserve", "reserve", part(500), everywhere)
    enough = replace(few, value=20)
    judge = Judge(one_line([1, 1, 1], 20, [micro] * 3))
    assert mend(judge, [*rules, enough, kept], kept) == part(450)


def test_who_takes_little_of_a_quota_may_need_a_large_one() -> None:
    """A shop that orders a quarter of its quota has all 10 cartons with a quota of 40."""
    demand = one_line([1], 10, [250_000])
    everywhere = (Span(0),)
    rules = [
        Clause("supply", "supply", 10, everywhere),
        Clause("group_least", "group", part(1000), everywhere, 0),
    ]
    low = Clause("ceiling", "ceiling", 9, everywhere)

    assert Judge(demand).has_table(rules)
    assert mend(Judge(demand), [*rules, low], low) == 40
