"""Order-takers over several cycles: a shop is one trial, however often it was called."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from allocator.auditing.clerks.league import League
from allocator.auditing.clerks.pooling import pooled
from auditing.clerks.test_comparing import CITIES, LEVEL, city, judged


def weeks_of(shops: pl.DataFrame, count: int) -> list[League]:
    league = judged(shops)
    return [replace(league, cycle=f"W{week}") for week in range(count)]


def test_what_a_shop_does_every_week_does_not_make_its_order_taker_guilty() -> None:
    """Four weeks alike are four times the evidence about shops, none about order-takers."""
    alarmed = 0
    for seed in range(CITIES):
        league = pooled(weeks_of(city(seed), 4))
        assert league is not None
        alarmed += bool(league.frame["outside"].any())

    assert alarmed <= LEVEL * CITIES


def test_counts_are_shops_of_any_week() -> None:
    """C00 is below the standard for one shop in the first week, for another in the second."""
    names = [f"R{n:02}" for n in range(12)]
    base = city(1, clerks=1).head(1)
    rows = pl.concat([base.with_columns(pl.lit(name).alias("retailer_id")) for name in names])
    rows = rows.with_columns(pl.lit(0, pl.Int64).alias("below"))
    weeks = [
        judged(rows.with_columns(pl.col("retailer_id").is_in(hit).cast(pl.Int64).alias("below")))
        for hit in (["R01", "R02"], ["R02", "R03"])
    ]

    league = pooled(weeks)

    assert league is not None
    (row,) = league.frame.filter(indicator="below").iter_rows(named=True)
    assert (row["of"], row["count"], league.cycles) == (12, 3, 2)


def test_one_cycle_is_as_it_was() -> None:
    league = judged(city(3))

    assert pooled([league]) is league
    assert pooled([]) is None
