"""Patterns in how much, when and what: orders far above the usual, sleepers, changed contacts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl

from allocator.records import Reals
from allocator.tables.synthesis.draws import stream
from allocator.tables.synthesis.fraud.book import ordinary_products
from allocator.tables.synthesis.fraud.hours import MINUTE
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

LARGE_ORDER = 300
"""(cartons) from which this city looks at an order twice."""
MOST_PRODUCTS = 2
"""Products of which a day or a month is planted: more would change the city."""


def times(ledger: Ledger, plant: str, n: int, least: float, most: float) -> Reals:
    """Factors between two bounds, even on a logarithmic scale, (n,)."""
    rng = stream(ledger.seed, f"plant {plant} times")
    factors: Reals = least * (most / least) ** rng.random(n)
    return factors


def ordinary_lines(ledger: Ledger) -> pl.DataFrame:
    """Free lines of products that are not scarce, with cartons."""
    return ledger.free.filter(pl.col("quota").is_null() & (pl.col("granted") > 0))


def grown(ledger: Ledger, lines: pl.DataFrame) -> Ledger:
    """Ordinary lines ordered and entered ``times`` as large, a column of the lines."""
    price = pl.Series(ledger.ground.products["wholesale_price"])
    cartons = (pl.col("granted") * pl.col("times")).round(0).cast(pl.Int64).clip(1)
    rows = lines.with_columns(requested=cartons).with_columns(
        granted=pl.col("requested"),
        due=pl.col("requested"),
        due_amount=pl.col("requested") * price.gather(lines["k"].cast(pl.UInt32)),
    )
    return entered(ledger, rows.drop("times"))


def _whole_times(ledger: Ledger, plant: str, heads: pl.DataFrame, factor: Reals) -> Ledger:
    by = pl.DataFrame({"shop": heads["shop"], "times": factor})
    lines = ordinary_lines(ledger).join(by, on="shop", maintain_order="left")
    return grown(taken(ledger, heads["shop"]), lines)


def _settled(ledger: Ledger) -> pl.DataFrame:
    """Lines of shops that ordered in at least three earlier cycles and now take ten cartons."""
    often = ledger.past.group_by("shop").agg(pl.col("cycle").n_unique().alias("cycles"))
    often = often.filter(pl.col("cycles") >= min(3, len(ledger.ground.weeks) - 1))
    lines = ordinary_lines(ledger).join(often, on="shop", how="semi", maintain_order="left")
    large = lines.group_by("shop").agg(pl.col("granted").sum(), pl.len())
    large = large.filter((pl.col("granted") >= 10) & (pl.col("len") >= 3))
    return lines.join(large, on="shop", how="semi", maintain_order="left")


def order_above_past(ledger: Ledger) -> Ledger:
    """An order of one and a half to six times the usual size."""
    return _larger(ledger, "order-above-past", 1.5, 6, "an order far above the usual")


def beyond_peers(ledger: Ledger) -> Ledger:
    """An order of four to forty times the usual size: beyond all shops of the tier."""
    return _larger(ledger, "beyond-peers", 4, 40, "beyond all shops of its tier")


def _larger(ledger: Ledger, plant: str, least: float, most: float, why: str) -> Ledger:
    """Orders of settled shops so many times as large."""
    drawn = plant.replace("-", " ")
    heads = one_a_shop(ledger, _settled(ledger), drawn, ledger.wanted)
    factor = times(ledger, drawn, len(heads), least, most)
    ledger = _whole_times(ledger, drawn, heads, factor)
    lines = whole_orders(ledger, heads["shop"])
    return told_orders(ledger, plant, plant, lines, why=why, subject="retailer_id")


def price_above_past(ledger: Ledger) -> Ledger:
    """All but a few cartons of the order are of one of the dearest products."""
    goods = ledger.ground.products
    dear = ordinary_products(ledger.ground)
    dear = dear[np.argsort(-goods["wholesale_price"].to_numpy()[dear], kind="stable")][:6]
    some = _settled(ledger)
    worth = some.group_by("shop").agg(
        (pl.col("due_amount").sum() / pl.col("granted").sum()).alias("price")
    )
    cheap = worth.filter(pl.col("price") <= pl.col("price").median())
    some = some.join(cheap, on="shop", how="semi", maintain_order="left")
    heads = one_a_shop(ledger, some, "price above past", ledger.wanted)
    rng = stream(ledger.seed, "plant price above past product")
    pick = dear[(rng.random(len(heads)) * len(dear)).astype(np.int64)]
    part = 0.4 + 0.6 * rng.random(len(heads))
    mine = ordinary_lines(ledger).filter(pl.col("shop").is_in(heads["shop"].implode()))
    ledger = taken(ledger, heads["shop"])
    chosen = pl.DataFrame({"shop": heads["shop"], "dear": pick, "part": part})
    lines = mine.join(chosen, on="shop", maintain_order="left").with_columns(
        total=pl.col("granted").sum().over("shop"),
        first=pl.int_range(pl.len()).over("shop") == 0,
        # A product stands once in an order.
        gone=(pl.col("k") == pl.col("dear")) & (pl.int_range(pl.len()).over("shop") > 0),
    )
    keep = ((1 - pl.col("part")) * pl.col("granted")).floor().cast(pl.Int64).clip(1)
    most = (pl.col("part") * pl.col("total")).ceil().cast(pl.Int64)
    code = pl.when("first").then("dear").otherwise("k")
    cartons = pl.when("first").then(most).otherwise(keep)
    rows = lines.with_columns(k=code.cast(pl.Int16), granted=cartons, requested=cartons)
    k = rows["k"].cast(pl.UInt32)
    rows = rows.with_columns(
        product_id=goods["product_id"].gather(k),
        due=pl.col("granted"),
        due_amount=pl.col("granted") * goods["wholesale_price"].gather(k),
    )
    gone = rows.filter("gone")["line"]
    ledger = entered(ledger, rows.filter(~pl.col("gone")).drop("dear", "part", "total", "first"))
    ledger = replace(ledger, lines=ledger.lines.filter(~pl.col("line").is_in(gone.implode())))
    return told_orders(
        ledger, "price-above-past", "price-above-past", whole_orders(ledger, heads["shop"]),
        why="suddenly nearly all of the dearest", subject="retailer_id",
    )  # fmt: skip


def changed_contact(ledger: Ledger) -> Ledger:
    """A new phone or account a fortnight ago, and an order of 1.3 to 4 times the usual size."""
    ground = ledger.ground
    since = ground.weeks[-1] - timedelta(days=14)
    dated = ledger.retailers.filter(pl.col("valid_from") >= since - timedelta(days=60))["shop"]
    lines = _settled(ledger).filter(~pl.col("shop").is_in(dated.implode()))
    heads = one_a_shop(ledger, lines, "changed contact", ledger.wanted)
    factor = times(ledger, "changed contact", len(heads), 1.3, 4)
    last = ledger.retailers.unique("shop", keep="last", maintain_order=True)
    odd = pl.DataFrame({"shop": heads["shop"], "odd": np.arange(len(heads)) % 2 == 1})
    new = last.join(odd, on="shop", maintain_order="left").with_columns(
        phone=pl.when("odd").then("phone").otherwise(
            pl.concat_str(pl.lit("15"), pl.col("phone").str.slice(2))
        ),
        account=pl.when("odd").then(
            pl.concat_str(pl.lit("6236"), pl.col("account").str.slice(4))
        ).otherwise("account"),
        valid_from=pl.lit(since),
    ).drop("odd")  # fmt: skip
    rows = pl.concat([ledger.retailers, new]).sort("shop", "valid_from")
    ledger = _whole_times(replace(ledger, retailers=rows), "changed contact", heads, factor)
    paying = whole_orders(ledger, heads["shop"]).select("line", "shop")
    paying = paying.join(new.select("shop", "account"), on="shop", maintain_order="left")
    ledger = entered(ledger, paying)
    return told_orders(
        ledger, "changed-contact", "changed-contact", whole_orders(ledger, heads["shop"]),
        why="a new phone or account, and a large order", subject="retailer_id",
    )  # fmt: skip


def sleeping_shop(ledger: Ledger) -> Ledger:
    """Ordered nothing in the whole history, and now nothing but scarce products."""
    ground = ledger.ground
    old = pl.Series(ground.shops.joined < np.datetime64(ground.weeks[0], "D"))
    free = ledger.free.filter(pl.col("quota") > 0, pl.col("granted") > 0)
    free = free.filter(old.gather(free["shop"].cast(pl.UInt32)))
    heads = one_a_shop(ledger, free, "sleeping shop", ledger.wanted)
    ledger = taken(ledger, heads["shop"])
    asleep = pl.col("shop").is_in(heads["shop"].implode())
    plain = asleep & pl.col("quota").is_null()
    ledger = replace(ledger, past=ledger.past.filter(~asleep), lines=ledger.lines.filter(~plain))
    return told_orders(
        ledger, "sleeping-shop", "sleeping-shop", whole_orders(ledger, heads["shop"]),
        why="wakes for scarce products only", subject="retailer_id",
    )  # fmt: skip


def product_day_peak(ledger: Ledger) -> Ledger:
    """On one day everybody orders four to nine times as much of a product."""
    lines = ordinary_lines(ledger).filter(pl.col("requested") >= 1)
    size = lines.group_by("k").agg(pl.len(), pl.col("requested").sum())
    # Of middling size: the largest would drown the city's week.
    some = size.filter(pl.col("len") >= 10).sort("requested", "k")
    middle = some[len(some) // 4 : len(some) // 4 + MOST_PRODUCTS]["k"]
    day = pl.col("ordered_at").dt.weekday()
    rows = lines.filter(pl.col("k").is_in(middle.implode())).with_columns(
        day=day, busiest=day.mode().sort().first().over("k")
    )
    rows = rows.filter(pl.col("day") == pl.col("busiest")).drop("day", "busiest")
    factor = times(ledger, "product day peak", len(middle), 4, 9)
    by = pl.DataFrame({"k": middle, "times": factor})
    ledger = grown(ledger, rows.join(by, on="k", maintain_order="left"))
    days = rows.group_by("product_id").agg(pl.col("line").sort()).sort("product_id")
    return told(
        ledger, "product-day-peak", "product-day-peak", days,
        subject="product_id", product=True, why="a flood of orders on one day",
    )  # fmt: skip


def split_large_order(ledger: Ledger) -> Ledger:
    """Two orders, each just under the size from which the city looks twice."""
    totals = ledger.free.group_by("shop").agg(
        pl.col("granted").filter(pl.col("quota").is_null()).sum().alias("plain"),
        pl.col("granted").filter(pl.col("quota").is_not_null()).sum().alias("scarce"),
        pl.col("quota").is_null().sum().alias("kinds"),
    )
    fit = totals.filter(
        pl.col("plain").is_between(60, 600)
        & (pl.col("scarce") < LARGE_ORDER // 10)
        & (pl.col("kinds") >= 3)
    )
    lines = ordinary_lines(ledger).join(fit, on="shop", maintain_order="left")
    heads = one_a_shop(ledger, lines, "split large order", ledger.wanted)
    mine = lines.filter(pl.col("shop").is_in(heads["shop"].implode()))
    ledger = taken(ledger, heads["shop"])
    aim = LARGE_ORDER * 19 // 20
    first = mine.with_columns(times=(aim - pl.col("scarce")) / pl.col("plain"))
    ledger = grown(ledger, first.drop("plain", "scarce", "kinds", "len", strict=False))
    shops = heads["shop"].implode()
    again = ledger.lines.filter(
        pl.col("shop").is_in(shops)
        & pl.col("quota").is_null()
        & (pl.col("kind") == "ordinary")
        & (pl.col("granted") > 0)
    ).with_columns(
        order_id=pl.concat_str("order_id", pl.lit("B")),
        ordered_at=pl.col("ordered_at") - pl.duration(seconds=7 * MINUTE),
    )
    ledger = added(ledger, again)
    both = whole_orders(ledger, heads["shop"]).group_by("retailer_id").agg(pl.col("line").sort())
    return told(
        ledger, "split-large-order", "split-large-order", both.sort("retailer_id"),
        subject="retailer_id", why="two orders just under the size that is looked at",
    )  # fmt: skip
