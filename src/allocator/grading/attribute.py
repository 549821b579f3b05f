"""Tiers by what a shop is (business format, market, ...), without sales."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from allocator.errors import BadRequest, BadTable, Refusal
from allocator.grading import roll, sheet
from allocator.grading.exact import Units
from allocator.grading.movement import NOBODY
from allocator.grading.newcomers import unmeasured
from allocator.grading.refusals import SHOWN, Warnings
from allocator.grading.settling import settle
from allocator.policy.grading_models import GradingPolicy
from allocator.records import Grading, TierLimits
from allocator.tables.city import City

_NONE: Final = -1


def grade_by_attribute(city: City, policy: GradingPolicy, on: date) -> Grading:
    """The tier of each retailer by one of its attributes; newcomers have their starting tier.

    Raises
    ------
    BadTable : the retailers table has no such column, or values in it that the policy does not
        name, and the policy does not say what holds otherwise
    """
    by = policy.tiers.by
    named = {} if by is None else by.named()
    if by is None or len(named) != 1:
        raise BadRequest("grading-needs-rule")
    ((attribute, values),) = named.items()
    otherwise = _NONE if by.otherwise is None else by.otherwise
    if attribute not in city.retailers.columns:
        _refuse_column(city, attribute)
    members = roll.members(city, on)
    tiers = _tiers(members[attribute], values, otherwise)
    closed = (members["status"] == "closed").to_numpy()
    new, start = roll.newcomers_among(members, policy.newcomers, on)
    _refuse_unnamed(city, members.filter(pl.Series((tiers < 0) & ~closed & ~new)), attribute)
    settled, told = settle(
        city,
        policy,
        members,
        on,
        raw=np.where(closed, NOBODY, np.where(new, start, tiers)),
        moving=~(closed | new),
    )
    table = sheet.by_attribute(members, tiers, settled, closed=closed, new=new)
    return replace(
        sheet.unscored(table, on, policy.tiers.count, "by"),
        warnings=(
            *told,
            *unmeasured(members, policy.newcomers, new),
            *roll.undated(members, policy.newcomers),
            *_unused(members.filter(~pl.Series(closed))[attribute], attribute, values),
        ),
        limits=TierLimits(
            np.zeros(0, np.int64), attribute=attribute, values=values, otherwise=otherwise
        ),
        moving=policy.moving,
    )


def _tiers(column: pl.Series, values: dict[str, int], otherwise: int) -> Units:
    """(n,) int64; -1 where the policy names no tier."""
    known = pl.Series(list(values), dtype=pl.String)
    found = pl.DataFrame({"value": known, "tier": pl.Series(list(values.values()), dtype=pl.Int64)})
    asked = pl.DataFrame({"value": column.cast(pl.String)})
    joined = asked.join(found, on="value", how="left", maintain_order="left")
    return joined["tier"].fill_null(otherwise).to_numpy()


def _refuse_column(city: City, attribute: str) -> None:
    path = f"grading.tiers.by.{attribute}"
    table = city.retailers
    refusal = Refusal(
        "grading-needs-column",
        file=table.file,
        sheet=table.sheet,
        column=attribute,
        facts={"table": "retailers", "column": attribute, "path": path},
    )
    raise BadTable("grading-tables-incomplete", [refusal])


def _refuse_unnamed(city: City, lost: pl.DataFrame, attribute: str) -> None:
    """Refuse the retailers for whose value no tier is named; the first of them are listed."""
    if lost.is_empty():
        return
    table = city.retailers
    raise BadTable(
        "grading-attribute-unnamed",
        [
            Refusal(
                "grading-value-unnamed",
                file=table.file,
                sheet=table.sheet,
                row=int(row),
                column=attribute,
                value=value,
                facts={"column": attribute},
            )
            for row, value in lost.select("row", pl.col(attribute).cast(pl.String))
            .head(SHOWN)
            .iter_rows()
        ],
        rows=lost.height,
        path=f"grading.tiers.by.{attribute}",
    )


def _unused(column: pl.Series, attribute: str, values: dict[str, int]) -> Warnings:
    """Values that the policy names but no retailer has: most often a slip."""
    present = set(column.cast(pl.String).drop_nulls().unique())
    strange = [value for value in values if value not in present]
    if not strange:
        return []
    listed = ", ".join(strange[:SHOWN])
    facts: dict[str, str | int] = {"count": len(strange), "column": attribute, "values": listed}
    return [("grading-attribute-values-unknown", facts)]
