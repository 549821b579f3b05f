"""The supply of one cycle and what the shops ask for; a few faults are planted in the orders."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from allocator.records import Reals
from allocator.tables.synthesis import words
from allocator.tables.synthesis.draws import chance, choice, even, normal, stream
from allocator.tables.synthesis.products import SCARCE
from allocator.tables.synthesis.shops import Shops, due

CHANNELS = ("phone", "app", "web")
CHANNEL_SHARES = (0.46, 0.40, 0.14)
SHOPS_PER_CLERK = 55
MOST_ASKED = 60
"""(lots) nobody asks for more of one product."""


def supply(city: Shops, products: pl.DataFrame, start: date, cycle: str) -> pl.DataFrame:
    """What is released in the cycle: cycle, product_id, quantity (cartons, whole lots)."""
    shops_due = int(due(city, start).sum())
    scarce = products.filter(pl.col("scarce"))
    per_shop = np.array([SCARCE[name].supply for name in scarce["name"]])
    lot = scarce["lot"].to_numpy()
    return pl.DataFrame(
        {
            "cycle": pl.repeat(cycle, len(scarce), eager=True),
            "product_id": scarce["product_id"],
            "quantity": np.maximum(1, np.rint(per_shop * shops_due / lot).astype(np.int64)) * lot,
        }
    )


def calendar(start: date, cycle: str) -> pl.DataFrame:
    """The order days of the cycle: one row, Monday to Friday, closing at 16:00."""
    return pl.DataFrame(
        {
            "cycle": [cycle],
            "order_day": [start],
            "opens_at": [datetime.combine(start, time(8))],
            "closes_at": [datetime.combine(start + timedelta(days=4), time(16))],
        }
    )


def clerk_names(shops_due: int) -> tuple[str, ...]:
    """Order-takers of a city with so many shops due; six at least."""
    count = max(6, shops_due // SHOPS_PER_CLERK // 10)
    listed = words.CLERKS[:count]
    return listed + tuple(f"电访员{k:04d}" for k in range(len(listed) + 1, count + 1))


def orders(
    city: Shops,
    products: pl.DataFrame,
    released: pl.DataFrame,
    seed: int,
    start: date,
    lines_per_shop: int,
) -> pl.DataFrame:
    """What the shops that are due ask for; ``granted`` is not entered yet.

    Larger shops ask more often and for more. Planted: an order of a suspended shop, a quantity
    that is no multiple of the lot, and a line that was recorded twice.

    Returns
    -------
    pl.DataFrame
        by ordered_at, order_id, product_id: the columns of *orders* in ``formats.md`` that a
        telephone and app order desk records
    """
    cycle = str(released["cycle"][0])
    who = np.flatnonzero(due(city, start))
    place = np.argsort(np.argsort(city.yearly[who], kind="stable"), kind="stable") / len(who)
    shop, product, requested = _wishes(place, products, released, seed, lines_per_shop)
    shop = who[shop]
    extra = _faults(city, products, shop, product, requested)
    shop, product, requested = (
        np.concatenate([old, new])
        for old, new in zip((shop, product, requested), extra, strict=True)
    )
    heads = _heads(city, seed, start, cycle)
    # The number of an order rises with its time, so one whole number sorts the lines.
    lines = np.argsort(heads["rank"].to_numpy()[shop] * len(products) + product, kind="stable")
    head = heads.select(pl.exclude("rank").gather(shop[lines].astype(np.uint32)))
    return head.with_columns(
        product_id=products["product_id"].gather(product[lines].astype(np.uint32)),
        requested=pl.Series(requested[lines]),
        granted=pl.lit(None, pl.Int64),
    ).select(
        *("order_id", "retailer_id", "product_id", "ordered_at", "cycle", "requested"),
        *("granted", "channel", "clerk", "recording_id", "device"),
    )


def _wishes(
    place: Reals, products: pl.DataFrame, released: pl.DataFrame, seed: int, lines_per_shop: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Positions of shops and products, and cartons asked; ``place`` is the rank of size, 0..1."""
    rng, n = stream(seed, "wishes"), len(place)
    most = sum(SCARCE[name].asked for name in SCARCE)
    tilt = (0.85 + 0.3 * place) * min(1.0, lines_per_shop / most)
    hunger = (1 + 5 * place) * np.exp(0.25 * normal(rng, n))
    number = {product: k for k, product in enumerate(products["product_id"])}
    parts = []
    for product, quantity in zip(released["product_id"], released["quantity"], strict=True):
        k = number[product]
        scarcity, lot = SCARCE[products["name"][k]], products["lot"][k]
        asks = np.flatnonzero(rng.random(n) < scarcity.asked * tilt)
        wish = hunger[asks] * np.exp(0.45 * normal(rng, len(asks)))
        wish *= scarcity.demand * quantity / lot / max(wish.sum(), 1e-9)
        lots = np.clip(np.rint(wish), 1, MOST_ASKED).astype(np.int64)
        parts.append((asks, np.full(len(asks), k), lots * lot))
    shop, product_k, requested = (np.concatenate([part[k] for part in parts]) for k in range(3))
    return shop, product_k, requested


def _faults(
    city: Shops,
    products: pl.DataFrame,
    shop: NDArray[np.int64],
    product: NDArray[np.int64],
    requested: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Lines to add: a suspended shop's and one recorded twice; one line is asked off the lot."""
    lots = products["lot"].to_numpy()
    plenty = products["name"].to_list().index("晨曦(初阳)")
    added: list[tuple[int, int, int]] = []
    suspended = np.flatnonzero(city.table["status"].to_numpy() == "suspended")
    if len(suspended):
        added.append((int(suspended[0]), plenty, 2))
    twice = np.flatnonzero((product == plenty) & (requested <= 2))
    if len(twice):
        line = twice[np.argmax(city.yearly[shop[twice]])]
        added.append((int(shop[line]), plenty, int(requested[line])))
    large = np.flatnonzero((lots[product] == 5) & (requested == 5))
    if len(large):
        requested[large[np.argmax(city.yearly[shop[large]])]] = 4
    columns = np.array(added, dtype=np.int64).reshape(-1, 3).T
    return columns[0], columns[1], columns[2]


def _heads(city: Shops, seed: int, start: date, cycle: str) -> pl.DataFrame:
    """One order per shop: number, time within the shop's weekday, channel, order-taker."""
    rng, n = stream(seed, "orders"), len(city.yearly)
    second = 8 * 3600 + 1800 + (rng.random(n) * 7.3 * 3600).astype(np.int64)
    day = np.datetime64(start, "D") + city.weekday.astype("timedelta64[D]")
    # The order of a suspended shop comes by app: no order-taker is to blame for it.
    suspended = city.table["status"].to_numpy() == "suspended"
    channel = np.where(suspended, 1, choice(rng, n, CHANNEL_SHARES))
    names = clerk_names(int(due(city, start).sum()))
    phone, app = channel == 0, channel == 1
    rank = np.argsort(np.argsort(city.weekday * 86_400 + second, kind="stable"), kind="stable")
    number = pl.Series(rank + 1).cast(pl.String).str.zfill(7)
    frame = pl.DataFrame(
        {
            "rank": rank,
            "retailer_id": city.table["retailer_id"],
            "ordered_at": day.astype("M8[us]") + second.astype("m8[s]"),
            "channel": pl.Series(CHANNELS).gather(channel.astype(np.uint32)),
            "clerk": pl.Series(names).gather(even(rng, n, len(names)).astype(np.uint32)),
            "number": number,
            "phone": phone,
            "app": app & chance(rng, n, 0.97),
        }
    )
    return frame.select(
        "rank",
        "retailer_id",
        pl.col("ordered_at").cast(pl.Datetime("us")),
        pl.lit(cycle).alias("cycle"),
        pl.concat_str(pl.lit("DH" + cycle.replace("-W", "")), "number").alias("order_id"),
        "channel",
        pl.when("phone").then("clerk").alias("clerk"),
        pl.when("phone")
        .then(pl.concat_str(pl.lit(f"LY{start:%y%m}"), "number"))
        .alias("recording_id"),
        pl.when("app").then(pl.concat_str(pl.lit("SJ"), "number")).alias("device"),
    )
