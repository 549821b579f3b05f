"""Order-takers beside each other: each with an interval, a limit of chance, and places.

The question is never "who is worst" but "whom does chance not explain". The count of an
order-taker is set beside what comes when the shops that stand out in the city are dealt to the
order-takers at random, shops of like tier and like number of lines among each other. Given how
many stand out, that count is a sum of hypergeometric ones: exact, without an estimated rate.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import groupby
from math import sqrt
from operator import itemgetter

import numpy as np
import polars as pl

from allocator.auditing.clerks.chance import (
    TRILLION,
    cutoff,
    drawn,
    few_shops,
    inflated,
    interval,
    moments_drawn,
    moments_reached,
    spread_of,
    tails,
    together,
    trillionths,
)
from allocator.auditing.clerks.league import FRAME, Indicator, League
from allocator.auditing.clerks.measures import FEW_SHOPS, MEASURES, Measure
from allocator.records import MICRO, Reals

LEVEL = Fraction(1, 20)
LEAST = 10
"""(shops) Fewer say nothing about an order-taker."""

LEAST_CASES = 3
"""Fewer shops that stand out accuse nobody, however rare they are."""

MANY = 20
"""Order-takers from which on it can be seen that they differ more than chance makes them."""

TOP = 3
"""Shops whose part of the cartons above the standard is told."""

MOST_STEPS = 4_000_000_000
"""Additions that the chance of few shops may cost; beyond it is not worked out."""


@dataclass(slots=True)
class _Entry:
    """A row in the making; ``chances`` of each count from ``low`` on, where it was worked out."""

    clerk: str
    measure: Measure
    of: int
    count: int
    shops: int
    cartons: int | None
    top_cartons: int | None = None
    state: str = "judged"
    expected: float = 0.0
    deviation: float | None = None
    low: int = 0
    rarer: Reals | None = None
    spread: float = 1.0

    def chance(self, count: int) -> int:
        """Chance of ``count`` or more, in trillionths."""
        if self.rarer is None or count < LEAST_CASES or count <= self.low:
            return TRILLION
        place = count - self.low
        if place >= len(self.rarer):
            return 0
        return inflated(trillionths(float(self.rarer[place])), self.spread)


def judge(
    shops: pl.DataFrame,
    missing: Mapping[str, tuple[str, ...]],
    *,
    cycle: str,
    as_of: date,
    ignored: Sequence[str] = (),
    level: Fraction = LEVEL,
    least: int = LEAST,
) -> League:
    """Set every order-taker beside what chance would do.

    Parameters
    ----------
    shops : trials, as ``desk.shops_of`` gives them
    missing : by name, columns without which an indicator is not checked
    ignored : rules that the policy leaves out
    """
    entries: list[_Entry] = []
    for measure in MEASURES:
        if measure.name in missing or measure.rule in ignored:
            continue
        found = list(
            _repeats(shops, least) if measure is FEW_SHOPS else _counts(shops, measure, least)
        )
        spread = _spread(found)
        for entry in found:
            entry.spread = spread
            # Known before any count is: it follows from how many stand out in the whole city.
            told = entry.rarer is not None and entry.chance(_most(entry)) <= level * TRILLION
            if entry.state == "judged" and measure is not FEW_SHOPS and not told:
                entry.state = "no-comparison"
        entries += found
    judged = [entry for entry in entries if entry.state == "judged"]
    limit, _ = cutoff([entry.chance(entry.count) for entry in judged], level)
    rows = [_row(entry, limit) for entry in entries]
    frame = _placed(pl.DataFrame(rows, schema=FRAME, orient="row"))
    return League(
        frame=frame,
        shops=shops,
        indicators=tuple(
            _indicator(measure, missing, ignored, frame, entries) for measure in MEASURES
        ),
        cycle=cycle,
        as_of=as_of,
        level=int(level * MICRO),
        least=least,
        compared=len(judged),
        cutoff=int(limit),
    )


def _counts(shops: pl.DataFrame, measure: Measure, least: int) -> Iterator[_Entry]:
    """Every order-taker's shops that stand out, beside those dealt at random within strata."""
    cartons = pl.lit(None, pl.Int64) if measure.cartons is None else pl.col(measure.cartons)
    cells = (
        shops.filter(measure.of)
        .group_by("clerk", "stratum")
        .agg(
            pl.len().cast(pl.Int64).alias("of"),
            measure.hit.sum().cast(pl.Int64).alias("count"),
            cartons.sum().alias("cartons"),
        )
        .sort("clerk", "stratum")
    )
    city = {
        stratum: (of, count)
        for stratum, of, count in cells.group_by("stratum")
        .agg(pl.col("of", "count").sum())
        .iter_rows()
    }
    rows: Iterator[tuple[str, int, int, int, int]] = cells.iter_rows()
    for clerk, group in groupby(rows, key=itemgetter(0)):
        own = list(group)
        count = sum(row[3] for row in own)
        entry = _Entry(
            clerk=clerk,
            measure=measure,
            of=sum(row[2] for row in own),
            count=count,
            shops=count,
            cartons=None if measure.cartons is None else sum(row[4] for row in own),
        )
        deal = [(*city[stratum], of) for _, stratum, of, _, _ in own]
        entry.expected, variance = moments_drawn(deal)
        if entry.of < least:
            entry.state = "too-few"
        else:
            entry.low, chances = together(drawn(*part) for part in deal if 0 < part[1] < part[0])
            entry.low += sum(of for all_, marked, of in deal if marked == all_)
            entry.rarer = tails(chances)
            if variance > 0:
                entry.deviation = (entry.count - entry.expected) / sqrt(variance)
        yield entry


def _repeats(shops: pl.DataFrame, least: int) -> Iterator[_Entry]:
    """Lines above the standard on a shop that already had one, beside the same lines at random.

    At random among all lines on which the shop asked for more than was entered, or got more than
    the standard: a shop that never asks for more cannot be favoured.
    """
    table = shops.filter(FEW_SHOPS.of & (pl.col("above").sum().over("clerk") > 0)).select(
        "clerk", pl.max_horizontal("chances", "above"), "above", "above_cartons"
    )
    rows: Iterator[tuple[str, int, int, int]] = table.sort("clerk").iter_rows()
    for clerk, group in groupby(rows, key=itemgetter(0)):
        own = list(group)
        sizes = [row[1] for row in own]
        marked, hit = sum(row[2] for row in own), sum(row[2] > 0 for row in own)
        cartons = sorted((row[3] for row in own), reverse=True)
        entry = _Entry(
            clerk=clerk,
            measure=FEW_SHOPS,
            of=marked,
            count=marked - hit,
            shops=hit,
            cartons=sum(cartons),
            top_cartons=sum(cartons[:TOP]),
        )
        mean, variance = moments_reached(sizes, marked)
        entry.expected = marked - mean
        if len(sizes) < least or marked < LEAST_CASES:
            entry.state = "too-few"
        elif hit < mean - 1.5 * sqrt(variance):
            if marked * min(marked, len(sizes)) * sum(sizes) > MOST_STEPS:
                entry.state = "no-comparison"
            else:
                chances = few_shops(sizes, marked)[::-1]
                entry.low, entry.rarer = marked - len(chances) + 1, tails(chances)
        yield entry


def _spread(entries: Sequence[_Entry]) -> float:
    """How many times more than chance the order-takers differ from each other."""
    deviations = [entry.deviation for entry in entries if entry.deviation is not None]
    return spread_of(deviations) if len(deviations) >= MANY else 1.0


def _most(entry: _Entry) -> int:
    """The largest count that there could have been."""
    return entry.low + (0 if entry.rarer is None else len(entry.rarer) - 1)


def _row(entry: _Entry, limit: Fraction) -> tuple[object, ...]:
    judged = entry.state == "judged"
    most: int | None = None
    if judged and entry.rarer is not None:
        # Chances fall with the count: the first count that is rare enough, less one.
        counts = range(_most(entry) + 1)
        most = bisect_left(counts, True, key=lambda count: entry.chance(count) <= limit) - 1
    bare = entry.measure is FEW_SHOPS or not entry.of
    low, high = (None, None) if bare else interval(entry.count, entry.of)
    chance = entry.chance(entry.count) if judged else None
    return (
        entry.clerk,
        entry.measure.name,
        entry.state,
        entry.of,
        entry.count,
        entry.count * MICRO // entry.of if entry.of else None,
        low,
        high,
        round(entry.expected * MICRO),
        most,
        chance,
        judged and chance is not None and chance <= limit,
        None,
        None,
        entry.shops,
        entry.cartons,
        entry.top_cartons,
    )


def _placed(frame: pl.DataFrame) -> pl.DataFrame:
    """Places that the intervals leave open; order-takers with too few shops have none."""
    parts = []
    for _, rows in frame.group_by("indicator", maintain_order=True):
        stands = (rows["low"].is_not_null() & (rows["state"] != "too-few")).to_numpy()
        low, high = (np.sort(rows[name].to_numpy()[stands]) for name in ("low", "high"))
        first = 1 + len(low) - np.searchsorted(low, rows["high"].fill_null(0), side="right")
        last = len(high) - np.searchsorted(high, rows["low"].fill_null(0), side="left")
        held = pl.Series(stands)
        parts.append(
            rows.with_columns(
                first_place=pl.when(held).then(pl.Series(first, dtype=pl.Int64)),
                last_place=pl.when(held).then(pl.Series(last, dtype=pl.Int64)),
            ).sort("outside", "share", "of", "clerk", descending=[True, True, True, False])
        )
    return pl.concat(parts) if parts else frame


def _indicator(
    measure: Measure,
    missing: Mapping[str, tuple[str, ...]],
    ignored: Sequence[str],
    frame: pl.DataFrame,
    entries: Sequence[_Entry],
) -> Indicator:
    head = (measure.name, measure.rule, measure.code)
    if measure.rule in ignored:
        return Indicator(*head, "ignored")
    if measure.name in missing:
        return Indicator(*head, "not-checked", missing[measure.name])
    rows = frame.filter(pl.col("indicator") == measure.name)
    spread = next((entry.spread for entry in entries if entry.measure is measure), 1.0)
    return Indicator(
        *head,
        "checked",
        clerks=rows.height,
        judged=rows.filter(pl.col("state") == "judged").height,
        outside=int(rows["outside"].sum()),
        of=int(rows["of"].sum()),
        count=int(rows["count"].sum()),
        spread=round(spread * MICRO),
    )
