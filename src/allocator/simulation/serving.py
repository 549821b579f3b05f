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
    at = _places(requests.retailers, retailers)[requests.retailer]
    known, asked = at >= 0, requests.order()
    everybody = bool(known.all())
    order, award = (np.zeros((len(products), len(retailers)), np.int32) for _ in range(2))
    for k, product in enumerate(products.to_list()):
        rows = requests.rows_of(product)
        here = slice(None) if everybody else known[rows]
        who = at[rows][here]
        order[k, who] = np.clip(asked[rows], 0, MOST)[here]
        award[k, who] = awarded.award[rows][here]
    return Cartons(order, award)


def _places(ids: pl.Series, among: pl.Series) -> Indices:
    """Place of each identifier among others, -1 = not there. among : rising"""
    if not len(among) or not len(ids):
        return np.full(len(ids), -1, np.int32)
    at = np.minimum(among.search_sorted(ids).to_numpy().astype(np.int64), len(among) - 1)
    there = (among.gather(at) == ids).to_numpy()
    return np.where(there, at, -1).astype(np.int32)
