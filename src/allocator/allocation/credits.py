"""Credits carried from cycle to cycle: what rounding has withheld, by product and retailer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from allocator.errors import BadRequest
from allocator.records import MICRO, Indices, QuotaPlan, region_column
from allocator.tables.city import City

MOST_CREDIT = 1000 * MICRO
"""(millionths of a lot) Law L8 keeps real credits near one lot; a thousand is a damaged file, and
what is below it can grow by a lot each cycle for years without leaving 32 bits."""


def carried_credits(city: City, members: pl.DataFrame, product: Sequence[str]) -> Indices:
    """Credits at the start of a cycle, (P, n) int32 millionths of a lot; 0 where none is known.

    Raises
    ------
    BadRequest : a credit beyond 1,000 lots
    """
    carried = np.zeros((len(product), len(members)), dtype=np.int32)
    if city.credits is None or city.credits.frame.is_empty():
        return carried
    known = city.credits.frame.select("product_id", "retailer_id", "credit")
    wild = known.filter(~pl.col("credit").is_between(-MOST_CREDIT, MOST_CREDIT))
    if len(wild):
        worst = wild.row(0, named=True)
        raise BadRequest(
            "credit-too-large",
            retailer=worst["retailer_id"],
            product=worst["product_id"],
            credit=worst["credit"],
            most=MOST_CREDIT,
        )
    line = pl.DataFrame({"product_id": product}, schema={"product_id": pl.String}).with_row_index(
        "line"
    )
    who = members.select("retailer_id").with_row_index("member")
    found = known.join(line, on="product_id").join(who, on="retailer_id")
    carried[found["line"].to_numpy(), found["member"].to_numpy()] = found["credit"].to_numpy()
    return carried


def credit_frame(plan: QuotaPlan, carried: pl.DataFrame | None = None) -> pl.DataFrame:
    """Credits after the cycle as in ``credits.csv``: those that are not 0.

    carried : credits before the cycle (product_id, retailer_id, credit); those of products that
        were not released to the retailer, and of retailers no longer known, stay as they were
    """
    home = plan.members.select(region_column()).to_series().to_numpy()
    region = np.array(plan.region)[:, None]
    mine = (region == "") | (region == home)
    line, who = np.nonzero(mine & (plan.credit_after != 0))
    own = pl.DataFrame(
        {
            "product_id": pl.Series(plan.product, dtype=pl.String).gather(line),
            "retailer_id": plan.members["retailer_id"].gather(who),
            "credit": plan.credit_after[line, who].astype(np.int64),
        }
    )
    if carried is not None:
        rows = carried.select("product_id", "retailer_id", pl.col("credit").cast(pl.Int64))
        released = pl.DataFrame(
            {"product_id": plan.product, "region": plan.region},
            schema={"product_id": pl.String, "region": pl.String},
        )
        covered = (
            rows.select("product_id", "retailer_id")
            .join(plan.members.select("retailer_id", "segment"), on="retailer_id")
            .join(released, on="product_id")
            .filter((pl.col("region") == "") | (pl.col("region") == region_column()))
        )
        others = rows.join(covered, on=["product_id", "retailer_id"], how="anti")
        own = pl.concat([own, others.filter(pl.col("credit") != 0)])
    return own.sort("product_id", "retailer_id")
