"""What the shops bought in the last months, with months planted that rose too far."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from allocator.records import Reals
from allocator.tables.synthesis.draws import normal, stream
from allocator.tables.synthesis.fraud.book import ORDINARY_LINES, ordinary_products, shelves
from allocator.tables.synthesis.fraud.ground import Ground
from allocator.tables.synthesis.fraud.ledger import Ledger, taken, told
from allocator.tables.synthesis.fraud.volumes import MOST_PRODUCTS, times
from allocator.tables.synthesis.sales import SEASON, months_before

MONTHS = 5


def with_sales(ledger: Ledger) -> tuple[Ledger, pl.DataFrame]:
    """The sales of five complete months, in the last of which departures are planted.

    Some shops buy one and a half to six times as much as in the month before, and of two products
    the whole city buys half as much again and more.

    Returns
    -------
    the ledger with what that means, and by month, retailer_id, product_id: quantity, amount, kind
    """
    made = ledger.ground
    months = months_before(made.weeks[-1], MONTHS)
    monthly = _honest(made, ledger.seed, months)
    ledger, factor = _months_up(ledger, monthly)
    ledger, by_product = _products_up(ledger)
    monthly[-1] *= factor[:, None] * by_product
    shelf, _ = shelves(made, ledger.seed)
    products = ordinary_products(made)[shelf]
    price = made.products["wholesale_price"].to_numpy()
    parts = []
    for month, volume in zip(months, monthly, strict=True):
        quantity = np.rint(volume).astype(np.int64)
        shop, slot = np.nonzero(quantity)
        product = products[shop, slot]
        cartons = quantity[shop, slot]
        parts.append(
            pl.DataFrame(
                {
                    "retailer_id": made.shops.table["retailer_id"].gather(shop.astype(np.uint32)),
                    "month": pl.repeat(month, len(shop), dtype=pl.Date, eager=True),
                    "product_id": made.products["product_id"].gather(product.astype(np.uint32)),
                    "quantity": cartons,
                    "amount": cartons * price[product],
                    "kind": pl.repeat("ordinary", len(shop), eager=True),
                }
            )
        )
    return ledger, pl.concat(parts)


def _honest(made: Ground, seed: int, months: list[date]) -> list[Reals]:
    """Cartons of each shop and shelf in each month, none before it joined, (n, ORDINARY_LINES)."""
    _, share = shelves(made, seed)
    rng = stream(seed, "fraud sales")
    n = len(made.tier)
    volumes = []
    for month in months:
        size = made.shops.yearly / 12 * 0.8 * SEASON[month.month - 1]
        size = size * np.exp(0.22 * normal(rng, n))
        each = size[:, None] * share
        each *= np.exp(0.3 * normal(rng, each.size).reshape(n, ORDINARY_LINES))
        joined: NDArray[np.bool_] = made.shops.joined <= np.datetime64(month, "D")
        volumes.append(np.where(joined[:, None], each, 0.0))
    return volumes


def _months_up(ledger: Ledger, monthly: list[Reals]) -> tuple[Ledger, Reals]:
    made = ledger.ground
    factor = np.ones(len(made.tier))
    fit = ~ledger.used & (monthly[-2].sum(axis=1) >= 20)
    luck = stream(ledger.seed, "plant month above last").random(len(fit))
    shops = np.argsort(np.where(fit, luck, 2.0), kind="stable")[: ledger.wanted]
    shops = shops[fit[shops]]
    factor[shops] = times(ledger, "month above last", len(shops), 1.5, 6)
    rows = pl.DataFrame(
        {"retailer_id": made.shops.table["retailer_id"].gather(shops.astype(np.uint32))}
    )
    ledger = taken(ledger, pl.Series(shops))
    ledger = told(
        ledger, "month-above-last", "month-above-last", rows,
        subject="retailer_id", why="bought far more than in the month before",
    )  # fmt: skip
    return ledger, factor


def _products_up(ledger: Ledger) -> tuple[Ledger, Reals]:
    made = ledger.ground
    products = ordinary_products(made)
    chosen = np.arange(MOST_PRODUCTS) * 7 + 3
    factor = np.ones(len(products))
    factor[chosen] = times(ledger, "product month up", MOST_PRODUCTS, 1.4, 2.2)
    shelf, _ = shelves(made, ledger.seed)
    ids = made.products["product_id"].gather(products[chosen].astype(np.uint32))
    ledger = told(
        ledger, "product-month-up", "product-month-up", pl.DataFrame({"product_id": ids}),
        subject="product_id", why="the whole city bought half as much again, and more",
    )  # fmt: skip
    return ledger, factor[shelf]
