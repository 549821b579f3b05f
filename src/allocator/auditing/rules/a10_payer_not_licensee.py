"""A bank account in another name than the licence."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.history import CARTONS, MOST_LINE, nothing_judged
from allocator.auditing.rule import Outcome, Rule, tally


def payer_not_licensee(case: Case) -> Outcome:
    """A shop that ordered pays from an account whose holder does not hold the licence.

    What it finds
    -------------
    Shops with orders in the cycle whose account holder and licence holder, both on file, differ
    (spaces aside), by the file of retailers in force on the day.

    Why it matters
    --------------
    A licence may not be lent or sold; who pays in another's name may run the shop of another, or
    only use its right to order.

    Example
    -------
    R17 ordered 24 cartons; its licence and its account are in different names.

    What to do
    ----------
    Ask for the contract of the account and see who keeps the shop; correct the file if it is
    outdated.

    Known limits
    ------------
    Compares names as they are written. Ordinary causes: the wife's account, a company's account
    of a shop whose licence is in the owner's name, a traditional spelling.
    """
    if case.shops is None:
        return nothing_judged(case)
    names = [
        nw.col(name).str.replace_all(r"\s", "") for name in ("account_holder", "licence_holder")
    ]
    shops = case.shops.filter(~nw.col("i").is_null()).select(
        "i", *(name.alias(f"name{n}") for n, name in enumerate(names))
    )
    lines = case.lines.filter(~nw.col("i").is_null()).join(shops, on="i", how="left")
    known = (nw.col("name0") != "") & (nw.col("name1") != "")
    found = (
        lines.filter(known, nw.col("name0") != nw.col("name1"))
        .group_by("i")
        .agg(CARTONS.clip(0, MOST_LINE).sum().alias("observed"))
        .filter(nw.col("observed") > 0)
        .with_columns(nw.lit("payer-not-licensee").alias("message"))
    )
    return Outcome(found, ("i",), tally(lines, known.fill_null(False)))


PAYER_NOT_LICENSEE = Rule(
    name="payer-not-licensee",
    code="A10",
    kind="alert",
    severity="low",
    subject="retailer_id",
    unit="cartons",
    policy="retailers.account_holder",
    find=payer_not_licensee,
    needs=("retailers.account_holder", "retailers.licence_holder"),
)
