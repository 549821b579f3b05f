"""Let a city live on for n cycles: in the world asked for and in those it is compared with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

import polars as pl

from allocator.allocation.awards import allocate
from allocator.errors import BadRequest
from allocator.policy.models import Policy
from allocator.records import QuotaPlan
from allocator.runs.week import MOST_SEED
from allocator.simulation.behaviour import Behaviour
from allocator.simulation.chronicle import Chronicle
from allocator.simulation.chronicle_frames import frames_of
from allocator.simulation.cycles import (
    ASKED,
    WORLDS,
    Cycles,
    frame_of,
)
from allocator.simulation.cycles import PROPORTIONAL as PROPORTIONAL_WORLD
from allocator.simulation.demand import sources_of
from allocator.simulation.deviations import Rule, deviations
from allocator.simulation.exposed import remember
from allocator.simulation.in_proportion import allocate_in_proportion, drawn
from allocator.simulation.pace import Turn, turns_to_come
from allocator.simulation.past import Past, past_of
from allocator.simulation.setting import (
    Setting,
    counted_products,
    described,
    setting_of,
    worlds_of,
)
from allocator.simulation.shifts import products_of
from allocator.simulation.world import (
    POLICY,
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
from allocator.tables.city import City

TRIED: Final = 3
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
    if not seed.strip() or not seed.isprintable() or len(seed) > MOST_SEED:
        raise BadRequest("seed-unusable", most=MOST_SEED)
    if unknown := sorted(set(worlds) - set(WORLDS)):
        raise BadRequest("cycles-world", world=unknown[0][:40], known=", ".join(WORLDS))
    if not 0 <= tried <= 10_000:
        raise BadRequest("cycles-tried", tried=tried)
    known = sources_of(city)
    if missing := [name for name in sources or () if name not in known]:
        raise BadRequest("cycles-source", cycle=missing[0][:80], known=", ".join(known[:8]))
    repeated = tuple(sources or known)
    turns = turns_to_come(policy.on, cycles, repeated, every=every, regrade_months=regrade_months)
    setting = setting_of(city, policy, repeated, demand, behaviours, seed)
    lived = [_Lived.of(setting, world, turns) for world in worlds_of(setting, policy, worlds)]
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
        product_names=products_of(city, setting.products.to_list()),
        worlds=frame_of("worlds", [described(each.world) for each in lived]),
        **frames,
    )


@dataclass(slots=True, eq=False)
class _Lived:
    """One world on its way: where it stands, and what was written down of it."""

    world: World
    life: Life
    counted: frozenset[date]
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
            counted_products(setting, world.policy),
            Chronicle.of(setting.products, setting.retailers, setting.behaves, setting.large),
            past_of(setting.city, turns[0].cycle, turns[0].day),
        )

    def live(self, setting: Setting, turn: Turn, shelf: Shelf, seed: str, tried: int) -> None:
        """One cycle."""
        world = self.world
        before = self.life.grading
        life = graded_on(self.life, world, turn, setting.habits, self.counted)
        plan = planned(life, world, turn, seed, shelf)
        orders = world.orders[turn.source]
        rule = _rule(world, plan)
        allocation = rule(orders, plan)
        offers = world.rule == POLICY
        self.chronicle.add(turn, before, life, plan, orders, allocation, offers=offers)
        if offers:
            self.remembered = remember(
                self.chronicle, self.remembered, turn, world.policy, life, plan, allocation
            )
        if tried and world.name in (ASKED, PROPORTIONAL_WORLD):
            self.chronicle.try_out(turn, deviations(orders, plan, allocation, rule, tried, seed))
        life = sold(life, allocation.lines, turn.day, counts=self.counts)
        self.life = carried(life, plan)


def _rule(world: World, plan: QuotaPlan) -> Rule:
    if world.rule == POLICY:
        return allocate
    return partial(allocate_in_proportion, lists=drawn(plan))
