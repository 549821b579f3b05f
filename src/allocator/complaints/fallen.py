"""Complaints about an order that was cancelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from allocator.complaints.complaint import Complaint
from allocator.complaints.docket import Docket, Found
from allocator.complaints.record import Judged, Owed, Reason
from allocator.complaints.verdicts import undecidable, unheard
from allocator.wording import Fact

RULE = "cancelled-though-paid"


def cancelled(docket: Docket, complaint: Complaint) -> Judged:
    """An order was cancelled: founded where it had been paid in time."""
    orders = docket.run.city.orders
    if orders is None or docket.run.findings is None:
        return undecidable("no-orders", {"cycle": docket.run.cycle}, missing=("orders",))
    if "status" not in orders.columns:
        return undecidable("no-status", {}, missing=("orders.status",))
    rows = docket.lines(complaint.retailer, complaint.product, cancelled=True)
    if rows.is_empty():
        facts: dict[str, Fact] = {"cycle": docket.run.cycle}
        return Judged("unfounded", (Reason("none-cancelled", facts),),
                      (Reason("none-cancelled", {}),))  # fmt: skip
    numbers = rows["order_id"].unique().sort().to_list()
    evidence = (docket.in_orders(rows, "status paid_at"),)
    found = [finding for finding in docket.on_orders(RULE, complaint.retailer)
             if finding["order_id"] in numbers]  # fmt: skip
    if found:
        return _paid_in_time(docket, complaint, rows, found)
    off = unheard(docket, RULE)
    if off is not None:
        return off
    facts = {"order": ", ".join(numbers)}
    late = rows["paid_at"].is_not_null().any()
    return Judged(
        "unfounded",
        (Reason("cancelled-late" if late else "cancelled-unpaid", facts, evidence),
         Reason("bank-fault", {})),
        (Reason("cancelled-late" if late else "cancelled-unpaid", facts),),
    )  # fmt: skip


def _paid_in_time(
    docket: Docket, complaint: Complaint, rows: pl.DataFrame, found: Sequence[Found]
) -> Judged:
    """Founded, by each order that was paid in time and cancelled all the same."""
    codes = {str(finding["order_id"]): str(finding["fingerprint"]) for finding in found}
    whole = docket.lines(complaint.retailer, cancelled=True)  # one line may tell of all it was paid
    reasons, opening = [], []
    for order in codes:
        own = rows.filter(pl.col("order_id") == order)
        paid = whole.filter(pl.col("order_id") == order)["paid_at"].drop_nulls().sort().to_list()
        facts: dict[str, Fact] = {"order": order, "paid": paid[0]}
        evidence = (docket.in_orders(own, "status paid_at"),)
        reasons.append(Reason("cancelled-paid", facts, evidence))
        opening.append(Reason("cancelled-paid", {"order": order}))
    owed, apart = _owed(docket, complaint.retailer, rows, codes)
    return Judged(
        "founded",
        (*reasons, *apart),
        (*opening, *(Reason(each.code, each.facts) for each in apart)),
        codes=tuple(codes.values()),
        owed=owed,
    )


def _owed(
    docket: Docket, retailer: str, rows: pl.DataFrame, codes: Mapping[str, str]
) -> tuple[tuple[Owed, ...], list[Reason]]:
    """Cartons cancelled in all orders together, but no more than the shop may still have.

    Make-up orders count first for what the rules give on standing orders, then for these. What is
    not owed in full is explained, to staff and to the shop.
    """
    sums = (
        rows.filter(pl.col("order_id").is_in(list(codes)))
        .with_columns(pl.coalesce("granted", "requested").alias("cartons"))
        .group_by("product_id")
        .agg(pl.col("cartons").sum(), pl.col("order_id").unique().sort())
        .filter(pl.col("cartons") > 0)
        .sort("product_id")
    )
    owed, told = [], []
    for product, cartons, orders in sums.iter_rows():
        made_up, which = _made_up(docket, retailer, product)
        rest, room = int(cartons) - made_up, docket.room(retailer, product)
        if made_up:
            facts: dict[str, Fact] = {"product": product, "cartons": made_up}
            when = {"on": max(which["ordered_at"].dt.date().to_list())}
            told.append(Reason("made-up", facts | when, (docket.in_orders(which, "kind granted"),)))
        if min(rest, room) > 0:
            owed.append(Owed(product, min(rest, room), tuple(codes[order] for order in orders)))
        if rest > room:
            told.append(_no_room(docket, retailer, product))
    return tuple(owed), told


def _made_up(docket: Docket, retailer: str, product: str) -> tuple[int, pl.DataFrame]:
    """Cartons that make-up orders have given for cancelled lines, and the lines of such orders."""
    line = docket.standing(retailer).lines.get(product)
    held = docket.delivered(retailer, product)
    beyond = max(held - (0 if line is None else line.standard), 0)
    made_up = min(docket.delivered(retailer, product, made_up=True), beyond)
    return made_up, docket.lines(retailer, product).filter(pl.col("kind") == "make_up")


def _no_room(docket: Docket, retailer: str, product: str) -> Reason:
    """Why not all is made up: the shop may have no more than this."""
    most = docket.most(retailer, product)
    if not most:
        return Reason("no-offer", {"product": product})
    rows = docket.lines(retailer, product)
    held = docket.delivered(retailer, product)
    facts: dict[str, Fact] = {"product": product, "held": held, "most": most}
    return Reason("no-room", facts, (docket.in_orders(rows, "granted"),) if held else ())
