"""L12: no cliffs with smooth boundaries; and what L1, L2, L4, L8 and L10 say of such plans."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from math import ceil

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from allocator.allocation.awards import allocate
from allocator.allocation.quotas import plan_quotas
from allocator.allocation.rounding import Draw
from allocator.allocation.smooth_lots import seats_by_name, turn_credits
from allocator.allocation.turns import roster
from allocator.holdings import ceilings, holdings, slopes
from allocator.records import MICRO, Grading, JointLimit, QuotaPlan
from allocator.tables.city import City
from laws.places import effective_scores, stretches
from strategies import Week, smooth_week, smooth_weeks, table_of


def chains_of(week: Week, p: int) -> list[list[tuple[int, int, int]]]:
    """Of each segment and rhythm: effective score, share (millionths of a carton), tier; rising."""
    plan = week.plan
    share = holdings(plan, p).share * int(plan.lot[p])
    cell = plan.members["cell"].to_list()
    chains: dict[tuple[str, str], list[tuple[int, int, int]]] = {}
    for i, score in effective_scores(plan, week.grading).items():
        c = cell[i]
        if plan.allowed[p, c]:
            key = plan.cells.segment[c], plan.cells.rhythm[c]
            chains.setdefault(key, []).append((score, int(share[i]), int(plan.cells.tier[c])))
    return [sorted(chain) for chain in chains.values()]


@given(smooth_weeks())
def test_l12_a_share_changes_no_faster_than_the_printed_slope(week: Week) -> None:
    """L12: |e_i - e_j| <= K_p |x_i - x_j|, as far as millionths tell.

    Every pair of a segment and rhythm, but for tiers of few scores, which no line joins. A place
    on the way is told in millionths of it, a share in millionths of a lot: for each of the two
    shops the way counts down to one part, the quotas and the share to half a part each.
    """
    plan, steep, joined = week.plan, slopes(week.plan), stretches(week.grading)
    for p in range(len(plan.product)):
        rise = float(np.ptp(plan.entitlement[p][plan.allowed[p]])) if plan.allowed[p].any() else 0
        grain = 2 * (rise + int(plan.lot[p]))
        for chain in chains_of(week, p):
            for k, (x, e, t) in enumerate(chain):
                for y, f, u in chain[:k]:
                    if joined[t] != joined[u]:
                        continue
                    assert abs(e - f) <= steep[p] * (x - y) * (1 + 1e-12) + grain


@given(smooth_weeks())
def test_l4_a_higher_score_never_has_less(week: Week) -> None:
    """L4, tier order not lifted: to the last millionth, for equal scores the same."""
    plan = week.plan
    for p in np.flatnonzero(plan.tier_order).tolist():
        for chain in chains_of(week, p):
            for (x, e, _), (y, f, _) in pairwise(chain):
                assert e <= f
                assert x < y or e == f


@given(smooth_weeks())
def test_the_supply_row_holds_exactly(week: Week) -> None:
    """Sum of the shares at exact quotas = sum mass q, in fractions; at most the supply."""
    plan = week.plan
    assert plan.between is not None
    cell = plan.members["cell"].drop_nulls().to_list()
    for p in range(len(plan.product)):
        q = [Fraction(float(value)) for value in plan.entitlement[p]]
        total = Fraction(0)
        for c, part in zip(cell, plan.between.part.tolist(), strict=True):
            toward = int((plan.between.above if part > 0 else plan.between.below)[c])
            if not plan.allowed[p, c]:
                continue
            way = Fraction(abs(part), MICRO) if plan.allowed[p, toward] else Fraction(0)
            total += q[c] + way * (q[toward] - q[c])
        assert total == sum(
            Fraction(int(m), MICRO) * v for m, v in zip(plan.mass[p], q, strict=True)
        )
        supply = int(plan.supply[p] - plan.reserve[p])
        assert total <= supply * (1 + Fraction(1, 10**10)) + Fraction(1, 10**9)


@given(smooth_weeks())
def test_l1_l2_whole_lots_keep_supply_share_and_ceiling(week: Week) -> None:
    """Everybody has its share rounded down or up; all together no more than the supply.

    What is promised falls short of the shares by less than a lot, and the millionths that shares
    lost when they were snapped.
    """
    plan = week.plan
    cell = plan.members["cell"].drop_nulls().to_numpy()
    for p in range(len(plan.product)):
        mine, lot = holdings(plan, p), int(plan.lot[p])
        seat = np.zeros(len(cell), np.int64)
        seat[plan.turns.retailer[plan.turns.line == p]] = 1
        limit = mine.base + seat
        assert (limit >= mine.share // MICRO - mine.waits).all()
        assert (limit * MICRO < mine.share + MICRO).all()
        assert (limit <= ceilings(plan, p)).all()
        assert np.bincount(cell, seat, len(plan.cells.count)).tolist() == plan.seats[p].tolist()
        supply = int(plan.supply[p] - plan.reserve[p]) // lot
        assert int(limit.sum()) <= supply
        exact = Fraction(0)
        for m, q in zip(plan.mass[p].tolist(), plan.entitlement[p].tolist(), strict=True):
            exact += Fraction(m, MICRO) * Fraction(q)
        assert int(limit.sum()) > exact / lot - 1 - Fraction(2 * len(cell), MICRO)


@given(smooth_weeks())
def test_l1_l2_awards(week: Week) -> None:
    """L1, L2: conserved in integers; none above order or ceiling, above limits in round two."""
    plan, allocation = week.plan, week.allocation
    assert allocation is not None
    index = {name: i for i, name in enumerate(plan.members["retailer_id"])}
    spent = np.zeros(len(plan.product), np.int64)
    held = [(holdings(plan, p).base, ceilings(plan, p)) for p in range(len(plan.product))]
    seated = set(zip(plan.turns.line.tolist(), plan.turns.retailer.tolist(), strict=True))
    for line in allocation.lines.filter(pl.col("line").is_not_null()).rows(named=True):
        p, i = line["line"], index[line["retailer_id"]]
        spent[p] += line["award"]
        base, most = held[p]
        lot = int(plan.lot[p])
        limit = 0 if i >= len(base) else (int(base[i]) + ((p, i) in seated)) * lot
        assert line["limit"] == limit
        assert line["round_one"] == min(line["order"] // lot * lot, limit)
        assert line["round_one"] <= line["award"] <= line["order"]
        if line["award"] > limit:
            assert plan.second_round
            assert line["award"] <= most[i] * lot
    assert (spent + plan.reserve + allocation.left).tolist() == plan.supply.tolist()
    assert (allocation.left >= 0).all()


@given(smooth_weeks(joined=True))
def test_l2_baskets_and_largest_shares_hold_in_whole_lots(week: Week) -> None:
    """L2: nobody has more than its basket, no group more than its share; what is missed is told.

    A retailer's basket lies between those of the two tiers it stands between, up to a whole carton.
    """
    plan = week.plan
    assert plan.between is not None
    cell = plan.members["cell"].drop_nulls().to_numpy()
    limit = np.array([holdings(plan, p).base for p in range(len(plan.product))])
    np.add.at(limit, (plan.turns.line, plan.turns.retailer), 1)
    part = plan.between.part
    toward = np.where(part > 0, plan.between.above[cell], plan.between.below[cell])
    for basket in plan.baskets:
        held = (limit[basket.lines] * plan.lot[basket.lines, None]).sum(axis=0)
        for i, (c, d) in enumerate(zip(cell.tolist(), toward.tolist(), strict=True)):
            own, other = int(basket.most[c]), int(basket.most[d])
            if own >= 0 and (other >= 0 or not part[i]):
                way = Fraction(abs(int(part[i])), MICRO)
                assert held[i] <= ceil(own + way * (other - own) + Fraction(1, MICRO))
    missed = {(short.line, short.row): short.lots for short in plan.shortfalls}
    tier = plan.cells.tier[cell]
    for g, group in enumerate(plan.groups):
        who = week.policy.allocation.groups[group.rule].who.tier
        assert who is not None
        given_lots = int(limit[group.line][(tier >= who[0]) & (tier <= who[1])].sum())
        lot = int(plan.lot[group.line])
        assert group.most < 0 or given_lots * lot <= group.most
        if group.least >= 0:
            assert missed.get((group.line, f"least/{g}"), 0) == max(
                0, group.least // lot - given_lots
            )
    for p in range(len(plan.product)):
        supply = int(plan.supply[p] - plan.reserve[p]) // int(plan.lot[p])
        assert int(limit[p].sum()) + missed.get((p, f"supply/{p}"), 0) <= supply


@given(smooth_weeks(joined=True))
def test_seats_asked_for_again_fall_to_the_same_retailers(week: Week) -> None:
    """What `verify` draws again from the seats of the plan."""
    plan = week.plan
    assert plan.between is not None
    order = roster(plan.members, len(plan.cells.tier), plan.seed, plan.cycle)
    labels = plan.cells.labels()
    named = seats_by_name(
        [holdings(plan, p) for p in range(len(plan.product))],
        plan.seats,
        plan.lot,
        plan.baskets,
        plan.between,
        turn_credits(plan.method, plan.credit_before[:, : len(order.rank)]),
        order,
        [Draw(plan.seed, plan.cycle, product, labels) for product in plan.product],
    )
    for p, (seated, _) in enumerate(named):
        told = plan.turns.retailer[plan.turns.line == p]
        assert sorted(told.tolist()) == np.flatnonzero(seated).tolist()


@given(smooth_weeks())
def test_credits_are_what_was_withheld(week: Week) -> None:
    """Share less limit, in millionths, for `rotate`; untouched in a lottery."""
    plan = week.plan
    for p, method in enumerate(plan.method):
        change = plan.credit_after[p].astype(np.int64) - plan.credit_before[p]
        if method == "rotate":
            mine = holdings(plan, p)
            change[: len(mine.share)] -= mine.share - mine.base * MICRO
            change[plan.turns.retailer[plan.turns.line == p]] += MICRO
        assert not change.any()


@given(smooth_weeks())
def test_l10_rows_and_identifiers(week: Week) -> None:
    """L10: rows in another order change nothing; new ids permute seats and nothing else."""
    shops = week.city.retailers
    assert shops is not None
    assert week.plan.between is not None
    mixed = replace(shops, frame=shops.frame.sample(fraction=1, shuffle=True, seed=3))
    same = planned(week, replace(week.city, retailers=mixed), week.grading)
    assert same.entitlement.tolist() == week.plan.entitlement.tolist()
    assert same.turns.retailer.tolist() == week.plan.turns.retailer.tolist()

    ids = shops.frame["retailer_id"].to_list()
    new = {name: f"Z{hash_of(name)}" for name in ids}

    def named(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(pl.col("retailer_id").replace(new))

    city = replace(
        week.city,
        retailers=replace(shops, frame=named(shops.frame)),
        credits=None
        if week.city.credits is None
        else replace(week.city.credits, frame=named(week.city.credits.frame)),
    )
    grading = replace(week.grading, table=named(week.grading.table).sort("retailer_id"))
    other = planned(week, city, grading)
    assert other.entitlement.tolist() == week.plan.entitlement.tolist()
    assert other.mass.tolist() == week.plan.mass.tolist()
    assert other.seats.tolist() == week.plan.seats.tolist()
    for p in range(len(other.product)):
        assert sorted(holdings(other, p).share) == sorted(holdings(week.plan, p).share)


def hash_of(name: str) -> int:
    """Another number for each name, that sorts otherwise."""
    return (int(name[1:]) * 617 + 101) % 1009


def planned(week: Week, city: City, grading: Grading) -> QuotaPlan:
    return plan_quotas(
        city, grading, week.policy.allocation,
        cycle=week.cycle, seed=week.seed, on=week.policy.on, policy_digest=week.policy.digest,
    )  # fmt: skip


def test_l8_turns_come_round_though_shares_differ() -> None:
    """Over 60 cycles nobody is owed more than a lot or two, and nobody gets ahead by more."""
    week = smooth_week(11, moved=False)
    allocation = week.policy.allocation
    units = allocation.whole_units.model_copy(
        update={"at_least_one": "rotate", "below_one": "rotate"}
    )
    rotating = replace(
        week,
        policy=week.policy.model_copy(
            update={"allocation": allocation.model_copy(update={"whole_units": units})}
        ),
    )
    city, worst = replace(week.city, credits=None), 0
    for cycle in range(60):
        plan = planned(replace(rotating, seed=f"draw {cycle}"), city, week.grading)
        worst = max(worst, int(np.abs(plan.credit_after).max()))
        line, who = np.nonzero(plan.credit_after)
        owed = [
            {
                "product_id": plan.product[p],
                "retailer_id": plan.members["retailer_id"][int(i)],
                "credit": int(plan.credit_after[p, i]),
            }
            for p, i in zip(line.tolist(), who.tolist(), strict=True)
        ]
        if owed:
            city = replace(city, credits=table_of("credits", owed))

    assert worst < 2 * MICRO


def test_l10_two_threads_give_the_same_awards() -> None:
    """Whoever serves a line."""
    week = smooth_week(5)
    assert week.city.orders is not None
    assert allocate(week.city.orders, week.plan, threads=2).lines.equals(
        allocate(week.city.orders, week.plan).lines
    )


def own_limits(plan: QuotaPlan) -> dict[tuple[str, str], tuple[int, int]]:
    """Lots that each shop may order of each product, and the lot."""
    ids, found = plan.members["retailer_id"], {}
    for p, product in enumerate(plan.product):
        lots = holdings(plan, p).base.copy()
        np.add.at(lots, plan.turns.retailer[plan.turns.line == p], 1)
        for i, many in enumerate(lots.tolist()):
            if many:
                found[ids[i], product] = (many, int(plan.lot[p]))
    return found


@given(smooth_weeks(), st.integers(1, 9))
def test_bands_serve_in_the_order_of_placing_up_to_the_own_limits(week: Week, most: int) -> None:
    """Shop by shop, by hand: not up to the quota of the tier's knot."""
    band = JointLimit(
        "band",
        np.arange(len(week.plan.product), dtype=np.int32),
        np.full(len(week.plan.cells.tier), most),
    )
    plan = replace(week.plan, bands=(band,), second_round=False)
    limits, rows = own_limits(plan), []
    for k, (shop, product) in enumerate(sorted(limits, key=lambda pair: (pair[1], pair[0]))):
        rows.append((f"O{k:05}", shop, product, 20, datetime(2026, 11, 17, 9, (7 * k) % 60)))
    if not rows:
        return
    names = ("order_id", "retailer_id", "product_id", "requested", "ordered_at")
    orders = table_of(
        "orders", [{**dict(zip(names, row, strict=True)), "cycle": plan.cycle} for row in rows]
    )
    expected, room = {}, {}
    for _, shop, product, asked, _ in sorted(rows, key=lambda row: (row[4], row[0])):
        lots, lot = limits[shop, product]
        held = min(asked // lot, lots, room.get(shop, most) // lot) * lot
        expected[shop, product] = held
        room[shop] = room.get(shop, most) - held

    lines = allocate(orders, plan).lines
    given_out = {
        (row["retailer_id"], row["product_id"]): row["round_one"] for row in lines.rows(named=True)
    }
    assert given_out == expected


@given(smooth_weeks(joined=True))
def test_whoever_orders_just_its_limits_gets_them_for_its_basket_has_room(week: Week) -> None:
    """Between two tiers a basket holds more than the lower tier's, as the quotas there do."""
    plan = week.plan
    rows = [
        {"order_id": f"O{k}", "retailer_id": shop, "product_id": product,
         "requested": lots * lot, "cycle": plan.cycle, "ordered_at": datetime(2026, 11, 17)}
        for k, ((shop, product), (lots, lot)) in enumerate(sorted(own_limits(plan).items()))
    ]  # fmt: skip
    if not rows:
        return
    lines = allocate(table_of("orders", rows), plan).lines

    assert lines["round_one"].to_list() == lines["requested"].to_list()
