"""Orders and awards of a cycle as matrices of products and retailers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from allocator.allocation.awards import Awarded
from allocator.allocation.requests import Requests
from allocator.records import Indices

MOST = np.iinfo(np.int32).max
"""(cartons) Orders are cut here; no award is near it."""


@dataclass(frozen=True, slots=True, eq=False)
class Cartons:
    """Orders and awards. order, award : (K, n) int32 in the order of products and retailers."""

    order: Indices
    award: Indices


def cartons_served(
    requests: Requests, awarded: Awarded, retailers: pl.Series, products: pl.Series
) -> Cartons:
    """Orders and awards of the released products; lines of others are left out.

    retailers, products : identifiers of the columns and rows, rising
    """
    k = _places(requests.products, products)[requests.product]
    i = _places(requests.retailers, retailers)[requests.retailer]
    mine = np.flatnonzero(awarded.matched.governed & (k >= 0) & (i >= 0))
    k, i = k[mine], i[mine]
    order, award = (np.zeros((len(products), len(retailers)), np.int32) for _ in range(2))
    order[k, i] = np.clip(requests.order()[mine], 0, MOST)
    award[k, i] = awarded.award[mine]
    return Cartons(order, award)


def _places(ids: pl.Series, among: pl.Series) -> Indices:
    """Place of each identifier among others, -1 = not there. among : rising"""
    if not len(among) or not len(ids):
        return np.full(len(ids), -1, np.int32)
    at = np.minimum(among.search_sorted(ids).to_numpy(), len(among) - 1)
    there = (among.gather(at) == ids).to_numpy()
    return np.where(there, at, -1).astype(np.int32)
