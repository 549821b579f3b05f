"""What the worlds of a simulation share, and which worlds there are to compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from allocator.errors import BadRequest
from allocator.policy.models import Policy
from allocator.records import Flags
from allocator.simulation import tallies
from allocator.simulation.behaviour import (
    HOARDING,
    INFLATING,
    KINDS,
    SLEEPING,
    TRUTHFUL,
    Behaviour,
    assigned,
    inflated,
)
from allocator.simulation.cycles import (
    ASKED,
    OTHER_GRADING,
    PROPORTIONAL_UNINFLATED,
    UNINFLATED,
)
from allocator.simulation.cycles import PROPORTIONAL as PROPORTIONAL_WORLD
from allocator.simulation.cycles import TRUTHFUL as TRUTHFUL_WORLD
from allocator.simulation.demand import given_demand, in_lots, past_demand
from allocator.simulation.habits import Habits, habits_of
from allocator.simulation.world import POLICY, PROPORTIONAL, World
from allocator.tables.calendar import retailers_on
from allocator.tables.city import City, Table


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """What all worlds share.

    city : without sales of the time that is simulated; sources : past cycles that repeat
    retailers : (n,) active ones by identifier; products : (K,) released ones by identifier
    wanted : source, product_id, retailer_id str, wanted i64 (cartons, whole lots)
    behaves : as ``behaviour.assigned``; large : (n,) bool, the tenth that sold most before
    """

    city: City
    sources: tuple[str, ...]
    retailers: pl.Series
    products: pl.Series
    wanted: pl.DataFrame
    behaves: pl.DataFrame
    habits: Habits | None
    large: Flags


def setting_of(
    city: City,
    policy: Policy,
    sources: tuple[str, ...],
    demand: pl.DataFrame | None,
    behaviours: Sequence[Behaviour],
    seed: str,
) -> Setting:
    """What all worlds share; parameters as ``simulate_cycles``.

    Raises
    ------
    BadRequest : nobody is active; no demand, no past sales; behaviours that do not fit
    """
    active = retailers_on(city, policy.on).filter(pl.col("status") == "active")["retailer_id"]
    retailers = active.unique().sort()
    if retailers.is_empty():
        raise BadRequest("cycles-no-retailers", on=policy.on)
    known = None if demand is None else given_demand(demand, city, sources)
    wanted = in_lots(past_demand(city, sources) if known is None else known, city)
    release = city.supply if city.supply is not None else city.quotas
    named = pl.Series(dtype=pl.String) if release is None else release.frame.filter(
        pl.col("cycle").is_in(list(sources))
    )["product_id"]  # fmt: skip
    products = named.unique().sort()
    habits, large = None, np.zeros(len(retailers), np.bool_)
    if city.sales is not None:
        begins = policy.on.replace(day=1)
        frame = city.sales.frame.filter(pl.col("month") < begins)
        city = replace(city, sales=replace(city.sales, frame=frame))
        habits = habits_of(city, policy.on, products)
        large = _largest_tenth(city.sales, habits, retailers)
    behaves = assigned(retailers, behaviours, seed)
    return Setting(city, sources, retailers, products, wanted, behaves, habits, large)


def _largest_tenth(sales: Table | None, habits: Habits, retailers: pl.Series) -> Flags:
    """The tenth of the retailers that sold most cartons in the months that repeat; ties by id."""
    found = np.zeros(len(retailers), np.bool_)
    if sales is None:
        return found
    sums = (
        sales.frame.lazy()
        .filter(pl.col("month") >= habits.first)
        .group_by(pl.col("retailer_id").cast(pl.String))
        .agg(pl.col("quantity").sum())
        .collect()
    )
    mine = retailers.to_frame("retailer_id").join(
        sums, on="retailer_id", how="left", maintain_order="left"
    )
    quantity = mine["quantity"].fill_null(0).to_numpy()
    found[np.argsort(-quantity, kind="stable")[: max(len(found) // 10, 1)]] = True
    return found


def worlds_of(setting: Setting, policy: Policy, asked_for: Sequence[str]) -> list[World]:
    """The worlds that were asked for and can differ from the one asked."""
    kinds = set(setting.behaves["behaviour"])
    behaves = setting.behaves
    modest, honest = _without(behaves, (INFLATING,)), _without(behaves, KINDS)
    asked, told = _orders(setting, behaves), _orders(setting, honest)
    inflates, others = INFLATING in kinds, bool(kinds & {HOARDING, SLEEPING})
    rationed = inflates and setting.city.supply is not None
    switched = _other_grading(setting, policy)
    possible = (
        (True, World(ASKED, POLICY, policy, behaves, asked)),
        (inflates, World(UNINFLATED, POLICY, policy, modest, told)),
        (others, World(TRUTHFUL_WORLD, POLICY, policy, honest, told)),
        (switched is not None, World(OTHER_GRADING, POLICY, switched or policy, behaves, asked)),
        (rationed, World(PROPORTIONAL_WORLD, PROPORTIONAL, policy, behaves, asked)),
        (rationed, World(PROPORTIONAL_UNINFLATED, PROPORTIONAL, policy, modest, told)),
    )
    wanted = {ASKED, *asked_for}
    return [world for differs, world in possible if differs and world.name in wanted]


def _without(behaves: pl.DataFrame, kinds: Sequence[str]) -> pl.DataFrame:
    """The behaviours, with shops of some kinds truthful instead."""
    gone = pl.col("behaviour").is_in(list(kinds))
    return behaves.with_columns(
        pl.when(gone).then(pl.lit(TRUTHFUL)).otherwise("behaviour").alias("behaviour"),
        *(pl.when(gone).then(1).otherwise(name).alias(name) for name in ("top", "bottom")),
    )


def _other_grading(setting: Setting, policy: Policy) -> Policy | None:
    """The policy that counts scarce products where this one leaves them out, or the other way.

    ``None`` where the grading reads no sales, or these do not tell which were of scarce products.
    """
    grading, city = policy.grading, setting.city
    if grading is None or grading.tiers.by is not None or city.sales is None:
        return None
    if city.products is None or "product_id" not in city.sales.columns:
        return None
    scarce = city.products.frame.filter(pl.col("scarce").fill_null(value=False))["product_id"]
    if not setting.products.is_in(scarce.implode()).any():
        return None
    exclude = grading.exclude.model_copy(update={"scarce": not grading.exclude.scarce})
    return policy.model_copy(update={"grading": grading.model_copy(update={"exclude": exclude})})


def _orders(setting: Setting, behaves: pl.DataFrame) -> Mapping[str, Table]:
    """What the shops ask in each source cycle, as orders tables with ``wanted`` beside.

    who, good : places on the axes of retailers and products, -1 = on none
    """
    rows = setting.wanted.join(
        behaves, on="retailer_id", how="left", maintain_order="left"
    ).with_columns(pl.col("top", "bottom").fill_null(1))
    wanted, top, bottom = (rows[name].to_numpy() for name in ("wanted", "top", "bottom"))
    more = (rows["behaviour"].fill_null(TRUTHFUL) == INFLATING).to_numpy()
    asked = np.where(more, inflated(wanted, top, bottom), wanted)
    frame = rows.select(
        "source",
        "product_id",
        "retailer_id",
        "wanted",
        pl.Series("requested", asked),
        pl.Series("who", tallies.positions(rows["retailer_id"], setting.retailers)),
        pl.Series("good", tallies.positions(rows["product_id"], setting.products)),
        pl.lit(None, pl.Int64).alias("granted"),
        pl.lit(None, pl.Datetime("us")).alias("ordered_at"),
        *(pl.lit(None, pl.String).alias(name) for name in ("cycle", "status", "order_id")),
        pl.lit("ordinary").alias("kind"),
    ).sort("source", "product_id", "retailer_id")
    columns = frozenset({"retailer_id", "product_id", "requested"})
    return {
        source: Table("orders", frame.filter(pl.col("source") == source), columns=columns)
        for source in setting.sources
    }


def counted_products(setting: Setting, policy: Policy) -> frozenset[str] | None:
    """The released products whose sales the grading counts.

    Raises
    ------
    BadRequest : one has no price, and the sales are counted in money
    """
    grading, city = policy.grading, setting.city
    if grading is None or grading.tiers.by is not None or city.sales is None:
        return None
    counted = setting.products
    if city.products is not None:
        frame = city.products.frame
        if grading.exclude.scarce:
            gone = frame.filter(pl.col("scarce").fill_null(value=False))["product_id"]
            counted = counted.filter(~counted.is_in(gone.implode()))
        if "amount" in city.sales.columns:
            priced = frame.filter(pl.col("wholesale_price").is_not_null())["product_id"]
            bare = counted.filter(~counted.is_in(priced.implode()))
            if len(bare):
                raise BadRequest("awards-without-price", products=", ".join(bare.head(8)))
    return frozenset(counted)


def described(world: World) -> dict[str, str]:
    """A row of the frame ``worlds``."""
    grading = world.policy.grading
    scarce = "-"
    if grading is not None and grading.tiers.by is None:
        scarce = "excluded" if grading.exclude.scarce else "counted"
    modest = world.name in (UNINFLATED, PROPORTIONAL_UNINFLATED)
    behaves = "uninflated" if modest else world.name
    return {
        "world": world.name,
        "rule": world.rule,
        "scarce": scarce,
        "behaviour": behaves if behaves in ("uninflated", "truthful") else "asked",
    }
