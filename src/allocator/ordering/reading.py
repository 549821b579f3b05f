"""Reads the limits of a cycle back from the files of a run directory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from allocator.errors import BrokenRun
from allocator.ordering.limits import Band, Limits, bits, positions, standing_of

MOST_BYTES = 1 << 20
"""run.json is a page of text; anything larger is not one."""

QUOTA_COLUMNS: dict[str, type[pl.DataType]] = {
    "product_id": pl.String,
    "segment": pl.String,
    "rhythm": pl.String,
    "tier": pl.Int64,
    "base": pl.Int64,
    "seats": pl.Int64,
    "guaranteed": pl.Boolean,
}
BANDS = "bands.csv"
"""Written only where the plan has bands; run.json tells, so that none is lost unseen."""
MEMBER_COLUMNS: dict[str, type[pl.DataType]] = {
    "retailer_id": pl.String,
    "status": pl.String,
    "tier": pl.Int64,
    "segment": pl.String,
    "rhythm": pl.String,
    "due": pl.Boolean,
    "cell": pl.Int64,
}
BAND_COLUMNS: dict[str, type[pl.DataType]] = {
    "band": pl.String,
    "product_id": pl.String,
    "segment": pl.String,
    "rhythm": pl.String,
    "tier": pl.Int64,
    "at_most": pl.Int64,
}
LIMIT_COLUMNS: dict[str, type[pl.DataType]] = {
    "product_id": pl.String,
    "retailer_id": pl.String,
    "base": pl.Int64,
}
OPTIONAL = ("lot", "guaranteed")
"""Columns that a table may lack: nothing is written where every value is the default."""


class BrokenLimits(BrokenRun):
    """A run directory from which no limits can be read."""

    domain = "ordering"


def read_limits(directory: str | Path) -> Limits:
    """The limits of a run: from run.json, quotas.csv, seats.csv, bands.csv, members and lots.

    Where boundaries are smooth also from limits.csv.

    Raises
    ------
    BrokenLimits : a file is missing, cannot be read or does not fit the others
    """
    folder = Path(directory)
    head = _head(folder)
    quotas = _columns(folder, "quotas.csv", QUOTA_COLUMNS)
    quotas = quotas.with_columns(pl.col("guaranteed").fill_null(value=True))
    if sum(quotas.null_count().row(0)):
        raise BrokenLimits("limits-file-broken", file="quotas.csv")
    members = _columns(folder, "record/members.csv", MEMBER_COLUMNS).sort("retailer_id")
    turns = _columns(folder, "seats.csv", {"product_id": pl.String, "retailer_id": pl.String})
    lots = _columns(folder, "inputs/products.csv", {"product_id": pl.String, "lot": pl.Int64})
    key = ["segment", "rhythm", "tier"]
    cells = quotas.select(key).unique().sort(key).with_row_index("place")
    names = quotas["product_id"].unique().sort()
    index, retailers = positions(names), positions(members["retailer_id"])
    placed = quotas.join(cells, on=key, how="left", maintain_order="left")
    where = _places(placed["product_id"], names, "quotas.csv"), placed["place"].to_numpy()
    shape = (len(names), len(cells))
    base, seats = np.full(shape, -1, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    base[where], seats[where] = placed["base"].to_numpy(), placed["seats"].to_numpy()
    inside = members.join(cells, on=key, how="left", maintain_order="left")["place"]
    cell = np.where(members["cell"].is_null(), -1, inside.cast(pl.Int64).fill_null(-1).to_numpy())
    lot = names.to_frame().join(lots, on="product_id", how="left", maintain_order="left")
    shared = ~placed["guaranteed"].to_numpy()
    return Limits(
        cycle=str(head["cycle"]),
        retailers=retailers,
        products=index,
        standing=standing_of(members),
        cell=cell.astype(np.int32),
        cells=tuple(cells.select("tier", "segment", "rhythm").iter_rows()),
        lot=tuple(lot["lot"].fill_null(1).to_list()),
        base=tuple(map(tuple, base.tolist())),
        seats=tuple(map(tuple, seats.tolist())),
        turn=bits(
            _places(turns["product_id"], names, "seats.csv"),
            _places(turns["retailer_id"], members["retailer_id"], "seats.csv"),
            len(names),
            len(members),
        ),
        own=_own(folder, names, members["retailer_id"]) if head["boundary"] == "smooth" else (),
        bands=_bands(folder, cells, names) if BANDS in head["files"] else (),
        shared=frozenset(zip(*(at[shared].tolist() for at in where), strict=True)),
    )


def _bands(folder: Path, cells: pl.DataFrame, names: pl.Series) -> tuple[Band, ...]:
    """The bands as they stand in their file; ``cells`` with their ``place``."""
    rows = _columns(folder, BANDS, BAND_COLUMNS).join(
        cells, on=["segment", "rhythm", "tier"], how="left", maintain_order="left"
    )
    if rows["place"].null_count():
        raise BrokenLimits("limits-files-differ", file=BANDS)
    if rows["at_most"].null_count() or (rows["at_most"] < 0).any():
        raise BrokenLimits("limits-file-broken", file=BANDS)
    rows = rows.with_columns(pl.Series("product", _places(rows["product_id"], names, BANDS)))
    bands = []
    for band in rows.partition_by("band", maintain_order=True):
        most = np.full(len(cells), -1, dtype=np.int64)
        most[band["place"].to_numpy()] = band["at_most"].to_numpy()
        products = frozenset(band["product"].to_list())
        bands.append(Band(band["band"][0], products, tuple(most.tolist())))
    return tuple(bands)


def _own(folder: Path, names: pl.Series, ids: pl.Series) -> tuple[NDArray[np.int32], ...]:
    columns = _columns(folder, "limits.csv", LIMIT_COLUMNS)
    if columns["base"].null_count():
        raise BrokenLimits("limits-file-broken", file="limits.csv")
    own = np.full((len(names), len(ids)), -1, dtype=np.int32)
    product = _places(columns["product_id"], names, "limits.csv")
    own[product, _places(columns["retailer_id"], ids, "limits.csv")] = columns["base"].to_numpy()
    return tuple(own)


def _places(values: pl.Series, names: pl.Series, file: str) -> NDArray[np.int64]:
    """Position of each value in ``names``; ``BrokenLimits`` where it is not there."""
    listed = names.to_frame("name").with_row_index("place")
    found = values.to_frame("name").join(listed, on="name", how="left", maintain_order="left")
    if found["place"].null_count():
        raise BrokenLimits("limits-files-differ", file=file)
    return found["place"].to_numpy().astype(np.int64)


def _head(folder: Path) -> Mapping[str, Any]:
    """run.json: the cycle, the boundary, and which files there are."""
    path = folder / "run.json"
    try:
        if path.stat().st_size <= MOST_BYTES:
            head = json.loads(path.read_bytes())
            boundary = head.get("boundary", "step")
            return {"cycle": head["cycle"], "boundary": boundary, "files": dict(head["files"])}
    except OSError:
        raise BrokenLimits("limits-file-missing", file="run.json") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    raise BrokenLimits("limits-file-broken", file="run.json")


def _columns(folder: Path, name: str, schema: Mapping[str, type[pl.DataType]]) -> pl.DataFrame:
    """Some columns of a file of the run as it was written, the others left unread.

    The file may be without the columns of ``OPTIONAL``, and products may be unknown altogether.
    """
    path = folder / name
    if not path.is_file():
        if name == "inputs/products.csv":
            return pl.DataFrame(schema=dict(schema))
        raise BrokenLimits("limits-file-missing", file=name)
    try:
        lines = pl.scan_csv(path, infer_schema=False)
        present = lines.collect_schema().names()
        return lines.select(
            _plain(column, dtype)
            if column in present or column not in OPTIONAL
            else pl.lit(None, dtype).alias(column)
            for column, dtype in schema.items()
        ).collect()
    except (pl.exceptions.PolarsError, OSError):
        raise BrokenLimits("limits-file-broken", file=name) from None


def _plain(column: str, dtype: type[pl.DataType]) -> pl.Expr:
    """A cell without the apostrophe that keeps spreadsheets from running it."""
    if dtype == pl.String:
        return pl.col(column).fill_null("").str.replace(r"^'([=+\-@\t\r].*)$", "$1")
    if dtype == pl.Boolean:
        return pl.col(column) == "true"
    return pl.col(column).cast(dtype)
