"""The sanctions table: what is in force on a day, and which months are exempt.

A row of kind ``demote``, ``cap`` or ``suspend`` is in force from its first day to its last, both
included; a day that is missing leaves that side open. An ``exempt_month`` row names a month, or
by its days the time of the matter; every unit of the window that it touches is left out.

Several rows at once: demotions add up, of caps the lowest counts. A row that says the same as
another is counted once. A row that cannot be followed as it stands is refused, and so is a kind
that the policy does not name: neither is ever passed over in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from allocator.errors import BadTable, Refusal
from allocator.grading.exact import Units
from allocator.grading.movement import NOBODY
from allocator.grading.refusals import SHOWN, Warnings
from allocator.grading.window import Window
from allocator.policy.fields import MAX_TIERS
from allocator.policy.movement_models import SanctionRules
from allocator.records import Flags
from allocator.tables.city import City, Table
from allocator.tables.dates import month_of
from allocator.tables.source import printable
from allocator.tables.values import tier_of

KINDS: Final = ("demote", "cap", "suspend", "exempt_month")

_SAME: Final = ["retailer_id", "kind", "value", "from", "until", "source"]


@dataclass(frozen=True, slots=True, eq=False)
class InForce:
    """Sanctions of n retailers on a day.

    down : (n,) int64, tiers to lower; cap : (n,) int64, highest tier, ``NOBODY`` = none
    stopped : (n,) bool, receives nothing
    """

    down: Units
    cap: Units
    stopped: Flags

    @property
    def any(self) -> Flags:
        """Who is under a sanction."""
        under: Flags = (self.down > 0) | (self.cap != NOBODY) | self.stopped
        return under


def in_force(
    city: City,
    names: pl.Series,
    rules: SanctionRules | None,
    on: date,
    tiers: int,
    window: tuple[date, date] | None,
) -> tuple[InForce, Warnings]:
    """What the sanctions table says of the retailers ``names`` on a day.

    Parameters
    ----------
    rules : of the policy; ``None`` = it says nothing of sanctions, so none is followed
    window : first and last day of the sales that count, ``None`` = no sales are looked at

    Raises
    ------
    BadTable : a row in force cannot be followed, or the policy does not name its kind
    """
    n = len(names)
    nothing = InForce(np.zeros(n, np.int64), np.full(n, NOBODY, np.int64), np.zeros(n, bool))
    if city.sanctions is None:
        return nothing, []
    told = _told(city.sanctions, on, window)
    if rules is None:
        facts: dict[str, str | int] = {"rows": len(told)}
        return nothing, [("grading-sanctions-not-followed", facts)] if len(told) else []
    rows = told.unique(_SAME, keep="first", maintain_order=True)
    rows = rows.with_columns(number=_number(rows, rules))
    _refuse(city.sanctions, rows, _faults(rules, tiers))
    by_shop = rows.group_by("retailer_id").agg(
        pl.col("number").filter(pl.col("kind") == "demote").sum().alias("down"),
        pl.col("number").filter(pl.col("kind") == "cap").min().alias("cap"),
        (pl.col("kind") == "suspend").any().alias("stopped"),
    )
    mine = names.to_frame("retailer_id").join(
        by_shop, on="retailer_id", how="left", maintain_order="left"
    )
    found = InForce(
        down=mine["down"].fill_null(0).clip(0, MAX_TIERS).to_numpy(),
        cap=mine["cap"].fill_null(NOBODY).to_numpy(),
        stopped=mine["stopped"].fill_null(value=False).to_numpy(),
    )
    warnings: Warnings = []
    if twice := len(told) - len(rows):
        warnings.append(("grading-sanctions-twice", {"rows": twice}))
    if without := rows["source"].null_count():
        warnings.append(("grading-sanctions-without-source", {"rows": without}))
    return found, warnings


def exempt_spans(city: City, rules: SanctionRules | None) -> pl.DataFrame:
    """Days that do not count, one row each: retailer_id, first, last (null: still going on).

    Raises
    ------
    BadTable : a row names no month
    """
    if city.sanctions is None or rules is None or rules.exempt_month is None:
        schema = {"retailer_id": pl.String(), "first": pl.Date(), "last": pl.Date()}
        return pl.DataFrame(schema=schema)
    rows = _spanned(city.sanctions).filter(kind="exempt_month")
    named = pl.col("value").is_not_null()
    outside = (pl.col("from") > pl.col("last")) | (pl.col("until") < pl.col("first"))
    fault = (
        pl.when(pl.col("from") > pl.col("until")).then(pl.lit("sanction-dates"))
        .when(named & pl.col("first").is_null()).then(pl.lit("sanction-month-unusable"))
        .when(pl.col("first").is_null()).then(pl.lit("sanction-month-missing"))
        .when(named & outside.fill_null(value=False)).then(pl.lit("sanction-month-outside"))
    )  # fmt: skip
    _refuse(city.sanctions, rows, fault)
    return rows.select("retailer_id", "first", "last")


def exempted(city: City, rules: SanctionRules | None, window: Window) -> pl.DataFrame:
    """The units of the window that hardship takes out, as ``touches.TOUCHED``: no cartons given.

    A unit is out where any day of it is exempt.
    """
    spans = exempt_spans(city, rules)
    units = pl.DataFrame(
        {
            "unit": [unit.first for unit in window.units],
            "to": [unit.last for unit in window.units],
        },
        schema={"unit": pl.Date(), "to": pl.Date()},
    )
    touching = (pl.col("first") <= pl.col("to")) & (
        pl.col("last").is_null() | (pl.col("unit") <= pl.col("last"))
    )
    return (
        spans.join(units, how="cross")
        .filter(touching)
        .select("retailer_id", "unit", pl.lit(None, pl.Int64()).alias("cartons"))
        .unique()
        .sort("retailer_id", "unit")
    )


def _spanned(table: Table) -> pl.DataFrame:
    """The rows with the days they are about: ``first`` and ``last``, null = open.

    Those of the month that an ``exempt_month`` row names, else ``from`` and ``until``.
    """
    rows = table.frame.sort("row")
    month = pl.when(kind="exempt_month").then(month_of(rows["value"]))
    named = pl.col("value").is_not_null() & (pl.col("kind") == "exempt_month")
    return rows.with_columns(
        first=pl.when(named).then(month).otherwise("from"),
        last=pl.when(named).then(month.dt.month_end()).otherwise("until"),
    )


def _told(table: Table, on: date, window: tuple[date, date] | None) -> pl.DataFrame:
    """The rows that are in force on a day, and the exempt months that touch the window.

    A row that ends before it begins is among them: nobody can say when it is in force.
    """
    since, to = (on, on) if window is None else window
    exempt = pl.col("kind") == "exempt_month"
    begun = pl.col("first") <= pl.when(exempt).then(to).otherwise(on)
    going = pl.col("last") >= pl.when(exempt).then(since).otherwise(on)
    backwards = (pl.col("from") > pl.col("until")).fill_null(value=False)
    now = begun.fill_null(value=True) & going.fill_null(value=True)
    looked_at = pl.lit(window is not None) | ~exempt
    return _spanned(table).filter(looked_at & (now | backwards))


def _ruled(rules: SanctionRules) -> pl.Expr:
    """The tiers that the policy gives all rows of a kind; null where it leaves them to the row."""
    demote = None if rules.demote is None else rules.demote.tiers
    cap = None if rules.cap is None else rules.cap.tier
    return (
        pl.when(kind="demote").then(pl.lit(demote, pl.Int64))
        .when(kind="cap").then(pl.lit(cap, pl.Int64))
    )  # fmt: skip


def _number(rows: pl.DataFrame, rules: SanctionRules) -> pl.Series:
    """The tiers of each row: of its value, else of the policy; null where neither says it."""
    written = tier_of(rows["value"].str.strip_chars().str.replace(r"^[降下]\s*", ""))
    number = pl.when(pl.col("value").is_null()).then(_ruled(rules)).otherwise(written)
    counted = pl.col("kind").is_in(["demote", "cap"])
    return rows.select(pl.when(counted).then(number).cast(pl.Int64)).to_series()


def _faults(rules: SanctionRules, tiers: int) -> pl.Expr:
    """The code of what is wrong with a row, null where nothing is."""
    allowed = [kind for kind in KINDS if getattr(rules, kind) is not None]
    counted = pl.col("kind").is_in(["demote", "cap"])
    number, named = pl.col("number"), pl.col("value").is_not_null()
    most = pl.when(kind="cap").then(tiers).otherwise(MAX_TIERS)
    return (
        pl.when(pl.col("from") > pl.col("until")).then(pl.lit("sanction-dates"))
        .when(~pl.col("kind").is_in(allowed)).then(pl.lit("sanction-not-allowed"))
        .when(counted & ~named & number.is_null()).then(pl.lit("sanction-value-missing"))
        .when(counted & (number.is_null() | (number < 1))).then(pl.lit("sanction-value-unusable"))
        .when(counted & (number > most)).then(pl.lit("sanction-tier-above"))
        .when(counted & (number != _ruled(rules))).then(pl.lit("sanction-value-differs"))
    )  # fmt: skip


def _refuse(table: Table, rows: pl.DataFrame, fault: pl.Expr) -> None:
    """Refuse the table for the rows with a fault; the first of them are listed."""
    faulty = rows.with_columns(fault=fault).filter(pl.col("fault").is_not_null()).sort("row")
    if faulty.is_empty():
        return
    refusals = [
        Refusal(
            row["fault"],
            file=table.file,
            sheet=table.sheet,
            row=int(row["row"]),
            column="kind" if row["fault"] == "sanction-not-allowed" else "value",
            value=None if row["value"] is None else printable(row["value"]),
            facts={"kind": row["kind"], "from": row["from"], "until": row["until"]},
        )
        for row in faulty.head(SHOWN).iter_rows(named=True)
    ]
    raise BadTable("grading-sanctions-unusable", refusals, rows=len(faulty))
