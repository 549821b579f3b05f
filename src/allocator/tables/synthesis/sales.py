"""What the shops bought in the last months, and the tiers that were in force."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from allocator.records import Reals
from allocator.tables.synthesis.draws import normal, stream
from allocator.tables.synthesis.shops import Shops

CHUNK = 65_536
"""(shops) drawn at a time, so that a million shops need no matrix of shops by products."""

LEAN = 0.50
"""How strongly taste bends the choice of products; gives the real spread of yearly amounts."""

CHEAPER = -0.7
"""Dear products stand on fewer shelves: exponent of the price."""

SEASON = (1.02, 0.95, 0.90, 0.92, 0.95, 0.97, 0.98, 1.00, 1.06, 1.00, 1.02, 1.23)

TIER_SHARES = (
    *(1, 2, 2, 2, 2, 3, 3, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5, 4, 4, 4, 4, 4, 3, 3, 2.5, 2, 2, 2),
    0.5,
)
"""Per cent of the shops from tier 30 down to tier 1, after a public grading notice."""


def months_before(on: date, count: int) -> list[date]:
    """First days of the ``count`` complete months before ``on``, oldest first."""
    last = on.year * 12 + on.month - 1
    return [date(*_first_day(last - k)) for k in range(count, 0, -1)]


def _first_day(number: int) -> tuple[int, int, int]:
    """Year, month, first day of a month counted from year 0."""
    return number // 12, number % 12 + 1, 1


def sales(
    city: Shops, products: pl.DataFrame, seed: int, months: list[date], products_per_shop: int
) -> pl.DataFrame:
    """Sales by month, retailer and product, lines of no cartons left out.

    Parameters
    ----------
    products_per_shop : most products that one shop carries

    Returns
    -------
    pl.DataFrame
        by month, retailer_id, product_id: quantity (cartons), amount (fen), kind; identifiers are
        Enum, so that 24 million rows stay small
    """
    price = products["wholesale_price"].to_numpy() // 100
    scarce = products["scarce"].to_numpy()
    popularity = np.exp(0.6 * normal(stream(seed, "popularity"), len(price)))
    popularity *= (price / 100) ** CHEAPER
    popularity = np.where(scarce, 0.25 * popularity, popularity)
    lean = (np.log(price) - np.log(price).mean()) * LEAN
    rng = stream(seed, "sales")
    parts = [
        _chunk(city, slice(at, at + CHUNK), popularity, lean, scarce, products_per_shop, rng)
        for at in range(0, len(city.yearly), CHUNK)
    ]
    shop, product, monthly = (np.concatenate([part[k] for part in parts]) for k in range(3))
    rows = []
    for month in months:
        factor = SEASON[month.month - 1] / 12 * np.exp(0.22 * normal(rng, len(shop)) - 0.024)
        known = city.joined[shop] < np.datetime64(month, "D") + np.timedelta64(20, "D")
        quantity = np.where(known, np.rint(monthly * factor), 0).astype(np.int64)
        sold = np.flatnonzero(quantity)
        rows.append((np.full(len(sold), month, "M8[D]"), shop[sold], product[sold], quantity[sold]))
    when, who, what, quantity = (np.concatenate([row[k] for row in rows]) for k in range(4))
    kind = np.where(rng.random(len(who)) < np.where(scarce[what], 0.15, 0.01), 1, 0)
    return pl.DataFrame(
        {
            "retailer_id": _named(city.table["retailer_id"], who),
            "month": when,
            "product_id": _named(products["product_id"], what),
            "quantity": quantity,
            "amount": quantity * price[what] * 100,
            "kind": _named(pl.Series(["ordinary", "selective"]), kind),
        }
    )


def _named(names: pl.Series, codes: NDArray[np.int64]) -> pl.Series:
    return pl.Series(codes.astype(np.uint32)).cat.to(pl.Enum(names))


def _chunk(
    city: Shops,
    part: slice,
    popularity: Reals,
    lean: Reals,
    scarce: NDArray[np.bool_],
    most: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.int64], Reals]:
    """Shops, products and yearly cartons of a block of shops: a race of exponential clocks.

    Each shop carries the products whose clocks ring first; larger shops carry more.
    """
    yearly, taste = city.yearly[part], city.taste[part]
    n, most = len(yearly), min(most, len(popularity))
    clock = -np.log1p(-rng.random((n, len(popularity))))
    clock /= popularity * np.exp(taste[:, None] * lean)
    chosen = np.argpartition(clock, most - 1, axis=1)[:, :most]
    rank = np.argsort(np.argsort(np.take_along_axis(clock, chosen, 1), axis=1), axis=1)
    carried = np.clip(np.rint(most * (0.62 + 0.16 * np.log10(yearly / 6_567) * 2)), 2, most)
    share = np.where(rank < carried[:, None], -np.log1p(-rng.random((n, most))) + 0.25, 0.0)
    share *= np.where(scarce[chosen], 0.06, 1.0)
    share *= (yearly / share.sum(axis=1))[:, None]
    order = np.argsort(chosen, axis=1)
    chosen, share = (np.take_along_axis(array, order, 1) for array in (chosen, share))
    shop, slot = np.nonzero(share)
    return shop + part.start, chosen[shop, slot].astype(np.int64), share[shop, slot]


def earlier_tiers(
    city: Shops, sold: pl.DataFrame, graded_on: date, first: date, months: int = 2
) -> pl.DataFrame:
    """Tiers in force before this grading, of the shops that had joined before ``first``.

    They follow the first months of the sales table, so most shops stand within two tiers of where
    they come now.
    """
    early = sold["month"].unique().sort().head(months)
    amount = (
        sold.filter(pl.col("month").is_in(early.implode()))
        .group_by(pl.col("retailer_id").to_physical())
        .agg(pl.col("amount", "quantity").sum())
    )
    worth = np.zeros(len(city.yearly))
    shop = amount["retailer_id"].to_numpy()
    worth[shop] = amount["amount"].to_numpy() / 100 + 60 * amount["quantity"].to_numpy()
    known = np.flatnonzero(city.joined < np.datetime64(first, "D"))
    place = np.argsort(np.argsort(-worth[known], kind="stable"), kind="stable")
    last = np.floor(len(known) * np.cumsum(TIER_SHARES) / 100 + 0.5)
    tier = len(TIER_SHARES) - np.searchsorted(last, place, side="right")
    return pl.DataFrame(
        {
            "retailer_id": city.table["retailer_id"].gather(known.astype(np.uint32)),
            "graded_on": np.full(len(known), graded_on, "M8[D]"),
            "tier": np.maximum(tier, 1),
        },
        schema_overrides={"graded_on": pl.Date, "tier": pl.Int64},
    )
