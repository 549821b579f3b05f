"""An order far above what equals order."""

from __future__ import annotations

from math import exp

import narwhals as nw
import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.history import ASKED, MOST_LINE
from allocator.auditing.rule import Outcome, Rule, tally

LOG_UNIT = 1_000
"""Logarithms are whole thousandths, so that every engine decides alike."""

LEAST_SCATTER = 150
"""(thousandths of a logarithm: about 15 %) equals are never taken to be closer than that."""

TO_SIGMA = 14_826
"""(ten-thousandths) the MAD of a normal distribution times this is its standard deviation."""


def beyond_peers(case: Case) -> Outcome:
    """A shop asked for far more than the other shops of its tier and segment.

    What it finds
    -------------
    Shops whose cartons asked in the cycle lie above the median of their tier, segment and rhythm
    by more than ``audit.thresholds.spread`` (three) times the usual scatter, where at least
    ``least_peers`` (20) shops of the group ordered, and at least ``least_cartons``. Computed on
    logarithms; the scatter is 1.4826 times the median absolute deviation, and never below 15 %.

    Why it matters
    --------------
    Mean plus or minus three sigma within city and tier is what inspection systems use; median and
    MAD do the same and cannot be moved by the very shops that are looked for (Leys et al. 2013).

    Example
    -------
    R17 asked for 260 cartons; the middle shop of the 64 of tier 17 asked for 31.

    What to do
    ----------
    Look at the shop's earlier orders and its sales: does it sell that much?

    Known limits
    ------------
    On ordinary orders (Iowa, scarce products, August to October 2021) it flags 13 of the 1,448
    shops that ordered, 1 %. Says nothing of shops that ask for little. In a tier whose shops differ
    much by nature few are found. Ordinary causes: a tier that no longer fits, a shop that asks for
    everything because it gets little.
    """
    limits = case.policy.thresholds
    lines = case.lines.filter(~nw.col("i").is_null(), ~nw.col("cell").is_null())
    shops = (
        lines.group_by("i", "cell")
        .agg(
            ASKED.clip(0, MOST_LINE).sum().alias("observed"),
            nw.col("tier").min(),
            nw.len().cast(nw.Int64).alias("lines"),
        )
        .filter(nw.col("observed") > 0)
        .with_columns(
            (nw.col("observed").cast(nw.Float64).log() * LOG_UNIT)
            .round(0)
            .cast(nw.Int64)
            .alias("log")
        )
    )
    shops = case.engine.keep(shops)
    middles = (
        shops.group_by("cell")
        .agg(nw.col("log").median().alias("median"), nw.len().cast(nw.Int64).alias("retailers"))
        .with_columns((2 * nw.col("median")).round(0).cast(nw.Int64).alias("middle"))
        .select("cell", "retailers", "middle")
    )
    # In halves of a thousandth, then quarters: medians of even groups lie between two values.
    apart = (2 * nw.col("log") - nw.col("middle")).alias("apart")
    beside = case.engine.keep(
        shops.join(middles, on="cell")
        .with_columns(apart)
        .with_columns(nw.col("apart").abs().alias("distance"))
    )
    scatters = (
        beside.group_by("cell")
        .agg(nw.col("distance").median().alias("median"))
        .select("cell", (2 * nw.col("median")).round(0).cast(nw.Int64).alias("mad"))
    )
    scatter = nw.max_horizontal(
        nw.col("mad") * TO_SIGMA // 10_000, nw.lit(4 * LEAST_SCATTER, nw.Int64)
    )
    large = nw.col("retailers") >= limits.least_peers
    times = int(limits.spread * LOG_UNIT)
    judged = beside.join(scatters, on="cell").with_columns(scatter.alias("scatter"))
    found = judged.filter(
        large,
        2 * nw.col("apart") * LOG_UNIT > nw.col("scatter") * times,
        nw.col("observed") >= limits.least_cartons,
    ).select(
        "i",
        "cell",
        "tier",
        "retailers",
        "observed",
        "middle",
        (nw.col("scatter") * times // LOG_UNIT).alias("reach"),
        nw.lit("beyond-peers").alias("message"),
    )
    segments = pl.Series(case.plan.cells.segment, dtype=pl.String)
    return Outcome(
        found,
        ("i",),
        tally(beside, large, lines="lines"),
        tell=lambda found, _: _told(found, segments),
    )


def _told(found: pl.DataFrame, segments: pl.Series) -> pl.DataFrame:
    """The segment, and back from logarithms: the middle order, the most that is ordinary."""
    segment = segments.gather(found["cell"])
    pairs = list(found.select("middle", "reach").iter_rows())
    usual = [round(exp(middle / 2 / LOG_UNIT)) for middle, _ in pairs]
    limit = [int(exp((middle / 2 + reach / 4) / LOG_UNIT)) for middle, reach in pairs]
    return found.with_columns(
        pl.Series("usual", usual, pl.Int64),
        pl.Series("limit", limit, pl.Int64),
        pl.when(segment != "").then(segment).alias("segment"),
    ).drop("middle", "reach")


BEYOND_PEERS = Rule(
    name="beyond-peers",
    code="A14",
    kind="alert",
    severity="low",
    subject="retailer_id",
    unit="cartons",
    policy="audit.thresholds.spread",
    find=beyond_peers,
    wants=("requested", "clerk"),
)
