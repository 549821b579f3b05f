"""Make-up orders without a cause or an approval."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.engine import Frame
from allocator.auditing.rule import NOTHING_ALLOWED, Outcome, Rule, tally
from allocator.auditing.timing import TAKEN, ordinary, taking

LACKS = {"cause": "lacks_cause", "approved_by": "lacks_approval"}


def unapproved_make_up(case: Case) -> Outcome:
    """A make-up order has no cause, or nobody approved it.

    What it finds
    -------------
    Make-up orders (补订) with cartons, and orders after the cut-off with a cause, whose cause or
    approved_by is empty.

    Why it matters
    --------------
    A make-up order mends what went wrong (a bank's fault, a line that was down) from the reserve.
    Without a cause and a name behind it, it is a second chance for some.

    Example
    -------
    Order D0102 is a make-up order over 5 cartons with the cause "bank", approved by nobody.

    What to do
    ----------
    Ask who arranged it and what had happened; enter cause and approval, or take the cartons back.

    Known limits
    ------------
    Whether a cause is true is not seen here. Where the orders have neither column, nothing is
    checked; where they have one of the two, only that one.
    """
    judged = _make_up(case)
    known = tuple(name for name in LACKS if name in case.columns)
    one, zero = nw.lit(1, nw.Int64), nw.lit(0, nw.Int64)
    lacking = [
        (
            nw.when(nw.col(name).is_null()).then(one).otherwise(zero) if name in known else zero
        ).alias(mark)
        for name, mark in LACKS.items()
    ]
    flagged = judged.with_columns(*lacking).filter(
        (nw.col("lacks_cause") == 1) | (nw.col("lacks_approval") == 1)
    )
    found = flagged.group_by("o", "retailer_id").agg(
        TAKEN.sum().alias("observed"), nw.col("lacks_cause").max(), nw.col("lacks_approval").max()
    )
    no_cause, no_name = nw.col("lacks_cause") == 1, nw.col("lacks_approval") == 1
    return Outcome(
        found=found.with_columns(
            *NOTHING_ALLOWED,
            nw.when(no_cause & no_name)
            .then(nw.lit("unapproved-make-up-both"))
            .when(no_cause)
            .then(nw.lit("unapproved-make-up-cause"))
            .otherwise(nw.lit("unapproved-make-up-approval"))
            .alias("message"),
        ).drop(*LACKS.values()),
        keys=("o", "retailer_id"),
        tally=tally(judged, ~nw.col("row").is_null() if known else nw.col("row").is_null()),
        lines=flagged,
    )


def _make_up(case: Case) -> Frame:
    """Lines that are make-up orders, by their kind or because they came late with a cause."""
    named = taking(case).filter(nw.col("kind") == "make_up")
    if not case.hours.close:
        return named
    moment = nw.col("ordered_at")
    late = ordinary(case).filter(moment > case.hours.closing(moment), ~nw.col("cause").is_null())
    return nw.concat([named, late], how="vertical")


UNAPPROVED_MAKE_UP = Rule(
    name="unapproved-make-up",
    code="V18",
    kind="violation",
    severity="high",
    subject="order_id",
    unit="cartons",
    policy="orders.cause",
    find=unapproved_make_up,
    needs=("kind",),
    wants=("cause", "approved_by", "clerk"),
)
