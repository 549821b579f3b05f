"""Lines that are not whole lots."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.rule import Outcome, Rule, count, tally


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
    Not checked where no lot is on file.
    """
    judged = case.lines.filter(~nw.col("k").is_null())
    known = ~nw.col("granted").is_null()
    keys = ("o", "q", "granted")
    flagged = (
        judged.filter(known & (nw.col("granted") % nw.col("lot") != 0))
        .group_by(*keys)
        .agg(
            count().alias("lines"),
            nw.col("lot").min(),
        )
        .with_columns(
            nw.col("granted").alias("observed"),
            nw.col("lot").alias("limit"),
            nw.lit("wrong-lot").alias("message"),
        )
    )
    return Outcome(flagged, keys, tally(judged, known))


WRONG_LOT = Rule(
    name="wrong-lot",
    code="V07",
    kind="violation",
    severity="medium",
    subject="order_id",
    unit="cartons",
    policy="products.lot",
    find=wrong_lot,
    needs=("granted", "products.lot"),
    wants=("clerk",),
)
