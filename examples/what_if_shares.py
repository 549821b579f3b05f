"""What if the middle tiers were wider? Two runs of one week, compared shop by shop.

``python examples/what_if_shares.py [CITY]``: the baseline is never touched; the other policy is a
copy with other tier shares. Same supply, same orders, same draw.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

import polars as pl

import allocator as al

CITY = Path(__file__).parent / "city"
ON, CYCLE, DRAW = "2026-11-16", "2026-W47", "示例市公证摇号 2026-11-13 083412"
OLIVE = (1, 1, 1, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6, 7, 7, 7, 6, 6, 5, 4, 4, 3, 3, 2, 1, 1, 1, 1, 1)
"""Per cent of the shops from tier 30 down to tier 1: thin at both ends."""


def cartons(city: object, policy: object) -> pl.DataFrame:
    """Tier and scarce cartons of every shop under one policy."""
    run = al.run(city, policy, cycle=CYCLE, seed=DRAW)
    awarded = run.allocation.lines.group_by("retailer_id").agg(pl.col("award").sum())
    return run.grading.table.select("retailer_id", "tier").join(
        awarded, on="retailer_id", how="inner"
    )


def main(folder: Path = CITY) -> None:
    """Print who gains and who loses, by the tier they have today."""
    policy = al.read_policy(folder / "policy.yaml", on=ON)
    city = al.read_city(folder, policy.tables)
    tiers = policy.grading.tiers.model_copy(update={"shares": tuple(map(Decimal, OLIVE))})
    grading = policy.grading.model_copy(update={"tiers": tiers})
    changed = policy.model_copy(update={"grading": grading})

    both = cartons(city, policy).join(cartons(city, changed), on="retailer_id", suffix="_then")
    change = pl.col("award_then") - pl.col("award")
    table = both.group_by(tiers=(pl.col("tier") - 1) // 5 * 5 + 1).agg(
        shops=pl.len(),
        gain=(change > 0).sum(),
        same=(change == 0).sum(),
        lose=(change < 0).sum(),
        cartons=change.sum(),
    )
    print("tiers   shops  gain  same  lose  cartons")
    for first, *counts in table.sort("tiers", descending=True).iter_rows():
        shops, gain, same, lose, more = counts
        print(f"{first:2}..{first + 4:2} {shops:6} {gain:5} {same:5} {lose:5} {more:+8}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
