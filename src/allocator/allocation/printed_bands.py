"""Band totals as they were published beside a quota table (价位段限量)."""

from __future__ import annotations

import numpy as np
import polars as pl

from allocator.errors import BadRequest
from allocator.records import Cells, JointLimit
from allocator.tables.city import City
from allocator.tables.source import printable

PLACE = ("tier", "segment", "rhythm")


def printed_bands(
    city: City, cycle: str, product: tuple[str, ...], cells: Cells
) -> tuple[JointLimit, ...]:
    """The bands of the table ``bands`` for a cycle, by name.

    A row without a segment or rhythm holds for all; one that names it goes before. A tier without
    a row has no total. Products that are not released are left out.

    Raises
    ------
    BadRequest : one band has two totals for the same retailers
    """
    if city.bands is None:
        return ()
    frame = city.bands.frame
    rows = frame.filter(pl.col("cycle").is_null() | (pl.col("cycle") == cycle))
    known = {name: p for p, name in enumerate(product)}
    found = []
    for name in rows["band"].unique().sort().to_list():
        own = rows.filter(pl.col("band") == name)
        lines = sorted(known[one] for one in set(own["product_id"].to_list()) & set(product))
        most = _most(name, own, cells)
        if lines and (most >= 0).any():
            found.append(JointLimit(name, np.array(lines, np.int32), most))
    return tuple(found)


def _most(name: str, rows: pl.DataFrame, cells: Cells) -> np.ndarray:
    """Cartons together for a retailer of each cell, (C,) int64; -1 = no total."""
    totals = rows.group_by(*PLACE).agg(
        pl.col("at_most").min().alias("least"), pl.col("at_most").max().alias("most")
    )
    said = pl.sum_horizontal(pl.col("segment", "rhythm").is_not_null().cast(pl.Int64))
    totals = totals.with_columns(said.alias("said")).sort("said", *PLACE, nulls_last=False)
    most = np.full(len(cells.tier), -1, np.int64)
    segment, rhythm = np.array(cells.segment), np.array(cells.rhythm)
    for row in totals.iter_rows(named=True):
        if row["least"] != row["most"]:
            facts = {"tier": row["tier"], "least": row["least"], "most": row["most"]}
            raise BadRequest("band-totals-differ", band=printable(name), **facts)
        reached = cells.tier == row["tier"]
        if row["segment"] is not None:
            reached = reached & (segment == row["segment"])
        if row["rhythm"] is not None:
            reached = reached & (rhythm == row["rhythm"])
        most[reached] = row["most"]
    return most
