"""Shops whose volume suddenly changed, with what the data say about why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from allocator.customers.alarms import Alarms, alarms_of
from allocator.customers.causes import with_causes
from allocator.customers.evidence import VIEWS
from allocator.customers.series import Series, monthly_series
from allocator.records import Units
from allocator.tables.city import City

TOLD: Final = 3
"""Months before the day whose alarms are listed: the new ones, and what became of earlier ones."""

BACK: Final = (4, 5)
"""An alarm is over when the last month reaches four fifths of what is usual, or after a rise falls
below five fourths of it."""

AREA: Final = ("region", "market", "trade_area")
"""Attributes of shops that have a season in common, as far as the table holds them."""


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """Sudden rises and falls.

    on : the day; latest : last month with sales before it; months : those judged, earliest first;
        gaps : months without any sale in the city
    frame : one row per alarm of the last ``TOLD`` months, latest month first, then by cartons
        lost or won: retailer_id, name, manager, region str; raised, since date (first days of the
        month of the alarm and of the first changed month); direction str (fall, rise); state str
        (new: raised in the last month; open: it still stands; over: back to what is usual);
        cartons, usual i64 (a month, mean of the changed months); change_percent i64;
        peers_percent i64 (how shops of its kind moved); seen_in str (volume, lines, size: the view
        with most evidence); lines, usual_lines i64 (sales rows a month; null without products);
        latest, latest_usual i64 (cartons of the last month); causes str (codes joined by a space)
        and the facts of the causes, as ``causes.FACTS``
    judged : one row per judged month: month date, judged, falls, rises i64
    unjudged : shops not judged in the last month, by reason: ``small``, ``short-history``,
        ``no-sales``
    bar : factor by which the bars were raised to keep false alarms within the budget; 1 = none
    """

    on: date
    latest: date
    months: tuple[date, ...]
    gaps: tuple[date, ...]
    frame: pl.DataFrame
    judged: pl.DataFrame
    unjudged: dict[str, int]
    bar: float


def find_changes(city: City, on: date) -> Changes:
    """Shops that suddenly buy far less or far more than usual, as the months before a day show.

    A shop is held against its own earlier months, the season of its peers taken out; see
    ``allocator.customers.alarms`` for when an alarm is raised.

    Parameters
    ----------
    city : retailers and sales; products, orders, tiers and sanctions tell more about causes
    on : complete months before the month of this day count

    Raises
    ------
    BadRequest : there are no sales before the day
    """
    series = monthly_series(city, on)
    alarms = alarms_of(series, peer_groups(series.members))
    listed = _listed(series, alarms)
    return Changes(
        on=on,
        latest=series.months[-1],
        months=tuple(series.months[t] for t in np.flatnonzero(alarms.judged.any(axis=1))),
        gaps=series.gaps,
        frame=with_causes(city, series, listed),
        judged=_by_month(series, alarms),
        unjudged=_unjudged(series, alarms),
        bar=alarms.bar,
    )


def peer_groups(members: pl.DataFrame) -> Units:
    """Codes from 0 of shops of one region, market and trade area, (n,) int64."""
    group = pl.concat_str([pl.col(name).fill_null("") for name in AREA], separator="\x1f")
    code = members.select(group.rank("dense").cast(pl.Int64) - 1).to_series()
    return np.asarray(code.to_numpy(), np.int64)


def _listed(series: Series, alarms: Alarms) -> pl.DataFrame:
    """Alarms of the last months with the names of shops and months."""
    last = len(series.months) - 1
    month = pl.Series("month", series.months, pl.Date)
    ratio = pl.col("cartons") / pl.col("usual")
    now = pl.Series(series.volume[last]).gather(alarms.found["i"])
    found = alarms.found.with_columns(latest=now).filter(pl.col("t") > last - TOLD)
    up, down = BACK
    back = (
        pl.when("fall")
        .then(pl.col("latest") * down >= pl.col("usual") * up)
        .otherwise(pl.col("latest") * up <= pl.col("usual") * down)
    )
    state = (
        pl.when(pl.col("t") == last)
        .then(pl.lit("new"))
        .when(back)
        .then(pl.lit("over"))
        .otherwise(pl.lit("open"))
    )
    views = dict(enumerate(VIEWS))
    figures = ("cartons", "usual", "lines", "usual_lines")
    people = series.members.select("retailer_id", "name", "manager", "region").with_columns(
        pl.int_range(pl.len(), dtype=pl.Int64).alias("i")
    )
    return (
        found.with_columns(
            raised=month.gather(found["t"]),
            since=month.gather(found["t"] - found["window"] + 1),
            direction=pl.when("fall").then(pl.lit("fall")).otherwise(pl.lit("rise")),
            state=state,
            change_percent=((ratio - 1) * 100).round().cast(pl.Int64),
            peers_percent=((pl.col("peers").exp() - 1) * 100).round().cast(pl.Int64),
            yearly_percent=((pl.col("yearly").exp() - 1) * 100).round().cast(pl.Int64),
            seen_in=pl.col("view").replace_strict(views, return_dtype=pl.String),
        )
        .with_columns(
            pl.when(pl.col(name).is_finite()).then(pl.col(name).round()).cast(pl.Int64).alias(name)
            for name in figures
        )
        .join(people, on="i")
        .with_columns(moved=(pl.col("cartons") - pl.col("usual")).abs())
        .sort("raised", "moved", "retailer_id", descending=[True, True, False])
        .drop("moved")
    )


def _by_month(series: Series, alarms: Alarms) -> pl.DataFrame:
    """Judged and flagged shops of each month that was judged."""
    counts = alarms.found.group_by("t").agg(
        falls=pl.col("fall").sum().cast(pl.Int64), rises=(~pl.col("fall")).sum().cast(pl.Int64)
    )
    judged = alarms.judged.sum(axis=1).astype(np.int64)
    return (
        pl.DataFrame({"month": pl.Series(series.months, dtype=pl.Date), "judged": judged})
        .with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias("t"))
        .join(counts, on="t", how="left", maintain_order="left")
        .filter(pl.col("judged") > 0)
        .with_columns(pl.col("falls", "rises").fill_null(0))
        .drop("t")
    )


def _unjudged(series: Series, alarms: Alarms) -> dict[str, int]:
    """Shops not judged in the last month, by the first reason that holds."""
    left = ~alarms.judged[-1]
    silent = left & ~(series.volume[-3:-1] > 0).any(axis=0)
    young = left & ~silent & alarms.young
    counts = {"no-sales": silent, "short-history": young, "small": left & ~silent & ~young}
    return {reason: int(shops.sum()) for reason, shops in counts.items()}
