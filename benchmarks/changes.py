"""``python -m benchmarks.changes IOWA [--json]``: false alarms and planted halvings, both figures.

``python -m benchmarks.changes --shops 500000`` times the watch over 24 months of invented volumes.

On the real year nothing is planted: whatever is flagged counts as false, though shops that truly
closed or changed hands are among it. Then every shop in turn, in every month that two months
follow, is halved from that month on, a fifth of the shops at a time, and it counts as found when a
fall is flagged in the first or second month. Shops that are flagged in these months without any
planting are left out of that figure.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from allocator.customers.alarms import Alarms, watch
from allocator.customers.changes import peer_groups
from allocator.customers.memory import AGAIN, FIRST
from allocator.customers.series import Series, monthly_series
from allocator.tables.city import City
from allocator.tables.reading import read_city
from benchmarks.clock import header, once

SEED = 20261122
ON = date(2021, 11, 1)
FOLDS = 5
MONTHS = 24
WITHIN = 2
"""Months in which a halving must be found."""


def halved_lines(frame: pl.DataFrame, chosen: pl.Series, coin: np.ndarray) -> pl.DataFrame:
    """The chosen rows at half their cartons, odd ones rounded by a coin."""
    half = pl.Series((frame["quantity"].to_numpy() + coin) // 2)
    return frame.with_columns(quantity=frame["quantity"].zip_with(~chosen, half))


def dropped_lines(frame: pl.DataFrame, chosen: pl.Series, coin: np.ndarray) -> pl.DataFrame:
    """The chosen rows left out with even chance: half as many products, each as before."""
    return frame.filter(~chosen | pl.Series(coin == 1))


STYLES = {"every line halved": halved_lines, "half the lines dropped": dropped_lines}


def totals_only(city: City) -> City:
    """The same shops as a city knows them whose sales name no products."""
    bare = city.sales.frame.with_columns(product_id=pl.lit(None, pl.String))
    return replace(city, sales=replace(city.sales, frame=bare))


def finds(city: City, style: str, parts: int) -> dict[str, float]:
    """How many planted halvings are found, and how many are flagged without any."""
    series = monthly_series(city, ON)
    peers = peer_groups(series.members)
    alone = watch(series, peers)
    fold = np.random.default_rng(SEED).permutation(series.volume.shape[1]) % FOLDS
    coin = np.random.default_rng(SEED).integers(0, 2, city.sales.frame.height)
    names = series.members["retailer_id"]
    row_shop = city.sales.frame["retailer_id"].cast(pl.String)
    counts = {"planted": 0, "judged": 0, "found": 0}
    for t in range(FIRST, len(series.months) - WITHIN + 1):
        end = t + WITHIN
        flagged = alone.found.filter(pl.col("t").is_between(t, end - 1))["i"].to_numpy()
        active = (series.volume[t - 1] > 0) & ((series.volume[:t] > 0).sum(axis=0) >= FIRST)
        active[flagged] = False
        known = city.sales.frame["month"] < series.months[end - 1].replace(day=28)
        later = known & (city.sales.frame["month"] >= series.months[t])
        for part in range(parts):
            some = np.flatnonzero((fold == part) & active)
            chosen = later & row_shop.is_in(names[some].implode())
            frame = STYLES[style](city.sales.frame, chosen, coin)
            changed = replace(city, sales=replace(city.sales, frame=frame))
            after = series.months[end] if end < len(series.months) else ON
            alarms = watch(monthly_series(changed, after), peers)
            hit = alarms.found.filter(pl.col("fall") & (pl.col("t") >= t))["i"].to_numpy()
            counts["planted"] += len(some)
            counts["judged"] += int(alarms.judged[t, some].sum())
            counts["found"] += len(np.intersect1d(hit, some))
    return {
        **counts,
        "found_of_planted": round(counts["found"] / counts["planted"], 4),
        "found_of_judged": round(counts["found"] / counts["judged"], 4),
        "flagged_alone": round(alone.found.height / int(alone.judged.sum()), 4),
    }


def false_alarms(series: Series, alarms: Alarms) -> Iterator[dict[str, Any]]:
    """Flagged and judged shops of each month."""
    for t in range(FIRST, len(series.months)):
        found = alarms.found.filter(pl.col("t") == t)
        judged = int(alarms.judged[t].sum())
        yield {
            "month": f"{series.months[t]:%Y-%m}",
            "judged": judged,
            "falls": int(found["fall"].sum()),
            "rises": int((~found["fall"]).sum()),
            "share": round(found.height / judged, 4),
        }


def shuffled(series: Series) -> float:
    """Share flagged when the months of each shop stand in a random order: nothing lasts then."""
    rng = np.random.default_rng(SEED)
    months = np.tile(np.arange(len(series.months))[:, None], (1, series.volume.shape[1]))
    order = rng.permuted(months, axis=0)
    mixed = {
        name: np.take_along_axis(getattr(series, name), order, axis=0)
        for name in ("volume", "lines", "size")
    }
    alarms = watch(replace(series, **mixed), peer_groups(series.members))
    return round(alarms.found.height / int(alarms.judged.sum()), 4)


def measure(folder: Path, parts: int = FOLDS) -> dict[str, Any]:
    """Both figures."""
    city = read_city(folder)
    series = monthly_series(city, ON)
    peers = peer_groups(series.members)
    alone = watch(series, peers)
    months = list(false_alarms(series, alone))
    found = {style: finds(city, style, parts) for style in STYLES}
    found["every line halved, totals only"] = finds(totals_only(city), "every line halved", parts)
    return {
        "seed": SEED,
        "first_history": FIRST,
        "after_an_alarm": AGAIN,
        "months": months,
        "largest_share": max(month["share"] for month in months),
        "mean_share": round(alone.found.height / int(alone.judged.sum()), 4),
        "shuffled_share": shuffled(series),
        "planted": found,
    }


def speed(shops: int) -> float:
    """Wall seconds of one watch over invented volumes."""
    rng = np.random.default_rng(SEED)
    swing = rng.normal(0, 1, (MONTHS, shops)) * np.exp(rng.normal(-1.6, 0.5, shops))
    volume = np.exp(rng.normal(5.5, 1, shops) + swing).astype(np.int64)
    lines = np.maximum((volume**0.6).astype(np.int64), 1)
    series = Series(
        members=pl.DataFrame(),
        closed=pl.DataFrame(),
        months=tuple(date(2019 + m // 12, m % 12 + 1, 1) for m in range(MONTHS)),
        gaps=(),
        volume=volume,
        lines=lines,
        size=(rng.normal(0, 0.1, (MONTHS, shops)) * lines * 1e6).astype(np.int64),
        by_product=True,
    )
    peers = rng.integers(0, 300, shops)
    return once(lambda: watch(series, peers))


def main() -> None:
    """Print both figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("iowa", type=Path, nargs="?", help="retailers.csv and sales.parquet")
    parser.add_argument("--shops", type=int, help="time the watch over so many shops instead")
    parser.add_argument("--parts", type=int, default=FOLDS, help="fifths of the shops to plant at")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    if chosen.shops:
        header()
        print(f"  {chosen.shops:,} shops x {MONTHS} months: {speed(chosen.shops):.1f} s")
        return
    if chosen.iowa is None:
        parser.error("name the folder of the Iowa year, or --shops")
    told = measure(chosen.iowa, chosen.parts)
    if chosen.json:
        print(json.dumps(told, indent=2))
        return
    print(f"seed {told['seed']}; judged after {told['first_history']} months of own history")
    for month in told["months"]:
        print(
            "  {month}  judged {judged:6,}  falls {falls:3}  rises {rises:3}  {share:.2%}".format(
                **month
            )
        )
    print(
        f"flagged a month without planting: mean {told['mean_share']:.2%}, "
        f"most {told['largest_share']:.2%} (limit 2 %)"
    )
    print(f"with the months of each shop in random order: {told['shuffled_share']:.2%}")
    for name, found in told["planted"].items():
        print(
            f"{name}: {found['found']:,} of {found['planted']:,} planted halvings found within "
            f"{WITHIN} months, {found['found_of_planted']:.1%}; of the {found['judged']:,} at "
            f"shops that are judged {found['found_of_judged']:.1%} "
            f"({found['flagged_alone']:.2%} flagged a month without planting)"
        )


if __name__ == "__main__":
    main()
