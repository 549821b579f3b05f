"""New retailers: where they start, and whose first score this is."""

from __future__ import annotations

from datetime import date
from functools import reduce
from math import ceil
from operator import and_

import numpy as np
import polars as pl

from allocator.grading.exact import Units
from allocator.grading.refusals import Warnings
from allocator.policy.grading_models import Newcomers
from allocator.policy.movement_models import StartRule
from allocator.records import MICRO, Flags


def too_new(months: int, on: date | pl.Expr) -> pl.Expr:
    """Whether a retailer has traded for less than ``months`` complete months on a day.

    Who joined on the 31st has completed a month on the last day of a shorter one. No date: not
    new.
    """
    return (pl.col("joined_on").dt.offset_by(f"{months}mo") > on).fill_null(value=False)


def starting_tiers(members: pl.DataFrame, new: Newcomers) -> Units:
    """The tier in which each of n retailers would start, (n,) int64: the first entry that fits.

    members : with the attributes of retailers and ``area`` in millionths of a square metre
    """
    tier = pl.lit(new.start_tier, pl.Int64())
    for rule in reversed(new.starts):
        tier = pl.when(_fits(rule)).then(pl.lit(rule.tier, pl.Int64())).otherwise(tier)
    placed: Units = members.select(tier.alias("tier"))["tier"].to_numpy()
    return np.broadcast_to(placed, len(members)).copy()


def unmeasured(members: pl.DataFrame, new: Newcomers | None, is_new: Flags) -> Warnings:
    """New retailers whose area nobody wrote down, where starting tiers go by it."""
    if new is None or not any(rule.area for rule in new.starts):
        return []
    unknown = int(members.filter(pl.Series(is_new))["area"].null_count())
    return [("grading-area-unchecked", {"retailers": unknown})] if unknown else []


def first_scored(members: pl.DataFrame, new: Newcomers | None, last_graded: pl.Series) -> Flags:
    """Who was too new for a score, or not there yet, when tiers were last graded, (n,) bool.

    last_graded : (n,) Date, of the retailer's own last tier, else of the last tiers of all; null =
        nobody was graded before
    """
    if new is None:
        return np.zeros(len(members), bool)
    before = members.select("joined_on", last_graded.alias("last_graded"))
    was_new = too_new(new.months, pl.col("last_graded"))
    flags: Flags = before.select(was_new).to_series().to_numpy()
    return flags


def _fits(rule: StartRule) -> pl.Expr:
    """Whether all that an entry names fits; what is not known fits nothing."""
    wanted = [pl.col(name).is_in(list(values)) for name, values in rule.who.named().items()]
    if rule.area is not None and rule.area.at_least is not None:
        wanted.append(pl.col("area") >= ceil(rule.area.at_least * MICRO))
    if rule.area is not None and rule.area.below is not None:
        wanted.append(pl.col("area") < ceil(rule.area.below * MICRO))
    return reduce(and_, wanted, pl.lit(value=True)).fill_null(value=False)
