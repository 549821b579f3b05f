"""What an honest city orders in all its cycles: seasons, arrivals, new shops, odd weeks and all."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from allocator.records import Flags, Indices, Reals, Units
from allocator.tables.synthesis.draws import chance, even, normal, stream
from allocator.tables.synthesis.fraud.ground import (
    BAND,
    BASKET,
    Ground,
    ordering,
    positions,
    tier_at,
)
from allocator.tables.synthesis.products import SCARCE

ORDINARY_LINES = 7
"""Ordinary products that a shop carries; it orders three in four of them in a cycle."""
BOUGHT = 0.75
ASKED = 0.62
"""How often a shop asks for a scarce product that its tier may have, on average."""
HOPED = 0.04
"""How often it asks for one that its tier may not have, and gets nothing."""

SEASON = {1: 1.25, 2: 1.3, 3: 1.2, 4: 1.1, 5: 1.05, 38: 1.15, 39: 1.35, 40: 1.1, 51: 1.1, 52: 1.2}
"""By ISO week: before Spring Festival and National Day shops stock up."""
ARRIVAL = 3
"""An ordinary product in so many hundred is missing for three cycles, then everybody orders it."""
LUMP = 0.03
"""How often a shop orders a multiple for a wedding or a feast, by the share of its lines."""

PRESENT = 0.96
"""How often a shop that is due orders at all."""
MADE_UP = 0.12
"""Of those that missed it, how many place a make-up order with cause and approval."""
CANCELLED = 0.004
CORRECTED = 0.03
UNANSWERED = 0.015
"""How often a call is noted as unanswered, though the shop called back and ordered."""

CAUSES = ("银行扣款故障", "网络故障", "电访系统故障")
APPROVERS = ("营销部张主任", "营销部李主任")
NOT_PAID = "cancelled"


def honest_lines(made: Ground, c: int, seed: int) -> pl.DataFrame:
    """The order lines of the cycle at position c, nothing wrong with them.

    Returns
    -------
    pl.DataFrame
        columns of *orders* in ``formats.md``; besides shop i32, k i16 (position of the product),
        quota i64 (null for ordinary products) and due i64 (the standard; ordinary: granted)
    """
    heads = _heads(made, c, seed)
    who = heads["shop"].to_numpy()
    parts = (_scarce(made, c, who, seed), _ordinary(made, c, who, seed))
    head, k, requested, granted, quota = (
        np.concatenate([part[column] for part in parts]) for column in range(5)
    )
    order = np.argsort(head * len(made.products) + k, kind="stable")
    head, k, requested, granted, quota = (
        values[order] for values in (head, k, requested, granted, quota)
    )
    price = made.products["wholesale_price"].to_numpy()[k]
    lines = heads.select(pl.all().gather(head.astype(np.uint32)))
    return lines.with_columns(
        k=pl.Series(k, dtype=pl.Int16),
        product_id=made.products["product_id"].gather(k.astype(np.uint32)),
        requested=pl.Series(requested),
        granted=pl.Series(granted),
        due_amount=pl.Series(granted * price),
        quota=pl.select(pl.when(pl.Series(quota >= 0)).then(pl.Series(quota))).to_series(),
        due=pl.Series(granted),
    )


def _heads(made: Ground, c: int, seed: int) -> pl.DataFrame:
    """One order for each shop that orders, by the number of the order, which rises with time."""
    rng = stream(seed, f"fraud heads {made.cycles[c]}")
    n = len(made.tier)
    due = ordering(made, c)
    comes = chance(rng, n, PRESENT) & ~_paused(made, c, seed)
    make_up = due & ~comes & chance(rng, n, MADE_UP)
    second = 8 * 3600 + 600 + (rng.random(n) * 7.6 * 3600).astype(np.int64)
    day = made.shops.weekday.astype(np.int64)
    # A make-up order comes the day after, in the working hours of the office.
    day, second = np.where(make_up, day + 1, day), np.where(make_up, 10 * 3600, second)
    monday = np.datetime64(made.weeks[c], "D").astype("M8[us]")
    ordered = monday + (day * 86_400 + second).astype("m8[s]")
    paid = ordered + (60 * (5 + rng.random(n) * 50)).astype(np.int64).astype("m8[s]")
    brought = monday + ((day + 1) * 86_400 + 8 * 3600).astype("m8[s]")
    brought = brought + (rng.random(n) * 9 * 3600).astype(np.int64).astype("m8[s]")
    corrected = ordered + (60 * (1 + rng.random(n) * 8)).astype(np.int64).astype("m8[s]")
    usual = chance(rng, n, 0.9)
    clerk = np.where(usual, made.clerk, even(rng, n, len(made.clerks)))
    phone = made.phones & ~make_up | (make_up & chance(rng, n, 0.5))
    app = ~phone & chance(rng, n, 0.75)
    frame = pl.DataFrame(
        {
            "shop": np.arange(n, dtype=np.int32),
            "ordered_at": ordered,
            "make_up": make_up,
            "phone": phone,
            "app": app,
            "cancelled": chance(rng, n, CANCELLED) & ~make_up,
            "corrected": chance(rng, n, CORRECTED) & ~make_up,
            "retry": chance(rng, n, UNANSWERED),
            "paid_at": paid,
            "delivered_at": brought,
            "changed_at": corrected,
            "clerk": pl.Series(made.clerks).gather(clerk.astype(np.uint32)),
            "cause": pl.Series(CAUSES).gather(even(rng, n, len(CAUSES)).astype(np.uint32)),
            "approved_by": pl.Series(APPROVERS).gather(even(rng, n, 2).astype(np.uint32)),
            "retailer_id": made.shops.table["retailer_id"],
            "account": made.accounts,
            "tier": tier_at(made, c),
        }
    ).filter(pl.Series(due & (comes | make_up)))
    frame = frame.sort("ordered_at", "shop").with_columns(
        number=pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(7)
    )
    moment = pl.Datetime("us")
    word = made.cycles[c].replace("-W", "")
    honest = ~pl.col("cancelled")
    number = pl.col("shop").cast(pl.String).str.zfill(7)
    return frame.select(
        "shop",
        pl.concat_str(pl.lit(f"DH{word}"), "number").alias("order_id"),
        "retailer_id",
        pl.col("ordered_at").cast(moment),
        pl.lit(made.cycles[c]).alias("cycle"),
        "tier",
        pl.when("phone").then(pl.lit("phone")).when("app").then(pl.lit("app"))
        .otherwise(pl.lit("web")).alias("channel"),
        pl.when("phone").then("clerk").alias("clerk"),
        pl.when("app").then(pl.concat_str(pl.lit("SJ"), number)).alias("device"),
        "account",
        pl.when("phone").then(pl.col("ordered_at").cast(moment).dt.offset_by("-3m"))
        .alias("called_at"),
        pl.when(pl.col("phone") & pl.col("retry")).then(pl.lit("unanswered"))
        .when("phone").then(pl.lit("answered")).alias("call_result"),
        pl.when("phone").then(pl.concat_str(pl.lit(f"LY{word}"), "number")).alias("recording_id"),
        pl.when("corrected").then(pl.col("changed_at").cast(moment)).alias("changed_at"),
        pl.when("corrected").then(pl.coalesce(pl.when("phone").then("clerk"), "retailer_id"))
        .alias("changed_by"),
        pl.when(honest).then(pl.col("paid_at").cast(moment)).alias("paid_at"),
        pl.when(honest).then(pl.col("delivered_at").cast(moment)).alias("delivered_at"),
        pl.when(honest).then(pl.lit("paid")).otherwise(pl.lit(NOT_PAID)).alias("status"),
        pl.when("make_up").then(pl.lit("make_up")).otherwise(pl.lit("ordinary")).alias("kind"),
        pl.when("make_up").then("cause").alias("cause"),
        pl.when("make_up").then("approved_by").alias("approved_by"),
    )  # fmt: skip


def _paused(made: Ground, c: int, seed: int) -> Flags:
    """A shop in a hundred closes for some cycles: a family matter, a repair."""
    rng = stream(seed, "fraud pauses")
    n = len(made.tier)
    pausing, first = chance(rng, n, 0.01), even(rng, n, max(1, len(made.weeks) - 2))
    length = 2 + even(rng, n, 4)
    paused: Flags = pausing & (first <= c) & (c < np.minimum(first + length, len(made.weeks) - 1))
    return paused


_Lines = tuple[NDArray[np.int64], NDArray[np.int64], Units, Units, Units]


def _scarce(made: Ground, c: int, who: Indices, seed: int) -> _Lines:
    """Heads, products, requested, granted, quota of the scarce products."""
    rng = stream(seed, f"fraud scarce {made.cycles[c]}")
    tier, urban = tier_at(made, c)[who], made.urban[who].astype(np.int64)
    lots = made.products["lot"].to_numpy()[made.scarce]
    appetite = np.exp(0.25 * normal(stream(seed, "fraud appetite"), len(made.tier)))[who]
    never = np.full((3, len(made.scarce)), False)
    for names in (BAND, BASKET):
        never[np.arange(3), positions(made, names)] = True
    parts = []
    for s, k in enumerate(made.scarce):
        quota = made.quota[tier - 1, urban, s]
        name = made.products["name"][int(k)]
        ask = np.where(quota > 0, ASKED * SCARCE[name].asked / 0.84, HOPED)
        ask = np.where(never[who % 3, s], 0, ask)
        head = np.flatnonzero(rng.random(len(who)) < ask)
        hope = np.maximum(quota[head] // lots[s], 1) * appetite[head]
        hope = hope * np.exp(0.1 + 0.45 * normal(rng, len(head)))
        requested = np.maximum(1, np.rint(hope)).astype(np.int64) * lots[s]
        granted = np.minimum(requested, quota[head])
        parts.append((head, np.full(len(head), k), requested, granted, quota[head]))
    head, k, requested, granted, quota = (
        np.concatenate([part[column] for part in parts]) for column in range(5)
    )
    return head, k, requested, granted, quota


def ordinary_products(made: Ground) -> NDArray[np.int64]:
    """Positions of the products that are not scarce, but for the last: a slow seller."""
    return np.flatnonzero(~made.products["scarce"].to_numpy())[:-1]


def shelves(made: Ground, seed: int) -> tuple[NDArray[np.int64], Reals]:
    """What each shop carries and the share of each in its cartons, both (n, ORDINARY_LINES).

    The first are positions in ``ordinary_products``.
    """
    n, m = len(made.tier), len(ordinary_products(made))
    rng = stream(seed, "fraud shelves")
    # Distinct products without a draw per product: a start, and a stride that is prime to m.
    strides = np.array([j for j in range(1, m) if np.gcd(j, m) == 1])
    start, stride = even(rng, n, m), strides[even(rng, n, len(strides))]
    share = 0.3 - np.log1p(-rng.random((n, ORDINARY_LINES)))
    share /= share.sum(axis=1, keepdims=True)
    shelf = (start[:, None] + stride[:, None] * np.arange(ORDINARY_LINES)) % m
    return shelf.astype(np.int64), share


def _ordinary(made: Ground, c: int, who: Indices, seed: int) -> _Lines:
    """The same of the ordinary products, which have no quota (-1)."""
    plain = ordinary_products(made)
    shelf, share = shelves(made, seed)
    product = shelf[who]
    rng = stream(seed, f"fraud ordinary {made.cycles[c]}")
    season = SEASON.get(made.weeks[c].isocalendar().week, 1.0)
    base = made.shops.yearly[who] / 52 * 0.8 * season * np.exp(0.3 * normal(rng, len(who)))
    size = base[:, None] * share[who]
    size *= np.exp(0.35 * normal(rng, size.size).reshape(size.shape))
    size *= np.where(rng.random(size.shape) < LUMP, 3.0, 1.0)
    bought = rng.random(size.shape) < BOUGHT
    missing = (plain * 37 % 100 < ARRIVAL)[product]
    if c == len(made.weeks) - 1:
        size, bought = np.where(missing, 2 * size, size), bought | missing
    elif c >= len(made.weeks) - 4:
        bought &= ~missing
    head, j = np.nonzero(bought)
    requested = np.maximum(1, np.rint(size[head, j])).astype(np.int64)
    short = chance(rng, len(head), 0.02)
    granted = np.where(short, (requested + 1) // 2, requested)
    nothing = np.full(len(head), -1, dtype=np.int64)
    return head, plain[product[head, j]], requested, granted, nothing
