"""Lines that are not whole lots."""

from __future__ import annotations

import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.evidence import trace
from allocator.auditing.rule import Outcome, Rule, count_lines


def wrong_lot(case: Case) -> Outcome:
    """A line's cartons are not a multiple of the product's lot.

    What it finds
    -------------
    Lines of planned products whose granted cartons are not whole lots.

    Why it matters
    --------------
    A broken lot cannot be packed: somebody else gets the rest of it off the record.

    Example
    -------
    P0107 comes in lots of 5 cartons; order D0013 holds 7.

    What to do
    ----------
    Correct the line to whole lots; check whether the lot on file is still right.

    Known limits
    ------------
    Where no lot is on file it is 1 and nothing can be found.
    """
    judged = case.lines.filter(pl.col("k").is_not_null())
    known = judged.filter(pl.col("granted").is_not_null())
    keys = ("order_id", "product_id", "granted")
    flagged = (
        known.filter(pl.col("granted") % pl.col("lot") != 0)
        .group_by(*keys)
        .agg(
            pl.len().cast(pl.Int64).alias("lines"),
            pl.col("lot").first(),
        )
        .with_columns(
            pl.col("granted").alias("observed"),
            pl.col("lot").alias("limit"),
            pl.lit("wrong-lot").alias("message"),
        )
    )
    return Outcome(
        found=trace(case, flagged, keys),
        checked=known.height,
        concerned=count_lines(flagged),
        not_checked=judged.height - known.height,
    )


WRONG_LOT = Rule(
    name="wrong-lot",
    code="V07",
    kind="violation",
    severity="medium",
    subject="order_id",
    unit="cartons",
    policy="products.lot",
    find=wrong_lot,
    needs=("granted",),
    wants=("clerk",),
)
