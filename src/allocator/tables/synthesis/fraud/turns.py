"""Odd lots by turn, of which more shops hold one than there are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from allocator.tables.synthesis.fraud.ground import BAND, BASKET, SHORT, TIGHT
from allocator.tables.synthesis.fraud.ledger import Ledger, entered, one_a_shop, taken, told
from allocator.tables.synthesis.fraud.table import FALLING, TOO_MANY, UNSHARED

ODD = 1
"""Odd lots that the table gives a tier, in town and in the country."""
HELD = 3
"""Shops of the tier in town that hold one all the same."""


def too_many_odd_lots(ledger: Ledger) -> Ledger:
    """A tier has one odd lot in the table, and three of its shops hold it.

    The first departure of all: no shop of the tier takes part in another, which would be hidden.
    """
    ground = ledger.ground
    apart = (*BAND, *BASKET, *SHORT, TIGHT, FALLING, TOO_MANY, UNSHARED)
    names = ground.products["name"].to_list()
    for s, k in enumerate(ground.scarce.tolist()):
        if names[k] in apart or not (ground.quota[-1, :, s] > 0).all():
            continue
        lot = int(ground.products["lot"][k])
        # An odd lot must not lift a tier above the next; at both ends the table may be off itself.
        steps = np.flatnonzero((np.diff(ground.quota[:, :, s], axis=0) >= lot).all(axis=1)) + 1
        released = int(np.flatnonzero((ground.quota[:, :, s] > 0).all(axis=1))[0]) + 1
        for tier in steps[(steps > released + 1) & (steps < len(ground.quota) - 1)].tolist():
            full = _full(ledger, k, tier)
            if full["shop"].n_unique() >= HELD:
                return _held(ledger, full, s, tier, lot)
    return ledger


def _full(ledger: Ledger, k: int, tier: int) -> pl.DataFrame:
    """Lines of a product that take the whole quota of a tier, of weekly shops in town."""
    ground = ledger.ground
    mine = ground.urban & (ground.shops.parity == 0) & (ground.tier == tier)
    whole = pl.col("granted") == pl.col("quota")
    return ledger.free.filter(
        pl.lit(pl.Series(mine)).gather(pl.col("shop")), whole, pl.col("tier") == tier, k=k
    )


def _held(ledger: Ledger, full: pl.DataFrame, s: int, tier: int, lot: int) -> Ledger:
    ground = ledger.ground
    odd = ground.odd.copy()
    odd[tier - 1, :, s] = ODD
    more = pl.col("quota") + lot
    rows = one_a_shop(ledger, full, "odd lots", HELD).with_columns(
        requested=more, granted=more, due=more
    )
    price = ground.products["wholesale_price"].gather(rows["k"].cast(pl.UInt32))
    rows = rows.with_columns(due_amount=pl.col("due") * price)
    ledger = replace(ledger, ground=replace(ground, odd=odd))
    ledger = entered(taken(ledger, pl.Series(np.flatnonzero(ground.tier == tier))), rows)
    found = rows.group_by("product_id").agg(pl.col("line").sort())
    return told(
        ledger, "too-many-odd-lots", "too-many-odd-lots", found,
        subject="product_id", why="three shops of a tier hold its one odd lot",
    )  # fmt: skip
