"""The honest city before anybody orders: shops with tiers and accounts, products, quotas, days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from allocator.records import Flags, Indices, Units
from allocator.tables.synthesis.draws import chance, even, stream
from allocator.tables.synthesis.products import SCARCE, products
from allocator.tables.synthesis.sales import TIER_SHARES
from allocator.tables.synthesis.shops import Shops, due, shops

REGRADED = 0.15
"""Share of the shops whose tier changed with the last grading, three cycles ago."""
GRADED_BEFORE = 3
"""(cycles) between the last grading and the cycle that is audited, so few as there are."""

HOUSEHOLDS = 0.004
"""Share of the shops that honestly share phone and account with one other: one family."""
SPOUSES = 0.006
"""Share of the shops whose account honestly runs under another name than the licence."""
MOVED = 0.02
"""Share of the shops that honestly changed phone or account within the history."""

SHOPS_PER_CLERK = 150
OPENS, CLOSES = time(8), time(16)

BAND = ("云岭(珍品)", "松涛(中支)", "桂湖(爆珠)")
BASKET = ("松涛(御品)", "长河(听涛)", "清溪(细叶)")
"""Products with a limit together. An honest shop orders two of each three."""
SHORT = ("晨曦(初阳)", "云岭(软金)")
"""Where the orders come to exceed the supply, and the supply less the reserve."""
TIGHT = "清溪(细叶)"
"""Where the orders take all but the reserve."""
RESERVE = 5
"""(per cent) of the supply that is held back for make-up orders."""


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What stands before the orders. n shops, K products of which S are scarce.

    shops : their table, size and week; weeks : C first days, the audited one last
    tier, former : (n,) int64, in force now, and before ``graded_on``
    graded_on : day from which ``tier`` is in force
    clerk : (n,) int32 number of the order-taker who usually calls; clerks : their names
    urban, phones : (n,) bool, urban market; orders by phone
    products : the products table; scarce : (S,) positions in it
    quota : (T, 2, S) int64 cartons by tier - 1, urban, and scarce product; 0 = not released
    odd : (T, 2, S) int64 lots by turn beside the quotas
    accounts, holders : of each shop; retailers : the dated rows of the retailers table, and shop
    """

    shops: Shops
    weeks: tuple[date, ...]
    cycles: tuple[str, ...]
    tier: Units
    former: Units
    graded_on: date
    clerk: Indices
    clerks: tuple[str, ...]
    urban: Flags
    phones: Flags
    products: pl.DataFrame
    scarce: NDArray[np.int64]
    quota: Units
    odd: Units
    accounts: pl.Series
    retailers: pl.DataFrame


def ground(n: int, seed: int, weeks: tuple[date, ...], tiers: int) -> Ground:
    """The city of n shops in the last of the weeks."""
    city = shops(n, seed, weeks[-1])
    goods = products(weeks[-1])
    rng = stream(seed, "fraud ground")
    tier = _tiers(city, tiers)
    graded_on = weeks[max(0, len(weeks) - 1 - GRADED_BEFORE)]
    moved = chance(rng, n, REGRADED) & (city.joined < np.datetime64(graded_on, "D"))
    step = np.where(rng.random(n) < 0.5, -1, 1) * np.where(rng.random(n) < 0.3, 2, 1)
    former = np.where(moved, np.clip(tier + step, 1, tiers), tier)
    clerks = tuple(f"DF{k:04d}" for k in range(1, max(4, n // SHOPS_PER_CLERK) + 1))
    account = pl.Series(6_228_480_000_000_000 + np.arange(1, n + 1)).cast(pl.String)
    scarce = np.flatnonzero(goods["scarce"].to_numpy())
    made = Ground(
        shops=city,
        weeks=weeks,
        cycles=tuple(f"{day.isocalendar().year}-W{day.isocalendar().week:02d}" for day in weeks),
        tier=tier,
        former=former,
        graded_on=graded_on,
        clerk=even(rng, n, len(clerks)),
        clerks=clerks,
        urban=city.table["market"].to_numpy() == "urban",
        phones=chance(rng, n, 0.46),
        products=goods,
        scarce=scarce,
        quota=_quotas(goods, scarce, tiers),
        odd=np.zeros((tiers, 2, len(scarce)), np.int64),
        accounts=account,
        retailers=pl.DataFrame(),
    )
    return _with_rows(made, seed)


def _tiers(city: Shops, tiers: int) -> Units:
    """Tiers by size: the usual rank shares of thirty, or equal shares of fewer."""
    n = len(city.yearly)
    shares = TIER_SHARES if tiers == len(TIER_SHARES) else (100 / tiers,) * tiers
    place = np.argsort(np.argsort(-city.yearly, kind="stable"), kind="stable")
    last = np.floor(n * np.cumsum(shares) / 100 + 0.5)
    return np.maximum(tiers - np.searchsorted(last, place, side="right"), 1).astype(np.int64)


def _quotas(goods: pl.DataFrame, scarce: NDArray[np.int64], tiers: int) -> Units:
    """Cartons by tier, market and scarce product: the dearest for upper tiers, one for the towns.

    No tier has less than the one below it.
    """
    size = np.array([SCARCE[goods["name"][int(k)]].supply for k in scarce])
    lot = goods["lot"].to_numpy()[scarce]
    rise = np.arange(tiers) / max(1, tiers - 1)
    lots = np.maximum(1, np.floor(np.outer(0.5 + 2.5 * rise, size / lot) + 0.5)).astype(np.int64)
    dear = size < 0.7
    lots[: (2 * tiers) // 5, dear] = 0
    both = np.stack([lots, lots], axis=1)
    both[:, 0, np.argmin(size)] = 0
    quota: Units = both * lot
    return quota


def _with_rows(made: Ground, seed: int) -> Ground:
    """Dated rows of the retailers table: who they were before, and who they are now."""
    table, n = made.shops.table, len(made.tier)
    rng = stream(seed, "fraud retailers")
    begun = np.maximum(made.shops.joined, np.datetime64("2026-01-01", "D"))
    family = np.flatnonzero(chance(rng, n - n % 2, HOUSEHOLDS)[::2]) * 2
    source = np.arange(n)
    source[family + 1] = family
    owner = table["licence_holder"]
    spouse = chance(rng, n, SPOUSES)
    other = owner.gather(((source + 1) % n).astype(np.uint32))
    holder = pl.select(
        pl.when(pl.Series(spouse))
        .then(pl.concat_str(other, pl.lit("嫂")))
        .otherwise(owner.gather(source.astype(np.uint32)))
    ).to_series()
    account = made.accounts.gather(source.astype(np.uint32))
    first = table.with_columns(
        shop=pl.int_range(n, dtype=pl.Int32),
        tier=pl.Series(made.former),
        phone=table["phone"].gather(source.astype(np.uint32)),
        account=account,
        account_holder=holder,
        valid_from=pl.Series(begun).cast(pl.Date),
    )
    regraded = made.former != made.tier
    later = first.filter(pl.Series(regraded)).with_columns(
        tier=pl.Series(made.tier[regraded]), valid_from=pl.lit(made.graded_on)
    )
    settled = made.shops.joined < np.datetime64(made.weeks[0], "D")
    moved = chance(rng, n, MOVED) & ~regraded & settled & (len(made.weeks) > 1)
    when = even(rng, n, max(1, len(made.weeks) - 1))
    days = np.array([np.datetime64(day, "D") for day in made.weeks])[when]
    phone = rng.random(n) < 0.6
    changed = first.filter(pl.Series(moved)).with_columns(
        phone=pl.when(pl.Series(phone[moved]))
        .then(pl.concat_str(pl.lit("13"), pl.col("phone").str.slice(2)))
        .otherwise("phone"),
        account=pl.when(pl.Series(phone[moved]))
        .then("account")
        .otherwise(pl.concat_str(pl.lit("6217"), pl.col("account").str.slice(4))),
        valid_from=pl.Series(days[moved]).cast(pl.Date),
    )
    rows = pl.concat([first, later, changed]).sort("shop", "valid_from")
    # The account that pays is the one on file now.
    now = rows.unique("shop", keep="last", maintain_order=True)["account"]
    return Ground(
        **{
            **{name: getattr(made, name) for name in Ground.__slots__},
            "retailers": rows,
            "accounts": now,
        }
    )


def ordering(made: Ground, c: int) -> Flags:
    """Which shops may order in the cycle of that position, (n,) bool."""
    joined: Flags = made.shops.joined <= np.datetime64(made.weeks[c], "D")
    return due(made.shops, made.weeks[c]) & joined


def counted(made: Ground, c: int) -> Flags:
    """Which shops take part in a cycle and have a tier, new ones included, (n,) bool."""
    return due(made.shops, made.weeks[c])


def tier_at(made: Ground, c: int) -> Units:
    """The tier in force in the cycle of that position, (n,) int64."""
    return made.tier if made.weeks[c] >= made.graded_on else made.former


def positions(made: Ground, names: tuple[str, ...]) -> NDArray[np.int64]:
    """Where scarce products stand among the scarce ones, in the order of the names."""
    listed = made.products["name"].gather(made.scarce.astype(np.uint32)).to_list()
    return np.array([listed.index(name) for name in names], dtype=np.int64)


def together(made: Ground, names: tuple[str, ...]) -> Units:
    """Most cartons of three products together, (T,) int64.

    For the band what two of them may be at most, so that the quotas add up to more; for the
    basket, in which quotas must fit, what all three may be.
    """
    three = made.quota[:, 1, positions(made, names)]
    most: Units = three.sum(axis=1) - (three.min(axis=1) if names == BAND else 0)
    return most


def calendar(made: Ground) -> pl.DataFrame:
    """Five order days a cycle, each from 8 to 16 o'clock."""
    days = [
        (cycle, week + timedelta(days=day))
        for cycle, week in zip(made.cycles, made.weeks, strict=True)
        for day in range(5)
    ]
    return pl.DataFrame(
        {
            "cycle": [cycle for cycle, _ in days],
            "order_day": [day for _, day in days],
            "opens_at": [datetime.combine(day, OPENS) for _, day in days],
            "closes_at": [datetime.combine(day, CLOSES) for _, day in days],
        }
    )


def quotas(made: Ground) -> pl.DataFrame:
    """The published table of each cycle, long: product, tier, quota, seats if any, segment."""
    tiers, _, count = made.quota.shape
    tier, urban, product = (
        axis.ravel() for axis in np.meshgrid(np.arange(tiers), [0, 1], np.arange(count),
                                             indexing="ij")
    )  # fmt: skip
    table = pl.DataFrame(
        {
            "product_id": made.products["product_id"].gather(
                made.scarce[product].astype(np.uint32)
            ),
            "tier": tier + 1,
            "quota": made.quota.ravel(),
            "seats": made.odd.ravel(),
            "segment": pl.Series(["rural", "urban"]).gather(urban.astype(np.uint32)),
        }
    ).sort("product_id", "segment", "tier")
    return table if made.odd.any() else table.drop("seats")
