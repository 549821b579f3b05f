"""The outcome of one cycle as comparisons take it: retailers in rows, cartons in matrices."""

from __future__ import annotations

import numpy as np
import polars as pl

from allocator.allocation.cliffs import Near
from allocator.comparison.outcome import RETAILERS, Outcome
from allocator.holdings import bases, cell_of, holdings
from allocator.policy.models import Policy
from allocator.records import MICRO, Grading, Indices, QuotaPlan, Units
from allocator.simulation.outcome_products import product_rows, quota_rows
from allocator.simulation.past import Alongside
from allocator.simulation.serving import Cartons
from allocator.simulation.shops import Shops, shops_of
from allocator.tables.calendar import retailers_on
from allocator.tables.city import City


def outcome_of(
    name: str,
    city: City,
    policy: Policy,
    grading: Grading,
    plan: QuotaPlan,
    cartons: Cartons | None,
    past: Alongside,
    *,
    shops: Shops | None = None,
    near: Near | None = None,
) -> Outcome:
    """The outcome of a plan and of the awards made under it.

    Parameters
    ----------
    city : its retailers, products and sales; its orders are not read
    cartons : ``None`` where there are no orders: everybody is taken to order all it may
    past : the cycles before, beside the same ``axes``
    shops, near : the retailers and who of them sells nearly the same, where they are found already
    """
    if shops is None:
        rule = None if policy.grading is None else policy.grading.newcomers
        shops = shops_of(
            grading, plan.members, len(plan.cells.tier), plan.on, city.retailers, city.sales, rule
        )
    products = released_products(plan)
    base, limit = _allowed(plan, products, shops)
    ordered = cartons is not None
    cartons = cartons or Cartons(limit, limit)
    known, fair = _fair_shares(plan)
    retailers = shops.rows.with_columns(
        requested=pl.Series(totals(cartons.order)),
        limit=pl.Series(totals(limit)),
        award=pl.Series(totals(cartons.award)),
        entitlement=pl.Series(_entitled(plan, shops)),
        fair=pl.Series(shops.of_cells(fair)) if known else pl.lit(None, pl.Int64),
        last=past.last,
    )
    figures = product_rows(city, grading, plan, products, retailers, limit, cartons, near)
    return Outcome(
        name=name,
        cycle=plan.cycle,
        on=plan.on,
        seed=plan.seed,
        policy_digest=policy.digest,
        tiers=grading.tiers,
        previous_tiers=shops.previous_tiers,
        retailers=retailers.select(pl.col(key).cast(kind) for key, kind in RETAILERS.items()),
        products=figures,
        quotas=quota_rows(plan),
        order=cartons.order,
        base=base,
        limit=limit,
        award=cartons.award,
        ordered=ordered,
        waited=past.waited,
        past=past.cycles,
        plan=plan,
    )


def axes(city: City, plan: QuotaPlan) -> tuple[pl.Series, pl.Series]:
    """The retailers and the products of an outcome, rising by id."""
    ids = retailers_on(city, plan.on)["retailer_id"].cast(pl.String).sort()
    return ids, released_products(plan)


def released_products(plan: QuotaPlan) -> pl.Series:
    """The products of an outcome, rising by id."""
    return pl.Series("product_id", plan.product, dtype=pl.String).unique().sort()


def totals(cartons: Indices) -> Units:
    """Cartons of each retailer over all products, (n,) int64. cartons : (K, n) int32"""
    found = np.zeros(cartons.shape[1], np.int64)
    for row in cartons:
        found += row
    return found


def _allowed(plan: QuotaPlan, products: pl.Series, shops: Shops) -> tuple[Indices, Indices]:
    """Cartons that each may order without an odd lot, and with it, (K, n) int32 each."""
    base, odd = (np.zeros((len(products), len(shops.rows)), np.int32) for _ in range(2))
    rows = {product: k for k, product in enumerate(products.to_list())}
    for p, product in enumerate(plan.product):
        k, lot = rows[product], int(plan.lot[p])
        if plan.between is None:
            base[k] += shops.of_cells(plan.base[p].astype(np.int32))
        else:
            base[k] += shops.of_members((bases(plan, p) * lot).astype(np.int32))
        odd[k, shops.at[plan.turns.of(p)]] += lot
    odd += base
    return base, odd


def _fair_shares(plan: QuotaPlan) -> tuple[bool, Units]:
    """``kappa`` of a member of each cell over all lines, (C,) millionths of a carton; if known."""
    total = np.zeros(len(plan.cells.tier))
    for p in range(len(plan.product)):
        supply = int(plan.supply[p])
        if supply < 0:
            return False, np.zeros(len(total), np.int64)
        weight = np.where(plan.allowed[p], plan.weight(p), 0)
        mass = int(np.dot(plan.mass[p].astype(object), weight.astype(object)))
        if mass:
            # Floats: a share of one shop, to be rounded to millionths.
            total += (supply - int(plan.reserve[p])) * MICRO * (weight / mass) * MICRO
    return True, np.rint(total).astype(np.int64)


def _entitled(plan: QuotaPlan, shops: Shops) -> Units:
    """What each retailer is entitled to, all lines, (n,) millionths of a carton."""
    if plan.between is None:
        cartons = np.where(plan.allowed, plan.entitlement, 0.0)
        return shops.of_cells(np.rint(cartons * MICRO).astype(np.int64).sum(axis=0))
    cell = cell_of(plan)
    found = np.zeros(len(cell), np.int64)
    for p in range(len(plan.product)):
        found += np.where(plan.allowed[p][cell], holdings(plan, p).share * int(plan.lot[p]), 0)
    return shops.of_members(found)
