"""What each retailer sold in the window: its units, weighted and added up.

Each retailer has the units of the window less those taken out (``touches``), and with
``missing_month: exclude`` less those in which it sold nothing at all.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from allocator.errors import BadRequest
from allocator.grading.kept import KeptSales
from allocator.grading.refusals import MOST, Warnings
from allocator.grading.touches import replaced, settled
from allocator.grading.window import Window


def window_sums(
    kept: KeptSales, window: Window, touched: pl.DataFrame, *, missing_excluded: bool
) -> tuple[pl.DataFrame, Warnings]:
    """Sums per retailer that sold anything in the window, or of which a unit is taken out.

    Parameters
    ----------
    kept : sums per retailer and unit, of this window at least
    touched : columns ``touches.TOUCHED``
    missing_excluded : whether units without a sale are left out instead of counting as zero

    Returns
    -------
    sums : retailer_id str; the sums of ``kept``, each unit times its weight; ``weight``: sum of
        the weights of the retailer's units; ``units``: how many those are before units without a
        sale are left out; ``months``: in how many of them it has any sale, also an excluded one;
        product_count where products are counted; all i64
    warnings : units of the window in which nobody sold anything

    Raises
    ------
    BadRequest : nobody sold anything in the whole window; figures too large to add up
    """
    warnings = _empty_units(kept, window)
    weights = pl.DataFrame(
        {"unit": [u.first for u in window.units], "w": [u.weight for u in window.units]},
        schema={"unit": pl.Date(), "w": pl.Int64()},
    )
    frame = kept.frame.join(weights, on="unit", how="inner")
    names = [name for name in kept.frame.columns if name not in ("retailer_id", "unit")]
    lots = kept.lots
    out = pl.DataFrame(schema={"retailer_id": pl.String(), "less": pl.Int64(), "fewer": pl.Int64()})
    if touched.height:
        place = ["retailer_id", "unit"]
        once = settled(touched).join(weights, on="unit", how="inner")
        gone = once.filter("out")
        out = gone.group_by("retailer_id").agg(
            pl.col("w").sum().alias("less"), pl.len().cast(pl.Int64).alias("fewer")
        )
        frame = frame.join(gone, on=place, how="anti")
        frame = frame.join(once.select(*place, "cartons"), on=place, how="left")
        frame = replaced(frame, [name for name in names if name != "quantity"])
        if lots is not None:
            lots = lots.join(gone, on=place, how="anti")
    return _added(frame, names, lots, out, window, missing_excluded), warnings


def _added(
    frame: pl.DataFrame,
    names: Sequence[str],
    lots: pl.DataFrame | None,
    out: pl.DataFrame,
    window: Window,
    missing_excluded: bool,
) -> pl.DataFrame:
    """The units of each retailer added up, and how many they are."""
    total = sum(unit.weight for unit in window.units)
    largest = max((abs(end) for name in names for end in _ends(frame[name])), default=0)
    if largest * total >= MOST:
        raise BadRequest("grading-sales-too-large", rows=total, largest=largest)
    sums = frame.group_by("retailer_id").agg(
        *((pl.col(name) * pl.col("w")).sum() for name in names),
        pl.col("w").sum().alias("weight"),
        pl.len().cast(pl.Int64).alias("months"),
    )
    sums = _joined(sums, out).with_columns(
        (len(window.units) - pl.col("fewer")).alias("units"),
        *([] if missing_excluded else [(total - pl.col("less")).alias("weight")]),
    )
    if lots is not None:
        inside = lots.filter(pl.col("unit").is_in([unit.first for unit in window.units]))
        sums = _joined(sums, _product_counts(inside))
    return sums.drop("less", "fewer")


def _ends(values: pl.Series) -> tuple[int, int]:
    known = values.drop_nulls().to_numpy()
    return (int(known.min()), int(known.max())) if len(known) else (0, 0)


def _joined(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """All retailers of both sides; what one side does not know is 0."""
    both = left.join(right, on="retailer_id", how="full", coalesce=True)
    return both.with_columns(pl.exclude("retailer_id").fill_null(0))


def _product_counts(lots: pl.DataFrame) -> pl.DataFrame:
    """Products of which more was sold than returned, per retailer."""
    each = lots.group_by("retailer_id", "product_id").agg(pl.col("quantity").sum())
    return (
        each.filter(pl.col("quantity") > 0)
        .group_by("retailer_id")
        .agg(pl.len().cast(pl.Int64).alias("product_count"))
    )


def _empty_units(kept: KeptSales, window: Window) -> Warnings:
    """Units in which nobody sold anything; all of them: nothing can be graded.

    Single days are not told: there are Sundays.
    """
    present = set(kept.frame["unit"].unique())
    missing = [unit for unit in window.units if unit.first not in present]
    if len(missing) == len(window.units):
        first, last = kept.known or (None, None)
        raise BadRequest(
            "grading-window-without-sales",
            first=window.names()[0],
            last=window.names()[-1],
            known_first=f"{first:%Y-%m}" if first else "-",
            known_last=f"{last:%Y-%m}" if last else "-",
        )
    if not missing or window.kind == "days":
        return []
    code = f"grading-{window.kind}-without-sales"
    return [(code, {window.kind: ", ".join(unit.name for unit in missing)})]
