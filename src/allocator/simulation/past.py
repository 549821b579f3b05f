"""The cycles before this one, as orders tell them: what shops were granted, who waited how long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from allocator.comparison.outcome import Waits
from allocator.records import Units
from allocator.tables.city import City
from allocator.tables.cycle_order import cycles_in_order

MOST_PAST = 52
"""Cycles that are looked back at: a year of weeks."""


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """What the orders table holds of cycles before one, by their days (``cycles_in_order``).

    cycles : their names, the last one nearest
    granted : cycle, retailer_id, product_id str, granted i64 cartons (null: not known what was
        granted); one row each, cancelled lines left out
    """

    cycles: tuple[str, ...]
    granted: pl.DataFrame


def past_of(city: City, cycle: str, on: date) -> Past:
    """The past cycles of a city's orders. on : the day of the cycle, where no table tells it"""
    kinds = dict.fromkeys(("cycle", "retailer_id", "product_id"), pl.String)
    nothing = pl.DataFrame(schema={**kinds, "granted": pl.Int64})
    if city.orders is None:
        return Past((), nothing)
    frame = city.orders.frame
    names = {*frame["cycle"].drop_nulls().unique().cast(pl.String).to_list(), cycle}
    every = cycles_in_order(city, names, {cycle: on})
    cycles = tuple(every[: every.index(cycle)][-MOST_PAST:])
    if not cycles:
        return Past((), nothing)
    granted = (
        frame.filter(pl.col("cycle").is_in(cycles), pl.col("status").fill_null("") != "cancelled")
        .group_by(pl.col(name).cast(pl.String) for name in kinds)
        .agg(pl.when(pl.col("granted").null_count() == 0).then(pl.col("granted").sum()))
        .sort(*kinds)
    )
    return Past(cycles, granted)


@dataclass(frozen=True, slots=True, eq=False)
class Alongside:
    """The past beside the rows of an outcome.

    last : (n,) i64 cartons of the cycle before, null = it took no part or nothing is known
    waited : (K, n) int16, see ``waits``; ``None`` = not known; cycles : how many are known
    """

    last: pl.Series
    waited: Waits | None
    cycles: int


def alongside(
    past: Past, retailers: pl.Series, products: pl.Series, counted: pl.Series
) -> Alongside:
    """The past of some retailers and products, in their order.

    counted : products whose cartons of the cycle before count: those of the baseline, so that one
        which a scenario does not release is missed
    """
    last = last_cycle(past, retailers, counted)
    known = past.granted.filter(pl.col("granted").is_not_null())["cycle"].n_unique()
    told = len(past.cycles) if known or not len(past.granted) else 0
    return Alongside(last, waits(past, retailers, products) if told else None, told)


def last_cycle(past: Past, retailers: pl.Series, products: pl.Series) -> pl.Series:
    """Cartons of the products that each retailer was granted in the cycle before, (n,) i64.

    null : it ordered nothing in that cycle, or what it was granted is not known, or there is none
    """
    last = past.granted.filter(pl.col("cycle") == (past.cycles[-1] if past.cycles else ""))
    own = pl.col("product_id").is_in(products.implode())
    sums = last.group_by("retailer_id").agg(
        pl.when((own & pl.col("granted").is_null()).any())
        .then(None)
        .otherwise(pl.when(own).then("granted").otherwise(0).sum())
        .alias("last")
    )
    return retailers.to_frame().join(sums, on="retailer_id", how="left", maintain_order="left")[
        "last"
    ]


def waits(past: Past, retailers: pl.Series, products: pl.Series) -> Waits | None:
    """How many past cycles in a row each retailer went without each product, (K, n) int16.

    Cycles count in which the product was granted to somebody and the retailer ordered anything;
    ``None`` where no cycle before is known. Who may have been granted some, because it is not known
    what, is not said to have gone without.
    """
    if not past.cycles:
        return None
    shape = (len(products), len(retailers))
    places = (
        pl.DataFrame({"cycle": past.cycles, "c": range(len(past.cycles))}),
        pl.DataFrame({"retailer_id": retailers, "i": range(shape[1])}),
    )
    rows = past.granted
    for place, key in zip(places, ("cycle", "retailer_id"), strict=True):
        rows = rows.join(place, on=key)
    c, i = (rows[name].to_numpy() for name in ("c", "i"))
    active = np.zeros((len(past.cycles), shape[1]), np.bool_)
    active[c, i] = True
    released = pl.DataFrame({"product_id": products, "k": range(shape[0])})
    some = pl.col("granted") > 0
    given = rows.filter(some.fill_null(value=True)).join(released, on="product_id").sort("c")
    c, i, k = (given[name].to_numpy() for name in ("c", "i", "k"))
    offered = np.zeros((len(past.cycles), shape[0]), np.bool_)
    sure = given["granted"].is_not_null().to_numpy()
    offered[c[sure], k[sure]] = True
    latest: Units = np.full(shape, -1, np.int64)
    latest[k, i] = c  # by rising cycle, so that the last one stays
    waited = np.zeros(shape, np.int16)
    for cycle in range(len(past.cycles)):
        waited += (latest < cycle) & active[cycle] & offered[cycle][:, None]
    return waited
