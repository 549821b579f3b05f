"""L1 to L4 and L6 where groups, baskets and bands join cells and products."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations

import numpy as np
from hypothesis import given

from allocator.allocation.awards import allocate
from allocator.records import QuotaPlan
from allocator.tables.city import Table
from laws.reading import (
    Entry,
    counted,
    entries,
    groups_by_hand,
    largest,
    planned,
    quotas,
    shops,
    together,
)
from laws.test_l5_l6_best import limit_met
from strategies import Market, joined_markets

ALL = ("groups", "baskets", "bands")


@given(joined_markets(*ALL))
def test_l1_conservation(case: tuple[Market, Table]) -> None:
    """L1: awards + reserve + unreleased = supply; and quotas promise what is named, no more."""
    market, orders = case
    plan = planned(market)
    allocation = allocate(orders, plan)

    promised = plan.base @ plan.cells.count + plan.seats.sum(axis=1) * plan.lot
    assert (promised + plan.reserve <= plan.supply).all()
    missing = {short.line: short.lots for short in plan.shortfalls if "supply" in short.row}
    for p, lot in enumerate(plan.lot.tolist()):
        awards = sum(line.award for line in entries(plan, allocation) if line.p == p)
        assert allocation.left[p] >= 0
        assert awards + plan.reserve[p] + allocation.left[p] == plan.supply[p]
        if plan.method[p] in ("rotate", "lottery"):
            exact = float(plan.entitlement[p] @ plan.cells.count)
            assert promised[p] > exact - lot * (1 + missing.get(p, 0))


@given(joined_markets(*ALL))
def test_l2_limits(case: tuple[Market, Table]) -> None:
    """L2: no award above order, ceiling, basket, band or group maximum; nor any quota."""
    market, orders = case
    plan = planned(market)
    allocation = allocate(orders, plan)
    held, by_name = quotas(plan), shops(market)
    given_out: dict[tuple[int, str], int] = defaultdict(int)
    for line in entries(plan, allocation):
        most = largest(market, by_name[line.retailer], plan.product[line.p], line.lot)
        assert 0 <= line.first <= line.award <= min(line.order, most)
        assert line.first <= line.limit <= most
        assert plan.second_round or line.award == line.first
        given_out[line.p, line.retailer] = line.award

    for group in groups_by_hand(market, plan):
        if not group.names:  # nobody there this week: no share
            continue
        promised = sum(held.get((group.p, name), 0) for name in group.names)
        awarded = sum(given_out[group.p, name] for name in group.names)
        if group.most >= 0:
            assert promised <= group.most
            assert awarded <= group.most
        rules = {f"least/{g}" for g, one in enumerate(plan.groups) if one.rule == group.rule}
        if not any(short.row in rules and short.line == group.p for short in plan.shortfalls):
            assert promised >= group.least or plan.method[group.p] == "equal"
    for name, shop in by_name.items():
        for rules, tables in (
            (market.policy.baskets, (held, given_out)),
            (market.policy.bands, (given_out,)),
        ):
            for products, most in together(market, rules, shop):
                lines = [p for p, product in enumerate(plan.product) if product in products]
                for table in tables:
                    assert sum(table.get((p, name), 0) for p in lines) <= most


@given(joined_markets("groups", "baskets"))
def test_l3_equals_differ_by_a_seat_at_most(case: tuple[Market, Table]) -> None:
    """L3: same cell, same orders of all products: at most one lot apart."""
    market, orders = case
    plan = planned(market)
    allocation = allocate(orders, plan)
    wanted: dict[str, list[tuple[int, int]]] = defaultdict(list)
    lines = counted(plan, allocation)
    for line in lines:
        wanted[line.retailer].append((line.p, line.order))

    for a, b in combinations(lines, 2):
        alike = sorted(wanted[a.retailer]) == sorted(wanted[b.retailer])
        if (a.p, a.cell) == (b.p, b.cell) and alike:
            assert abs(a.award - b.award) <= a.lot


@given(joined_markets("groups", "baskets"))
def test_l4_entitlements_rise_with_the_tier(case: tuple[Market, Table]) -> None:
    """L4: within a segment, tier order not lifted, entitlements do not fall."""
    plan = planned(case[0])
    for p in np.flatnonzero(plan.tier_order).tolist():
        table = np.where(plan.allowed[p], plan.entitlement[p], np.nan).reshape(-1, plan.tiers)

        assert np.nanmin(np.append(np.diff(table, axis=1), 0.0)) >= -1e-9


@given(joined_markets("groups"))
def test_l4_a_higher_tier_is_behind_by_a_seat_at_most(case: tuple[Market, Table]) -> None:
    """L4: a higher tier that ordered no less is behind by at most one lot.

    In round one. In round two a group's largest share may stop a higher tier before a lower one:
    no level of the two keeps both the share and the order.
    """
    market, orders = case
    plan = planned(market)
    lines = counted(plan, allocate(orders, plan))
    capped = {group.line for group in plan.groups if group.most >= 0}

    for low in lines:
        for high in lines:
            assert low.cell is not None
            assert high.cell is not None
            chain = low.cell // plan.tiers == high.cell // plan.tiers
            ordered = low.p == high.p and plan.tier_order[low.p] and low.order <= high.order
            if ordered and chain and low.tier < high.tier:
                assert low.first - high.first <= low.lot
                assert low.p in capped or low.award - high.award <= low.lot


@given(joined_markets(*ALL))
def test_l6_no_waste(case: tuple[Market, Table]) -> None:
    """L6: supply remains only where every unmet order meets a limit, and which one is told."""
    market, orders = case
    plan = planned(market)
    allocation = allocate(orders, plan)

    lines = entries(plan, allocation)
    for line in lines:
        if line.award < line.order and allocation.left[line.p] >= line.lot:
            assert joint_limit_met(market, plan, lines, line) is not None


def joint_limit_met(market: Market, plan: QuotaPlan, lines: list[Entry], line: Entry) -> str | None:
    """What stands against one lot more for an order, of the line alone or of several."""
    if alone := limit_met(market, plan, line):
        return alone
    shop, product = shops(market)[line.retailer], plan.product[line.p]
    for group in groups_by_hand(market, plan):
        if group.p == line.p and line.retailer in group.names and group.most >= 0:
            awarded = sum(o.award for o in lines if o.p == line.p and o.retailer in group.names)
            if awarded + line.lot > group.most:
                return "group"
    for word in ("baskets", "bands"):
        for products, most in together(market, getattr(market.policy, word), shop):
            own = [o for o in lines if o.retailer == line.retailer]
            has = sum(o.award for o in own if plan.product[o.p] in products)
            if product in products and has + line.lot > most:
                return word
    return None
