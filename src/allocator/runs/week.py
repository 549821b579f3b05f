"""The whole week: grade, plan or adopt quotas, allocate the orders, audit, certify."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from time import perf_counter

import polars as pl

from allocator.auditing.findings import Findings
from allocator.auditing.inspection import audit
from allocator.certificate.document import certify
from allocator.certificate.sealing import salts_of
from allocator.errors import BadRequest
from allocator.grading.scheme import given_tiers, grade
from allocator.grading.settling import with_stops
from allocator.policy.allocation_models import AllocationPolicy
from allocator.policy.grading_models import GradingPolicy
from allocator.policy.models import Policy
from allocator.records import Allocation, Grading, QuotaPlan
from allocator.runs.inputs import input_digests
from allocator.runs.record import Run
from allocator.runs.secret import check_secret
from allocator.tables.city import City, Table
from allocator.tables.stored import StoredOrders

MOST_NAMED = 8
"""Cycles that a refusal lists."""

MOST_SEED = 200
"""Characters of a seed: a public number and where it comes from."""


def run(
    city: City,
    policy: Policy,
    *,
    cycle: str | None = None,
    seed: str | None = None,
    on: date | None = None,
    grading: Grading | None = None,
    secret: bytes | None = None,
    progress: Callable[[str], None] | None = None,
) -> Run:
    """One cycle of a city under a policy.

    Parameters
    ----------
    cycle : may be left out where the supply (or the quota table) has only one
    seed : public text drawn after the policy's digest was published; needed where turns are drawn
    on : the day, as the policy was read for; only to be sure, it must be the same
    grading : tiers that were computed before; graded here without
    secret : 32 bytes or more that nobody outside knows; with it the results of all retailers get
        one check number, and each card a proof that it is among them (``docs/proof.md``)
    progress : told the name of each phase when it begins

    Raises
    ------
    BadRequest : cycle or seed is missing, the secret is too short, or the day differs from the
        policy's
    BadTable, InfeasiblePolicy, NotProvenOptimal : as the steps raise them
    """
    if on is not None and on != policy.on:
        raise BadRequest("day-differs", given=on, policy=policy.on)
    if seed is not None and not _printable(seed):
        raise BadRequest("seed-unusable", most=MOST_SEED)
    check_secret(secret)
    seconds: dict[str, float] = {}
    cycle = cycle_of(city, cycle)
    with ThreadPoolExecutor(1) as aside:
        # Sorting and hashing the sales needs no other result: it shares the time of grading.
        inputs = aside.submit(input_digests, city)
        with timed(seconds, "grade", progress):
            graded = grading or grade_city(city, policy)
            if graded.on != policy.on:
                graded = with_stops(graded, city, policy.grading, policy.on)
        with timed(seconds, "plan", progress):
            plan = quotas_of(city, graded, policy, cycle=cycle, seed=seed)
        allocation, findings = None, None
        if has_orders(city, cycle):
            with timed(seconds, "allocate", progress):
                allocation = award(city, plan)
            with timed(seconds, "audit", progress):
                findings = inspect(city, policy, plan, allocation)
        with timed(seconds, "certify", progress):
            certificate = certify(plan)
            salts = None
            if secret is not None:
                salts = salts_of(secret, plan.cycle, plan.members["retailer_id"])
        with timed(seconds, "inputs", progress):
            digests = inputs.result()
    return Run(
        policy, city, cycle, seed, policy.on, graded, plan, allocation, findings, certificate,
        digests, seconds, salts,
    )  # fmt: skip


def _printable(seed: str) -> bool:
    """Whether a seed can be read out, printed in a notice and typed again."""
    return bool(seed.strip()) and seed.isprintable() and len(seed) <= MOST_SEED


def with_orders(planned: Run, orders: Table | None) -> Run:
    """The run of a plan once its orders are known: allocated, not audited.

    Raises
    ------
    BadRequest : there are no orders of the plan's cycle
    """
    city = replace(planned.city, orders=orders)
    if orders is None or not has_orders(city, planned.cycle):
        raise BadRequest("orders-needed")
    seconds: dict[str, float] = {}
    with timed(seconds, "allocate"):
        allocation = award(city, planned.plan)
    kept = {name: entry for name, entry in planned.inputs.items() if name != "orders"}
    only = City(retailers=planned.city.retailers, orders=orders)
    return replace(
        planned,
        city=city,
        allocation=allocation,
        findings=None,
        inputs={**kept, "orders": input_digests(only)["orders"]},
        seconds=seconds,
    )


def grade_city(city: City, policy: Policy) -> Grading:
    """Grade as the policy says; without sales for it, or without such a policy, tiers are given.

    Tiers by an attribute need no sales.
    """
    return grade_by(city, policy.grading, policy.on)


def grade_by(city: City, rules: GradingPolicy | None, on: date, *, ahead: bool = True) -> Grading:
    """The same by the grading part of a policy. ahead : as in ``grade``."""
    if rules is None:
        return given_tiers(city, on)
    if city.sales is None and rules.tiers.by is None:
        return given_tiers(city, on, rules)
    return grade(city, rules, ahead=ahead)


def quotas_of(
    city: City, grading: Grading, policy: Policy, *, cycle: str, seed: str | None
) -> QuotaPlan:
    """The quota table that was given is the standard; without one, plan.

    A policy that expects take-up reads the quotas of past cycles: a table that has none of this
    one is no standard then.
    """
    if is_standard(city.quotas, policy.allocation, cycle):
        from allocator.allocation.published import adopt_quotas

        return adopt_quotas(
            city, grading,
            cycle=cycle, on=policy.on, policy=policy.allocation, policy_digest=policy.digest,
            seed=seed,
        )  # fmt: skip
    from allocator.allocation.quotas import plan_quotas

    return plan_quotas(
        city, grading, policy.allocation,
        cycle=cycle, seed=seed, on=policy.on, policy_digest=policy.digest,
    )  # fmt: skip


def is_standard(quotas: Table | None, rules: AllocationPolicy, cycle: str) -> bool:
    """Whether a quota table is the standard of a cycle, so that nothing is planned."""
    if quotas is None:
        return False
    named = quotas.frame["cycle"]
    only_past = not bool((named.is_null() | (named == cycle)).any())
    return not (rules.take_up is not None and only_past)


def award(city: City, plan: QuotaPlan) -> Allocation:
    """What the rules give for the orders of the cycle."""
    from allocator.allocation.awards import allocate

    if city.orders is None:
        raise BadRequest("orders-needed")
    return allocate(city.orders, plan)


def inspect(
    city: City,
    policy: Policy | None,
    plan: QuotaPlan,
    allocation: Allocation | None,
    orders: StoredOrders | None = None,
) -> Findings:
    """Audit the orders of the cycle with every table there is.

    orders : on disk, where those of the city are only their outline
    """
    if city.orders is None:
        raise BadRequest("orders-needed")
    return audit(
        orders or city.orders,
        plan,
        None if policy is None else policy.audit,
        allocation=allocation,
        retailers=city.retailers,
        supply=city.supply,
        products=city.products,
        calendar=city.calendar,
        sales=city.sales,
        tiers=city.tiers,
        sanctions=city.sanctions,
        quotas=city.quotas if plan.source == "published" else None,
        allocation_policy=None if policy is None else policy.allocation,
        ordering=None if policy is None else policy.ordering,
    )


def cycle_of(city: City, cycle: str | None) -> str:
    """The cycle asked for, or the only one of the supply, the quota table or the orders.

    Raises
    ------
    BadRequest : there are several and none was named, or none is known at all
    """
    if cycle is not None:
        return cycle
    for table in (city.supply, city.quotas, city.orders):
        if table is None:
            continue
        known = sorted(table.frame["cycle"].drop_nulls().unique().to_list())
        if len(known) == 1:
            return str(known[0])
        if known:
            more = ", ..." if len(known) > MOST_NAMED else ""
            raise BadRequest(
                "cycle-needed", table=table.name, cycles=", ".join(known[:MOST_NAMED]) + more
            )
    raise BadRequest("cycle-unknown")


def has_orders(city: City, cycle: str) -> bool:
    """Whether any order line is of the cycle; a line that names none is."""
    if city.orders is None:
        return False
    of_cycle = pl.col("cycle").is_null() | (pl.col("cycle") == cycle)
    return not city.orders.frame.filter(of_cycle).is_empty()


@contextmanager
def timed(
    seconds: dict[str, float], phase: str, progress: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Note the wall time of a phase; no result depends on it."""
    if progress is not None:
        progress(phase)
    start = perf_counter()
    try:
        yield
    finally:
        seconds[phase] = round(perf_counter() - start, 4)
