"""One cycle of a city under a policy, stage by stage; what took the same is not done again.

A stage is a function of its arguments and can see nothing else: a table that is not among them is
not in the city that it gets, a part of the policy that is not among them is not handed over. So
where another scenario gave a stage the same arguments, its outcome stands for this one too. Which
changes touch which stage is nowhere written down: it follows from what each stage takes.

    graded    sales, retailers, tiers, sanctions   + the grading rules         -> Grading
    released  supply, products, retailers          + the allocation rules      -> Release
    counted   retailers, calendar                  + graded, names of segments -> Counted
    planned   products, credits, ...               + all three, allocation rules -> QuotaPlan
    laid      orders                                                           -> Requests
    matched   laid, counted, names of lines                                    -> Matched
    asked     matched                                                          -> (P, r) lots
    served    planned, laid, matched, asked                                    -> (P, r) cartons
    shops     retailers, sales                     + graded, planned's members -> Shops
    near      graded, planned's members and their segments                     -> Near
    ordered   laid, shops, planned's products                                  -> (K, n) cartons
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Generic, TypeVar

from pydantic import BaseModel

from allocator.allocation.awards import asked_of_members
from allocator.allocation.cliffs import Near
from allocator.allocation.counting import Counted, Names, Release
from allocator.allocation.matching import Matched, match
from allocator.allocation.requests import Requests
from allocator.allocation.shelf import Shelf
from allocator.policy.models import Policy
from allocator.records import Grading, Indices, QuotaPlan
from allocator.runs.week import cycle_of, has_orders, is_standard
from allocator.simulation import steps
from allocator.simulation.serving import Cartons, awarded, ordered
from allocator.simulation.shops import Shops, shops_of
from allocator.tables.city import City

T = TypeVar("T")

PLAIN = (str, int, date, tuple, BaseModel, Names)
"""Arguments that are the same where they are equal, tuples of them too; all others where they are
the same object."""


@dataclass(frozen=True, slots=True, eq=False)
class Stage(Generic[T]):
    """What a stage took and what it made of it."""

    takes: tuple[object, ...]
    gives: T


@dataclass(frozen=True, slots=True, eq=False)
class Staged:
    """One cycle of a city under a policy.

    released, counted : ``None`` where a quota table was given, and nothing was planned
    laid, matched, asked, served, ordered : ``None`` where the cycle has no orders
    served : awards of the counted members, (P, r) int32 cartons
    ordered : of all retailers, (K, n) int32 cartons
    """

    policy: Policy
    city: City
    cycle: str
    seed: str | None
    graded: Stage[Grading]
    released: Stage[Release] | None
    counted: Stage[Counted] | None
    planned: Stage[QuotaPlan]
    laid: Stage[Requests] | None
    matched: Stage[Matched] | None
    asked: Stage[Indices] | None
    served: Stage[Indices] | None
    shops: Stage[Shops]
    near: Stage[Near]
    ordered: Stage[Indices] | None

    @property
    def grading(self) -> Grading:
        """The tiers; ``to_next_tier`` is not looked for and null."""
        return self.graded.gives

    @property
    def plan(self) -> QuotaPlan:
        """The quotas, with the digest of this policy; no certificate can be made of them."""
        return replace(self.planned.gives, policy_digest=self.policy.digest)

    @property
    def cartons(self) -> Cartons | None:
        """Orders and awards by retailer; ``None`` where the cycle has no orders."""
        if self.served is None or self.ordered is None:
            return None
        product, order = self.planned.gives.product, self.ordered.gives
        products = sorted(set(product))
        return Cartons(order, awarded(self.served.gives, product, self.shops.gives, products))


def staged(
    city: City,
    policy: Policy,
    *,
    cycle: str | None = None,
    seed: str | None = None,
    before: Sequence[Staged] = (),
    shelf: Shelf | None = None,
) -> Staged:
    """Grade, plan and allocate as ``run`` does, without audit, certificate and digests.

    Parameters
    ----------
    before : cycles of other scenarios whose stages may stand for this one's
    shelf : lines of their plans, of which those that come out the same may stand for this one's

    Raises
    ------
    BadRequest, BadTable, InfeasiblePolicy, NotProvenOptimal : as the steps raise them
    """
    cycle, on, rules = cycle_of(city, cycle), policy.on, policy.allocation
    known = _Known(tuple(before))
    graded = known.stage(
        "graded", steps.grade, policy.grading, on, city.retailers, city.sales, city.products,
        city.tiers, city.sanctions, city.quotas,
    )  # fmt: skip
    released = counted = None
    if is_standard(city.quotas, rules, cycle):
        planned = known.stage(
            "planned", steps.adopt, graded.gives, rules, cycle, seed, on, city.retailers,
            city.quotas, city.bands, city.supply, city.products, city.calendar, city.credits,
        )  # fmt: skip
    else:
        released = known.stage(
            "released", steps.release, rules, cycle, on, city.retailers, city.products, city.supply,
            city.unread,
        )  # fmt: skip
        counted = known.stage(
            "counted", steps.count, graded.gives, released.gives.names, cycle, seed, on,
            city.retailers, city.calendar,
        )  # fmt: skip
        history = (city.orders, city.quotas, city.calendar) if rules.take_up else (None, None, None)
        planned = known.stage(
            "planned", partial(steps.plan, shelf), graded.gives, rules, released.gives,
            counted.gives, cycle, seed, on, city.retailers, city.products, city.credits, *history,
        )  # fmt: skip
    plan = planned.gives
    newcomers = None if policy.grading is None else policy.grading.newcomers
    shops = known.stage(
        "shops", shops_of, graded.gives, plan.members, len(plan.cells.tier), on, city.retailers,
        city.sales, newcomers,
    )  # fmt: skip
    near = known.stage(
        "near", steps.near, graded.gives, plan.members, plan.cells.segment, plan.between is not None
    )
    laid = matched = asked = served = ordered_ = None
    if has_orders(city, cycle):
        laid = known.stage("laid", steps.lay, cycle, city.orders, bool(plan.bands))
        if counted is None or released is None:
            matched = known.stage("matched", match, laid.gives, plan)
        else:
            lines = released.gives.released
            matched = known.stage(
                "matched", steps.find, laid.gives, counted.gives, lines.product, lines.region,
                tuple(lines.lot.tolist()),
            )  # fmt: skip
        order = None if counted is None else counted.gives
        asked = known.stage("asked", asked_of_members, matched.gives, int(plan.cells.count.sum()))
        served = known.stage(
            "served", steps.serve, laid.gives, plan, matched.gives, asked.gives, order
        )  # fmt: skip
        ordered_ = known.stage(
            "ordered", ordered, laid.gives, shops.gives, tuple(sorted(set(plan.product)))
        )
    return Staged(
        policy, city, cycle, seed, graded, released, counted, planned, laid, matched, asked,
        served, shops, near, ordered_,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Known:
    """The cycles before, in which a stage is looked for."""

    before: tuple[Staged, ...]

    def stage(self, name: str, make: Callable[..., T], *takes: object) -> Stage[T]:
        """The stage of an earlier cycle that took the same, or a new one."""
        for earlier in self.before:
            stage: Stage[T] | None = getattr(earlier, name)
            if stage is not None and _alike(stage.takes, takes):
                return stage
        return Stage(takes, make(*takes))


def _alike(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    return len(one) == len(other) and all(map(_same, one, other))


def _same(one: object, other: object) -> bool:
    return one is other or (
        isinstance(one, PLAIN) and type(one) is type(other) and bool(one == other)
    )
