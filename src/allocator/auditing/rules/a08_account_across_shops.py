"""One bank account, several shops."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.rule import Outcome, Rule
from allocator.auditing.sharing import sharing


def account_across_shops(case: Case) -> Outcome:
    """Several shops that ordered in the cycle pay from one bank account.

    What it finds
    -------------
    Accounts from which two or more shops with orders in the cycle pay: the account of the order
    where it has one, else that of the retailers table. One finding for each account.

    Why it matters
    --------------
    Who pays owns the goods: one account behind several shops often is a reseller.

    Example
    -------
    R17 and R42 paid this week from one account, 24 cartons together.

    What to do
    ----------
    Ask for the contract of the account; see that each shop pays from its own.

    Known limits
    ------------
    Shops that all have one licence holder on file are a chain and set aside; without that column
    chains are found too. More than 20 shops are told as what they most likely are, a placeholder
    or a service point. Ordinary causes: a family with
    two shops, a bank that moved accounts.
    """
    lines = case.lines.filter(~nw.col("i").is_null())
    account = nw.col("account")
    if case.shops is not None:
        filed = nw.col("account").alias("filed")
        named = case.shops.filter(~nw.col("i").is_null()).select("i", filed)
        lines = lines.join(named, on="i", how="left")
        account = nw.coalesce(nw.col("account"), nw.col("filed"))
    return sharing(case, lines.with_columns(account.alias("g")), "account-across-shops")


ACCOUNT_ACROSS_SHOPS = Rule(
    name="account-across-shops",
    code="A08",
    kind="alert",
    severity="medium",
    subject="retailer_id",
    unit="cartons",
    policy="retailers.account",
    find=account_across_shops,
    needs=("account|retailers.account",),
    wants=("retailers.licence_holder", "clerk"),
)
