"""The shops of the synthetic city, and how large each is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from allocator.records import Flags, Indices, Reals
from allocator.tables.synthesis import words
from allocator.tables.synthesis.draws import chance, choice, even, normal, spread_normal, stream

YEARLY_MEDIAN = 6_567
"""(cartons) what the middle shop buys in a year, as in a real city of this kind."""

BELOW, ABOVE = 0.96, 1.31
"""Deviations of the logarithm below and above the median: a lognormal with two halves.

They give the quartiles 3,432 and 16,034 and the mean 15,891 of the real city."""

LARGEST = 3.5
"""(deviations) the largest shop: a hundred times the median, as in the real city."""

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五")
FORTNIGHTLY = 0.12
SUSPENDED, CLOSED = 0.010, 0.012
NEWCOMERS = 0.035


@dataclass(frozen=True, slots=True, eq=False)
class Shops:
    """n shops by retailer_id: the table of retailers, and what the tables do not tell.

    table : n rows, the columns of *retailers* in ``formats.md``, statuses in English
    yearly : (n,) float64, cartons a shop would buy in a year
    taste : (n,) float64, about standard normal: how far it leans to dear products
    weekday : (n,) int32, 0 = Monday; parity : (n,) int32, 0 weekly, 1 odd weeks, 2 even weeks
    active : (n,) bool; joined : (n,) datetime64[D]
    """

    table: pl.DataFrame
    yearly: Reals
    taste: Reals
    weekday: Indices
    parity: Indices
    active: Flags
    joined: NDArray[np.datetime64]


def _labels(names: tuple[str, ...] | list[str], codes: Indices) -> pl.Series:
    """Texts by code, without a Python loop over shops."""
    return pl.Series(names, dtype=pl.String).gather(codes.astype(np.uint32))


def _names(kinds: Indices, seed: int) -> pl.Series:
    """Names of the shops: street or owner, style, kind of shop."""
    rng, n = stream(seed, "shop names"), len(kinds)
    places = [*words.STREETS, *(f"{surname}记" for surname in words.SURNAMES)]
    street = _labels(places, even(rng, n, len(places)))
    style = _labels(words.STYLES, even(rng, n, len(words.STYLES)))
    options = [words.SHOP_KINDS[name] for name in words.FORMATS]
    starts = np.cumsum([0, *(len(option) for option in options[:-1])])
    sizes = np.array([len(option) for option in options])
    pick = starts[kinds] + (rng.random(n) * sizes[kinds]).astype(np.int64)
    kind = _labels([name for option in options for name in option], pick.astype(np.int32))
    return pl.select(pl.concat_str(street, style, kind)).to_series()


def _people(purpose: str, n: int, seed: int) -> pl.Series:
    rng = stream(seed, purpose)
    surname = _labels(words.SURNAMES, even(rng, n, len(words.SURNAMES)))
    given = _labels(words.GIVEN, even(rng, n, len(words.GIVEN)))
    return pl.select(pl.concat_str(surname, given)).to_series()


def _joined(n: int, start: date, seed: int) -> NDArray[np.datetime64]:
    """Most joined years ago, some within the last 75 days before ``start``."""
    rng = stream(seed, "joined")
    days = np.where(
        chance(rng, n, NEWCOMERS),
        5 + (rng.random(n) * 70).astype(np.int64),
        150 + (rng.random(n) ** 1.5 * 4700).astype(np.int64),
    )
    return np.datetime64(start, "D") - days.astype("timedelta64[D]")


def shops(retailers: int, seed: int, start: date) -> Shops:
    """The shops of a city in the cycle that begins on ``start``.

    Parameters
    ----------
    retailers : number of shops, at least 1
    seed : any whole number from 0
    start : Monday of the cycle
    """
    n, rng = retailers, stream(seed, "shops")
    region = np.sort(choice(rng, n, tuple(place.share for place in words.REGIONS)))
    urban = rng.random(n) < np.array([place.urban for place in words.REGIONS])[region]
    kinds = choice(rng, n, words.FORMAT_SHARES)
    area = even(rng, n, len(words.TRADE_AREAS))
    weekday, joined = even(rng, n, 5), _joined(n, start, seed)
    parity = np.where(chance(rng, n, FORTNIGHTLY), 1 + even(rng, n, 2), 0).astype(np.int32)
    gone = rng.random(n)
    status = np.where(gone < CLOSED, 2, np.where(gone < CLOSED + SUSPENDED, 1, 0))

    factors = (
        np.log(np.array([place.size for place in words.REGIONS])[region])
        + np.log(np.array(words.FORMAT_SIZES))[kinds]
        + np.where(urban, 0.10, -0.20)
    )
    z = spread_normal(rng, n)
    z = np.sort(np.minimum(z, LARGEST))[
        np.argsort(np.argsort(z + 0.8 * factors, kind="stable"), kind="stable")
    ]
    yearly = YEARLY_MEDIAN * np.exp(np.where(z < 0, BELOW, ABOVE) * z)
    taste = 0.60 * z + 0.75 * normal(rng, n) + np.where(urban, 0.15, -0.25)

    number = pl.int_range(1, n + 1, eager=True).cast(pl.String).str.zfill(7)
    region_code = _labels([f"9901{r}" for r in range(1, len(words.REGIONS) + 1)], region)
    managers = max(len(words.REGIONS), n // 130)
    desk = (np.arange(n, dtype=np.int64) * managers // n).astype(np.int32)
    owner, book = _people("owners", n, seed), _people("managers", managers, seed)
    cycle = pl.select(
        pl.concat_str(_labels(WEEKDAYS, weekday), _labels(("", "/单周", "/双周"), parity))
    ).to_series()
    calls = 10_010_000_000 + np.arange(managers)[desk]
    table = pl.DataFrame(
        {
            "retailer_id": pl.select(pl.concat_str(region_code, number)).to_series(),
            "name": _names(kinds, seed),
            "region": _labels([place.name for place in words.REGIONS], region),
            "market": _labels(("rural", "urban"), urban.astype(np.int32)),
            "format": _labels(words.FORMATS, kinds),
            "trade_area": _labels(words.TRADE_AREAS, area),
            "credit": _labels(words.CREDITS, choice(rng, n, words.CREDIT_SHARES)),
            "joined_on": joined,
            "status": _labels(("active", "suspended", "closed"), status.astype(np.int32)),
            "order_cycle": cycle,
            "manager": book.gather(desk.astype(np.uint32)),
            "manager_phone": pl.Series(calls).cast(pl.String),
            "phone": pl.Series(10_100_000_000 + np.arange(1, n + 1)).cast(pl.String),
            "licence_holder": owner,
        },
        schema_overrides={"joined_on": pl.Date},
    )
    return Shops(table, yearly, taste, weekday, parity, status == 0, joined)


def due(city: Shops, start: date) -> Flags:
    """Which shops are active and order in the week of ``start``, shape (n,) bool."""
    parity = 1 if start.isocalendar().week % 2 else 2
    ordering: Flags = city.active & ((city.parity == 0) | (city.parity == parity))
    return ordering
