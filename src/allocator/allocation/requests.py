"""The orders of a cycle, laid out once: one line for each retailer and product.

A city has millions of order lines and tens of plans may be tried on them. What does not depend on
a plan is done here, on codes instead of names: which lines count, their sums, their order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from allocator.records import Indices, Units

IDENTIFIERS = ("product_id", "retailer_id")


@dataclass(frozen=True, slots=True, eq=False)
class Requests:
    """What each retailer asked of each product: m lines, by product and retailer.

    products, retailers : distinct identifiers (String), in their order
    product, retailer : (m,) int32, places in them
    figures : m rows, i64 cartons: requested, granted (null: unknown), order (requested, or else
        granted; null: neither is known); where the order of placing counts also place, which rises
        with it
    """

    cycle: str
    products: pl.Series
    retailers: pl.Series
    product: Indices
    retailer: Indices
    figures: pl.DataFrame

    @property
    def placed(self) -> bool:
        """Whether it is known which line was placed before which."""
        return "place" in self.figures.columns

    def order(self) -> Units:
        """What was ordered, (m,) int64 cartons; 0 where nobody knows."""
        return self.figures["order"].fill_null(0).to_numpy()

    def rows_of(self, product: str) -> slice:
        """The lines of a product; none where nobody asked for it."""
        code = int(self.products.search_sorted(product)) if len(self.products) else 0
        if code == len(self.products) or self.products[code] != product:
            return slice(0, 0)
        low, high = np.searchsorted(self.product, [code, code + 1]).tolist()
        return slice(low, high)


def lay_out(orders: pl.DataFrame, cycle: str, *, placed: bool = False) -> Requests:
    """The lines that count in a cycle, those of one retailer and product summed.

    Parameters
    ----------
    orders : the orders table; lines of other cycles, cancelled lines and make-up orders are left
        out
    placed : whether the order of placing is asked for; only bands ask what was ordered first
    """
    counts = orders.filter(
        (pl.col("cycle").is_null() | (pl.col("cycle") == cycle))
        & (pl.col("status").fill_null("") != "cancelled")
        & (pl.col("kind").fill_null("ordinary") != "make_up")
    )
    if placed:
        # A product ordered again keeps its first place.
        counts = counts.sort("ordered_at", "order_id", "product_id", nulls_last=True)
        counts = counts.with_row_index("place")
    names = {name: _distinct(counts[name]) for name in IDENTIFIERS}
    product, retailer = (_codes(counts[name], names[name]) for name in IDENTIFIERS)
    size = max(len(names["retailer_id"]), 1)
    columns = ["requested", "granted", *(["place"] if placed else [])]
    lines = counts.select(columns).insert_column(0, (product * size + retailer).alias("key"))
    lines = lines.sort("key", maintain_order=True)
    if _repeats(lines["key"]):
        lines = _summed(lines, placed)
    key = lines["key"].to_numpy()
    figures = lines.drop("key").with_columns(order=pl.coalesce("requested", "granted"))
    return Requests(
        cycle,
        names["product_id"],
        names["retailer_id"],
        (key // size).astype(np.int32),
        (key % size).astype(np.int32),
        figures,
    )


def _repeats(key: pl.Series) -> bool:
    """Whether any of the sorted keys stands twice."""
    keys = key.to_numpy()
    return bool((keys[1:] == keys[:-1]).any())


def _summed(lines: pl.DataFrame, placed: bool) -> pl.DataFrame:
    """The lines of a key added up. A sum with an unknown part is unknown; polars takes it for 0."""
    return lines.group_by("key", maintain_order=True).agg(
        *(
            pl.when(pl.col(name).is_null().any())
            .then(None)
            .otherwise(pl.col(name).sum())
            .alias(name)
            for name in ("requested", "granted")
        ),
        *((pl.col("place").min(),) if placed else ()),
    )


def _distinct(names: pl.Series) -> pl.Series:
    return names.cast(pl.String).unique().sort()


def _codes(names: pl.Series, distinct: pl.Series) -> pl.Series:
    """Place of each name among the distinct ones."""
    return names.cast(pl.Enum(distinct)).to_physical().cast(pl.Int64)
