"""Complaints about an order that was cancelled."""

from __future__ import annotations

import polars as pl

from allocator.complaints.cartons import undecidable, unheard
from allocator.complaints.complaint import Complaint
from allocator.complaints.docket import Docket
from allocator.complaints.record import Judged, Reason
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
    for finding in docket.violations([RULE], complaint.retailer, None):
        if finding["order_id"] in numbers:
            own = rows.filter(pl.col("order_id") == finding["order_id"])
            return _paid_in_time(docket, complaint, own, str(finding["fingerprint"]))
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
    docket: Docket, complaint: Complaint, rows: pl.DataFrame, fingerprint: str
) -> Judged:
    offers = docket.standing(complaint.retailer).offers
    taken = rows.select("product_id", pl.coalesce("granted", "requested").alias("cartons"))
    sums = taken.group_by("product_id").agg(pl.col("cartons").sum()).sort("product_id")
    owed = tuple(
        (product, min(int(cartons), offers[product].limit))
        for product, cartons in sums.iter_rows()
        if product in offers and cartons
    )
    order = str(rows["order_id"][0])
    facts: dict[str, Fact] = {
        "order": order,
        "paid": rows["paid_at"].drop_nulls().sort().to_list()[0],
    }
    evidence = (docket.in_orders(rows, "status paid_at"),)
    return Judged(
        "founded",
        (Reason("cancelled-paid", facts, evidence),),
        (Reason("cancelled-paid", {"order": order}),),
        codes=(fingerprint,),
        owed=tuple((product, cartons) for product, cartons in owed if cartons),
    )
