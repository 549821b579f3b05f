"""Expected take-up: what part of the quotas of a tier is usually ordered (``model.md`` 2 and 5).

    u = sum min(ordered, quota) / sum quota x retailers

over the last cycles before this one that both the orders and the quota table have, with the tiers
and segments of today; up to whole per cent, so that no cell is expected to order less than it did.
Whole numbers only: the same tables give the same per cent everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from allocator.errors import BadRequest, InfeasiblePolicy
from allocator.hiding import LEAST_TOLD
from allocator.holdings import offered
from allocator.policy.allocation_models import AllocationPolicy
from allocator.records import Cells, QuotaPlan, Units
from allocator.tables.calendar import due_retailers
from allocator.tables.city import City
from allocator.tables.cycle_order import cycles_in_order

PER_CENT = 100

KEY = ("cycle", "product_id", "tier", "segment")


def take_up_of(
    policy: AllocationPolicy,
    city: City,
    members: pl.DataFrame,
    cells: Cells,
    product: Sequence[str],
    *,
    cycle: str,
    on: date,
) -> Units | int:
    """Per cent of each quota that a plan counts with, (P, C): all where the policy names none."""
    if policy.take_up is None:
        return PER_CENT
    return expected_take_up(
        city, members, cells, product,
        cycle=cycle, history_cycles=policy.take_up.history_cycles, on=on,
    )  # fmt: skip


def expected_take_up(
    city: City,
    members: pl.DataFrame,
    cells: Cells,
    product: Sequence[str],
    *,
    cycle: str,
    history_cycles: int,
    on: date,
) -> Units:
    """Expected take-up of each line and cell, (P, C) int64 per cent, 1 to 100.

    Parameters
    ----------
    members : as ``QuotaPlan.members``; active ones with a tier count where they were due
    product : of each line; lines of one product in several regions share its history
    history_cycles : so many cycles before this one, by their days (``cycles_in_order``)
    on : day whose retailers count

    Returns
    -------
    Units
        100 where a tier has no quota in those cycles, or in none of them ``LEAST_TOLD`` retailers:
        what is expected of fewer would tell what one of them ordered. By tier and segment where the
        quota table names segments, else by tier alone; a segment that no retailer is in today is
        passed over.

    Raises
    ------
    BadRequest : orders or quotas are missing, or name no cycles
    BadTable : there are fortnightly retailers, and a cycle is not in the calendar
    """
    quotas, orders = _history(city, cycle, history_cycles, on)
    present = _present(city, members, quotas["cycle"].unique().sort().to_list(), on)
    rows = _by_segment(quotas, present["segment"].unique())
    visits = present.group_by("cycle", "tier", "segment").agg(pl.len().cast(pl.Int64))
    taken = (
        orders.join(present, on=["cycle", "retailer_id"])
        .join(rows, on=list(KEY))
        .group_by("product_id", "tier", "named")
        .agg(pl.min_horizontal("ordered", "quota").sum().alias("taken"))
    )
    rates = (
        rows.join(visits, on=["cycle", "tier", "segment"])
        .group_by("product_id", "tier", "named", "cycle")
        .agg((pl.col("quota") * pl.col("len")).sum().alias("offered"), pl.col("len").sum())
        .group_by("product_id", "tier", "named")
        .agg(pl.col("offered").sum(), pl.col("len").max())
        .join(taken, on=["product_id", "tier", "named"], how="left", nulls_equal=True)
        .filter(pl.col("len") >= LEAST_TOLD)
        .select(
            "product_id",
            "tier",
            "named",
            # up to whole per cent: -(-a // b) in whole numbers
            -(-PER_CENT * pl.col("taken").fill_null(0) // pl.col("offered")),
        )
    )
    known = {(name, tier, segment): rate for name, tier, segment, rate in rates.iter_rows()}
    table = [
        [
            known.get((name, tier, segment), known.get((name, tier, None), PER_CENT))
            for tier, segment in zip(cells.tier.tolist(), cells.segment, strict=True)
        ]
        for name in product
    ]
    shape = len(product), len(cells.tier)
    return np.clip(np.array(table, dtype=np.int64).reshape(shape), 1, PER_CENT)


def refuse_oversold(plan: QuotaPlan) -> None:
    """Refuse quotas that could not all be ordered, where the policy says so.

    Raises
    ------
    InfeasiblePolicy : ``oversell: refuse``, and the quotas of a line counted in full are more than
        its supply with the reserve, or more than a group's maximum
    """
    if plan.oversell != "refuse":
        return
    cartons = offered(plan)
    promised = cartons.sum(axis=1)
    for p in np.flatnonzero(promised > plan.supply).tolist():
        raise InfeasiblePolicy(
            "oversold",
            product=plan.product[p],
            promised=int(promised[p]),
            supply=int(plan.supply[p]),
            reserve=int(plan.reserve[p]),
            beyond=int(promised[p] - plan.supply[p]),
        )
    for group in plan.groups:
        full = int(cartons[group.line, group.home].sum())
        if 0 <= group.most < full:
            raise InfeasiblePolicy(
                "oversold-group",
                product=plan.product[group.line],
                rule=f"allocation.groups[{group.rule}]",
                promised=full,
                most=group.most,
                beyond=full - group.most,
            )


def _history(city: City, cycle: str, cycles: int, on: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Quotas above 0 and what each retailer ordered, of the cycles that count."""
    if city.orders is None or city.quotas is None:
        raise BadRequest("take-up-no-table", table="orders" if city.orders is None else "quotas")
    known = []
    for table in (city.orders, city.quotas):
        names = set(table.frame["cycle"].drop_nulls().unique().to_list())
        if not names:
            raise BadRequest("take-up-no-cycle", table=table.name)
        known.append(names)
    every = cycles_in_order(city, (known[0] & known[1]) | {cycle}, {cycle: on})
    past = every[: every.index(cycle)][-cycles:]
    quotas = city.quotas.frame.filter(pl.col("cycle").is_in(past), pl.col("quota") > 0)
    orders = city.orders.frame.filter(
        pl.col("cycle").is_in(past),
        pl.col("status").fill_null("") != "cancelled",
        pl.col("kind").fill_null("ordinary") != "make_up",
    )
    return quotas.select(*KEY, "quota"), orders.group_by("cycle", "product_id", "retailer_id").agg(
        pl.coalesce("requested", "granted").sum().alias("ordered")
    )


def _present(city: City, members: pl.DataFrame, cycles: Sequence[str], on: date) -> pl.DataFrame:
    """Who could order in which cycle: retailer_id, tier and segment of today, cycle."""
    active = members.filter(pl.col("status") == "active", pl.col("tier").is_not_null()).select(
        "retailer_id", "tier", "segment"
    )
    parts = [
        active.join(due_retailers(city, name, on).filter("due"), on="retailer_id", how="semi")
        for name in cycles
    ]
    return pl.concat(
        part.with_columns(pl.lit(name, pl.String).alias("cycle"))
        for name, part in [("", active.clear()), *zip(cycles, parts, strict=True)]
    )


def _by_segment(quotas: pl.DataFrame, segments: pl.Series) -> pl.DataFrame:
    """A row for each segment of today; ``named`` is null where the row is for all of them.

    A row that names its segment goes before one that does not.
    """
    named = quotas.filter(pl.col("segment").is_not_null()).with_columns(named="segment")
    common = (
        quotas.filter(pl.col("segment").is_null())
        .drop("segment")
        .join(segments.to_frame("segment"), how="cross")
        .join(named, on=list(KEY), how="anti")
        .with_columns(pl.lit(None, pl.String).alias("named"))
    )
    columns = [*KEY, "quota", "named"]
    return pl.concat([named.select(columns), common.select(columns)])
