"""Let a city live on for n cycles: in the world asked for and in those it is compared with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import polars as pl

from allocator.allocation.awards import allocate
from allocator.errors import BadRequest
from allocator.policy.models import Policy
from allocator.records import Allocation, QuotaPlan
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
from allocator.simulation.chronicle import Chronicle, frames_of
from allocator.simulation.cycles import (
    ASKED,
    OTHER_GRADING,
    PROPORTIONAL_UNINFLATED,
    UNINFLATED,
    WORLDS,
    Cycles,
    frame_of,
)
from allocator.simulation.cycles import PROPORTIONAL as PROPORTIONAL_WORLD
from allocator.simulation.cycles import TRUTHFUL as TRUTHFUL_WORLD
from allocator.simulation.demand import given_demand, past_demand, sources_of
from allocator.simulation.deviations import Rule, deviations
from allocator.simulation.exposed import remember
from allocator.simulation.habits import Habits, habits_of
from allocator.simulation.in_proportion import allocate_in_proportion, drawn
from allocator.simulation.pace import Turn, turns_to_come
from allocator.simulation.past import Past, past_of
from allocator.simulation.world import (
    POLICY,
    PROPORTIONAL,
    Life,
    Shelf,
    World,
    begun,
    carried,
    graded_on,
    last_months,
    planned,
    sold,
)
from allocator.tables.calendar import retailers_on
from allocator.tables.city import City, Table

TRIED: int = 3
"""Lines of each product and cycle of which it is tried whether inflating paid."""


def simulate_cycles(
    city: City,
    policy: Policy,
    *,
    cycles: int = 12,
    seed: str,
    behaviours: Sequence[Behaviour] = (),
    demand: pl.DataFrame | None = None,
    sources: Sequence[str] | None = None,
    every: str | None = None,
    regrade_months: int = 3,
    worlds: Sequence[str] = WORLDS,
    tried: int = TRIED,
    progress: Callable[[int, int], None] | None = None,
) -> Cycles:
    """Run n cycles from the day of the policy on, with shops that behave and gradings between.

    Supply and demand of a cycle to come are those of a past one, in turn; ordinary sales repeat
    the last months (``habits``). Credits are carried, awards become sales, the retailers are
    graded again every ``regrade_months``. The policy stays as it stands on the first day.

    Parameters
    ----------
    city : retailers, supply and orders; sales where the policy grades by them. Sales of the month
        of the first day and later do not count: they lie in the time that is simulated
    seed : public text of draws and of who behaves how
    behaviours : who behaves how; everybody else is truthful
    demand : what shops truly want, each cycle: retailer_id, product_id, quantity (cartons), and
        ``cycle`` where it differs by past cycle; ``None`` = what they asked in the past
    sources : past cycles to repeat in turn; ``None`` = all of the supply table
    every : ``week``, ``fortnight`` or ``month``; ``None`` = as the past cycles are named
    worlds : which to compare with; ``asked`` is always there, one that could not differ never
    tried : lines of each product and cycle of which it is tried whether inflating paid; they cost
        one repetition of the cycle each

    Raises
    ------
    BadRequest : arguments that do not fit, no supply, no demand; and as ``run``
    """
    if unknown := sorted(set(worlds) - set(WORLDS)):
        raise BadRequest("cycles-world", world=unknown[0][:40], known=", ".join(WORLDS))
    if not 0 <= tried <= 10_000:
        raise BadRequest("cycles-tried", tried=tried)
    known = sources_of(city)
    if missing := [name for name in sources or () if name not in known]:
        raise BadRequest("cycles-source", cycle=missing[0][:80], known=", ".join(known[:8]))
    repeated = tuple(sources or known)
    turns = turns_to_come(
        policy.on, cycles, repeated, every=every, regrade_months=regrade_months
    )
    setting = _setting(city, policy, repeated, demand, behaviours, seed)
    lived = [_Lived.of(setting, world, turns) for world in _worlds(setting, policy, worlds)]
    for turn in turns:
        shelf = Shelf()
        for each in lived:
            each.live(setting, turn, shelf, seed, tried)
        if progress is not None:
            progress(turn.number, cycles)
    frames = frames_of([(each.world.name, each.chronicle) for each in lived])
    return Cycles(
        policy=policy,
        seed=seed,
        turns=turns,
        sources=repeated,
        regrade_months=regrade_months,
        behaviours=tuple(behaviours),
        demand_given=demand is not None,
        retailers_counted=len(setting.retailers),
        past_months=0 if setting.habits is None else setting.habits.months,
        worlds=frame_of("worlds", [_described(each.world) for each in lived]),
        **frames,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """What all worlds share.

    city : without sales of the time that is simulated
    retailers : (n,) active ones by identifier; products : (K,) released ones by identifier
    wanted : source, product_id, retailer_id str, wanted i64
    behaves : as ``behaviour.assigned``; large : (n,) bool, the tenth that sold most before
    """

    city: City
    retailers: pl.Series
    products: pl.Series
    wanted: pl.DataFrame
    behaves: pl.DataFrame
    habits: Habits | None
    large: tallies.Flags


def _setting(
    city: City,
    policy: Policy,
    sources: tuple[str, ...],
    demand: pl.DataFrame | None,
    behaviours: Sequence[Behaviour],
    seed: str,
) -> Setting:
    active = retailers_on(city, policy.on).filter(pl.col("status") == "active")["retailer_id"]
    retailers = active.unique().sort()
    if retailers.is_empty():
        raise BadRequest("cycles-no-retailers", on=policy.on)
    if demand is None:
        wanted = past_demand(city, sources)
    else:
        wanted = given_demand(demand, city, sources)
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
    return Setting(city, retailers, products, wanted, behaves, habits, large)


def _largest_tenth(sales: Table | None, habits: Habits, retailers: pl.Series) -> tallies.Flags:
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


def _worlds(setting: Setting, policy: Policy, asked_for: Sequence[str]) -> list[World]:
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
    """What the shops ask in each source cycle, as orders tables with ``wanted`` beside."""
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
        str(name[0]): Table("orders", part, columns=columns)
        for name, part in frame.partition_by("source", as_dict=True).items()
    }


@dataclass(slots=True, eq=False)
class _Lived:
    """One world on its way: where it stands, and what was written down of it."""

    world: World
    life: Life
    counted: frozenset[object]
    counts: frozenset[str] | None
    chronicle: Chronicle
    remembered: Past

    @classmethod
    def of(cls, setting: Setting, world: World, turns: tuple[Turn, ...]) -> _Lived:
        life = begun(setting.city, world.policy, turns)
        return cls(
            world,
            life,
            last_months(world.policy.grading, turns),
            _counting(setting, world.policy),
            Chronicle.of(setting.products, setting.retailers, setting.behaves, setting.large),
            past_of(setting.city, turns[0].cycle),
        )

    def live(self, setting: Setting, turn: Turn, shelf: Shelf, seed: str, tried: int) -> None:
        """One cycle."""
        world = self.world
        before = self.life.grading
        life = graded_on(self.life, world, turn, setting.habits, self.counted)
        plan = planned(life, world, turn, seed, shelf)
        orders = world.orders.get(turn.source)
        rule = _rule(world, plan)
        allocation = None if orders is None else rule(orders, plan)
        self.chronicle.add(turn, before, life, plan, orders, allocation, offers=world.rule == POLICY)
        if world.rule == POLICY:
            self.remembered = remember(
                self.chronicle, self.remembered, turn, world.policy, life, plan, allocation
            )
        if orders is not None and allocation is not None:
            if tried and world.name in (ASKED, PROPORTIONAL_WORLD):
                found = deviations(orders, plan, allocation, rule, tried, seed)
                self.chronicle.try_out(turn, found)
            life = sold(life, allocation.lines, turn.day, counts=self.counts)
        self.life = carried(life, plan)


def _rule(world: World, plan: QuotaPlan) -> Rule:
    if world.rule == POLICY:
        return allocate
    return partial(_in_proportion, lists=drawn(plan))


def _in_proportion(orders: Table, plan: QuotaPlan, lists: object) -> Allocation:
    return allocate_in_proportion(orders, plan, lists)  # type: ignore[arg-type]


def _counting(setting: Setting, policy: Policy) -> frozenset[str] | None:
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


def _described(world: World) -> dict[str, str]:
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
