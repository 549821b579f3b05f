"""The record of each retailer: the table of ``records.Grading``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import polars as pl

from allocator.grading.distance import Scored
from allocator.grading.exact import Units
from allocator.grading.roll import Groups
from allocator.grading.standing import Standing
from allocator.records import Flags, Grading


def fill(
    members: pl.DataFrame,
    groups: Groups,
    standing: Standing,
    scored: Scored,
    *,
    values: Mapping[str, Units],
    to_next_tier: Units,
    previous: pl.DataFrame,
    rule: str,
) -> pl.DataFrame:
    """One row per retailer, columns as in ``records.Grading``.

    Parameters
    ----------
    values : item -> (n,) int64 of all retailers; the graded alone have points
    to_next_tier : of the graded, -1 = none
    previous : retailer_id and tier of the last grading before
    rule : as in ``records.Grading``
    """
    inside = groups.graded
    before = _last_tier(members, previous)
    kept = before.fill_null(1).to_numpy()
    unscored = np.where(groups.silent, 1, np.where(groups.exempt, kept, -1))
    tier = np.where(groups.new, groups.start_tier, unscored)
    tier[inside] = standing.tier
    columns = [
        members["retailer_id"],
        pl.Series("graded", inside),
        _of_graded("score", inside, scored.score),
        _of_graded("rank", inside, standing.rank),
        _of_graded("tier_by_score", inside, standing.tier),
        _known("tier", tier),
        before.alias("previous_tier"),
        _reason(members, groups, "rank" if rule == "shares" else rule),
        _of_graded("to_next_score", inside, standing.to_next),
        _of_graded("to_lower_score", inside, standing.to_lower),
        _of_graded("to_next_tier", inside, to_next_tier),
    ]
    for name, points in zip(scored.names, scored.points, strict=True):
        columns.append(pl.Series(name, values[name]))
        columns.append(_of_graded(f"{name}_points", inside, points))
    return pl.DataFrame(columns)


def given(
    members: pl.DataFrame, before: pl.DataFrame, latest: pl.DataFrame, on: date, tiers: int
) -> Grading:
    """A grading of tiers that were given: of the retailers table, else of the tiers table.

    Parameters
    ----------
    before, latest : last tiers of the tiers table before the day, and up to the day
    """
    closed = members["status"] == "closed"
    tier = members["tier"].fill_null(_last_tier(members, latest)).set(closed, None)
    reason = pl.when(closed).then(pl.lit("closed")).when(tier.is_null()).then(pl.lit("no-tier"))
    table = _unscored(members, tier, before, reason.otherwise(pl.lit("given")))
    nowhere = np.full(tiers, -1, np.int64)
    without = table.filter(reason="no-tier").height
    return Grading(
        on=on,
        tiers=tiers,
        window=(),
        items=(),
        last_rank=nowhere,
        cut_score=nowhere,
        shares=(),
        table=table,
        warnings=(("grading-retailers-without-tier", {"retailers": without}),) if without else (),
        rule="given",
    )


def by_attribute(
    members: pl.DataFrame,
    tiers: Units,
    *,
    closed: Flags,
    new: Flags,
    start: int,
    previous: pl.DataFrame,
) -> pl.DataFrame:
    """One row per retailer whose tier follows from an attribute.

    tiers : (n,) int64, 1..T; of the closed and the new it does not count
    """
    ruled = pl.Series(tiers).set(pl.Series(closed | new), None)
    tier = pl.Series(np.where(new, start, tiers)).set(pl.Series(closed), None)
    reason = pl.when(pl.Series(closed)).then(pl.lit("closed"))
    ruling = reason.when(pl.Series(new)).then(pl.lit("newcomer")).otherwise(pl.lit("by"))
    return _unscored(members, tier, previous, ruling, ruled)


def _unscored(
    members: pl.DataFrame,
    tier: pl.Series,
    previous: pl.DataFrame,
    reason: pl.Expr,
    ruled: pl.Series | None = None,
) -> pl.DataFrame:
    """The columns of retailers that have no score.

    ruled : tiers that the rule gives, where there is one
    """
    nothing = pl.lit(None, pl.Int64())
    stopped = (members["status"] == "suspended") & tier.is_not_null()
    return members.select(
        "retailer_id",
        pl.lit(value=False).alias("graded"),
        nothing.alias("score"),
        nothing.alias("rank"),
        (nothing if ruled is None else pl.lit(ruled)).alias("tier_by_score"),
        tier.alias("tier"),
        _last_tier(members, previous).alias("previous_tier"),
        pl.when(stopped).then(reason + pl.lit(" suspended")).otherwise(reason).alias("reason"),
        nothing.alias("to_next_score"),
        nothing.alias("to_lower_score"),
        nothing.alias("to_next_tier"),
    )


def _of_graded(name: str, graded: Flags, values: Units) -> pl.Series:
    """A column known only of the graded, where it is not negative; null elsewhere."""
    spread = np.full(len(graded), -1, np.int64)
    spread[graded] = values
    return _known(name, spread)


def _known(name: str, values: Units) -> pl.Series:
    column = pl.Series(name, values)
    return column.set(column < 0, None)


def _last_tier(members: pl.DataFrame, tiers: pl.DataFrame) -> pl.Series:
    """The tiers of ``tiers`` in the order of the retailers, null for who is not there."""
    joined = members.select("retailer_id").join(
        tiers.select("retailer_id", "tier"), on="retailer_id", how="left", maintain_order="left"
    )
    return joined["tier"]


def _reason(members: pl.DataFrame, groups: Groups, ruling: str) -> pl.Series:
    """What decided the tier, then what else is to be known, joined by a space."""
    ruled = np.select(
        [groups.closed, groups.new, groups.silent, groups.exempt],
        ["closed", "newcomer", "no-sales", "exempt"],
        ruling,
    )
    idle = pl.Series(groups.idle & groups.graded)
    suspended = members["status"] == "suspended"
    return members.select(
        pl.concat_str(
            pl.Series(ruled),
            pl.when(idle).then(pl.lit(" no-sales")).otherwise(pl.lit("")),
            pl.when(suspended).then(pl.lit(" suspended")).otherwise(pl.lit("")),
        ).alias("reason")
    ).to_series()
