"""The record of each retailer: the table of ``records.Grading``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl

from allocator.grading.distance import Scored
from allocator.grading.exact import Units
from allocator.grading.movement import NOBODY
from allocator.grading.roll import Groups
from allocator.grading.settling import Settled
from allocator.grading.standing import Standing
from allocator.records import Flags, Grading


def fill(
    members: pl.DataFrame,
    groups: Groups,
    standing: Standing,
    scored: Scored,
    settled: Settled,
    *,
    values: Mapping[str, Units],
    to_next_tier: Units,
    spared: pl.Series,
    rule: str,
) -> pl.DataFrame:
    """One row per retailer, columns as in ``records.Grading``.

    Parameters
    ----------
    values : item -> (n,) int64 of all retailers; the graded alone have points
    to_next_tier : of the graded, -1 = none
    spared : (n,) bool, of whose window a unit is taken out for hardship
    rule : as in ``records.Grading``
    """
    inside = groups.graded
    columns = [
        members["retailer_id"],
        pl.Series("graded", inside),
        _of_graded("score", inside, scored.score),
        _of_graded("rank", inside, standing.rank),
        _of_graded("tier_by_score", inside, standing.tier),
        _known("tier", settled.tier),
        _known("previous_tier", settled.previous),
        _reason(members, groups, settled, spared, "rank" if rule == "shares" else rule),
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


def given(members: pl.DataFrame, settled: Settled, on: date, tiers: int) -> Grading:
    """A grading of tiers that were given."""
    closed = pl.when(members["status"] == "closed").then(pl.lit("closed"))
    reason = closed.when(pl.Series(settled.tier) == NOBODY).then(pl.lit("no-tier"))
    table = _unscored(members, settled, reason.otherwise(pl.lit("given")))
    without = table.filter(reason="no-tier").height
    told = (("grading-retailers-without-tier", {"retailers": without}),) if without else ()
    return replace(unscored(table, on, tiers, "given"), warnings=told)


def unscored(table: pl.DataFrame, on: date, tiers: int, rule: str) -> Grading:
    """A grading in which nobody has a score: no window, no items, no ranks."""
    nowhere = np.full(tiers, -1, np.int64)
    return Grading(
        on=on,
        tiers=tiers,
        window=(),
        items=(),
        last_rank=nowhere,
        cut_score=nowhere,
        shares=(),
        table=table,
        rule=rule,
    )


def by_attribute(
    members: pl.DataFrame, tiers: Units, settled: Settled, *, closed: Flags, new: Flags
) -> pl.DataFrame:
    """One row per retailer whose tier follows from an attribute.

    tiers : (n,) int64, 1..T; of the closed and the new it does not count
    """
    ruled = pl.Series(tiers).set(pl.Series(closed | new), None)
    reason = pl.when(pl.Series(closed)).then(pl.lit("closed"))
    ruling = reason.when(pl.Series(new)).then(pl.lit("newcomer")).otherwise(pl.lit("by"))
    return _unscored(members, settled, ruling, ruled)


def _unscored(
    members: pl.DataFrame, settled: Settled, reason: pl.Expr, ruled: pl.Series | None = None
) -> pl.DataFrame:
    """The columns of retailers that have no score.

    ruled : tiers that the rule gives, where there is one
    """
    nothing = pl.lit(None, pl.Int64())
    has = pl.Series(settled.tier) != NOBODY
    return members.select(
        "retailer_id",
        pl.lit(value=False).alias("graded"),
        nothing.alias("score"),
        nothing.alias("rank"),
        (nothing if ruled is None else pl.lit(ruled)).alias("tier_by_score"),
        _known("tier", settled.tier),
        _known("previous_tier", settled.previous),
        pl.concat_str(reason, *_standstill(members, settled, has)).alias("reason"),
        *_moves(settled),
        nothing.alias("to_next_score"),
        nothing.alias("to_lower_score"),
        nothing.alias("to_next_tier"),
    )


def _moves(settled: Settled) -> tuple[pl.Series, ...]:
    """The rules that changed each tier, what the next grading counts from, and this one did."""
    return (
        settled.moves,
        _known("earned_tier", settled.earned),
        _known("previous_earned", settled.counted_from),
    )


def _of_graded(name: str, graded: Flags, values: Units) -> pl.Series:
    """A column known only of the graded, where it is not negative; null elsewhere."""
    return _known(name, spread(graded, values))


def spread(graded: Flags, values: Units) -> Units:
    """Values of the graded in the order of all n retailers, -1 elsewhere."""
    wide = np.full(len(graded), -1, np.int64)
    wide[graded] = values
    return wide


def _known(name: str, values: Units) -> pl.Series:
    column = pl.Series(name, values)
    return column.set(column < 0, None)


def _reason(
    members: pl.DataFrame, groups: Groups, settled: Settled, spared: pl.Series, ruling: str
) -> pl.Series:
    """What decided the tier, then what else is to be known, joined by a space."""
    apart = {
        "closed": groups.closed,
        "newcomer": groups.new,
        "no-sales": groups.silent,
        "exempt": groups.exempt,
    }
    ruled = pl.coalesce(
        *(pl.when(pl.Series(who)).then(pl.lit(word)) for word, who in apart.items()), pl.lit(ruling)
    )
    idle = pl.Series(groups.idle & groups.graded)
    everybody = pl.repeat(value=True, n=len(members), eager=True)
    return members.select(
        pl.concat_str(
            ruled,
            pl.when(idle).then(pl.lit(" no-sales")).otherwise(pl.lit("")),
            pl.when(spared & pl.Series(groups.graded | groups.silent))
            .then(pl.lit(" exempt-month"))
            .otherwise(pl.lit("")),
            *_standstill(members, settled, everybody),
        ).alias("reason")
    ).to_series()


def _standstill(members: pl.DataFrame, settled: Settled, among: pl.Series) -> list[pl.Expr]:
    """Words for who keeps a tier and receives nothing: by its status, by a sanction."""
    open_ = pl.Series(settled.stopped) & (members["status"] != "closed")
    found = {" suspended": members["status"] == "suspended", " stopped": open_}
    return [
        pl.when(which & among).then(pl.lit(word)).otherwise(pl.lit(""))
        for word, which in found.items()
    ]
