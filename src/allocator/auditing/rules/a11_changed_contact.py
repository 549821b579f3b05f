"""A new phone or account, and then a large order."""

from __future__ import annotations

from datetime import date, timedelta

import narwhals as nw
import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.engine import Frame
from allocator.auditing.history import (
    CARTONS,
    MOST_LINE,
    PERMYRIAD,
    cycles_before,
    judged_shops,
    nothing_judged,
    own_orders,
    permyriad,
    set_aside,
    with_judged,
)
from allocator.auditing.rule import Outcome, Rule, tally

FIELDS = ("phone", "account", "account_holder", "licence_holder")
"""What changes hands with a shop; the words ``field-...`` name them."""


def changed_contact(case: Case) -> Outcome:
    """A shop's phone, account or holder changed shortly before an unusually large order.

    What it finds
    -------------
    Shops whose dated rows on file show a new phone, account, account holder or licence holder
    within ``audit.thresholds.changed_days`` (30) before the day of the audit, and whose cartons of
    the cycle are over ``changed_over`` (150 %) of the mean of their last ``cycles`` (three) order
    cycles, with new products, uneven arrivals and holidays set aside as for order-above-past.
    Shops without such a history are compared with the middle shop of their tier and segment, if
    at least ``least_peers`` (20) of it ordered. Orders below ``least_cartons`` are let be.

    Why it matters
    --------------
    Changes of phone and account are on the national list: this is how a shop's right to order
    passes to somebody else.

    Example
    -------
    R17 has had another phone since 2026-11-05 and ordered 60 cartons, usually 30.

    What to do
    ----------
    Call the old number, visit the shop, and see who keeps it.

    Known limits
    ------------
    Needs several dated rows of retailers; a table of today's state shows no change. A value that
    was empty before is not a change. Ordinary causes: a new mobile contract, a handover within
    the family, a shop that grew.
    """
    limits, days = case.policy.thresholds, case.policy.thresholds.changed_days
    if case.shop_rows is None:
        return nothing_judged(case)
    changed = case.engine.keep(_changed(case.shop_rows, case.plan.on, days))
    number, before = limits.cycles, cycles_before(case)
    rows, visits = own_orders(case, before, number)
    rows = set_aside(case, rows, max(1, min(number, len(before.cycles))))
    own = judged_shops(rows, visits, number, touched=before.touched)
    factor = permyriad(limits.changed_over)
    by_own = own.select(
        "i",
        nw.col("now").alias("observed"),
        ((2 * nw.col("before") + number) // (2 * number)).alias("usual"),
        (nw.col("before") * factor // (PERMYRIAD * number)).alias("limit"),
        nw.lit("changed-contact").alias("message"),
    )
    by_peers = _against_peers(case, own, factor)
    whole = nw.col("observed", "usual", "limit").cast(nw.Int64)  # sums differ in width
    judged = nw.concat([part.with_columns(whole) for part in (by_own, by_peers)], how="vertical")
    found = judged.filter(
        nw.col("observed") > nw.col("limit"), nw.col("observed") >= limits.least_cartons
    ).join(changed, on="i")
    return Outcome(found, ("i",), tally(*with_judged(case, judged)), tell=_tell)


def _against_peers(case: Case, own: Frame, factor: int) -> Frame:
    """Shops without a history beside the median of their cell, where it is large enough."""
    here = (
        case.lines.filter(~nw.col("i").is_null(), ~nw.col("cell").is_null())
        .group_by("i", "cell")
        .agg(CARTONS.clip(0, MOST_LINE).sum().alias("observed"))
    )
    peers = (
        here.filter(nw.col("observed") > 0)
        .group_by("cell")
        .agg(nw.col("observed").median().alias("middle"), nw.len().cast(nw.Int64).alias("peers"))
        .filter(nw.col("peers") >= case.policy.thresholds.least_peers)
        .with_columns((2 * nw.col("middle")).round(0).cast(nw.Int64).alias("twice"))
    )
    return (
        here.join(own.select("i"), on="i", how="anti")
        .join(peers, on="cell")
        .select(
            "i",
            "observed",
            ((nw.col("twice") + 1) // 2).alias("usual"),
            (nw.col("twice") * factor // (2 * PERMYRIAD)).alias("limit"),
            nw.lit("changed-contact-peers").alias("message"),
        )
    )


def _changed(rows: Frame, on: date, days: int) -> Frame:
    """Shops with a change in the last days: i, since (day), a flag for each field."""
    begun = nw.coalesce(nw.col("valid_from"), nw.lit(date(1, 1, 1)))
    dated = rows.filter(~nw.col("i").is_null()).with_columns(begun.alias("begun"))
    dated = dated.filter(nw.col("begun") <= on).select("i", "begun", *FIELDS)
    earlier = [
        nw.col(name).shift(1).over("i", order_by="begun").alias(f"old_{name}") for name in FIELDS
    ]
    one, zero = nw.lit(1, nw.Int64), nw.lit(0, nw.Int64)
    flags = [
        nw.when((nw.col(name) != nw.col(f"old_{name}")).fill_null(False))
        .then(one)
        .otherwise(zero)
        .alias(name)
        for name in FIELDS
    ]
    return (
        dated.with_columns(*earlier)
        .filter(nw.col("begun") >= on - timedelta(days=days))
        .select("i", "begun", *flags)
        .filter(nw.sum_horizontal(*FIELDS) > 0)
        .group_by("i")
        .agg(nw.col("begun").min().alias("since"), *(nw.col(name).max() for name in FIELDS))
    )


def _tell(found: pl.DataFrame, _: pl.DataFrame) -> pl.DataFrame:
    """The flags as words for the sentence."""
    words = pl.concat_str(
        *(pl.when(pl.col(name) == 1).then(pl.lit(name)) for name in FIELDS),
        separator=" ",
        ignore_nulls=True,
    )
    return found.with_columns(words.alias("fields"), pl.col("since").dt.strftime("%Y-%m-%d")).drop(
        *FIELDS
    )


CHANGED_CONTACT = Rule(
    name="changed-contact",
    code="A11",
    kind="alert",
    severity="medium",
    subject="retailer_id",
    unit="cartons",
    policy="audit.thresholds.changed_over",
    find=changed_contact,
    needs=("retailers.valid_from",),
    wants=("past", "clerk"),
)
