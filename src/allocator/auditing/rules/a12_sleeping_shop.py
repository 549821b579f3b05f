"""A shop that slept and wakes for scarce products only."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.engine import Frame
from allocator.auditing.history import (
    CARTONS,
    MOST_LINE,
    Before,
    cycles_before,
    members,
    nothing_judged,
)
from allocator.auditing.months import months_before, purchases
from allocator.auditing.rule import Outcome, Rule, tally

MONTHS = 2
"""Months without a purchase that show sleep where the orders on file do not reach back."""


def sleeping_shop(case: Case) -> Outcome:
    """A shop without an order for weeks comes back and orders scarce products only.

    What it finds
    -------------
    Shops whose lines of the cycle are all of scarce products (``products.scarce``) and that
    ordered nothing in the ``audit.thresholds.asleep_cycles`` (three) cycles before, twice as many
    for fortnightly shops. Where the orders on file do not reach back so far, shops without a
    purchase in the last two complete months of the sales table. Shops that joined since are new,
    not asleep. Cycles that a holiday touches are passed over.

    Why it matters
    --------------
    Licences of shops that no longer sell are used to draw scarce products: fictitious retailers,
    or others who use their right to order.

    Example
    -------
    R17 had not ordered for three cycles and now ordered 6 cartons, all of them scarce.

    What to do
    ----------
    Visit the shop: is it open, does it sell, who ordered?

    Known limits
    ------------
    Says nothing where the orders table holds scarce products alone (then nobody orders anything
    else), or neither earlier orders nor sales. A shop that joined on an unknown day and has no
    earlier order on file is told too. Ordinary causes: illness, building work, a season shop.
    """
    if case.goods is None:
        return nothing_judged(case)
    scarce = case.goods.select("product_id", nw.col("scarce").alias("rare"))
    lines = case.lines.filter(~nw.col("i").is_null()).join(scarce, on="product_id", how="left")
    plain = (nw.col("rare") == nw.lit(False)).fill_null(False)
    (seen,) = case.engine.collect(
        lines.select(nw.when(plain).then(1).otherwise(0).cast(nw.Int64).sum().alias("plain"))
    )
    asleep = _asleep(case, cycles_before(case)) if seen["plain"][0] else None
    if asleep is None:
        return nothing_judged(case)
    silent, since = asleep
    one, zero = nw.lit(1, nw.Int64), nw.lit(0, nw.Int64)
    other = nw.when((nw.col("rare") == nw.lit(True)).fill_null(False)).then(zero).otherwise(one)
    found = (
        lines.with_columns(other.alias("other"), CARTONS.clip(0, MOST_LINE).alias("cartons"))
        .group_by("i")
        .agg(nw.col("other").sum(), nw.col("cartons").sum().alias("observed"))
        .filter(nw.col("other") == 0, nw.col("observed") > 0)
        .join(silent, on="i")
        .select("i", "observed", *since)
    )
    return Outcome(found, ("i",), tally(lines))


def _asleep(case: Case, before: Before) -> tuple[Frame, list[nw.Expr]] | None:
    """Shops that slept (i), and what the sentence says of it; None where nothing tells."""
    everyone = members(case)
    number = case.policy.thresholds.asleep_cycles
    if len(before.cycles) < number or before.touched:
        months = months_before(case, MONTHS)
        if case.sales is None or len(months) < MONTHS:
            return None
        bought = purchases(case.sales, months).filter(nw.col("quantity") > 0)
        silent = everyone.join(bought.select("retailer_id"), on="retailer_id", how="anti")
        if case.shops is not None:
            late = case.shops.filter(nw.col("joined_on") > months[-1]).select("retailer_id")
            silent = silent.join(late, on="retailer_id", how="anti")
        told = nw.lit("sleeping-shop-months").alias("message")
        return silent.select("i"), [told, nw.lit(MONTHS, nw.Int64).alias("months")]
    silent = everyone
    for cycles, rhythm in ((number, "weekly"), (2 * number, "fortnightly")):
        held = list(before.cycles[:cycles])
        ordered = case.past.filter(nw.col("cycle").is_in(held), CARTONS > 0).select("i")
        ordered = ordered.filter(~nw.col("i").is_null())
        if rhythm == "fortnightly" and case.shops is not None:
            slow = case.shops.filter(nw.col("rhythm") == rhythm, ~nw.col("i").is_null())
            ordered = ordered.join(slow.select("i"), on="i", how="semi")
            if len(held) < cycles:  # too short a memory for them
                silent = silent.join(slow.select("i"), on="i", how="anti")
        if rhythm == "weekly" or case.shops is not None:
            silent = silent.join(ordered, on="i", how="anti")
    (first,) = case.engine.collect(
        case.past.filter(nw.col("cycle") == before.cycles[number - 1]).select(
            nw.col("ordered_at").min()
        )
    )
    if case.shops is not None:
        begin = first["ordered_at"][0].date()
        late = case.shops.filter(nw.col("joined_on") >= begin).select("retailer_id")
        silent = silent.join(late, on="retailer_id", how="anti")
    told = nw.lit("sleeping-shop").alias("message")
    return silent.select("i"), [told, nw.lit(number, nw.Int64).alias("cycles")]


SLEEPING_SHOP = Rule(
    name="sleeping-shop",
    code="A12",
    kind="alert",
    severity="medium",
    subject="retailer_id",
    unit="cartons",
    policy="audit.thresholds.asleep_cycles",
    find=sleeping_shop,
    needs=("products.scarce", "past|sales.quantity"),
    wants=("retailers.joined_on", "clerk"),
)
