"""Equal baskets side by side."""

from __future__ import annotations

import narwhals as nw
import polars as pl

from allocator.auditing.baskets import SAME, orders_with_baskets, timed
from allocator.auditing.case import Case
from allocator.auditing.engine import Frame
from allocator.auditing.evidence import JOINT
from allocator.auditing.rule import Outcome, Rule, tally


def neighbour_pattern(case: Case) -> Outcome:
    """Several shops ordered exactly the same basket in the same minute or from one device.

    What it finds
    -------------
    Baskets of ``audit.thresholds.basket_lines`` (three) lines or more, the same products and the
    same cartons asked, that two or more shops ordered in one minute or from one device, where
    fewer other shops ordered that basket at other times. One finding for each basket.

    Why it matters
    --------------
    One person who orders for several shops repeats himself: same minute, same device, same
    basket.

    Example
    -------
    R17, R42 and R43 ordered the same 9 products, 31 cartons each, at 10:14.

    What to do
    ----------
    Ask each shop what it ordered and who pressed the button; compare phones and accounts.

    Known limits
    ------------
    A short basket that many shops order (everybody takes what is scarce) is set aside by the
    count of other shops, not by its likelihood. Orders without a time of day are compared by
    device alone. Ordinary causes: brothers who order together, a standing order of a chain, an
    order system that releases a queue.
    """
    orders = orders_with_baskets(case)
    judged = orders.filter(nw.col("items") >= case.policy.thresholds.basket_lines)
    judged = case.engine.keep(judged)
    clocked = timed(judged).with_columns((nw.col("second") // 60).alias("minute"))
    by_minute = _together(clocked, "day", "minute")
    own = judged.filter(~nw.col("device").is_null(), nw.col("c").is_null())
    by_device = _together(own, "device")
    linked = nw.concat([by_minute, by_device], how="vertical").unique()
    baskets = linked.group_by(*SAME).agg(nw.len().cast(nw.Int64).alias("retailers"))
    everybody = judged.select("i", *SAME).unique().group_by(*SAME)
    held = everybody.agg(nw.len().cast(nw.Int64).alias("holders"))
    devices = by_device.group_by(*SAME).agg(nw.len().cast(nw.Int64).alias("by_device"))
    found = (
        baskets.join(held, on=list(SAME))
        .filter(nw.col("holders") - nw.col("retailers") < nw.col("retailers"))
        .join(devices, on=list(SAME), how="left")
        .select(
            *SAME,
            "retailers",
            nw.col("cartons").alias("observed"),
            nw.col("items").alias("kinds"),
            (nw.col("holders") - nw.col("retailers")).alias("elsewhere"),
            nw.when(nw.col("by_device").is_null())
            .then(nw.lit("neighbour-pattern"))
            .otherwise(nw.lit("neighbour-pattern-device"))
            .alias("message"),
        )
    )
    concerned = judged.join(linked, on=["i", *SAME], how="semi").select("i", "o", *SAME)
    lines = case.lines.join(concerned, on=["i", "o"])
    return Outcome(found, SAME, tally(judged, lines="items"), lines=lines, tell=_tell)


def _together(orders: Frame, *by: str) -> Frame:
    """Shops whose basket another shop ordered in the same ``by``: i and the basket."""
    keys = (*SAME, *by)
    groups = orders.group_by(*keys).agg(
        nw.col("i").min().alias("least"), nw.col("i").max().alias("most")
    )
    several = groups.filter(nw.col("least") != nw.col("most"))
    return orders.join(several, on=list(keys), how="semi").select("i", *SAME).unique()


def _tell(found: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    shops = (
        lines.group_by(*SAME)
        .agg(pl.col("retailer_id").unique().sort().alias("shops"))
        .select(
            *SAME,
            pl.col("shops").list.first().alias("retailer_id"),
            pl.col("shops").list.slice(1).list.join(JOINT).alias("others"),
        )
    )
    return (
        found.drop("retailer_id", strict=False)
        .join(shops, on=SAME, how="left")
        .drop("items", "cartons")
    )


NEIGHBOUR_PATTERN = Rule(
    name="neighbour-pattern",
    code="A13",
    kind="alert",
    severity="medium",
    subject="retailer_id",
    unit="cartons",
    policy="audit.thresholds.basket_lines",
    find=neighbour_pattern,
    wants=("device",),
)
