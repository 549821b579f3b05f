"""What a policy says of each released line, as arrays over lines and cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

import numpy as np
import polars as pl

from allocator.allocation.leximin import Lines
from allocator.allocation.segments import chosen
from allocator.errors import BadRequest
from allocator.policy.allocation_models import AllocationPolicy, Limits, ProductLimits
from allocator.records import Cells, Units
from allocator.tables.city import City

NO_LIMITS = ProductLimits()
NOISE = 1e-9
"""(cartons) Rounding of a few float additions when limits are compared; limits are whole."""


@dataclass(frozen=True, slots=True, eq=False)
class Released:
    """The P released lines of a cycle, sorted by product and region.

    product, region : P names (region ``""`` where the supply has none)
    lot, supply, reserve : (P,) int64 cartons
    price_band, price_class : P, ``None`` where the products table does not say
    """

    product: tuple[str, ...]
    region: tuple[str, ...]
    lot: Units
    supply: Units
    reserve: Units
    price_band: tuple[str | None, ...]
    price_class: tuple[int | None, ...]


def supply_of_cycle(city: City, cycle: str) -> pl.DataFrame:
    """The rows of the supply table of one cycle.

    Raises
    ------
    BadRequest : there is no supply, none of this cycle, or a product stands both with and
        without a region
    """
    if city.supply is None:
        raise BadRequest("no-supply", unread=", ".join(city.unread[:12]) or "-")
    frame = city.supply.frame
    rows = frame.filter(pl.col("cycle") == cycle).sort("product_id", "region", nulls_last=False)
    if rows.is_empty():
        cycles = frame["cycle"].unique().sort().to_list()
        raise BadRequest("cycle-not-supplied", cycle=cycle, known=", ".join(cycles[:12]))
    mixed = rows.group_by("product_id").agg(
        pl.col("region").is_null().any().alias("some"),
        pl.col("region").is_null().all().alias("all"),
    )
    mixed = mixed.filter(pl.col("some") & ~pl.col("all")).sort("product_id")
    if len(mixed):
        raise BadRequest("region-mixed", product=str(mixed["product_id"][0]), cycle=cycle)
    return rows


def released_lines(city: City, rows: pl.DataFrame, reserve: Decimal) -> Released:
    """Lots, supply and reserve of the released lines; the reserve goes up to whole lots.

    reserve : part of the supply kept back, 0 <= reserve < 1
    """
    wanted = {
        "product_id": pl.String,
        "lot": pl.Int64,
        "price_band": pl.String,
        "price_class": pl.Int64,
    }
    known = (
        city.products.frame.select(*wanted)
        if city.products is not None
        else pl.DataFrame(schema=wanted)
    )
    rows = rows.join(known, on="product_id", how="left", maintain_order="left")
    lot = rows["lot"].fill_null(1).to_numpy()
    supply = rows["quantity"].to_numpy()
    kept = [
        whole_reserve(quantity, size, reserve)
        for quantity, size in zip(supply.tolist(), lot.tolist(), strict=True)
    ]
    return Released(
        tuple(rows["product_id"].to_list()),
        tuple(rows["region"].fill_null("").to_list()),
        lot.astype(np.int64),
        supply.astype(np.int64),
        np.array(kept, dtype=np.int64),
        tuple(rows["price_band"].to_list()),
        tuple(rows["price_class"].to_list()),
    )


def whole_reserve(supply: int, lot: int, reserve: Decimal) -> int:
    """The part of a supply that is kept back, cartons, up to whole lots and never above it."""
    top, bottom = reserve.as_integer_ratio()
    return min(-(-supply * top // (bottom * lot)) * lot, supply)


def by_tier(value: int | Mapping[int, int], default: int, tiers: int) -> Units:
    """A limit for tiers 1..T: between entries the next lower entry, below the last the default."""
    if not isinstance(value, Mapping):
        return np.full(tiers, value, dtype=np.int64)
    result = np.full(tiers, default, dtype=np.int64)
    for tier in sorted(value):
        result[max(tier, 1) - 1 :] = value[tier]
    return result


T = TypeVar("T")


def _own(value: T | None, default: T) -> T:
    return default if value is None else value


def quota_ceilings(
    product: Sequence[str], lot: Units, cells: Cells, policy: AllocationPolicy, tiers: int
) -> Units:
    """Ceilings, (P, C) int64 cartons, down to whole lots."""
    most = policy.defaults.ceiling
    rows = [
        by_tier(most if own is None else own, most, tiers)
        for own in (policy.products.get(name, NO_LIMITS).ceiling for name in product)
    ]
    table = np.stack(rows)[:, cells.tier - 1]
    return table // lot[:, None] * lot[:, None]


def doubled(product: Sequence[str], policy: AllocationPolicy) -> frozenset[int]:
    """The lines whose fortnightly shops count twice."""
    return frozenset(
        p
        for p, name in enumerate(product)
        if policy.products.get(name, NO_LIMITS).fortnightly == "double"
    )


def quota_lines(
    released: Released,
    cells: Cells,
    policy: AllocationPolicy,
    tiers: int,
    attributes: tuple[str, ...],
) -> Lines:
    """The programs of all released lines; floors, ceilings and supply go to whole lots inward.

    Steps stay as they are: a step below a lot, taken inward, would level all tiers. They bind
    entitlements; ``equal`` refuses one that is not in whole lots. Where fortnightly shops are
    doubled, their floors, ceilings and steps are.

    attributes : those that the segments of the cells are formed of

    Whether any table keeps them all is for ``conflicts`` to say.
    """
    shape = (len(released.product), len(cells.tier))
    allowed = np.zeros(shape, dtype=np.bool_)
    floor = np.zeros(shape, dtype=np.int64)
    ceiling = quota_ceilings(released.product, released.lot, cells, policy, tiers)
    step = np.full(shape[0], -1, dtype=np.int64)
    tier_order = np.ones(shape[0], dtype=np.bool_)
    visits = np.ones(shape, dtype=np.int64)
    covered = np.zeros(shape, dtype=np.int64)
    defaults: Limits = policy.defaults
    for p, (product, region) in enumerate(zip(released.product, released.region, strict=True)):
        own, lot = policy.products.get(product, NO_LIMITS), int(released.lot[p])
        low, high = own.tiers or (1, tiers)
        may = (cells.tier >= low) & (cells.tier <= high)
        allowed[p] = may & chosen(cells, attributes, own.who, region)
        visits[p] = cells.visits(own.fortnightly == "double")
        floor[p] = -(-_own(own.floor, defaults.floor) // lot) * lot
        delta = _own(own.step, defaults.step)
        step[p] = -1 if delta is None else delta
        top, bottom = _own(own.coverage, defaults.coverage).as_integer_ratio()
        # Down to whole shops: one of one would be everybody, and tier order drag all others up.
        covered[p] = cells.count * top // bottom
        tier_order[p] = _own(own.tier_order, defaults.tier_order)
    supply = (released.supply - released.reserve) // released.lot * released.lot
    # No supply, no program: nothing is released, so nothing is promised either.
    allowed &= (supply > 0)[:, None]
    # Where quotas may not fall as the tier rises, no ceiling is above a higher tier's: the program
    # sees to it for quotas, but the second round has the ceilings alone.
    chains = np.where(allowed, ceiling, np.iinfo(np.int64).max).reshape(shape[0], -1, tiers)
    held = np.minimum.accumulate(chains[..., ::-1], axis=2)[..., ::-1].reshape(shape)
    ceiling = np.where(tier_order[:, None], held, ceiling)
    return Lines(
        tiers,
        allowed,
        cells.count,
        cells.weight,
        np.where(allowed, floor * visits, 0),
        np.where(allowed, ceiling * visits, 0),
        supply,
        tier_order,
        step,
        visits,
        promised=np.where(allowed, covered, 0) * released.lot[:, None],
    )
