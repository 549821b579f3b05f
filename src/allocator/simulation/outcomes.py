"""The outcome of one cycle as comparisons take it: retailers in rows, cartons in matrices."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from allocator.comparison.outcome import RETAILERS, Outcome
from allocator.grading.newcomers import starting_tiers, too_new
from allocator.holdings import bases, cell_of, holdings
from allocator.policy.models import Policy
from allocator.records import MICRO, Grading, Indices, QuotaPlan, Units
from allocator.simulation.outcome_products import product_rows, quota_rows
from allocator.simulation.past import Alongside
from allocator.simulation.serving import Cartons
from allocator.tables.calendar import retailers_on
from allocator.tables.city import City

NEW_MONTHS: Final = 3
"""(complete months) Who joined since is new, where the policy has no rule for new shops."""

SALES: Final = "quantity"
"""Item of the score that tells what a retailer sold in the grading window, cartons."""


def outcome_of(
    name: str,
    city: City,
    policy: Policy,
    grading: Grading,
    plan: QuotaPlan,
    cartons: Cartons | None,
    past: Alongside,
) -> Outcome:
    """The outcome of a plan and of the awards made under it.

    Parameters
    ----------
    city : its retailers, products and sales; its orders are not read
    cartons : ``None`` where there are no orders: everybody is taken to order all it may
    past : the cycles before, beside the same ``axes``
    """
    shops = retailers_on(city, plan.on).sort("retailer_id")
    ids, products = axes(city, plan)
    at = _rows_of_members(plan, ids)
    base, limit = _allowed(plan, products, at, len(ids))
    ordered = cartons is not None
    cartons = cartons or Cartons(limit, limit)
    retailers = _retailers(city, policy, grading, plan, shops, at).with_columns(
        requested=pl.Series(cartons.order.sum(axis=0, dtype=np.int64)),
        limit=pl.Series(limit.sum(axis=0, dtype=np.int64)),
        award=pl.Series(cartons.award.sum(axis=0, dtype=np.int64)),
        last=past.last,
    )
    figures = product_rows(city, grading, plan, products, retailers, limit, cartons)
    return Outcome(
        name=name,
        cycle=plan.cycle,
        on=plan.on,
        seed=plan.seed,
        policy_digest=policy.digest,
        tiers=grading.tiers,
        previous_tiers=_previous_tiers(city, grading),
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
    return ids, pl.Series("product_id", plan.product, dtype=pl.String).unique().sort()


def _numbered(key: str, ids: pl.Series, place: str) -> pl.DataFrame:
    return pl.DataFrame({key: ids, place: range(len(ids))}, schema_overrides={key: pl.String})


def _rows_of_members(plan: QuotaPlan, ids: pl.Series) -> Indices:
    """Row among the retailers of each counted member, (r,)."""
    counted = plan.members["retailer_id"].head(len(cell_of(plan))).to_frame()
    rows = counted.join(
        _numbered("retailer_id", ids, "i"), on="retailer_id", how="left", maintain_order="left"
    )
    found: Indices = rows["i"].to_numpy()
    return found


def _allowed(
    plan: QuotaPlan, products: pl.Series, at: Indices, retailers: int
) -> tuple[Indices, Indices]:
    """Cartons that each may order without an odd lot, and with it, (K, n) int32 each."""
    base, limit = (np.zeros((len(products), retailers), np.int32) for _ in range(2))
    rows = {product: k for k, product in enumerate(products.to_list())}
    cell = cell_of(plan)
    for p, product in enumerate(plan.product):
        k, lot = rows[product], int(plan.lot[p])
        mine = plan.base[p][cell] if plan.between is None else bases(plan, p) * lot
        base[k, at] += mine.astype(np.int32)
        low, high = np.searchsorted(plan.turns.line, [p, p + 1])
        seated = plan.turns.retailer[low:high]
        mine = mine.copy()
        mine[seated] += lot
        limit[k, at] += mine.astype(np.int32)
    return base, limit


def _retailers(
    city: City, policy: Policy, grading: Grading, plan: QuotaPlan, shops: pl.DataFrame, at: Indices
) -> pl.DataFrame:
    """The columns of ``RETAILERS`` but those that are sums of cartons."""
    graded = [name for name in ("graded", "score", "previous_tier", SALES) if name in
              grading.table.columns]  # fmt: skip
    rows = (
        shops.select(
            "retailer_id",
            *("region", "market", "format", "trade_area", "credit", "joined_on", "area"),
        )
        .join(
            plan.members.select("retailer_id", "status", "tier", "segment", "due", "cell"),
            on="retailer_id", how="left", maintain_order="left",
        )
        .join(
            grading.table.select("retailer_id", *graded),
            on="retailer_id", how="left", maintain_order="left",
        )
    )  # fmt: skip
    if SALES not in rows.columns:
        rows = rows.join(
            _bought(city, grading), on="retailer_id", how="left", maintain_order="left"
        )
    else:
        rows = rows.with_columns(pl.when("graded").then(SALES).alias(SALES))
    rule = None if policy.grading is None else policy.grading.newcomers
    months = NEW_MONTHS if rule is None else rule.months
    dated = rows["joined_on"].null_count() < len(rows)
    fair, entitlement = (np.zeros(len(rows), np.int64) for _ in range(2))
    known, share = _fair_shares(plan)
    fair[at] = share
    entitlement[at] = _entitled(plan)
    start = pl.Series(np.zeros(len(rows), np.int64) if rule is None else starting_tiers(rows, rule))
    new = too_new(months, plan.on) if dated else pl.lit(None, pl.Boolean)
    return rows.with_columns(
        present=pl.col("status").is_in(["active", "stopped"]) & pl.col("due").fill_null(False),
        score=pl.when("graded").then("score"),
        segment=pl.col("segment").fill_null(""),
        sales=pl.col(SALES),
        new=new,
        start_tier=start,
        fair=pl.Series(fair) if known else pl.lit(None, pl.Int64),
        entitlement=pl.Series(entitlement),
    ).with_columns(
        start_tier=pl.when(pl.col("new") & (pl.col("start_tier") > 0)).then("start_tier")
    )


def _bought(city: City, grading: Grading) -> pl.DataFrame:
    """Cartons of the grading window where the score has no item of them."""
    if city.sales is None or not grading.window:
        return pl.DataFrame(schema={"retailer_id": pl.String, SALES: pl.Int64})
    month = pl.col("month").dt.strftime("%Y-%m")
    return (
        city.sales.frame.lazy()
        .filter(month.is_in([name[:7] for name in grading.window]))
        .group_by(pl.col("retailer_id").cast(pl.String))
        .agg(pl.col("quantity").sum().alias(SALES))
        .collect()
    )


def _previous_tiers(city: City, grading: Grading) -> int:
    """T of the tiers that retailers had before: not known by name, so at least the highest seen."""
    seen = grading.table["previous_tier"].max()
    highest = seen if isinstance(seen, int) else 0
    return max(grading.tiers, highest)


def _fair_shares(plan: QuotaPlan) -> tuple[bool, Units]:
    """``kappa`` of each counted member over all lines, (r,) millionths of a carton; if known."""
    cell = cell_of(plan)
    total = np.zeros(len(plan.cells.tier))
    for p in range(len(plan.product)):
        supply = int(plan.supply[p])
        if supply < 0:
            return False, np.zeros(len(cell), np.int64)
        weight = np.where(plan.allowed[p], plan.weight(p), 0)
        mass = int(np.dot(plan.mass[p].astype(object), weight.astype(object)))
        if mass:
            # Floats: a share of one shop, to be rounded to millionths.
            total += (supply - int(plan.reserve[p])) * MICRO * (weight / mass) * MICRO
    return True, np.rint(total).astype(np.int64)[cell]


def _entitled(plan: QuotaPlan) -> Units:
    """What each counted member is entitled to, all lines, (r,) millionths of a carton."""
    cell = cell_of(plan)
    if plan.between is None:
        cartons = np.where(plan.allowed, plan.entitlement, 0.0)
        each = np.rint(cartons * MICRO).astype(np.int64).sum(axis=0)
        entitled: Units = each[cell]
        return entitled
    found = np.zeros(len(cell), np.int64)
    for p in range(len(plan.product)):
        found += np.where(plan.allowed[p][cell], holdings(plan, p).share * int(plan.lot[p]), 0)
    return found
