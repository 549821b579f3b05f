"""What stands twice: one phone, account, holder or name for several shops, one order for two."""

from __future__ import annotations

from typing import Final

import polars as pl

from allocator.auditing.evidence import JOINT
from allocator.customers.case import FileCase
from allocator.customers.rule import FileRule, Outcome


def _shared(case: FileCase, keys: tuple[str, ...], value: pl.Expr, message: str) -> Outcome:
    """Groups of open shops that have all keys in common; one finding per group.

    The first shop by number is the subject, ``others`` names the rest.
    """
    told = case.open_files.drop_nulls(keys)
    found = (
        told.with_columns(value.alias("value"))
        .sort("retailer_id")
        .group_by(*keys, maintain_order=True)
        .agg(
            pl.col("retailer_id").first(),
            pl.col("retailer_id").slice(1).str.join(JOINT).alias("others"),
            pl.len().cast(pl.Int64).alias("observed"),
            pl.col("row").sort().alias("retailer_rows"),
            pl.col("value").first(),
        )
        .filter(pl.col("observed") > 1)
        .drop(key for key in keys)
        .with_columns(pl.lit(1, pl.Int64).alias("limit"), pl.lit(message).alias("message"))
    )
    found = found.with_columns(pl.col("observed").alias("retailers"))
    concerned = int(found["observed"].sum())
    return Outcome(found, told.height, concerned, case.open_files.height - told.height)


def masked(column: str) -> pl.Expr:
    """The last four signs of an account: enough to find it in the file, too little to use it."""
    return pl.concat_str(pl.lit("…"), pl.col(column).str.slice(-4))


def shared_phone(case: FileCase) -> Outcome:
    """Several shops have one phone.

    What it finds
    -------------
    Groups of shops, not closed, with the same phone.

    Why it matters
    --------------
    One person orders for several shops: a family with two shops, or a reseller with borrowed
    licences. Reminders reach only one of them.

    Example
    -------
    R03, R17 and R88 have the phone 13900000000.

    What to do
    ----------
    Call it, visit the shops, and enter each shop's own phone. Somebody who orders for many shops
    is a matter for the auditors.

    Known limits
    ------------
    Families do run two shops.
    """
    return _shared(case, ("phone",), pl.col("phone"), "shared-phone")


def shared_account(case: FileCase) -> Outcome:
    """Several shops pay from one account.

    What it finds
    -------------
    Groups of shops, not closed, with the same bank account.

    Why it matters
    --------------
    Whoever pays owns the goods. One account behind several licences is the usual mark of a
    reseller.

    Example
    -------
    R03 and R17 pay from the account that ends in 0417.

    What to do
    ----------
    Ask for the account of each licence holder; pass what remains to the auditors.

    Known limits
    ------------
    Chains may pay from one account lawfully. Only the last four digits are told.
    """
    return _shared(case, ("account",), masked("account"), "shared-account")


def shared_holder(case: FileCase) -> Outcome:
    """Several shops of a region have a licence holder of one name.

    What it finds
    -------------
    Groups of shops, not closed, in one region with the same licence holder.

    Why it matters
    --------------
    A shop split in two gets two quotas.

    Example
    -------
    R03 and R17, both in the east district, are licensed to Li Hua.

    What to do
    ----------
    Compare the identity numbers. Same person: see whether both places really trade.

    Known limits
    ------------
    Many people have the same name: this is a reason to look, no more.
    """
    return _shared(case, ("licence_holder", "region"), pl.col("licence_holder"), "shared-holder")


def shared_name(case: FileCase) -> Outcome:
    """Several shops of a region have one name.

    What it finds
    -------------
    Groups of shops, not closed, in one region with the same name.

    Why it matters
    --------------
    One shop may have been entered twice, and then has two quotas.

    Example
    -------
    R03 and R17 in the east district are both called Linji Store.

    What to do
    ----------
    Compare the addresses; close the file that is too many, or tell the names apart.

    Known limits
    ------------
    Chains carry one name on purpose.
    """
    return _shared(case, ("name", "region"), pl.col("name"), "shared-name")


def repeated_order(case: FileCase) -> Outcome:
    """One order number belongs to several shops.

    What it finds
    -------------
    Order numbers in the orders table under which lines of different shops stand.

    Why it matters
    --------------
    Payment, delivery and complaints follow the number: two shops would be mixed up.

    Example
    -------
    Order D0815 has lines of R03 and of R17.

    What to do
    ----------
    Find out which shop placed it, and number the other order anew.

    Known limits
    ------------
    Exports that number orders per day and clerk repeat numbers without harm: give them the day.
    """
    if case.orders is None:
        return Outcome(pl.DataFrame(), 0, 0)
    lines = case.orders.frame.select(
        pl.col("order_id", "retailer_id").cast(pl.String), pl.col("row").cast(pl.UInt32)
    )
    orders = lines.group_by("order_id").agg(
        pl.col("retailer_id").unique().sort().alias("shops"),
        pl.len().cast(pl.Int64).alias("lines"),
        pl.col("row").sort().alias("order_rows"),
    )
    found = orders.filter(pl.col("shops").list.len() > 1).select(
        "order_id",
        pl.col("shops").list.first().alias("retailer_id"),
        pl.col("shops").list.slice(1).list.join(JOINT).alias("others"),
        pl.col("shops").list.len().cast(pl.Int64).alias("observed"),
        pl.col("shops").list.len().cast(pl.Int64).alias("retailers"),
        pl.lit(1, pl.Int64).alias("limit"),
        "lines",
        "order_rows",
        pl.lit("repeated-order").alias("message"),
    )
    return Outcome(found, orders.height, found.height)


DUPLICATE: Final = (
    FileRule(
        name="shared-phone", code="D30", family="duplicate", severity="medium",
        subject="retailer_id", unit="shops", about="retailers.phone", find=shared_phone,
        needs=("retailers.phone",),
    ),
    FileRule(
        name="shared-account", code="D31", family="duplicate", severity="high",
        subject="retailer_id", unit="shops", about="retailers.account", find=shared_account,
        needs=("retailers.account",),
    ),
    FileRule(
        name="shared-holder", code="D32", family="duplicate", severity="low",
        subject="retailer_id", unit="shops", about="retailers.licence_holder",
        find=shared_holder, needs=("retailers.licence_holder", "retailers.region"),
    ),
    FileRule(
        name="shared-name", code="D33", family="duplicate", severity="low",
        subject="retailer_id", unit="shops", about="retailers.name", find=shared_name,
        needs=("retailers.name", "retailers.region"),
    ),
    FileRule(
        name="repeated-order", code="D34", family="duplicate", severity="medium",
        subject="order_id", unit="shops", about="orders.order_id", find=repeated_order,
        needs=("orders.order_id",),
    ),
)  # fmt: skip
