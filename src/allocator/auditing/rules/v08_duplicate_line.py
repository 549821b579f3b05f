"""The same line twice."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.rule import Outcome, Rule, tally


def duplicate_line(case: Case) -> Outcome:
    """A product stands more than once in the same order.

    What it finds
    -------------
    Lines with the same order and the same product.

    Why it matters
    --------------
    Either the cartons were entered twice, or the export was joined badly; limits and totals
    cannot be trusted before it is settled.

    Example
    -------
    Order D0020 holds P0103 on rows 31 and 58.

    What to do
    ----------
    Remove the second line, or correct the export; then audit again.

    Known limits
    ------------
    The other rules take such lines in the way that accuses nobody: once against the limit, all
    together against the standard.
    """
    keys = ("o", "q")
    granted = (
        case.lines.join(case.duplicates, on=list(keys), how="semi")
        .group_by(*keys)
        .agg(nw.col("granted").sum())
    )
    flagged = case.duplicates.join(granted, on=list(keys)).with_columns(
        nw.col("lines").alias("observed"),
        nw.lit(1, nw.Int64).alias("limit"),
        nw.lit("duplicate-line").alias("message"),
    )
    return Outcome(flagged, keys, tally(case.lines))


DUPLICATE_LINE = Rule(
    name="duplicate-line",
    code="V08",
    kind="violation",
    severity="medium",
    subject="order_id",
    unit="lines",
    policy="orders.order_id",
    find=duplicate_line,
    wants=("clerk",),
)
