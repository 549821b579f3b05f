"""Complaints that a product is never available."""

from __future__ import annotations

import json
from typing import Final

import polars as pl

from allocator.complaints.cartons import TOLD, by_product
from allocator.complaints.complaint import Complaint
from allocator.complaints.docket import Docket
from allocator.complaints.record import Judged, Reason, Where
from allocator.complaints.verdicts import joined
from allocator.wording import Fact


def never_available(docket: Docket, complaint: Complaint) -> Judged:
    """Founded where the shop could have had the product and it was not entered; else why not."""
    product = str(complaint.product)
    judged = by_product(docket, complaint, lambda *_: None)
    who = docket.standing(complaint.retailer)
    if judged.verdict == "founded" or (product in who.lines and judged.verdict != "unfounded"):
        return judged
    wrong = _table_wrong(docket, complaint, product)
    if wrong is not None:
        return wrong
    reason = _why(docket, complaint, product)
    history = _history(docket, complaint, product)
    unchecked = () if history else ("orders.cycle",)
    own = Judged(
        "unfounded",
        (reason, *history, Reason("tell-first", {"product": product})),
        (Reason(f"never-{reason.code}", {}),),
        questions=TOLD,
        products=(product,),
        unchecked=unchecked,
    )
    return joined([own, judged]) if product in who.lines else own


TABLE_RULES: Final = ("quota-off-limits", "unlike-equals", "tier-order")
"""Violations of a quota table made elsewhere by which a tier has less than it must have."""


def _table_wrong(docket: Docket, complaint: Complaint, product: str) -> Judged | None:
    """Founded where the quota table gives the shop's tier less than the rules oblige it to."""
    who = docket.standing(complaint.retailer)
    segment = docket.run.plan.members["segment"][who.i] or None
    for finding in docket.violations(TABLE_RULES, None, product):
        facts = json.loads(finding["facts"])
        mine = facts.get("tier") == who.tier and facts.get("segment", segment) == segment
        if not mine or who.cell is None or finding["observed"] >= finding["limit"]:
            continue
        has, least = int(finding["observed"]), int(finding["limit"])
        key = (f"product_id={product}", f"tier={who.tier}")
        told: dict[str, Fact] = {"product": product, "tier": who.tier, "has": has, "least": least}
        return Judged(
            "founded",
            (Reason("table-wrong", told, (Where("quotas.csv", "base seats", key=key),)),),
            (Reason("table-wrong", {"product": product}),),
            codes=(str(finding["fingerprint"]),),
        )
    return None


def _why(docket: Docket, complaint: Complaint, product: str) -> Reason:
    plan, who = docket.run.plan, docket.standing(complaint.retailer)
    facts: dict[str, Fact] = {"product": product, "cycle": docket.run.cycle}
    quotas = (Where("quotas.csv", "base seats", key=(f"product_id={product}", f"tier={who.tier}")),)
    if product not in plan.product:
        return Reason("not-released", facts, (Where("summary.csv", "product_id"),))
    offer = who.offers.get(product)
    if offer is None:
        return Reason("not-for-you", {"product": product, "tier": who.tier}, quotas)
    if offer.limit:
        return Reason("may-have", {"product": product, "limit": offer.limit}, quotas)
    seats = 0 if who.cell is None else int(plan.seats[offer.p, who.cell])
    return Reason("by-turns" if seats else "none-for-tier",
                  {"product": product, "tier": who.tier, "seats": seats}, quotas)  # fmt: skip


def _history(docket: Docket, complaint: Complaint, product: str) -> tuple[Reason, ...]:
    """In how many cycles on record the shop asked for it, and in how many it got none."""
    orders = docket.run.city.orders
    if orders is None or orders.frame["cycle"].n_unique() < 2:
        return ()
    rows = orders.frame.filter(
        pl.col("retailer_id").cast(pl.String) == complaint.retailer,
        pl.col("product_id").cast(pl.String) == product,
        (pl.col("status") != "cancelled").fill_null(True),
    )
    cycles = rows.group_by("cycle").agg(
        pl.coalesce("requested", "granted").sum().alias("asked"),
        pl.coalesce("granted", "requested").sum().alias("got"),
    )
    asked = cycles.filter(pl.col("asked") > 0)
    facts: dict[str, Fact] = {
        "cycles": orders.frame["cycle"].n_unique(),
        "asked": asked.height,
        "none": asked.filter(pl.col("got") == 0).height,
    }
    return (Reason("history", facts, (docket.in_orders(rows, "requested granted"),)),)
