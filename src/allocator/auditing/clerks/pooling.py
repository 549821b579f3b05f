"""Order-takers beside each other over several cycles.

A shop that one order-taker served stays one trial, over however many cycles: order-takers keep
their shops, and what a shop brings along it brings every week. Counted as a trial a week it would
make its order-taker look guilty of what is the shop's. For the same reason, whether cartons go to
few shops is a question to one cycle alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import polars as pl

from allocator.auditing.clerks.comparing import judge
from allocator.auditing.clerks.desk import LINE_STEPS, SHOP
from allocator.auditing.clerks.league import League
from allocator.auditing.clerks.measures import FEW_SHOPS
from allocator.records import MICRO

MORE_STEPS = (17, 33, 65, 129)
"""Shops of several cycles are told apart by lines further up: each step about twice the last."""


def pooled(leagues: Sequence[League]) -> League | None:
    """One comparison of several cycles; ``None`` without any.

    An indicator that was checked in some cycles is told of these.

    leagues : of one audit each, with their trials
    """
    if len(leagues) < 2:
        return next(iter(leagues), None)
    states = [{one.name: one for one in league.indicators} for league in leagues]
    missing: dict[str, tuple[str, ...]] = {}
    ignored = [FEW_SHOPS.rule]
    for name, last in states[-1].items():
        every = [state[name] for state in states if name in state]
        if name == FEW_SHOPS.name or any(one.state == "checked" for one in every):
            continue
        if all(one.state == "ignored" for one in every):
            ignored.append(last.rule)
        else:
            missing[name] = tuple(dict.fromkeys(word for one in every for word in one.missing))
    league = judge(
        _trials([league.shops for league in leagues]),
        missing,
        cycle=", ".join(league.cycle for league in leagues),
        as_of=max(league.as_of for league in leagues),
        ignored=ignored,
        level=Fraction(leagues[-1].level, MICRO),
        least=leagues[-1].least,
    )
    return replace(league, cycles=len(leagues))


def _trials(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The trials of all cycles, a row per order-taker and shop; a shop has its highest tier."""
    thirds = len(LINE_STEPS) + 1
    rows = pl.concat(parts).with_columns((pl.col("stratum") // thirds).alias("third"))
    counts = pl.exclude(*SHOP, "stratum", "third")
    steps = (*LINE_STEPS, *MORE_STEPS)
    size = pl.sum_horizontal((pl.col("lines") >= step).cast(pl.Int32) for step in steps)
    return (
        rows.group_by(*SHOP)
        .agg(counts.sum(), pl.col("third").max())
        .with_columns((pl.col("third") * (len(steps) + 1) + size).cast(pl.Int32).alias("stratum"))
        .drop("third")
        .sort(*SHOP)
    )
