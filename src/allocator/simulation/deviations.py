"""Whether asking for more paid: one shop tells the truth, all others order as they did.

For a line of an inflating shop, with t what it wants, and the same cycle awarded twice,

    gain = min(award when it inflated, t) - min(award when it tells the truth, t)

in cartons within its true demand: what it is given beyond what it wants is no gain. Both awards
come from the rule itself, in whole cartons, never from a formula. Credits are no part of it: they
are carried from the published quotas, whatever is ordered.

Products that no basket or band joins do not touch each other, so one repetition of the cycle can
hold one truthful shop *for each product*; where some are joined, it holds one truthful shop.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl

from allocator.canonical import canonical_json
from allocator.records import Allocation, QuotaPlan, Units
from allocator.tables.city import Table

Rule = Callable[[Table, QuotaPlan], Allocation]

DEVIATIONS = {
    "product_id": pl.String(),
    "retailer_id": pl.String(),
    "wanted": pl.Int64(),
    "asked": pl.Int64(),
    "award": pl.Int64(),
    "award_truthful": pl.Int64(),
    "gain": pl.Int64(),
}
"""Columns of ``deviations``."""


def deviations(
    orders: Table, plan: QuotaPlan, allocation: Allocation, rule: Rule, most: int, seed: str
) -> pl.DataFrame:
    """What inflating gained single shops in one cycle.

    Parameters
    ----------
    orders : requested is what they asked; ``wanted`` what they want; by product and retailer
    allocation : the awards for these orders; rule : what made them
    most : lines of each product that are tried, drawn from those that ask for more; 0 = none
    seed : of the draw; the same lines are drawn whatever the rule and the order of rows

    Returns
    -------
    columns ``DEVIATIONS``, a row for each line tried, by product_id and retailer_id
    """
    frame = orders.frame
    award = allocation.lines["award"]
    liars = (
        frame.select("product_id", "retailer_id", "wanted", asked="requested", award=award)
        .with_row_index("at")
        .filter(
            (pl.col("asked") > pl.col("wanted"))
            & pl.col("award").is_not_null()
            & pl.col("retailer_id").is_in(_counted(plan).implode())
        )
    )
    chosen = _drawn(liars, most, f"{seed} {plan.cycle}")
    if plan.bands or plan.baskets:
        turns = chosen.with_columns(turn=pl.col("retailer_id").rank("dense").cast(pl.Int64) - 1)
    else:
        turns = chosen.with_columns(turn=pl.int_range(pl.len()).over("product_id"))
    asked, honestly = frame["requested"].to_numpy(), frame["wanted"].to_numpy()
    truthful = np.zeros(len(chosen), np.int64)
    turn, at = turns["turn"].to_numpy(), turns["at"].to_numpy()
    wanted = turns["wanted"].to_numpy()
    for number in range(int(turn.max(initial=-1)) + 1):
        mine = turn == number
        told = asked.copy()
        here = at[mine]
        if plan.bands or plan.baskets:  # all that the one shop ordered, tried or not
            here = np.flatnonzero(frame["retailer_id"] == frame["retailer_id"][int(here[0])])
        told[here] = honestly[here]
        honest = replace(orders, frame=frame.with_columns(requested=pl.Series(told)))
        truthful[mine] = rule(honest, plan).lines["award"].to_numpy()[at[mine]]
    return turns.with_columns(
        award_truthful=pl.Series(truthful),
        gain=pl.Series(gained(turns["award"].to_numpy(), truthful, wanted)),
    ).select(*DEVIATIONS)


def gained(award: Units, truthful: Units, wanted: Units) -> Units:
    """Cartons within the true demand gained by a false order, (k,) int64; below 0 a loss."""
    gain: Units = np.minimum(award, wanted) - np.minimum(truthful, wanted)
    return gain


def _counted(plan: QuotaPlan) -> pl.Series:
    return plan.members.filter(pl.col("cell").is_not_null())["retailer_id"]


def _drawn(liars: pl.DataFrame, most: int, seed: str) -> pl.DataFrame:
    """At most so many rows of each product, drawn by hash."""
    names = liars["retailer_id"].unique().sort()
    order = sorted(
        range(len(names)),
        key=lambda i: hashlib.sha256(canonical_json([seed, "deviation", names[i]])).digest(),
    )
    place = pl.DataFrame(
        {"retailer_id": names.gather(order), "place": np.arange(len(names))},
        schema={"retailer_id": pl.String, "place": pl.Int64},
    )
    return (
        liars.join(place, on="retailer_id", how="left")
        .sort("product_id", "place")
        .group_by("product_id", maintain_order=True)
        .head(most)
        .sort("product_id", "retailer_id")
    )
