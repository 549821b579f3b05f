"""More cartons than were asked for."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.rule import Outcome, Rule, count, tally


def above_request(case: Case) -> Outcome:
    """A retailer was entered for more than it asked for.

    What it finds
    -------------
    Pairs of retailer and product, scarce or not, whose lines together grant more than was
    requested.

    Why it matters
    --------------
    Nobody may be given cartons unasked: it uses a retailer's right to order for someone else, or
    pushes stock.

    Example
    -------
    The retailer asked for 2 cartons of P0103, order D0051 holds 6.

    What to do
    ----------
    Listen to the recording; return what was not asked for to the pool.

    Known limits
    ------------
    Not checked where the request is unknown. Lines that are entered twice (see duplicate-line)
    count once.
    """
    known = ~nw.col("requested").is_null() & ~nw.col("granted").is_null()
    keys = ("retailer_id", "q")
    # Sums that go beyond have a line that does: few lines are looked at again.
    suspect = case.lines.filter(known, nw.col("granted") > nw.col("requested")).select(*keys)
    lines = case.lines.join(suspect.unique(), on=list(keys), how="semi")
    zero = nw.lit(0, nw.Int64)
    spare = nw.when(nw.col("times") > 1).then(nw.col("granted") - nw.col("least")).otherwise(zero)
    sums = (
        lines.with_columns(known.cast(nw.Int64).alias("known"))
        .group_by(*keys, "o", "kind")
        .agg(
            count().alias("times"),
            nw.col("granted").sum(),
            nw.col("granted").min().alias("least"),
            nw.col("requested").sum(),
            nw.col("known").min(),
        )
        .with_columns((nw.col("granted") - spare).alias("held"))
        .group_by(*keys)
        .agg(nw.col("held").sum(), nw.col("requested").sum(), nw.col("known").min())
    )
    asked, held = nw.col("requested"), nw.col("held")
    flagged = sums.filter(nw.col("known") == 1, held > asked).select(
        *keys,
        "requested",
        held.alias("granted"),
        held.alias("observed"),
        asked.alias("limit"),
        (held - asked).alias("excess"),
        nw.lit("above-request").alias("message"),
    )
    return Outcome(flagged, keys, tally(case.lines, known))


ABOVE_REQUEST = Rule(
    name="above-request",
    code="V11",
    kind="violation",
    severity="medium",
    subject="retailer_id",
    unit="cartons",
    policy="orders.requested",
    find=above_request,
    needs=("requested", "granted"),
    wants=("clerk",),
)
