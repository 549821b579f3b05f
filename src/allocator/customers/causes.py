"""What the data say about why a volume changed: hints for a visit, never a verdict.

Each hint is a fact with its figures. Nothing is said that no table supports, and several may hold.
Only the few shops with an alarm are looked at, so this may read their sales product by product.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from allocator.customers.bought import NAMED, products_moved
from allocator.customers.series import Series
from allocator.tables.city import City, Table

SEASON: Final = 10
"""Per cent by which peers, or the shop itself a year ago, moved the same way, to be told."""
CROWD: Final = 60
"""Shops of a region and trade area up to which a new or closed shop counts as a neighbour."""
ARRIVAL: Final = 2
"""Months before the change in which a neighbour that opened, or a tier that moved, may be why."""
FEWER: Final = (30, 70)
"""Per cent of the change (in logs) that fewer lines explain: at most this, it is the size of the
lines; at least that, it is their number."""

FACTS: Final[dict[str, type[pl.DataType]]] = {
    "silent_months": pl.Int64,
    "cancelled": pl.Int64,
    "short_products": pl.String,
    "short_percent": pl.Int64,
    "one_product": pl.String,
    "one_percent": pl.Int64,
    "neighbours": pl.String,
    "neighbour_count": pl.Int64,
    "area_shops": pl.Int64,
    "tier_before": pl.Int64,
    "tier_after": pl.Int64,
    "stopped_since": pl.Date,
    "yearly_percent": pl.Int64,
}
"""Facts of the causes, null where they do not apply; percentages are of the cartons lost or won."""

COLUMNS: Final = (
    "retailer_id", "name", "manager", "region", "raised", "since", "direction", "state", "cartons",
    "usual", "change_percent", "peers_percent", "seen_in", "lines", "usual_lines", "latest",
    "causes", *FACTS,
)  # fmt: skip


def with_causes(city: City, series: Series, alarms: pl.DataFrame) -> pl.DataFrame:
    """The listed alarms with ``causes`` and ``FACTS``; columns ``COLUMNS``, in the same order.

    alarms : one row per alarm with i, window, fall, since, raised and the figures of the change
    """
    changes = alarms.with_row_index("n")
    until = pl.col("raised").dt.offset_by("1mo").dt.offset_by("-1d")
    changes = changes.with_columns(until=until)
    found = [
        _silence(series, changes),
        _cancelled(city.orders, changes),
        products_moved(city.sales, changes),
        _neighbours(series, city, changes),
        _tiers(city.tiers, changes),
        _sanctions(city.sanctions, changes),
    ]
    for facts in found:
        if facts is not None:
            changes = changes.join(facts, on="n", how="left", maintain_order="left")
    changes = changes.with_columns(
        pl.lit(None, dtype).alias(name)
        for name, dtype in FACTS.items()
        if name not in changes.columns
    )
    return changes.with_columns(_codes()).select(
        pl.col(name).cast(FACTS[name]) if name in FACTS else name for name in COLUMNS
    )


def _codes() -> pl.Expr:
    """The causes that the facts bear out, most telling first; ``unexplained`` where none does."""
    fall, rise = pl.col("fall"), ~pl.col("fall")

    def moved(percent: str) -> pl.Expr:
        value = pl.col(percent)
        return (fall & (value <= -SEASON)) | (rise & (value >= SEASON))

    silent = pl.col("silent_months") > 0
    share = (pl.col("lines") / pl.col("usual_lines")).log() / (
        (pl.col("cartons") / pl.col("usual")).log()
    )
    told = (~silent & (pl.col("lines") > 0)).fill_null(False)
    size, number = (share * 100 <= FEWER[0], share * 100 >= FEWER[1])
    why = {
        "stopped": pl.col("stopped_since").is_not_null() & fall,
        "cancelled": pl.col("cancelled") > 0,
        "no-order": silent,
        "short": pl.col("short_percent").is_not_null(),
        "tier-lowered": fall & (pl.col("tier_after") < pl.col("tier_before")),
        "tier-raised": rise & (pl.col("tier_after") > pl.col("tier_before")),
        "neighbour-opened": fall & pl.col("neighbours").is_not_null(),
        "neighbour-stopped": rise & pl.col("neighbours").is_not_null(),
        "season": moved("peers_percent"),
        "last-year": moved("yearly_percent"),
    }
    how = {
        "one-product": pl.col("one_product").is_not_null(),
        "fewer-lines": told & number & fall,
        "smaller-lines": told & size & fall,
        "more-lines": told & number & rise,
        "larger-lines": told & size & rise,
    }
    unexplained = ~pl.any_horizontal(cause.fill_null(False) for cause in why.values())
    codes = [
        pl.when(holds.fill_null(False)).then(pl.lit(code))
        for code, holds in {**why, "unexplained": unexplained, **how}.items()
    ]
    return pl.concat_str(codes, separator=" ", ignore_nulls=True).alias("causes")


def _silence(series: Series, changes: pl.DataFrame) -> pl.DataFrame:
    """Months of the change in which the shop bought nothing at all."""
    i, t, window = (changes[name].to_numpy() for name in ("i", "t", "window"))
    silent = (series.volume[t, i] <= 0).astype(np.int64)
    silent += (series.volume[t - 1, i] <= 0) & (window == 2)
    return changes.select("n").with_columns(silent_months=pl.Series(silent))


def _cancelled(orders: Table | None, changes: pl.DataFrame) -> pl.DataFrame | None:
    """Orders of a fallen shop in the months of the change that were cancelled."""
    if orders is None or "status" not in orders.columns:
        return None
    lines = orders.frame.filter(pl.col("status") == "cancelled").select(
        pl.col("retailer_id").cast(pl.String), "order_id", day=pl.col("ordered_at").dt.date()
    )
    return (
        changes.filter("fall")
        .select("n", "retailer_id", "since", "until")
        .join(lines, on="retailer_id")
        .filter(pl.col("day").is_between("since", "until"))
        .group_by("n")
        .agg(pl.col("order_id").n_unique().cast(pl.Int64).alias("cancelled"))
    )


def _neighbours(series: Series, city: City, changes: pl.DataFrame) -> pl.DataFrame | None:
    """Shops of the same region and trade area that opened (falls), or stopped buying (rises).

    A shop opened on the day it joined; without one, in its first month with sales. It stopped in
    the first month without sales after its last, or when its file says that it closed.
    """
    area = [name for name in ("region", "trade_area") if name in city.retailers.columns]
    if not area:
        return None
    shops = series.members.select("retailer_id", *area, *_first_and_last(series)).with_columns(
        area_shops=pl.len().over(area).cast(pl.Int64)
    )
    closed = series.closed.select("retailer_id", *area, stopped="valid_from").join(
        shops.select(*area, "area_shops").unique(), on=area
    )
    events = pl.concat([shops, closed], how="diagonal").filter(pl.col("area_shops") <= CROWD)
    own = {name: pl.col(name).alias(f"own_{name}") for name in area}
    mine = series.members.select("retailer_id", *own.values())
    day = pl.when("fall").then("opened").otherwise("stopped")
    return (
        changes.select("n", "retailer_id", "fall", "until", "since")
        .join(mine, on="retailer_id")
        .join(
            events.drop_nulls(area).rename({"retailer_id": "other"}),
            left_on=[f"own_{name}" for name in area],
            right_on=area,
        )
        .filter(pl.col("other") != pl.col("retailer_id"))
        .filter(day.is_between(pl.col("since").dt.offset_by(f"-{ARRIVAL}mo"), pl.col("until")))
        .sort("n", "other")
        .group_by("n", maintain_order=True)
        .agg(
            neighbours=pl.col("other").head(NAMED).str.join(", "),
            neighbour_count=pl.len().cast(pl.Int64),
            area_shops=pl.col("area_shops").first(),
        )
    )


def _first_and_last(series: Series) -> tuple[pl.Expr, pl.Expr]:
    """When each member began and stopped to buy; null where neither can be told."""
    sold, last = series.volume > 0, len(series.months) - 1
    months = pl.Series(series.months, dtype=pl.Date)
    begun = np.where(sold.any(axis=0), sold.argmax(axis=0), 0)
    ended = last - sold[::-1].argmax(axis=0)
    first = pl.when(pl.Series(begun > 0)).then(months.gather(begun))
    quiet = pl.Series(sold.any(axis=0) & (ended < last))
    return (
        pl.coalesce("joined_on", first).alias("opened"),
        pl.when(quiet).then(months.gather(np.minimum(ended + 1, last))).alias("stopped"),
    )


def _tiers(tiers: Table | None, changes: pl.DataFrame) -> pl.DataFrame | None:
    """The last move of the shop's tier shortly before or in the months of the change."""
    if tiers is None:
        return None
    moves = (
        tiers.frame.select(pl.col("retailer_id").cast(pl.String), "graded_on", "tier")
        .drop_nulls()
        .sort("retailer_id", "graded_on")
        .with_columns(tier_before=pl.col("tier").shift(1).over("retailer_id"))
        .filter(pl.col("tier_before").is_not_null() & (pl.col("tier") != pl.col("tier_before")))
    )
    return (
        changes.select("n", "retailer_id", "since", "until")
        .join(moves, on="retailer_id")
        .filter(
            pl.col("graded_on").is_between(
                pl.col("since").dt.offset_by(f"-{ARRIVAL}mo"), pl.col("until")
            )
        )
        .sort("n", "graded_on")
        .unique("n", keep="last", maintain_order=True)
        .select("n", "tier_before", tier_after="tier")
    )


def _sanctions(sanctions: Table | None, changes: pl.DataFrame) -> pl.DataFrame | None:
    """The day from which supply was stopped or capped, if so in the months of the change."""
    if sanctions is None:
        return None
    held = sanctions.frame.filter(pl.col("kind").is_in(["suspend", "cap"])).select(
        pl.col("retailer_id").cast(pl.String), "from", end="until"
    )
    return (
        changes.select("n", "retailer_id", "since", "until")
        .join(held, on="retailer_id")
        .filter(
            (pl.col("from") <= pl.col("until"))
            & (pl.col("end").is_null() | (pl.col("end") >= pl.col("since")))
        )
        .group_by("n")
        .agg(stopped_since=pl.col("from").min())
    )
