"""Which line and which retailer of a plan each order line concerns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from allocator.allocation.coupling import Asked
from allocator.allocation.requests import Requests
from allocator.records import Flags, Indices, QuotaPlan, Units, region_column

LARGEST_ORDER = 2**30
"""(lots) Orders are cut here before arithmetic in 32 bits; no ceiling is near it."""


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """The m order lines of a cycle beside a plan.

    line : (m,) int32, p; -1 = the product is not released, or not where the retailer is
    member : (m,) int32, i; -1 = the plan does not know the retailer
    governed : (m,) bool, the product is in the plan
    lots : (m,) int64, whole lots asked for
    rows : P arrays of places, rising: the lines of p whose retailer is counted in the cycle
    """

    line: Indices
    member: Indices
    governed: Flags
    lots: Units
    rows: tuple[Units, ...]

    def asked(self, requests: Requests) -> Asked:
        """The lines of ``rows`` as limits on several products together need them."""
        at = np.concatenate(self.rows)
        place = requests.figures["place"].to_numpy()[at] if requests.placed else at
        member = self.member[at].astype(np.int64)
        return Asked(self.line[at].astype(np.int64), member, self.lots[at], place.astype(np.int64))


def match(requests: Requests, plan: QuotaPlan) -> Matched:
    """Find each order line in a plan.

    A product that is released by region has a line for each; the retailer's own is the one.
    """
    known = plan.members.select(
        "retailer_id",
        region_column().alias("region"),
        member=pl.int_range(pl.len(), dtype=pl.Int32),
    )
    found = pl.DataFrame({"retailer_id": requests.retailers}).join(
        known, on="retailer_id", how="left", maintain_order="left"
    )
    member = found["member"].fill_null(-1).to_numpy()[requests.retailer]
    size = len(member)
    counted = (member >= 0) & (member < int(plan.cells.count.sum()))
    line, governed = np.full(size, -1, np.int32), np.zeros(size, np.bool_)
    order, lots = requests.order(), np.zeros(size, np.int64)
    rows = []
    for p, (product, region) in enumerate(zip(plan.product, plan.region, strict=True)):
        part = requests.rows_of(product)
        governed[part] = True
        own = np.arange(part.start, part.stop)
        if region:
            home = (found["region"] == region).fill_null(value=False).to_numpy()
            own = own[home[requests.retailer[part]]]
        line[own] = p
        lots[own] = np.clip(order[own] // plan.lot[p], 0, LARGEST_ORDER)
        rows.append(own[counted[own]])
    return Matched(line, member, governed, lots, tuple(rows))
