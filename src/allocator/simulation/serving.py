"""Orders and awards of a cycle as matrices of products and retailers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from allocator.allocation.requests import Requests
from allocator.records import Allocation, Indices
from allocator.simulation.shops import Shops
from allocator.simulation.tallies import positions

MOST = np.iinfo(np.int32).max
"""(cartons) Orders are cut here; no award is near it."""


@dataclass(frozen=True, slots=True, eq=False)
class Cartons:
    """Orders and awards. order, award : (K, n) int32 in the order of products and retailers."""

    order: Indices
    award: Indices


def cartons_of(allocation: Allocation, retailers: pl.Series, products: pl.Series) -> Cartons:
    """Orders and awards of the released products; lines of others are left out.

    retailers, products : identifiers of the columns and rows, rising
    """
    lines = allocation.lines.filter(pl.col("award").is_not_null())
    k, i = positions(lines["product_id"], products), positions(lines["retailer_id"], retailers)
    here = (k >= 0) & (i >= 0)
    order, award = (np.zeros((len(products), len(retailers)), np.int32) for _ in range(2))
    order[k[here], i[here]] = lines["order"].fill_null(0).clip(0, MOST).to_numpy()[here]
    award[k[here], i[here]] = lines["award"].to_numpy()[here]
    return Cartons(order, award)


def ordered(requests: Requests, shops: Shops, products: Sequence[str]) -> Indices:
    """The same orders from requests, (K, n) int32 cartons. products : rising"""
    at = positions(requests.retailers, shops.ids)[requests.retailer]
    asked = np.clip(requests.order(), 0, MOST)
    order = np.zeros((len(products), len(shops.rows)), np.int32)
    for k, product in enumerate(products):
        rows = requests.rows_of(product)
        known = at[rows] >= 0
        order[k, at[rows][known]] = asked[rows][known]
    return order


def awarded(
    award: Indices, product: Sequence[str], shops: Shops, products: Sequence[str]
) -> Indices:
    """The awards of the counted members by retailer, (K, n) int32 cartons.

    award : (P, r) int32; product : P, of the released lines
    """
    found = np.zeros((len(products), len(shops.rows)), np.int32)
    rows = {name: k for k, name in enumerate(products)}
    for p, name in enumerate(product):
        found[rows[name]] += shops.of_members(award[p])
    return found
