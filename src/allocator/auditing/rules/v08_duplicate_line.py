"""The same line twice."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.pairing import SAME_LINE
from allocator.auditing.rule import Outcome, Rule, count, tally


def duplicate_line(case: Case) -> Outcome:
    """A product stands more than once in the same order.

    What it finds
    -------------
    Lines of one retailer with the same order, product and kind. A second-round or make-up line
    beside an ordinary one is another line.

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
    keys = ("o", "q", "retailer_id")
    lines = case.lines.join(case.duplicates.select(*SAME_LINE), on=list(SAME_LINE), how="semi")
    flagged = lines.group_by(*keys).agg(count().alias("lines"), nw.col("granted").sum())
    flagged = flagged.with_columns(
        nw.col("lines").alias("observed"),
        nw.lit(1, nw.Int64).alias("limit"),
        nw.lit("duplicate-line").alias("message"),
    )
    return Outcome(flagged, keys, tally(case.lines), lines=lines)


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
