"""Patterns in who: shared phones, accounts and devices, other payers, equal baskets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from allocator.tables.synthesis.draws import stream
from allocator.tables.synthesis.fraud.ledger import (
    Ledger,
    added,
    entered,
    one_a_shop,
    taken,
    told,
    told_orders,
    whole_orders,
)
from allocator.tables.synthesis.fraud.volumes import ordinary_lines

SIZES = np.array([2, 3, 2, 4])
"""Shops behind one phone, account, device or basket, in turn."""


def _grouped(ledger: Ledger, plant: str, lines: pl.DataFrame) -> pl.DataFrame:
    """Shops of the lines in groups of two to four: shop, group, leader (its first shop).

    No two shops of a group have one licence holder.
    """
    sizes = SIZES[np.arange(ledger.wanted) % len(SIZES)]
    heads = one_a_shop(ledger, lines, plant, int(sizes.sum()))
    group = np.repeat(np.arange(len(sizes)), sizes)[: len(heads)]
    owner = ledger.ground.shops.table["licence_holder"]
    made = pl.DataFrame({"shop": heads["shop"], "group": group}).with_columns(
        owner=owner.gather(heads["shop"].cast(pl.UInt32))
    )
    made = made.unique(["group", "owner"], keep="first", maintain_order=True)
    return made.filter(pl.len().over("group") > 1).with_columns(
        leader=pl.col("shop").first().over("group")
    )


def _told(ledger: Ledger, plant: str, groups: pl.DataFrame, why: str) -> Ledger:
    """One finding for each group, about its first shop by number, on all their lines."""
    lines = whole_orders(ledger, groups["shop"]).join(groups.select("shop", "group"), on="shop")
    rows = (
        lines.filter(pl.col("granted") > 0)
        .group_by("group")
        .agg(pl.col("retailer_id").min(), pl.col("line").sort())
        .sort("group")
    )
    return told(ledger, plant, plant, rows, subject="retailer_id", why=why)


def phone_across_shops(ledger: Ledger) -> Ledger:
    """One phone on file for several shops."""
    groups = _grouped(ledger, "phone across shops", ledger.free)
    phone = pl.concat_str(pl.lit("177"), pl.col("leader").cast(pl.String).str.zfill(8))
    new = groups.select("shop", phone.alias("phone"))
    rows = ledger.retailers.update(new, on="shop", how="left")
    ledger = replace(taken(ledger, groups["shop"]), retailers=rows)
    return _told(ledger, "phone-across-shops", groups, "one phone, several shops")


def account_across_shops(ledger: Ledger) -> Ledger:
    """Several shops pay from one account, other than those on file."""
    groups = _grouped(ledger, "account across shops", ledger.free)
    account = pl.concat_str(pl.lit("62330000"), pl.col("leader").cast(pl.String).str.zfill(8))
    ledger = _entered_alike(ledger, groups, account.alias("account"))
    return _told(ledger, "account-across-shops", groups, "one account, several shops")


def device_across_shops(ledger: Ledger) -> Ledger:
    """Several shops order from one device."""
    apps = ledger.free.filter(pl.col("device").is_not_null())
    groups = _grouped(ledger, "device across shops", apps)
    device = pl.concat_str(pl.lit("SJX"), pl.col("leader").cast(pl.String).str.zfill(7))
    ledger = _entered_alike(ledger, groups, device.alias("device"))
    return _told(ledger, "device-across-shops", groups, "one device, several shops")


def _entered_alike(ledger: Ledger, groups: pl.DataFrame, mark: pl.Expr) -> Ledger:
    """All orders of the groups' shops with one column made of their leader."""
    ledger = taken(ledger, groups["shop"])
    lines = whole_orders(ledger, groups["shop"]).select("line", "shop")
    return entered(ledger, lines.join(groups.select("shop", mark), on="shop"))


def payer_not_licensee(ledger: Ledger) -> Ledger:
    """The account runs under another name than the licence."""
    held = ledger.free.filter(pl.col("granted") > 0)
    heads = one_a_shop(ledger, held, "payer not licensee", ledger.wanted)
    new = heads.select("shop", account_holder=pl.lit("钱多多"))
    rows = ledger.retailers.update(new, on="shop", how="left")
    ledger = replace(taken(ledger, heads["shop"]), retailers=rows)
    return told_orders(
        ledger, "payer-not-licensee", "payer-not-licensee", whole_orders(ledger, heads["shop"]),
        why="somebody else pays", subject="retailer_id",
    )  # fmt: skip


def with_basket(ledger: Ledger, groups: pl.DataFrame) -> Ledger:
    """The orders of each group hold what the leader's ordinary lines hold, and nothing else."""
    mine = whole_orders(ledger, groups["shop"])
    basket = (
        mine.join(groups.select("shop", "leader"), on="shop")
        .filter(pl.col("quota").is_null() & (pl.col("shop") == pl.col("leader")))
        .select("leader", "k", "product_id", "requested", "due_amount")
    )
    heads = mine.unique("shop", keep="first", maintain_order=True).drop(
        "k", "product_id", "requested", "due_amount"
    )
    rows = (
        heads.join(groups.select("shop", "leader"), on="shop", maintain_order="left")
        .join(basket, on="leader", maintain_order="left_right")
        .with_columns(
            granted=pl.col("requested"), due=pl.col("requested"), quota=pl.lit(None, pl.Int64)
        )
    )
    gone = pl.col("line").is_in(mine["line"].implode())
    return added(replace(ledger, lines=ledger.lines.filter(~gone)), rows)


def _with_ordinary(ledger: Ledger, least: int, most: int) -> pl.DataFrame:
    """Free ordinary lines of shops with so many of them."""
    lines = ordinary_lines(ledger)
    return lines.filter(pl.len().over("shop").is_between(least, most))


def neighbour_pattern(ledger: Ledger) -> Ledger:
    """Shops of one order day order the same basket in the same minute."""
    weekday = pl.Series(ledger.ground.shops.weekday)
    lines = _with_ordinary(ledger, 4, 9)
    rng = stream(ledger.seed, "plant neighbour day")
    day = int(rng.random() * 5)
    lines = lines.filter(weekday.gather(lines["shop"].cast(pl.UInt32)) == day)
    groups = _grouped(ledger, "neighbour pattern", lines)
    ledger = taken(ledger, groups["shop"])
    ledger = with_basket(ledger, groups)
    moments = whole_orders(ledger, groups["leader"].unique()).select(
        "shop", start=pl.col("ordered_at").dt.truncate("1m")
    )
    moments = groups.join(
        moments.unique("shop").rename({"shop": "leader"}), on="leader", maintain_order="left"
    ).with_columns(second=pl.int_range(pl.len()).over("group") * 11)
    at = (pl.col("start") + pl.duration(seconds=pl.col("second"))).alias("ordered_at")
    new = whole_orders(ledger, groups["shop"]).select("line", "shop")
    ledger = entered(ledger, new.join(moments.select("shop", at), on="shop"))
    return _told(ledger, "neighbour-pattern", groups, "the same basket in the same minute")


def same_basket(ledger: Ledger) -> Ledger:
    """An order-taker enters one basket for six shops of several tiers."""
    calls = _with_ordinary(ledger, 3, 9).filter(pl.col("clerk").is_not_null())
    heads = one_a_shop(ledger, calls, "same basket", len(calls)).with_columns(
        nth=pl.int_range(pl.len()).over("clerk"), shops=pl.len().over("clerk")
    )
    heads = heads.filter((pl.col("shops") >= 8) & (pl.col("nth") < 8))
    clerks = heads["clerk"].unique(maintain_order=True).head(max(1, ledger.wanted // 2))
    heads = heads.filter(pl.col("clerk").is_in(clerks.implode()))
    groups = heads.select("shop", "clerk", leader=pl.col("shop").first().over("clerk"))
    ledger = with_basket(taken(ledger, groups["shop"]), groups)
    lines = whole_orders(ledger, groups["shop"])
    rows = lines.group_by("clerk").agg(pl.col("line").sort()).sort("clerk")
    return told(
        ledger, "same-basket", "same-basket", rows,
        subject="clerk", why="one basket for shops of several tiers",
    )  # fmt: skip
