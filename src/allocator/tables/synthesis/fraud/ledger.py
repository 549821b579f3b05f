"""The orders while departures are planted in them, and the record of what was planted where."""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from allocator.records import Flags
from allocator.tables.synthesis.draws import stream
from allocator.tables.synthesis.fraud.ground import Ground

TRUTH: dict[str, pl.DataType] = {
    "plant": pl.String(),
    "rule": pl.String(),
    "subject_id": pl.String(),
    "product_id": pl.String(),
    "order_id": pl.String(),
    "line": pl.List(pl.Int64()),
    "why": pl.String(),
}
"""What must be found: by which rule, about whom, on which lines, and what was done."""


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """A city in the making.

    lines : order lines of the cycle that is audited; past : of those before, as
        ``book.honest_lines`` makes them, each with its number ``line``
    retailers : dated rows, with ``shop``
    used : (n,) bool, shops that are part of a departure; nobody is part of two
    truth : TRUTH
    wanted : departures of each kind
    """

    ground: Ground
    seed: int
    wanted: int
    lines: pl.DataFrame
    past: pl.DataFrame
    retailers: pl.DataFrame
    used: Flags
    truth: pl.DataFrame

    @property
    def free(self) -> pl.DataFrame:
        """Lines that count, of shops that are in no departure, ordinary orders only."""
        untouched = pl.Series(~self.used).gather(self.lines["shop"].cast(pl.UInt32))
        return self.lines.filter(
            untouched & (pl.col("status") != "cancelled") & (pl.col("kind") == "ordinary")
        )


def one_a_shop(ledger: Ledger, candidates: pl.DataFrame, purpose: str, count: int) -> pl.DataFrame:
    """So many of the candidates, each of another shop, drawn by the seed."""
    rng = stream(ledger.seed, f"plant {purpose}")
    luck = pl.Series(rng.random(len(candidates)))
    return (
        candidates.with_columns(luck=luck)
        .sort("luck")
        .unique("shop", keep="first", maintain_order=True)
        .head(count)
        .drop("luck")
    )


def taken(ledger: Ledger, shops: pl.Series) -> Ledger:
    """The ledger with those shops marked as part of a departure."""
    used = ledger.used.copy()
    used[shops.to_numpy()] = True
    return replace(ledger, used=used)


def entered(ledger: Ledger, changes: pl.DataFrame) -> Ledger:
    """The lines with other values: ``changes`` holds ``line`` and any columns of the lines.

    Null keeps what stands.
    """
    columns = [name for name in changes.columns if name in ledger.lines.columns]
    dtypes = pl.Schema({name: ledger.lines.schema[name] for name in columns})
    lines = ledger.lines.update(changes.select(columns).cast(dtypes), on="line", how="left")
    return replace(ledger, lines=lines)


def added(ledger: Ledger, rows: pl.DataFrame) -> Ledger:
    """The ledger with further lines of the audited cycle, like others but for what was changed."""
    first = next_line(ledger)
    rows = rows.with_columns(line=pl.int_range(first, first + len(rows), dtype=pl.Int64))
    return replace(ledger, lines=pl.concat([ledger.lines, rows.select(ledger.lines.columns)]))


def blanked(ledger: Ledger, lines: pl.Series, *columns: str) -> Ledger:
    """The ledger with nothing in those columns of those lines."""
    chosen = pl.col("line").is_in(lines.implode())
    gone = [pl.when(~chosen).then(name).alias(name) for name in columns]
    return replace(ledger, lines=ledger.lines.with_columns(gone))


def whole_orders(ledger: Ledger, shops: pl.Series) -> pl.DataFrame:
    """All lines that count of the ordinary orders of some shops; each has one."""
    counts = (pl.col("status") != "cancelled") & (pl.col("kind") == "ordinary")
    return ledger.lines.filter(counts & pl.col("shop").is_in(shops.implode()))


def shifted(lines: pl.DataFrame, seconds: pl.Series) -> pl.DataFrame:
    """Orders at another time: the call, the payment and the delivery come with them."""
    by = pl.duration(seconds=pl.lit(seconds))
    moments = ("ordered_at", "called_at", "changed_at", "paid_at", "delivered_at")
    return lines.with_columns((pl.col(name) + by).alias(name) for name in moments)


def told_orders(
    ledger: Ledger,
    plant: str,
    rule: str,
    lines: pl.DataFrame,
    *,
    why: str,
    subject: str = "order_id",
) -> Ledger:
    """The ledger with one finding for each order: all its lines with cartons."""
    held = lines.filter(pl.col("granted") > 0)
    orders = held.group_by("order_id", "retailer_id").agg(pl.col("line").sort()).sort("order_id")
    return told(ledger, plant, rule, orders, subject=subject, why=why)


def next_line(ledger: Ledger) -> int:
    """The first number that no line has."""
    tops = [frame["line"].max() for frame in (ledger.lines, ledger.past) if len(frame)]
    return 1 + max((int(top) for top in tops if isinstance(top, int)), default=-1)


def told(
    ledger: Ledger,
    plant: str,
    rule: str,
    rows: pl.DataFrame,
    *,
    subject: str,
    why: str,
    product: bool = False,
) -> Ledger:
    """The ledger with what the rule must find: one entry per row.

    rows : ``line`` (a number or a list of numbers; absent: the finding stands on no order line),
        order_id, product_id and the column named ``subject``
    """
    line = pl.lit(None, pl.List(pl.Int64))
    if "line" in rows.columns:
        line = pl.col("line")
        if rows.schema["line"] != pl.List(pl.Int64):
            line = pl.concat_list(line.cast(pl.Int64))
    absent = pl.lit(None, pl.String)
    entries = rows.select(
        pl.lit(plant).alias("plant"),
        pl.lit(rule).alias("rule"),
        pl.col(subject).cast(pl.String).alias("subject_id"),
        (pl.col("product_id") if product else absent).alias("product_id"),
        (pl.col("order_id") if "order_id" in rows.columns else absent).alias("order_id"),
        line.alias("line"),
        pl.lit(why).alias("why"),
    )
    return replace(ledger, truth=pl.concat([ledger.truth, entries]))
