"""The whole of part A against a plain second reading of ``model.md``."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from hypothesis import given, settings

from allocator.allocation.awards import allocate
from allocator.policy.allocation_models import ProductLimits, Weights
from allocator.records import Allocation, QuotaPlan
from allocator.tables.city import Table
from golden import reference
from golden.reference import Cell, Line, Quotas, Shop
from laws.reading import ceiling_of
from strategies import Market, ordered_markets


def weights_of(weights: Weights, tiers: int) -> dict[int, Fraction]:
    """Weight of each tier, rising evenly from bottom to top."""
    low, high = Fraction(weights.bottom or 1), Fraction(weights.top or 1)
    return {t: low + (high - low) * (t - 1) / max(tiers - 1, 1) for t in range(1, tiers + 1)}


NAMES = ("region", "market", "format")
"""Attributes that policies of random markets mention, in the order of a segment's name."""


def mentioned(market: Market, by_region: bool) -> list[str]:
    """The attributes that divide retailers."""
    named = {"region"} if by_region else set()
    released = market.city.supply.frame["product_id"].to_list() if market.city.supply else []
    for product, own in market.policy.products.items():
        if own.who is not None and product in released:
            named |= own.who.model_dump(exclude_none=True).keys()
    return [name for name in NAMES if name in named]


def line_of(
    market: Market, supply: Mapping[str, object], lot: int, cells: list[Cell], names: list[str]
) -> Line:
    """A row of the supply table under the market's policy; names : what segments are made of."""
    policy, product = market.policy, str(supply["product_id"])
    own, region = policy.products.get(product, ProductLimits()), supply["region"] or ""
    low, high = own.tiers or (1, max(tier for tier, _, _ in cells))
    who = own.who.model_dump(exclude_none=True) if own.who is not None else {}

    def may_have(cell: Cell) -> bool:
        shop = dict(zip(names, cell[1].split(" | "), strict=False))
        mine = all(shop[name] in values for name, values in who.items())
        return low <= cell[0] <= high and mine and region in ("", shop.get("region"))

    may = [c for c in cells if may_have(c)]
    double = own.fortnightly == "double"
    twice = {c: 2 if double and c[2] == "fortnightly" else 1 for c in may}
    ordered = policy.defaults.tier_order if own.tier_order is None else own.tier_order

    def ceiling(tier: int) -> int:
        """Whole lots of one visit; with tier order no more than a higher tier's."""
        above = range(tier, high + 1) if ordered else (tier,)
        return min(ceiling_of(market, product, t) for t in above) // lot * lot

    return Line(
        product=product,
        lot=lot,
        supply=int(str(supply["quantity"])),
        reserve=Fraction(policy.reserve),
        floor={c: -(-policy.defaults.floor // lot) * lot * n for c, n in twice.items()},
        ceiling={c: ceiling(c[0]) * n for c, n in twice.items()},
        step=policy.defaults.step,
        tier_order=ordered,
        at_least_one=policy.whole_units.at_least_one,
        below_one=policy.whole_units.below_one,
        double=double,
    )


def compare_quotas(plan: QuotaPlan, p: int, line: Line, expected: Quotas) -> None:
    """Entitlements to a millionth; bases, seats, turns and credits exactly."""
    assert plan.reserve[p] == line.kept
    assert line.lots == 0 or plan.method[p] == expected.method
    for c, (tier, segment, rhythm) in enumerate(
        zip(plan.cells.tier.tolist(), plan.cells.segment, plan.cells.rhythm, strict=True)
    ):
        cell = (tier, segment, rhythm)
        share = expected.entitlement.get(cell, Fraction(0)) * line.lot
        assert abs(plan.entitlement[p, c] - float(share)) < 1e-7
        if expected.method == "path":
            continue
        assert plan.base[p, c] == expected.base.get(cell, 0) * line.lot
        assert plan.seats[p, c] == expected.seats.get(cell, 0)
    names = plan.members["retailer_id"].to_list()
    mine = plan.turns.line == p
    holders, place = plan.turns.retailer[mine].tolist(), plan.turns.place[mine].tolist()
    turns = {names[i]: k for i, k in zip(holders, place, strict=True)}
    if expected.method == "path":
        compare_path(plan, p, line, turns, expected)
    else:
        assert turns == expected.turns
    after = dict(zip(names, plan.credit_after[p].tolist(), strict=True))
    assert after == {name: expected.credit.get(name, 0) for name in names}


def compare_path(
    plan: QuotaPlan, p: int, line: Line, turns: Mapping[str, int], expected: Quotas
) -> None:
    """Lots by name; where all members of a tied cell drew one, both tell it in their own way."""
    for name, c in plan.members.drop_nulls("cell").select("retailer_id", "cell").rows():
        cell = (int(plan.cells.tier[c]), plan.cells.segment[c], plan.cells.rhythm[c])
        wanted = expected.base.get(cell, 0) + (name in expected.turns)
        assert plan.base[p, c] // line.lot + (name in turns) == wanted
    assert expected.turns.items() <= turns.items()


def compare_awards(
    allocation: Allocation,
    plan: QuotaPlan,
    p: int,
    line: Line,
    served: tuple[dict[str, int], dict[str, int], Fraction | None],
) -> None:
    """Round one, award, what is left and the level, exactly."""
    first, award, level = served
    rows = [row for row in allocation.lines.rows(named=True) if row["line"] == p]
    for row in rows:
        assert row["round_one"] == first.get(row["retailer_id"], 0) * line.lot
        assert row["award"] == award.get(row["retailer_id"], 0) * line.lot
    assert allocation.left[p] == line.supply - line.kept - sum(award.values()) * line.lot
    found = allocation.level[p]
    if plan.method[p] == "path":
        return
    if level is None:
        assert found is None
    else:
        assert found is not None
        assert Fraction(*found) * plan.cells.weight_unit == level


@settings(max_examples=80)
@given(ordered_markets())
def test_quotas_and_awards_are_those_of_the_plain_reading(case: tuple[Market, Table]) -> None:
    """Entitlements, whole lots, turns by name, credits, both rounds, the level."""
    compare(*case)


@settings(max_examples=60)
@given(ordered_markets(whole_units=["path"]))
def test_paths_are_those_of_one_lot_at_a_time(case: tuple[Market, Table]) -> None:
    """Quotas and awards by name, ties by the circle."""
    compare(*case)


def compare(market: Market, orders: Table) -> None:
    """Every line of a market in the program and in the plain reading."""
    city, plan = market.city, market.plan()
    allocation = allocate(orders, plan)
    released = city.supply.frame.rows(named=True) if city.supply else []
    by_region = any(row["region"] for row in released)
    tiers = plan.tiers
    weight = weights_of(market.policy.weights, tiers)
    names = mentioned(market, by_region)
    shops = [
        Shop(
            row["retailer_id"],
            (row["tier"], " | ".join(row[name] for name in names), row["rhythm"]),
        )
        for row in city.retailers.frame.rows(named=True)
        if row["status"] == "active"
    ]
    rhythms = {"weekly", *(s.cell[2] for s in shops)}
    chains = {(segment, r) for segment in plan.cells.segment for r in rhythms}
    cells = [(tier, *chain) for chain in chains for tier in range(1, tiers + 1)]
    lots = dict(city.products.frame.select("product_id", "lot").rows()) if city.products else {}
    owed: dict[str, dict[str, int]] = {}
    if city.credits is not None:
        for row in city.credits.frame.rows(named=True):
            owed.setdefault(row["product_id"], {})[row["retailer_id"]] = row["credit"]
    asked = {
        (r["product_id"], r["retailer_id"]): r["requested"] for r in orders.frame.rows(named=True)
    }

    for row in released:
        line = line_of(market, row, lots[row["product_id"]], cells, names)
        p = list(zip(plan.product, plan.region, strict=True)).index(
            (line.product, row["region"] or "")
        )
        credit = owed.get(line.product, {})
        quotas = reference.plan(line, shops, weight, credit, market.seed, market.cycle)
        compare_quotas(plan, p, line, quotas)
        wishes = {s.name: asked.get((line.product, s.name), 0) for s in shops}
        served = reference.serve(
            line,
            quotas,
            shops,
            wishes,
            weight,
            credit,
            market.seed,
            market.cycle,
            second_round=market.policy.second_round,
        )
        compare_awards(allocation, plan, p, line, served)
    assert len(released) == len(plan.product)
