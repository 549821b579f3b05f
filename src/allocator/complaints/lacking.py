"""Complaints that a product is never available."""

from __future__ import annotations

import json
from typing import Final

import polars as pl

from allocator.complaints.cartons import TOLD, by_product
from allocator.complaints.complaint import Complaint
from allocator.complaints.docket import Docket
from allocator.complaints.outside import outside
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
    away = None if product in who.lines else outside(docket, complaint)
    if away is not None:
        return away
    wrong = _table_wrong(docket, complaint, product)
    if wrong is not None:
        return wrong
    reason = _why(docket, complaint, product)
    history, unchecked = _history(docket, complaint, product)
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


def _history(
    docket: Docket, complaint: Complaint, product: str
) -> tuple[tuple[Reason, ...], tuple[str, ...]]:
    """In how many cycles on record the shop asked for it, and in how many it got none.

    What was asked for says nothing of what was entered, nor the reverse: where one is not known,
    the cycle is told apart, with the column that is missing.
    """
    orders = docket.run.city.orders
    cycle = pl.col("cycle").fill_null(docket.run.cycle)
    on_record = 0 if orders is None else orders.frame.select(cycle.n_unique()).item()
    if orders is None or on_record < 2:
        return (), ("orders.cycle",)
    rows = orders.frame.filter(
        pl.col("retailer_id").cast(pl.String) == complaint.retailer,
        pl.col("product_id").cast(pl.String) == product,
        (pl.col("status") != "cancelled").fill_null(True),
    )
    asked, got = (pl.col("requested") > 0).any(), (pl.col("granted") > 0).any()
    cycles = rows.group_by(cycle).agg(
        (asked | got).alias("asked"),
        got.alias("got"),
        (~asked & ~got & pl.col("requested").is_null().any()).alias("requested"),
        (asked & ~got & pl.col("granted").is_null().any()).alias("granted"),
    )
    told: dict[str, Fact] = {
        "cycles": on_record,
        "asked": int(cycles["asked"].sum()),
        "none": cycles.filter(pl.col("asked") & ~pl.col("got") & ~pl.col("granted")).height,
    }
    where = (docket.in_orders(rows, "requested granted"),)
    unclear = {name: int(cycles[name].sum()) for name in ("requested", "granted")}
    unknown = tuple(
        Reason(f"history-no-{name}", {"cycles": count}) for name, count in unclear.items() if count
    )
    missing = tuple(f"orders.{name}" for name, count in unclear.items() if count)
    return (Reason("history", told, where), *unknown), missing
