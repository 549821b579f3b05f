"""What shops truly want of released products, each cycle: given, or read from past orders.

Past orders are what was asked, and that is all they tell: a shop that wanted more than its limit
and did not say so, or stayed away because nothing was left, is unseen; one that already inflated
is taken at its word. So a simulation from past orders shows what a rule does to the demand *as it
was told*; where a better figure is known (a survey, sales at the till), give it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from allocator.errors import BadRequest
from allocator.tables.city import City
from allocator.tables.cycle_order import cycles_in_order

COLUMNS = ("source", "product_id", "retailer_id", "wanted")


def sources_of(city: City) -> tuple[str, ...]:
    """The cycles that can be repeated, earliest first: those of the supply, else of the quotas.

    Raises
    ------
    BadRequest : there are none
    """
    for table in (city.supply, city.quotas):
        if table is not None:
            known = table.frame["cycle"].drop_nulls().unique().cast(pl.String).to_list()
            if known:
                return tuple(cycles_in_order(city, known))
    raise BadRequest("cycles-no-supply")


def past_demand(city: City, sources: Sequence[str]) -> pl.DataFrame:
    """What was asked in each of the cycles: source, product_id, retailer_id str, wanted i64.

    Lines that were cancelled and make-up orders do not count; lines of one retailer, product and
    cycle are summed. Where the orders name no cycles, they are those of every one.

    Raises
    ------
    BadRequest : there are no orders of any of these cycles
    """
    if city.orders is None:
        raise BadRequest("cycles-no-orders", cycles=_shown(sources))
    asked = (
        city.orders.frame.filter(
            (pl.col("status").fill_null("") != "cancelled")
            & (pl.col("kind").fill_null("ordinary") != "make_up")
        )
        .with_columns(wanted=pl.coalesce("requested", "granted"))
        .select("cycle", "product_id", "retailer_id", "wanted")
    )
    named = asked.filter(pl.col("cycle").is_in(list(sources))).rename({"cycle": "source"})
    open_lines = asked.filter(pl.col("cycle").is_null()).drop("cycle")
    rows = pl.concat(
        [
            named.select(COLUMNS),
            _of_every(open_lines, sources).select(COLUMNS),
        ]
    )
    if rows.is_empty():
        raise BadRequest("cycles-no-orders", cycles=_shown(sources))
    return _summed(rows)


def in_lots(wanted: pl.DataFrame, city: City) -> pl.DataFrame:
    """Demand in whole lots, rounded down: parts of a lot cannot be had, nor asked for.

    Otherwise who wants 4 of a product sold in fives would gain by asking for 5.
    """
    if city.products is None:
        return wanted
    lots = city.products.frame.select("product_id", "lot")
    lot = pl.col("lot").fill_null(1)
    return (
        wanted.join(lots, on="product_id", how="left", maintain_order="left")
        .with_columns(wanted=pl.col("wanted") // lot * lot)
        .filter(pl.col("wanted") > 0)
        .drop("lot")
    )


def read_demand(path: Path) -> pl.DataFrame:
    """Demand from a file: CSV (UTF-8) or Parquet with the columns of ``given_demand``.

    Raises
    ------
    BadRequest : the file cannot be read, or is no such table
    """
    ids = dict.fromkeys(("retailer_id", "product_id", "cycle"), pl.String)
    try:
        if path.suffix.lower() == ".parquet":
            return pl.read_parquet(path)
        return pl.read_csv(path, schema_overrides=ids)
    except OSError as error:
        reason = error.strerror or str(error).partition("\n")[0].partition(": ")[0][:80]
        raise BadRequest("demand-file", path=str(path)[:200], reason=reason) from error
    except pl.exceptions.PolarsError as error:
        raise BadRequest(
            "demand-file", path=str(path)[:200], reason=type(error).__name__
        ) from error


def given_demand(frame: pl.DataFrame, city: City, sources: Sequence[str]) -> pl.DataFrame:
    """Demand that was given, checked: retailer_id, product_id, quantity; ``cycle`` may be absent.

    Raises
    ------
    BadRequest : a column is missing, a quantity is none or below 0, a retailer is unknown
    """
    missing = sorted({"retailer_id", "product_id", "quantity"} - set(frame.columns))
    if missing:
        raise BadRequest("demand-columns", columns=", ".join(missing))
    rows = frame.select(
        pl.col("cycle").cast(pl.String) if "cycle" in frame.columns else
        pl.lit(None, pl.String).alias("cycle"),
        pl.col("product_id", "retailer_id").cast(pl.String),
        pl.col("quantity").alias("wanted"),
    )  # fmt: skip
    if not rows["wanted"].dtype.is_integer():
        raise BadRequest("demand-whole", dtype=str(rows["wanted"].dtype))
    rows = rows.with_columns(pl.col("wanted").cast(pl.Int64))
    if rows.null_count().select("wanted", "retailer_id", "product_id").sum_horizontal().item():
        raise BadRequest("demand-unknown")
    if (least := int(rows["wanted"].to_numpy().min(initial=0))) < 0:
        raise BadRequest("demand-negative", least=least)
    known = city.retailers.frame["retailer_id"]
    strangers = rows.filter(~pl.col("retailer_id").is_in(known.implode()))["retailer_id"]
    if len(strangers):
        raise BadRequest(
            "demand-retailer", retailer=str(strangers.min())[:80], count=strangers.n_unique()
        )
    named = rows.filter(pl.col("cycle").is_in(list(sources))).rename({"cycle": "source"})
    open_lines = rows.filter(pl.col("cycle").is_null()).drop("cycle")
    return _summed(
        pl.concat([named.select(COLUMNS), _of_every(open_lines, sources).select(COLUMNS)])
    )


def _of_every(rows: pl.DataFrame, sources: Sequence[str]) -> pl.DataFrame:
    return rows.join(
        pl.DataFrame({"source": list(sources)}, schema={"source": pl.String}), how="cross"
    )


def _summed(rows: pl.DataFrame) -> pl.DataFrame:
    return (
        rows.group_by("source", "product_id", "retailer_id")
        .agg(pl.col("wanted").fill_null(0).sum())
        .filter(pl.col("wanted") > 0)
        .sort("source", "product_id", "retailer_id")
    )


def _shown(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
