"""One outcome: what every retailer asked for, was allowed and got in one cycle under one rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from allocator.errors import BadRequest
from allocator.records import Indices, QuotaPlan

Waits = NDArray[np.int16]

RETAILERS: Final[Mapping[str, pl.DataType]] = {
    "retailer_id": pl.String(),
    "present": pl.Boolean(),
    "tier": pl.Int64(),
    "previous_tier": pl.Int64(),
    "score": pl.Int64(),
    "sales": pl.Int64(),
    "segment": pl.String(),
    "region": pl.String(),
    "market": pl.String(),
    "format": pl.String(),
    "new": pl.Boolean(),
    "start_tier": pl.Int64(),
    "cell": pl.Int32(),
    "requested": pl.Int64(),
    "limit": pl.Int64(),
    "award": pl.Int64(),
    "entitlement": pl.Int64(),
    "fair": pl.Int64(),
    "last": pl.Int64(),
}
"""Columns of ``Outcome.retailers``, in this order."""

PRODUCTS: Final[Mapping[str, pl.DataType]] = {
    "product_id": pl.String(),
    "name": pl.String(),
    "lot": pl.Int64(),
    "supply": pl.Int64(),
    "reserve": pl.Int64(),
    "requested": pl.Int64(),
    "award": pl.Int64(),
    "left": pl.Int64(),
    "reached": pl.Int64(),
    "served": pl.Int64(),
    "cliff": pl.Int64(),
    "cliff_pairs": pl.Int64(),
    "cliff_apart": pl.Int64(),
}
"""Columns of ``Outcome.products``, in this order."""

QUOTAS: Final[Mapping[str, pl.DataType]] = {
    "product_id": pl.String(),
    "segment": pl.String(),
    "rhythm": pl.String(),
    "tier": pl.Int64(),
    "retailers": pl.Int64(),
    "entitlement": pl.Int64(),
    "base": pl.Int64(),
    "seats": pl.Int64(),
}
"""Columns of ``Outcome.quotas``, in this order."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What n retailers asked for, were allowed and got of K products in one cycle under one rule.

    name : ``baseline``, or of the scenario
    tiers : number of tiers T; previous_tiers : of the grading that ``previous_tier`` comes from
    retailers : n rows by retailer_id (rising, unique), columns ``RETAILERS``:
        retailer_id; present (active, or active but stopped by a sanction, and due in the cycle:
        figures are about these); tier 1..T (null: none); previous_tier (of the last grading, null:
        none); score (millionths of a point, null: not graded); sales (cartons of the grading
        window as the rule counts them, null: not graded or not known); segment (of the plan;
        ``""`` where its limits mention no attribute); region, market, format (null: not known);
        new (too new for a score, or would be under the rule of the baseline); start_tier (tier in
        which the rule starts a new shop, null: not new, or the rule has no such tier); cell
        (number of the plan's cell: equals share it; null: takes no part); over all released
        products: requested (cartons ordered; where orders are not known what it may order, and
        ``ordered`` is false), limit (cartons it might order in round one), award (cartons),
        entitlement (millionths of a carton that the rule gives it before rounding and orders),
        fair (millionths of a carton, its proportional share ``kappa`` of all supply it may have;
        null: not known); last (cartons it was granted in the cycle before, of the products
        that the baseline releases; null: it took no part or that cycle is not known)
    products : K rows by product_id (rising, unique), columns ``PRODUCTS``: name (null: not known);
        lot (cartons); supply, reserve, left (cartons over all regions; null: not known); requested,
        award (cartons of retailers that are present); reached (retailers with a limit above 0),
        served (retailers with a carton or more); cliff (largest difference in entitlement between
        two shops of one segment with nearly the same sales, millionths of a carton), cliff_pairs
        (such pairs), cliff_apart (of them a carton or more apart); null: not computed
    quotas : the quota table by product, segment, rhythm and tier, columns ``QUOTAS``: retailers in
        the cell, entitlement (millionths of a carton each), base (cartons each), seats (lots by
        turn in the cell)
    order, base, limit, award : (K, n) int32 cartons in the order of products and retailers; what
        was ordered (the limit where orders are not known), may be ordered without an odd lot, with
        it, and what the rule gave. 0 where the retailer takes no part
    ordered : whether the orders are known
    waited : (K, n) int16, cycles before this one, in a row, in which the product was granted to
        somebody and this retailer ordered something, but was granted none of it; ``None`` = not
        known. past : cycles before this one that are known
    plan : what the quotas were read from, to tell what a shop would have had in another tier;
        ``None`` for an outcome that comes from elsewhere
    """

    name: str
    cycle: str
    on: date
    seed: str | None
    policy_digest: str
    tiers: int
    previous_tiers: int
    retailers: pl.DataFrame
    products: pl.DataFrame
    quotas: pl.DataFrame
    order: Indices
    base: Indices
    limit: Indices
    award: Indices
    ordered: bool
    waited: Waits | None = None
    past: int = 0
    plan: QuotaPlan | None = None

    @property
    def lines(self) -> pl.DataFrame:
        """One row for each retailer and product with an order, a limit or an award.

        product_id str, retailer_id str, order, base, limit, award i64 cartons; by product_id and
        retailer_id
        """
        line, who = ((self.order > 0) | (self.limit > 0) | (self.award > 0)).nonzero()
        named = {
            "product_id": self.products["product_id"].gather(line),
            "retailer_id": self.retailers["retailer_id"].gather(who),
        }
        parts = ("order", "base", "limit", "award")
        return pl.DataFrame(
            {**named, **{name: getattr(self, name)[line, who].astype("int64") for name in parts}}
        )


def check_outcome(outcome: Outcome) -> None:
    """Refuse an outcome whose rows are not as its record says: figures would be of other shops.

    Raises
    ------
    BadRequest : columns are missing or of another kind, ids are not rising and unique, a matrix
        has another shape
    """
    frames = (
        ("retailers", outcome.retailers, RETAILERS, "retailer_id"),
        ("products", outcome.products, PRODUCTS, "product_id"),
    )
    for table, frame, schema, key in frames:
        wrong = [name for name in schema if frame.schema.get(name) != schema[name]]
        if wrong:
            raise BadRequest(
                "outcome-columns", outcome=outcome.name, table=table, columns=", ".join(wrong)
            )
        ids = frame[key]
        if ids.null_count() or not bool((ids.shift(-1) > ids).drop_nulls().all()):
            raise BadRequest("outcome-misaligned", outcome=outcome.name, table=table, key=key)
    shape = (len(outcome.products), len(outcome.retailers))
    for name in ("order", "base", "limit", "award", "waited"):
        matrix = getattr(outcome, name)
        if matrix is not None and (found := matrix.shape) != shape:
            raise BadRequest(
                "outcome-shape",
                outcome=outcome.name, matrix=name, rows=shape[0], columns=shape[1],
                found=" x ".join(map(str, found)),
            )  # fmt: skip
