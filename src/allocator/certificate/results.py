"""What each retailer may order and got: the figures of the leaves, and the texts hashed.

Half a million retailers have some five million products together: everything is in columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import Final

import numpy as np
import polars as pl

from allocator.certificate.inclusion import Figures
from allocator.holdings import bases, cell_of
from allocator.records import Allocation, QuotaPlan, Units

LEAVES_AT_ONCE: Final = 50_000
"""Leaves spelled together: bounds the memory, not the result."""

FIGURES: Final = ("limit", "requested", "award", "granted")
"""Of a product in a leaf, after its id."""

UNTOLD: Final = int(np.iinfo(np.int64).min)
"""Stands for a figure that is not known."""


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """R products of n leaves: every product of the plan that a retailer may order or has ordered.

    products : all ids, sorted
    product : (R,) int64, index into them, rising within a leaf
    figures : name -> (R,) int64 cartons, ``UNTOLD`` where not known; only ``limit`` in a plan
    start : (n + 1,) int64, where the products of each leaf begin
    """

    products: tuple[str, ...]
    product: Units
    figures: Mapping[str, Units]
    start: Units

    def of(self, leaf: int) -> tuple[Figures, ...]:
        """The products of one leaf."""
        part = slice(int(self.start[leaf]), int(self.start[leaf + 1]))
        columns = [
            [None if value == UNTOLD else value for value in self.figures[name][part].tolist()]
            if name in self.figures
            else [None] * (part.stop - part.start)
            for name in FIGURES
        ]
        names = [self.products[k] for k in self.product[part].tolist()]
        return tuple(zip(names, *columns, strict=True))

    def frame(self) -> pl.DataFrame:
        """Leaf i64, product_id, limit, requested, award, granted (i64 cartons, null: not known)."""
        leaf = np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))
        names = pl.Series(self.products, dtype=pl.String).gather(self.product)
        told = pl.DataFrame({"leaf": leaf, "product_id": names, **self.figures})
        nothing = (pl.lit(None, pl.Int64).alias(name) for name in FIGURES)
        return told.with_columns(
            pl.col(name).replace(UNTOLD, None) if name in self.figures else column
            for name, column in zip(FIGURES, nothing, strict=True)
        )


def results_of(plan: QuotaPlan, allocation: Allocation | None, leaves: pl.DataFrame) -> Results:
    """What each retailer may order and got; nothing of orders by those who are no members."""
    products = sorted(set(plan.product))
    code = {product: k for k, product in enumerate(products)}
    key, limit = _limits(plan, leaves, code)
    figures = {"limit": limit}
    if allocation is not None:
        ordered, lines = _lines(allocation, leaves, code)
        every = np.sort(np.concatenate([key, ordered]), kind="stable")
        every = every[np.diff(every, prepend=-1) > 0]
        figures = {"limit": np.zeros(len(every), np.int64)}
        figures["limit"][np.searchsorted(every, key)] = limit
        at = np.searchsorted(every, ordered)
        for name in FIGURES[1:]:
            figures[name] = np.full(len(every), UNTOLD)
            figures[name][at] = lines[name].fill_null(UNTOLD).to_numpy()
        key = every
    leaf, product = np.divmod(key, max(len(products), 1))
    start = np.searchsorted(leaf, np.arange(leaves.height + 1))
    return Results(tuple(products), product, figures, start)


def _limits(plan: QuotaPlan, leaves: pl.DataFrame, code: Mapping[str, int]) -> tuple[Units, Units]:
    """Keys leaf x products + product, rising, and the cartons that each may order."""
    leaf_of = np.empty(leaves.height, np.int64)
    leaf_of[leaves["member"].to_numpy()] = leaves["leaf"].to_numpy()
    counted = np.flatnonzero(plan.members["cell"].is_not_null().to_numpy())
    cell = cell_of(plan)
    keys, limits = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for p, product in enumerate(plan.product):
        lots = np.zeros(leaves.height, np.int64)
        lots[counted] = np.where(plan.allowed[p][cell], bases(plan, p), 0)
        lots[plan.turns.retailer[plan.turns.line == p]] += 1
        may = np.flatnonzero(lots)
        keys.append(leaf_of[may] * len(code) + code[product])
        limits.append(lots[may] * int(plan.lot[p]))
    key, limit = np.concatenate(keys), np.concatenate(limits)
    order = np.argsort(key)
    return key[order], limit[order]


def _lines(
    allocation: Allocation, leaves: pl.DataFrame, code: Mapping[str, int]
) -> tuple[Units, pl.DataFrame]:
    """Keys of the orders, rising, and their figures.

    A product outside the plan has no award: it is ordered freely, as the cards have it.
    """
    at = pl.col("product_id").replace_strict(code, default=None, return_dtype=pl.Int64)
    lines = (
        allocation.lines.filter(pl.col("award").is_not_null())
        .join(leaves.select("retailer_id", "leaf"), on="retailer_id", how="inner")
        .select((pl.col("leaf") * len(code) + at).alias("key"), *FIGURES[1:])
        .sort("key")
    )
    return lines["key"].to_numpy(), lines


def leaf_texts(leaves: pl.DataFrame, results: Results) -> Iterator[bytes]:
    """The texts that are hashed, some leaves at a time: as ``inclusion.Leaf.text`` spells them."""
    heads = pl.Series(
        ["[" + encode_basestring(product) + "," for product in results.products], dtype=pl.String
    )
    numbers = [pl.col(name).cast(pl.String).replace(str(UNTOLD), "null") for name in FIGURES]
    row = pl.concat_str("head", pl.concat_str(*numbers, separator=","), pl.lit("]"))
    for first in range(0, leaves.height, LEAVES_AT_ONCE):
        some = leaves[first : first + LEAVES_AT_ONCE]
        bounds = results.start[first : first + some.height + 1]
        part = slice(int(bounds[0]), int(bounds[-1]))
        rows = pl.DataFrame(
            {
                "leaf": np.repeat(some["leaf"].to_numpy(), np.diff(bounds)),
                "head": heads.gather(results.product[part]),
                **{name: results.figures[name][part] for name in results.figures},
            }
        )
        rows = rows.with_columns(
            pl.lit(UNTOLD).alias(name) for name in FIGURES if name not in results.figures
        )
        told = rows.select("leaf", products=row).group_by("leaf", maintain_order=True).agg(
            pl.col("products").str.join(",")
        )  # fmt: skip
        names = [encode_basestring(name) for name in some["retailer_id"].to_list()]
        text = some.with_columns(pl.Series("name", names, dtype=pl.String)).join(
            told, on="leaf", how="left", maintain_order="left"
        ).select(
            pl.concat_str(
                pl.lit('{"index":'), pl.col("leaf"),
                pl.lit(',"products":['), pl.col("products").fill_null(""),
                pl.lit('],"retailer":'), "name",
                pl.lit(',"salt":"'), "salt",
                pl.lit('","tier":'), pl.col("tier").cast(pl.String).fill_null("null"),
                pl.lit("}"),
            ).cast(pl.Binary)
        )  # fmt: skip
        yield from text.to_series().to_list()
