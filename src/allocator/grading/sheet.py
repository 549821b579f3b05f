"""The record of each retailer: the table of ``records.Grading``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import polars as pl

from allocator.grading.distance import Scored
from allocator.grading.exact import Units
from allocator.grading.movement import NOBODY
from allocator.grading.refusals import Warnings
from allocator.grading.roll import Groups
from allocator.grading.settling import Settled
from allocator.grading.shares import Standing
from allocator.records import Flags, Grading

STOPPED = " stopped"
"""Added to the reason of a retailer whose supply a sanction stops."""


def fill(
    members: pl.DataFrame,
    groups: Groups,
    standing: Standing,
    scored: Scored,
    settled: Settled,
    *,
    values: Mapping[str, Units],
    to_next_tier: Units,
    previous: Units,
    stopped: Flags,
) -> pl.DataFrame:
    """One row per retailer, columns as in ``records.Grading``.

    Parameters
    ----------
    values : item -> (n,) int64 of all retailers; the graded alone have points
    to_next_tier : of the graded, -1 = none
    previous : (n,) int64 tiers of the last grading before, -1 = none
    stopped : (n,) bool, whose supply a sanction stops
    """
    inside = groups.graded
    columns = [
        members["retailer_id"],
        pl.Series("graded", inside),
        _of_graded("score", inside, scored.score),
        _of_graded("rank", inside, standing.rank),
        _of_graded("tier_by_score", inside, standing.tier),
        _known("tier", settled.tier),
        _known("previous_tier", previous),
        _reason(members, groups, stopped),
        *_moves(settled),
        _of_graded("to_next_score", inside, standing.to_next),
        _of_graded("to_lower_score", inside, standing.to_lower),
        _of_graded("to_next_tier", inside, to_next_tier),
    ]
    for name, points in zip(scored.names, scored.points, strict=True):
        columns.append(pl.Series(name, values[name]))
        columns.append(_of_graded(f"{name}_points", inside, points))
    return pl.DataFrame(columns)


def before_rules(groups: Groups, graded: Units) -> Units:
    """The tiers of n retailers before any rule, -1 = none; ``graded`` : of the graded."""
    tier = np.where(groups.new, groups.start_tier, np.where(groups.silent, 1, NOBODY))
    tier[groups.graded] = graded
    return tier


def given(
    members: pl.DataFrame,
    settled: Settled,
    *,
    previous: Units,
    stopped: Flags,
    on: date,
    tiers: int,
    moving: bool,
    warnings: Warnings,
) -> Grading:
    """A grading of tiers that were given.

    Parameters
    ----------
    previous : (n,) int64 tiers of the last grading before, -1 = none
    stopped : (n,) bool, whose supply a sanction stops
    """
    closed, suspended = (members["status"] == word for word in ("closed", "suspended"))
    tier = _known("tier", settled.tier)
    nothing = pl.lit(None, pl.Int64())
    table = members.select(
        "retailer_id",
        pl.lit(value=False).alias("graded"),
        nothing.alias("score"),
        nothing.alias("rank"),
        nothing.alias("tier_by_score"),
        tier,
        _known("previous_tier", previous),
        pl.when(closed)
        .then(pl.lit("closed"))
        .when(tier.is_null())
        .then(pl.lit("no-tier"))
        .otherwise(
            pl.concat_str(
                pl.lit("given"),
                pl.when(suspended).then(pl.lit(" suspended")).otherwise(pl.lit("")),
                pl.when(pl.Series(stopped)).then(pl.lit(STOPPED)).otherwise(pl.lit("")),
            )
        )
        .alias("reason"),
        *_moves(settled),
        nothing.alias("to_next_score"),
        nothing.alias("to_lower_score"),
        nothing.alias("to_next_tier"),
    )
    nowhere = np.full(tiers, -1, np.int64)
    if without := table.filter(reason="no-tier").height:
        warnings = [*warnings, ("grading-retailers-without-tier", {"retailers": without})]
    return Grading(
        on=on,
        tiers=tiers,
        window=(),
        items=(),
        last_rank=nowhere,
        cut_score=nowhere,
        shares=(),
        table=table,
        warnings=tuple(warnings),
        moving=moving,
    )


def _of_graded(name: str, graded: Flags, values: Units) -> pl.Series:
    """A column known only of the graded, where it is not negative; null elsewhere."""
    return _known(name, spread(graded, values))


def spread(graded: Flags, values: Units) -> Units:
    """Values of the graded in the order of all n retailers, -1 elsewhere."""
    wide = np.full(len(graded), -1, np.int64)
    wide[graded] = values
    return wide


def _moves(settled: Settled) -> tuple[pl.Series, ...]:
    """The rules that changed each tier, and what movement counted from and counts from next."""
    return (
        settled.moves,
        _known("earned_tier", settled.earned),
        _known("previous_earned", settled.counted_from),
    )


def _known(name: str, values: Units) -> pl.Series:
    column = pl.Series(name, values)
    return column.set(column < 0, None)


def _reason(members: pl.DataFrame, groups: Groups, stopped: Flags) -> pl.Series:
    """What decided the tier, then what else is to be known, joined by a space."""
    ruled = np.select(
        [groups.closed, groups.new, groups.silent],
        ["closed", "newcomer", "no-sales"],
        "rank",
    )
    idle = pl.Series(groups.idle & groups.graded)
    suspended = members["status"] == "suspended"
    return members.select(
        pl.concat_str(
            pl.Series(ruled),
            pl.when(idle).then(pl.lit(" no-sales")).otherwise(pl.lit("")),
            pl.when(suspended).then(pl.lit(" suspended")).otherwise(pl.lit("")),
            pl.when(pl.Series(stopped & ~groups.closed))
            .then(pl.lit(STOPPED))
            .otherwise(pl.lit("")),
        ).alias("reason")
    ).to_series()
