"""What a shop may be expected to buy in a month: its own level times the season of its peers.

All in logs, so that a shop of 50 cartons and one of 5,000 are compared by shares. Everything is
known before the month itself: a month never takes part in the expectation it is held against.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from allocator.records import Flags, Reals, Units

SPAN: Final = 12
"""Months of own history that count: a year, so that old habits fade."""

PEERS_COUNT_AS: Final = 30
"""How many shops of a peer group weigh as much as the whole city in the group's season: the index
of a small group is drawn towards that of all."""

PRIOR_MONTHS: Final = 4
"""Months that the usual scatter of shops of its size weighs as, beside a shop's own (empirical
Bayes): after six months the own figure counts for most of it, after three it hardly does."""

LEAST_SPREAD: Final = 1e-3
"""Variance of a month at least, as a log: nobody is taken for steadier than three per cent."""

SIZES: Final = (50, 150, 500, 1500)
"""Cartons a month between the size classes within which scatter is compared."""

LEAST_PAIRS: Final = 200
"""Shops with a month now and a year ago from which the share that comes back is measured."""

MOST_OFF: Final = 0.8
"""A departure further off (half, double) counts as this far there."""


@dataclass(frozen=True, slots=True, eq=False)
class Usual:
    """A view of n shops before a month: what history says.

    months : (n,) int64 months of history that count; level : (n,) float64 mean, season taken out;
    spread : (n,) float64 variance of a single month about it; both 0 where there are no months
    """

    months: Units
    level: Reals
    spread: Reals


def usual_of(months: Iterable[tuple[Reals, Flags]], shops: int) -> Usual:
    """Level and spread of each shop.

    Parameters
    ----------
    months : values (n,) and whether they are known (n,); values are 0 where not
    shops : n
    """
    count, total, square = np.zeros(shops, np.int64), np.zeros(shops), np.zeros(shops)
    for values, known in months:  # row by row: a table of all months would not fit the cache
        count += known
        total += values
        square += np.multiply(values, values, dtype=np.float64)
    level = total / np.maximum(count, 1)
    square -= total * level
    return Usual(count, level, np.maximum(square, 0.0) / np.maximum(count - 1, 1))


def seasons(values: Reals, peers: Units, counted: Flags) -> Reals:
    """How a month moves each peer group, (n,) float64: the median of its shops' departures.

    values : (n,) departures from own level; peers : (n,) codes from 0; counted : whose count
    """
    if not counted.any():
        return np.zeros(len(values))
    chosen = pl.DataFrame({"peers": peers[counted], "value": values[counted]})
    overall = chosen["value"].median()
    middle = chosen.group_by("peers").agg(pl.col("value").median(), pl.len().alias("shops"))
    index = np.full(int(peers.max()) + 1, overall, np.float64)
    shops = middle["shops"].to_numpy()
    own = shops * middle["value"].to_numpy() + PEERS_COUNT_AS * index[0]
    index[middle["peers"].to_numpy()] = own / (shops + PEERS_COUNT_AS)
    return index[peers]


def first_seasons(views: Reals, peers: Units) -> Reals:
    """Seasons of the months before any shop has a history, (k, n), found together.

    Only shops that bought in all of them count; twice, since levels and seasons lean on each
    other.
    """
    counted: Flags = np.asarray(np.isfinite(views).all(axis=0))
    index = np.zeros_like(views)
    for _ in range(2):
        rest = views - index
        level = np.zeros(views.shape[1])
        level[counted] = np.median(rest[:, counted], axis=0)
        for t in range(len(views)):
            index[t] += seasons(rest[t] - level, peers, counted)
    return index


def last_year(off: Reals, former: Reals, known: Flags) -> Reals:
    """What the same month of last year adds, (n,) float64: as much as it adds in the whole city.

    The share of last year's departures that comes back is measured over all shops (least squares
    through zero, within 0 and 1): 0 in a city whose shops have no seasons of their own. Below
    ``LEAST_PAIRS`` shops it cannot be told, and nothing is added.

    Parameters
    ----------
    off, former : (n,) departures now and a year ago, former 0 where unknown
    known : (n,) whose departures count
    """
    if int(known.sum()) < LEAST_PAIRS:
        return np.zeros(len(off))
    then, now = former[known].astype(np.float64), np.clip(off[known], -MOST_OFF, MOST_OFF)
    weight = float((then * then).sum())
    share = min(max(float((then * now).sum()) / weight, 0.0), 1.0) if weight > 0 else 0.0
    returned: Reals = share * former
    return returned


def scatter(usual: Usual, size: Units, counted: Flags) -> Reals:
    """Variance of one month about the expectation, (n,) float64, the own one drawn to that of size.

    With d0 = ``PRIOR_MONTHS``, s0 the geometric mean of the variances of the size class and k own
    months: (d0 s0 + (k - 1) s) / (d0 + k - 1), times 1 + 1/k for the level, which is an estimate
    too (the moderated variance of Smyth 2004, doi:10.2202/1544-6115.1027, with a fixed d0).
    """
    logs = np.log(np.maximum(usual.spread, LEAST_SPREAD))
    classes = len(SIZES) + 1
    shops = np.bincount(size, counted, classes)
    sums = np.bincount(size, np.where(counted, logs, 0.0), classes)
    overall = sums.sum() / max(shops.sum(), 1.0)
    prior = np.exp(np.where(shops > 0, sums / np.maximum(shops, 1.0), overall))
    own = np.maximum(usual.months - 1, 0)
    mixed = (PRIOR_MONTHS * prior[size] + own * usual.spread) / (PRIOR_MONTHS + own)
    widened: Reals = np.maximum(mixed, LEAST_SPREAD) * (1 + 1 / np.maximum(usual.months, 1))
    return widened


def size_classes(level: Reals) -> Units:
    """Class of each shop by usual volume (log cartons), 0 the smallest, (n,) int64."""
    return np.digitize(level, np.log(SIZES))
