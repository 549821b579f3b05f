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
    served    planned, laid                                                    -> Awarded
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Generic, TypeVar

from pydantic import BaseModel

from allocator.allocation.awards import Awarded, award_requests
from allocator.allocation.counting import Counted, Names, Release, count_city, release_of
from allocator.allocation.published import adopt_quotas
from allocator.allocation.quotas import plan_counted
from allocator.allocation.requests import Requests, lay_out
from allocator.policy.allocation_models import AllocationPolicy
from allocator.policy.grading_models import GradingPolicy
from allocator.policy.models import Policy
from allocator.records import Grading, QuotaPlan
from allocator.runs.week import cycle_of, grade_by, has_orders, is_standard
from allocator.tables.city import City, Table

T = TypeVar("T")

PLAIN = (str, int, date, BaseModel, Names)
"""Arguments that are the same where they are equal; all others where they are the same object."""


@dataclass(frozen=True, slots=True, eq=False)
class Stage(Generic[T]):
    """What a stage took and what it made of it."""

    takes: tuple[object, ...]
    gives: T


@dataclass(frozen=True, slots=True, eq=False)
class Staged:
    """One cycle of a city under a policy.

    released, counted : ``None`` where a quota table was given, and nothing was planned
    laid, served : ``None`` where the cycle has no orders
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
    served: Stage[Awarded] | None

    @property
    def grading(self) -> Grading:
        """The tiers; ``to_next_tier`` is not looked for and null."""
        return self.graded.gives

    @property
    def plan(self) -> QuotaPlan:
        """The quotas, with the digest of this policy."""
        return replace(self.planned.gives, policy_digest=self.policy.digest)

    @property
    def awarded(self) -> Awarded | None:
        """The awards beside ``requests``."""
        return None if self.served is None else self.served.gives

    @property
    def requests(self) -> Requests | None:
        """The orders, laid out."""
        return None if self.laid is None else self.laid.gives


def staged(
    city: City,
    policy: Policy,
    *,
    cycle: str | None = None,
    seed: str | None = None,
    before: Sequence[Staged] = (),
) -> Staged:
    """Grade, plan and allocate as ``run`` does, without audit, certificate and digests.

    Parameters
    ----------
    before : cycles of other scenarios whose stages may stand for this one's

    Raises
    ------
    BadRequest, BadTable, InfeasiblePolicy, NotProvenOptimal : as the steps raise them
    """
    cycle, on, rules = cycle_of(city, cycle), policy.on, policy.allocation
    known = _Known(tuple(before))
    graded = known.stage(
        "graded", _grade, policy.grading, on, city.retailers, city.sales, city.products,
        city.tiers, city.sanctions, city.quotas,
    )  # fmt: skip
    released = counted = None
    if is_standard(city.quotas, rules, cycle):
        planned = known.stage(
            "planned", _adopt, graded.gives, rules, cycle, seed, on, city.retailers, city.quotas,
            city.bands, city.supply, city.products, city.calendar, city.credits,
        )  # fmt: skip
    else:
        released = known.stage(
            "released", _release, rules, cycle, on, city.retailers, city.products, city.supply,
            city.unread,
        )  # fmt: skip
        counted = known.stage(
            "counted", _count, graded.gives, released.gives.names, cycle, seed, on,
            city.retailers, city.calendar,
        )  # fmt: skip
        history = (city.orders, city.quotas, city.calendar) if rules.take_up else (None, None, None)
        planned = known.stage(
            "planned", _plan, graded.gives, rules, released.gives, counted.gives, cycle, seed, on,
            city.retailers, city.products, city.credits, *history,
        )  # fmt: skip
    laid = served = None
    if has_orders(city, cycle):
        laid = known.stage("laid", _lay_out, cycle, city.orders, bool(planned.gives.bands))
        order = None if counted is None else counted.gives
        served = known.stage("served", _serve, laid.gives, planned.gives, order)
    return Staged(
        policy, city, cycle, seed, graded, released, counted, planned, laid, served
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


def _grade(
    rules: GradingPolicy | None,
    on: date,
    retailers: Table,
    sales: Table | None,
    products: Table | None,
    tiers: Table | None,
    sanctions: Table | None,
    quotas: Table | None,
) -> Grading:
    city = City(
        retailers, products=products, sales=sales, quotas=quotas, tiers=tiers, sanctions=sanctions
    )
    return grade_by(city, rules, on, ahead=False)


def _release(
    rules: AllocationPolicy,
    cycle: str,
    on: date,
    retailers: Table,
    products: Table | None,
    supply: Table | None,
    unread: tuple[str, ...],
) -> Release:
    city = City(retailers, products=products, supply=supply, unread=unread)
    return release_of(city, rules, cycle=cycle, on=on)


def _count(
    grading: Grading,
    names: Names,
    cycle: str,
    seed: str | None,
    on: date,
    retailers: Table,
    calendar: Table | None,
) -> Counted:
    city = City(retailers, calendar=calendar)
    return count_city(city, grading, names, cycle=cycle, seed=seed, on=on)


def _plan(
    grading: Grading,
    rules: AllocationPolicy,
    release: Release,
    counted: Counted,
    cycle: str,
    seed: str | None,
    on: date,
    retailers: Table,
    products: Table | None,
    credits_: Table | None,
    orders: Table | None,
    quotas: Table | None,
    calendar: Table | None,
) -> QuotaPlan:
    city = City(
        retailers,
        products=products, quotas=quotas, orders=orders, calendar=calendar, credits=credits_,
    )  # fmt: skip
    return plan_counted(
        city, grading, rules, release.released, counted, cycle=cycle, seed=seed, on=on
    )


def _adopt(
    grading: Grading,
    rules: AllocationPolicy,
    cycle: str,
    seed: str | None,
    on: date,
    retailers: Table,
    quotas: Table | None,
    bands: Table | None,
    supply: Table | None,
    products: Table | None,
    calendar: Table | None,
    credits_: Table | None,
) -> QuotaPlan:
    city = City(
        retailers,
        products=products, supply=supply, quotas=quotas, bands=bands, calendar=calendar,
        credits=credits_,
    )  # fmt: skip
    return adopt_quotas(city, grading, cycle=cycle, on=on, policy=rules, seed=seed)


def _lay_out(cycle: str, orders: Table, placed: bool) -> Requests:
    return lay_out(orders.frame, cycle, placed=placed)


def _serve(requests: Requests, plan: QuotaPlan, counted: Counted | None) -> Awarded:
    return award_requests(requests, plan, order=None if counted is None else counted.order)
