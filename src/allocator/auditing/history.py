"""What was usual before: earlier order cycles and months, and what is set aside before comparing.

The published answer on the national thresholds says to set aside new products, uneven arrivals and
holidays first. Here a product is *new* when nobody had it in the cycles before, and arrived
*unevenly* when the other shops took more than ``audit.set_aside.arrivals`` of their mean too: both
are left out of now and of before. A cycle or month that a holiday touches is not compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import narwhals as nw
import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.engine import Frame
from allocator.auditing.rule import Outcome, tally
from allocator.policy.window_models import Holiday

PERMYRIAD = 10_000
MOST_PRICE = 10_000_000
"""(fen) dearest carton that counts as a price; with ``MOST_LINE`` sums stay below 64 bits."""
MOST_LINE = 10_000_000
"""(cartons) largest line that counts."""

CARTONS = nw.coalesce(nw.col("granted"), nw.col("requested"))
"""Cartons of a line: what was entered, else what was asked."""

ASKED = nw.coalesce(nw.col("requested"), nw.col("granted"))
"""Cartons of a line: what was asked, else what was entered."""


def permyriad(part: Decimal) -> int:
    """A part or multiple of a policy in ten-thousandths: 2 (200 %) as 20,000."""
    return int(part * PERMYRIAD)


@dataclass(frozen=True, slots=True)
class Before:
    """Cycles on file before the one audited.

    cycles : untouched by holidays, the latest first; touched : whether the one audited is
    """

    cycles: tuple[str, ...]
    touched: bool


def cycles_before(case: Case) -> Before:
    """The earlier cycles of the orders table that may be compared with this one."""
    ends = (nw.col("ordered_at").min().alias("first"), nw.col("ordered_at").max().alias("last"))
    past, now = case.engine.collect(
        case.past.group_by("cycle").agg(*ends), case.lines.select(*ends)
    )
    holidays = case.policy.set_aside.holidays
    spans = sorted(past.iter_rows(), key=lambda span: (span[1], span[0]), reverse=True)
    first, last = now.row(0)
    return Before(
        tuple(cycle for cycle, first, last in spans if not _touched(first, last, holidays)),
        first is not None and _touched(first, last, holidays),
    )


def _touched(first: datetime, last: datetime, holidays: Iterable[Holiday]) -> bool:
    return any(day.first <= last.date() and first.date() <= day.last for day in holidays)


def own_orders(case: Case, before: Before, number: int) -> tuple[Frame, Frame]:
    """Cartons of each known shop and product now and in its last ``number`` order cycles.

    Cycles in which a shop ordered nothing are passed over: a fortnightly shop, or one that
    skipped a week, is compared with what it orders when it orders.

    Returns
    -------
    (rows, visits) : i, product_id, now, before, recent (cartons in the city's last ``number``
        cycles); i, visits (how many earlier order cycles ``before`` covers)
    """
    known = ~nw.col("i").is_null()
    past = case.past.filter(known, nw.col("cycle").is_in(list(before.cycles))).with_columns(
        CARTONS.alias("cartons")
    )
    latest = nw.col("begun").rank("dense", descending=True).over("i")
    visits = (
        past.group_by("i", "cycle")
        .agg(nw.col("ordered_at").min().alias("begun"))
        .with_columns(latest.cast(nw.Int64).alias("place"))
        .filter(nw.col("place") <= number)
        .select("i", "cycle")
    )
    visits = case.engine.keep(visits)
    here = case.lines.filter(known).with_columns(CARTONS.alias("cartons"))
    own = past.join(visits, on=["i", "cycle"], how="semi")
    city = past.filter(nw.col("cycle").is_in(list(before.cycles[:number])))
    rows = nw.concat([_as(here, "now"), _as(own, "before"), _as(city, "recent")], how="vertical")
    columns = ("now", "before", "recent")
    return (
        rows.group_by("i", "product_id").agg(*(nw.col(name).sum() for name in columns)),
        visits.group_by("i").agg(nw.len().cast(nw.Int64).alias("visits")),
    )


def _as(lines: Frame, name: str) -> Frame:
    """Lines as rows i, product_id, now, before, recent, their cartons in one of the three."""
    zero = nw.lit(0, nw.Int64)
    return lines.select(
        "i",
        "product_id",
        *(
            (nw.col("cartons").fill_null(0).cast(nw.Int64) if column == name else zero).alias(
                column
            )
            for column in ("now", "before", "recent")
        ),
    )


def set_aside(case: Case, rows: Frame, cycles: int) -> Frame:
    """The rows with ``aside`` (1 = new, or arrived unevenly; else 0).

    rows : i, product_id, now, before, recent; cycles : how many cycles or months ``recent`` covers
    """
    city = rows.group_by("product_id").agg(
        nw.col("now").sum().alias("city_now"), nw.col("recent").sum().alias("city_recent")
    )
    arrivals = permyriad(case.policy.set_aside.arrivals)
    others_now = nw.col("city_now") - nw.col("now")
    others_before = nw.col("city_recent") - nw.col("recent")
    new = (nw.col("city_recent") == 0) & (nw.col("before") == 0)
    uneven = others_now * (cycles * PERMYRIAD) > others_before * arrivals
    one, zero = nw.lit(1, nw.Int64), nw.lit(0, nw.Int64)
    return rows.join(city, on="product_id", how="left").with_columns(
        nw.when(new | uneven).then(one).otherwise(zero).alias("aside")
    )


def totals(rows: Frame) -> Frame:
    """Per shop: now and before without what is aside; aside (products of now that were)."""
    kept = nw.col("aside") == 0
    zero, one = nw.lit(0, nw.Int64), nw.lit(1, nw.Int64)
    left_out = (nw.col("aside") == 1) & (nw.col("now") > 0)
    return (
        rows.with_columns(
            *(nw.when(kept).then(nw.col(name)).otherwise(zero).alias(name)
              for name in ("now", "before")),
            nw.when(left_out).then(one).otherwise(zero).alias("aside"),
        )
        .group_by("i")
        .agg(*(nw.col(name).sum() for name in ("now", "before", "aside")))
    )  # fmt: skip


def largest_rise(rows: Frame, shops: Frame, cycles: int) -> Frame:
    """The product behind most of each flagged shop's rise: i, rising, rising_now, rising_usual.

    rows : with ``aside``; shops : flagged, i; cycles : behind ``before``
    """
    rise = nw.col("now") * cycles - nw.col("before")
    kept = (
        rows.filter(nw.col("aside") == 0, nw.col("now") > 0)
        .join(shops.select("i"), on="i", how="semi")
        .with_columns(rise.alias("rise"))
    )
    most = kept.group_by("i").agg(nw.col("rise").max().alias("most_rise"))
    top = (
        kept.join(most, on="i")
        .filter(nw.col("rise") == nw.col("most_rise"))
        .group_by("i")
        .agg(nw.col("product_id").min().alias("rising"))
    )
    usual = (2 * nw.col("before") + cycles) // (2 * cycles)
    return top.join(
        kept.select("i", nw.col("product_id").alias("rising"),
                    nw.col("now").alias("rising_now"), usual.alias("rising_usual")),
        on=["i", "rising"],
    )  # fmt: skip


def judged_shops(rows: Frame, visits: Frame, number: int, *, touched: bool) -> Frame:
    """Shops with a full history and something to compare: i, now, before, aside."""
    judged = (
        totals(rows)
        .join(visits, on="i")
        .filter(
            nw.col("visits") == number,
            nw.col("before") > 0,
            nw.col("now") + nw.col("aside") > 0,
        )
    )
    return judged.head(0) if touched else judged


def with_judged(case: Case, judged: Frame) -> tuple[Frame, nw.Expr]:
    """Every line of a known shop, and whether the shop could be judged."""
    marked = judged.select("i", nw.lit(1, nw.Int64).alias("mark"))
    lines = case.lines.filter(~nw.col("i").is_null()).select("i").join(marked, on="i", how="left")
    return lines, ~nw.col("mark").is_null()


def members(case: Case) -> Frame:
    """Every known retailer: retailer_id, i."""
    ids = pl.col("retailer_id").cast(pl.String)
    number = pl.int_range(pl.len(), dtype=pl.Int32).alias("i")
    return case.engine.lend(case.plan.members.select(ids, number))


def nothing_judged(case: Case) -> Outcome:
    """The outcome of a rule that has nothing to compare with: every line is unchecked."""
    none = case.lines.head(0).select("i", nw.lit("").alias("message"))
    return Outcome(none, ("i",), tally(case.lines, nw.col("row").is_null()))
