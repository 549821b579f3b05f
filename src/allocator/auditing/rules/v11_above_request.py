"""More cartons than were asked for."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.rule import Outcome, Rule, tally


def above_request(case: Case) -> Outcome:
    """A retailer was entered for more than it asked for.

    What it finds
    -------------
    Pairs of retailer and product whose lines together grant more than was requested.

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
    Not checked where the request is unknown.
    """
    asked = nw.col("requested")
    held = nw.col("granted") - nw.col("spare")
    known = ~asked.is_null() & ~nw.col("granted").is_null()
    flagged = case.pairs.filter(known & (held > asked)).select(
        "i",
        "k",
        "lines",
        "tier",
        "requested",
        held.alias("granted"),
        held.alias("observed"),
        asked.alias("limit"),
        (held - asked).alias("excess"),
        nw.lit("above-request").alias("message"),
    )
    return Outcome(flagged, ("i", "k"), tally(case.pairs, known, "lines"))


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
