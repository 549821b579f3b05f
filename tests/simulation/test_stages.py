"""Stages shared between scenarios: whatever changes, the outcome is that of doing it all anew."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest

from allocator.allocation import shelf as shelves
from allocator.allocation.shelf import Shelf
from allocator.comparison.outcome import Outcome
from allocator.errors import AllocatorError
from allocator.policy.allocation_models import AllocationPolicy
from allocator.policy.grading_models import GradingPolicy
from allocator.policy.models import Policy, PolicyFile
from allocator.policy.reading import read_policy
from allocator.records import MICRO
from allocator.runs.demonstration import DRAW, demonstration
from allocator.runs.week import award, grade_city, has_orders, quotas_of
from allocator.simulation import stages
from allocator.simulation.changed_policy import changed_policy
from allocator.simulation.outcomes import axes, outcome_of
from allocator.simulation.past import alongside, past_of
from allocator.simulation.serving import cartons_of
from allocator.simulation.stages import Staged, staged
from allocator.tables.city import City
from allocator.tables.synthetic import CYCLE, POLICY, first_day
from strategies import SCARCE, table_of, with_sanctions

ON = first_day(CYCLE)

RULES: dict[str, dict[str, Any]] = {
    "grading.window": {"grading.window": {"months": 2}},
    "grading.exclude": {"grading.exclude": None},
    "grading.items": {"grading.items.quantity.weight": 90},
    "grading.tiers": {"grading.tiers.ties": "lower"},
    "grading.newcomers": {"grading.newcomers.start_tier": 30},
    "grading.movement": {"grading.movement": {"max_step": 1}},
    "grading.credit": {"grading.credit": {"A": {"promote": 2}, "C": {"cap": 4}}},
    "grading.sanctions": {"grading.sanctions.demote.tiers": 9},
    "grading.missing_month": {"grading.missing_month": "exclude"},
    "grading.screening": {
        "grading.screening": {"threshold": 1, "history": 4, "least_history": 4, "action": "exclude"}
    },
    "grading.decimals": {"grading.decimals": 0},
    "allocation.weights": {"allocation.weights.top": 12},
    "allocation.boundary": {
        "allocation.boundary": "smooth", "allocation.whole_units": "rotate"
    },
    "allocation.objective": {"allocation.objective": "equal"},
    "allocation.whole_units": {"allocation.whole_units": "rotate"},
    "allocation.reserve": {"allocation.reserve": "30%"},
    "allocation.second_round": {"allocation.second_round": False},
    "allocation.take_up": {
        "allocation.take_up": {"history_cycles": 1, "oversell": "share"}
    },
    "allocation.defaults": {"allocation.defaults.ceiling": 1},
    "allocation.products": {f"allocation.products.{SCARCE[1]}.who": {"market": "rural"}},
    "allocation.bands": {
        "allocation.bands": [{"name": "b", "products": list(SCARCE[1:5]), "at_most": 4}]
    },
    "allocation.baskets": {
        "allocation.whole_units": "rotate",
        "allocation.baskets": [{"name": "b", "products": list(SCARCE[1:5]), "at_most": 4}],
    },
    "allocation.groups": {
        "allocation.whole_units": "rotate",
        "allocation.groups": [
            {"who": {"tier": [20, 30]}, "products": "all", "at_most": "25%"}
        ],
    },
}  # fmt: skip
"""A change of every part of the two rules that a cycle follows."""

Told = tuple[Any, Any, Any]

NO_PART: dict[str, dict[str, Any]] = {
    "title": {"title": "otherwise"},
    "tables": {"tables": {"orders": {"columns": {"订": "order_id"}}}},
    "ordering": {"ordering.cutoffs.order": "15:00"},
    "audit": {"audit.rules.ignore": ["over-quota"]},
}
"""Changes of what has no part in a cycle."""


@pytest.fixture(scope="module")
def policy() -> Policy:
    return changed_policy(
        read_policy(POLICY, ON), {"grading.sanctions": {"demote": {"tiers": 2}, "cap": {},
        "suspend": {}, "exempt_month": {}}}, scenario="followed",
    )  # fmt: skip


@pytest.fixture(scope="module")
def city(policy: Policy) -> City:
    """Ninety shops."""
    return city_with_a_past(90, policy)


def city_with_a_past(shops: int, policy: Policy) -> City:
    """Shops with sanctions, credits and the cycle before."""
    whole = with_sanctions(demonstration(shops))
    plan = quotas_of(whole, grade_city(whole, policy), policy, cycle=CYCLE, seed=DRAW)
    assert whole.orders is not None
    assert whole.calendar is not None
    orders, past = whole.orders.frame, "2026-W46"
    days = whole.calendar.frame
    week_before = days.with_columns(
        cycle=pl.lit(past), order_day=pl.col("order_day").dt.offset_by("-7d")
    )
    before = orders.with_columns(
        cycle=pl.lit(past), order_id="X" + pl.col("order_id"), requested=pl.col("requested") // 3
    )
    quotas = [
        {"cycle": past, "product_id": product, "tier": tier, "quota": 2}
        for product in plan.product
        for tier in range(1, 31)
    ]
    credits_ = [
        {"product_id": plan.product[0], "retailer_id": name, "credit": MICRO // 2}
        for name in plan.members["retailer_id"].to_list()[:40:2]
    ]
    return replace(
        whole,
        orders=replace(whole.orders, frame=pl.concat([orders, before])),
        calendar=replace(whole.calendar, frame=pl.concat([week_before, days])),
        quotas=table_of("quotas", quotas),
        credits=table_of("credits", credits_),
    )


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    """One for all changes, as a sweep has it: whatever was planned last lies there."""
    return Shelf()


@pytest.fixture(scope="module")
def before(city: City, policy: Policy) -> list[Staged]:
    changes = {"grading.tiers.ties": "lower", "allocation.weights.top": 12}
    unlike = changed_policy(policy, changes, scenario="unlike")
    here = only_past(city, policy)
    return [staged(here, rules, cycle=CYCLE, seed=DRAW) for rules in (policy, unlike)]


@pytest.fixture(scope="module")
def today(city: City, policy: Policy) -> Told:
    return anew(only_past(city, policy), policy)


def only_past(city: City, policy: Policy) -> City:
    """Without the quota table, which only a policy with take-up takes for the past."""
    return city if policy.allocation.take_up else replace(city, quotas=None)


def told(value: Any) -> Any:
    """A record as plain values that can be compared."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, pl.DataFrame | pl.Series):
        return value.to_dict(as_series=False) if isinstance(value, pl.DataFrame) else list(value)
    if is_dataclass(value):
        return {part.name: told(getattr(value, part.name)) for part in fields(value)}
    if isinstance(value, dict):
        return {key: told(child) for key, child in value.items()}
    if isinstance(value, tuple):
        return tuple(map(told, value))
    return value


def anew(city: City, policy: Policy) -> Told:
    """Tiers, quotas and outcome as the library's own steps give them."""
    try:
        grading = grade_city(city, policy)
        plan = quotas_of(city, grading, policy, cycle=CYCLE, seed=DRAW)
        ids, products = axes(city, plan)
        cartons = None
        if has_orders(city, CYCLE):
            cartons = cartons_of(award(city, plan), ids, products)
    except AllocatorError as error:
        return type(error), error.code, error.message()
    past = alongside(past_of(city, CYCLE, policy.on), ids, products, products)
    found = outcome_of("anew", city, policy, grading, plan, cartons, past)
    return told(grading.table.drop("to_next_tier")), told(replace(plan, proofs=())), seen(found)


def by_stages(city: City, policy: Policy, before: list[Staged], shelf: Shelf | None = None) -> Told:
    """The same from stages."""
    try:
        done = staged(city, policy, cycle=CYCLE, seed=DRAW, before=before, shelf=shelf)
    except AllocatorError as error:
        return type(error), error.code, error.message()
    plan, shops = done.plan, done.shops.gives
    products = axes(city, plan)[1]
    past = alongside(past_of(city, CYCLE, policy.on), shops.ids, products, products)
    found = outcome_of(
        "staged", city, policy, done.grading, plan, done.cartons, past,
        shops=shops, near=done.near.gives,
    )  # fmt: skip
    tiers = done.grading.table.drop("to_next_tier")
    return told(tiers), told(replace(plan, proofs=())), seen(found)


SEEN = ("tiers", "previous_tiers", "retailers", "products", "quotas", "order", "base", "limit",
        "award", "ordered", "waited", "past")  # fmt: skip
"""What an outcome tells but its name and its plan."""


def seen(outcome: Outcome) -> dict[str, Any]:
    return {name: told(getattr(outcome, name)) for name in SEEN}


def test_every_part_of_the_rules_is_tried() -> None:
    parts = {f"grading.{name}" for name in GradingPolicy.model_fields}
    parts |= {f"allocation.{name}" for name in AllocationPolicy.model_fields}
    others = set(PolicyFile.model_fields) - {"grading", "allocation"}
    assert set(RULES) == parts
    assert set(NO_PART) == others


@pytest.mark.parametrize("part", [*RULES, *NO_PART])
def test_a_changed_rule_gives_what_doing_it_anew_gives(
    city: City, policy: Policy, before: list[Staged], shelf: Shelf, today: Told, part: str
) -> None:
    """With stages of the rule as it was, and of one that grades and weighs otherwise; with lines
    of the last change and of the rule as it was.
    """
    by_stages(only_past(city, policy), policy, [], shelf)
    there = changed_policy(policy, {**RULES, **NO_PART}[part], scenario=part)

    own = anew(only_past(city, there), there)

    assert by_stages(only_past(city, there), there, before, shelf) == own
    assert not isinstance(own[0], type), own  # none of the changes is one that cannot hold
    assert ((own[0], own[2]) == (today[0], today[2])) == (part in NO_PART)


TABLES = {
    "retailers": pl.col("status").replace({"active": "closed"}).alias("status"),
    "products": pl.lit(2, pl.Int64).alias("lot"),
    "sales": pl.col("quantity").reverse().alias("quantity"),
    "supply": (pl.col("quantity") // 4 * 2).alias("quantity"),
    "orders": (pl.col("requested") * 3).alias("requested"),
    "tiers": pl.lit(3, pl.Int64).alias("tier"),
    "sanctions": pl.lit("suspend").alias("kind"),
    "credits": (-pl.col("credit")).alias("credit"),
    "quotas": pl.lit(1, pl.Int64).alias("quota"),
    "calendar": pl.col("order_day").dt.offset_by("7d").alias("order_day"),
}
"""What is otherwise in half of the rows of each table (in all rows of the calendar)."""


@pytest.mark.parametrize("name", TABLES)
def test_a_changed_table_gives_what_doing_it_anew_gives(
    city: City, policy: Policy, name: str
) -> None:
    changes: dict[str, Any] = {"grading.movement": {"max_step": 1}}
    if name == "quotas":  # so many shops that six stand in a tier, of whom something is expected
        changes |= RULES["allocation.take_up"]
        city = city_with_a_past(140, policy)
    rules = changed_policy(policy, changes, scenario=name)
    here = only_past(city, rules)
    before = [staged(here, rules, cycle=CYCLE, seed=DRAW)]
    table = getattr(here, name)
    half = pl.int_range(pl.len()) % 2 == 0 if name != "calendar" else pl.lit(value=True)
    new = TABLES[name]
    column = new.meta.output_name()
    frame = table.frame.with_columns(pl.when(half).then(new).otherwise(column).alias(column))
    there = replace(here, **{name: replace(table, frame=frame)})

    own = anew(there, rules)

    assert by_stages(there, rules, before) == own
    assert own != anew(here, rules)


def test_a_quota_table_is_adopted_by_stages(city: City, policy: Policy) -> None:
    rows = [
        {"cycle": CYCLE, "product_id": SCARCE[1], "tier": tier, "quota": 1 + tier // 10}
        for tier in range(1, 31)
    ]
    there = replace(city, quotas=table_of("quotas", rows))
    other = replace(there, quotas=table_of("quotas", rows[5:]))
    before = [staged(there, policy, cycle=CYCLE, seed=DRAW)]

    assert by_stages(there, policy, before) == anew(there, policy)
    assert by_stages(other, policy, before) == anew(other, policy)
    assert anew(other, policy) != anew(there, policy)


def test_what_is_not_touched_is_not_done_again(city: City, policy: Policy) -> None:
    here = only_past(city, policy)
    first = staged(here, policy, cycle=CYCLE, seed=DRAW)
    weights = changed_policy(policy, RULES["allocation.weights"], scenario="weights")
    audit = changed_policy(policy, NO_PART["audit"], scenario="audit")
    assert here.supply is not None
    more = replace(here, supply=replace(here.supply, frame=here.supply.frame.clone()))

    steeper = staged(here, weights, cycle=CYCLE, seed=DRAW, before=[first])
    audited = staged(here, audit, cycle=CYCLE, seed=DRAW, before=[first])
    supplied = staged(more, policy, cycle=CYCLE, seed=DRAW, before=[first])

    untouched = {"graded", "counted", "laid", "matched", "asked", "shops", "near", "ordered"}
    assert shared(steeper, first) == untouched
    assert shared(supplied, first) == untouched
    assert shared(audited, first) == set(STAGES)
    assert audited.plan.policy_digest == audit.digest != first.plan.policy_digest


STAGES = (
    "graded", "released", "counted", "planned", "laid", "matched", "asked", "served", "shops",
    "near", "ordered",
)  # fmt: skip


def shared(one: Staged, other: Staged) -> set[str]:
    return {name for name in STAGES if getattr(one, name) is getattr(other, name)}


def test_a_wrongly_shared_stage_is_caught(
    city: City, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were the rules left out of what a stage takes, the comparison with doing it anew tells."""
    here = only_past(city, policy)
    first = staged(here, policy, cycle=CYCLE, seed=DRAW)
    there = changed_policy(policy, RULES["allocation.weights"], scenario="weights")
    blind = stages._same
    monkeypatch.setattr(
        stages, "_same",
        lambda one, other: isinstance(one, AllocationPolicy) or blind(one, other),
    )  # fmt: skip

    assert by_stages(here, there, [first]) != anew(here, there)


def test_lines_that_a_limit_leaves_as_they_are_are_not_done_again(
    city: City, policy: Policy
) -> None:
    """A limit of one product, or another supply of it, alters one line."""
    here = only_past(city, policy)
    first = staged(here, policy, cycle=CYCLE, seed=DRAW)
    product = first.plan.product[3]
    changes = {f"allocation.products.{product}.ceiling": 1}
    tight = changed_policy(policy, changes, scenario="ceiling")
    assert here.supply is not None
    more = pl.col("quantity") + 40 * (pl.col("product_id") == product)
    supplied = replace(
        here, supply=replace(here.supply, frame=here.supply.frame.with_columns(quantity=more))
    )
    for there, rules in ((here, tight), (supplied, policy)):
        shelf = Shelf()
        first = staged(here, policy, cycle=CYCLE, seed=DRAW, shelf=shelf)
        lying = dict(shelf.lying)
        assert len(lying) == len(first.plan.product)

        done = staged(there, rules, cycle=CYCLE, seed=DRAW, before=[first], shelf=shelf)

        assert sum(shelf.lying[name] is not lying[name] for name in lying) == 1
        assert told(replace(done.plan, proofs=())) == anew(there, rules)[1]


def test_a_wrongly_shared_line_is_caught(
    city: City, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, shelf = only_past(city, policy), Shelf()
    staged(here, policy, cycle=CYCLE, seed=DRAW, shelf=shelf)
    there = changed_policy(policy, RULES["allocation.weights"], scenario="weights")
    monkeypatch.setattr(shelves, "alike", lambda one, other: True)

    assert by_stages(here, there, [], shelf) != anew(here, there)


def test_days_and_draws_are_never_shared(city: City, policy: Policy) -> None:
    here = only_past(city, policy)
    first = staged(here, policy, cycle=CYCLE, seed=DRAW)
    later = read_policy(POLICY, date(2026, 12, 1))

    drawn = staged(here, policy, cycle=CYCLE, seed="another draw", before=[first])
    graded = staged(here, later, cycle=CYCLE, seed=DRAW, before=[first])

    assert shared(drawn, first) == {"graded", "released", "laid"}
    assert shared(graded, first) == {"laid"}
