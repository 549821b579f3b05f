"""What the order-takers enter: the standard, except where two of them misbehave."""

from __future__ import annotations

import numpy as np
import polars as pl

from allocator.tables.synthesis.draws import stream
from allocator.tables.synthesis.orders import clerk_names

STINGY, GENEROUS = clerk_names(0)[2:4]
"""The order-taker who enters less than the standard, and the one who has favourites."""

STINTED = 0.25
"""Share of the stingy order-taker's shops that are entered for half of what is due to them."""

FAVOURITES = 4
MOST_EXTRA = 3
"""(lots) above the limit for a favourite's line."""


def entered(
    orders: pl.DataFrame,
    standard: pl.DataFrame,
    planned: pl.DataFrame,
    lots: pl.DataFrame,
    seed: int,
) -> pl.DataFrame:
    """The orders with ``granted`` filled in.

    Parameters
    ----------
    orders : as ``orders.orders`` makes them
    standard : product_id, retailer_id, limit, award (cartons) for what was ordered by shops
        that are served in the cycle
    planned : product_id, planned (cartons): supply less reserve; what the stingy one withholds
        of it goes to the favourites of the generous one
    lots : product_id, lot (cartons)
    seed : of the city

    Returns
    -------
    pl.DataFrame
        the lines in the same order: each gets the standard, and a line that is no multiple of
        the lot or comes from a shop without a standard what was asked
    """
    key = ["product_id", "retailer_id"]
    lines = (
        orders.join(
            standard.select(*key, "limit", "award"), on=key, how="left", maintain_order="left"
        )
        .join(lots, on="product_id", how="left", maintain_order="left")
        .join(planned, on="product_id", how="left", maintain_order="left")
        .with_columns(before=pl.col("requested").cum_sum().over(key) - pl.col("requested"))
    )
    requested, lot = lines["requested"].to_numpy(), lines["lot"].to_numpy()
    limit, award = (lines[name].fill_null(0).to_numpy() for name in ("limit", "award"))
    before = lines["before"].to_numpy()
    due = np.clip(award - before, 0, requested)
    odd = (requested % lot != 0) | lines["limit"].is_null().to_numpy()
    granted = np.where(odd, requested, due)

    rng = stream(seed, "misdeeds")
    shops = lines["retailer_id"].unique(maintain_order=True)
    luck = pl.DataFrame({"retailer_id": shops, "luck": rng.random(len(shops))})
    drawn = lines.join(luck, on="retailer_id", how="left", maintain_order="left")["luck"].to_numpy()
    clerk = lines["clerk"].fill_null("").to_numpy()

    stinted = (clerk == STINGY) & (drawn < STINTED) & (granted >= 2 * lot) & ~odd
    granted = np.where(stinted, (granted // lot + 1) // 2 * lot, granted)

    wanted = requested // lot - np.maximum(award, limit) // lot
    hungry = (clerk == GENEROUS) & (wanted > 0) & (limit > 0) & ~odd & (before == 0)
    friends = (
        lines.select("retailer_id", room=np.where(hungry, wanted, 0))
        .group_by("retailer_id", maintain_order=True)
        .agg(pl.col("room").clip(upper_bound=MOST_EXTRA).sum())
        .sort("room", descending=True, maintain_order=True)
        .head(FAVOURITES)["retailer_id"]
    )
    favoured = hungry & lines["retailer_id"].is_in(friends.implode()).to_numpy()
    extra = np.where(favoured, np.minimum(wanted, MOST_EXTRA) * lot, 0)
    top = np.where(favoured, np.maximum(award, limit) + extra, granted)
    room = lines.with_columns(used=pl.Series(granted), more=pl.Series(top - granted)).select(
        fits=pl.col("used").sum().over("product_id") + pl.col("more").cum_sum().over("product_id")
        <= pl.col("planned").fill_null(0)
    )
    granted = np.where(favoured & room["fits"].to_numpy(), top, granted)
    return orders.with_columns(granted=pl.Series(granted, dtype=pl.Int64))
