"""One phone number, several shops."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.rule import Outcome, Rule
from allocator.auditing.sharing import sharing


def phone_across_shops(case: Case) -> Outcome:
    """Several shops that ordered in the cycle are on file with one phone number.

    What it finds
    -------------
    Phone numbers of two or more shops with orders in the cycle, by the file of retailers in force
    on the day. One finding for each number.

    Why it matters
    --------------
    A phone that orders for several shops is the plainest sign that somebody uses the quotas of
    others (proxy ordering, a reseller).

    Example
    -------
    R17 and R42 are on file with one phone and together ordered 24 cartons this week.

    What to do
    ----------
    Call the number and visit the shops; correct the file where it is only out of date.

    Known limits
    ------------
    Shops that all have one licence holder on file are a chain and set aside; without that column
    chains are found too. More than 20 shops are told as what they most likely are, a placeholder
    or a service point. Ordinary causes: a family with
    two shops, an old number in the file, a customer manager who entered his own.
    """
    lines = case.lines.filter(~nw.col("i").is_null())
    if case.shops is not None:
        named = case.shops.filter(~nw.col("i").is_null()).select("i", nw.col("phone").alias("g"))
        lines = lines.join(named, on="i", how="left")
    return sharing(case, lines, "phone-across-shops")


PHONE_ACROSS_SHOPS = Rule(
    name="phone-across-shops",
    code="A07",
    kind="alert",
    severity="medium",
    subject="retailer_id",
    unit="cartons",
    policy="retailers.phone",
    find=phone_across_shops,
    needs=("retailers.phone",),
    wants=("retailers.licence_holder", "clerk"),
)
