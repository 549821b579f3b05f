"""Changes that alter nothing, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import polars as pl

from allocator.comparison.outcome import Outcome
from allocator.comparison.record import Note
from allocator.policy.document import cut
from allocator.policy.models import Policy
from allocator.simulation.paths import DAY, MORE, spell, steps_of, value_at
from allocator.simulation.scenario import Scenario, spell_value
from allocator.tables.city import City

APART: Final = ("title", "tables", "audit", "ordering")
"""Parts of a policy that decide neither tiers nor quotas nor awards."""

SEEN: Final = ("tier", "limit", "award", "entitlement", "present", "requested")
"""Columns of an outcome in which an effect would show."""


def known_before(
    scenario: Scenario, before: Policy, after: Policy, city: City, baseline: Outcome
) -> dict[str, Note]:
    """Changes of the policy that cannot do anything here, by path, known without running them."""
    found: dict[str, Note] = {}
    for path, value in scenario.changes.items():
        steps = steps_of(path)
        facts = {"path": cut(spell(steps)) or "", "value": cut(spell_value(value)) or ""}
        if (day := _first_day(steps, value)) is not None and day > before.on.isoformat():
            note = Note("not-yet", {**facts, "day": day, "on": before.on}, idle=True)
        elif steps[0] in APART:
            note = Note("not-compared", facts, idle=True)
        elif MORE not in steps and value_at(before, steps) == value_at(after, steps):
            note = Note("same-value", facts, idle=True)
        elif _unreleased(steps, baseline):
            note = Note(
                "not-released", {**facts, "product": steps[2], "cycle": baseline.cycle}, idle=True
            )
        elif steps[0] == "grading" and _tiers_given(before, after, city):
            note = Note("tiers-given", facts, idle=True)
        elif steps[0] == "allocation" and _quotas_given(baseline):
            note = Note("quotas-given", facts, idle=True)
        else:
            continue
        found[path] = note
    return found


def same(one: Outcome, other: Outcome) -> bool:
    """Whether two outcomes give everybody the same tier, quota and award."""
    ids = one.retailers["retailer_id"].equals(other.retailers["retailer_id"])
    return (
        ids
        and one.retailers.select(SEEN).equals(other.retailers.select(SEEN))
        and one.products["product_id"].equals(other.products["product_id"])
        and bool((one.award == other.award).all() and (one.limit == other.limit).all())
    )


def nobody_met(key: str, value: Any) -> Note:
    """A change that was tried and left everything as it was."""
    return Note(
        "nobody-met", {"path": cut(key) or "", "value": cut(spell_value(value)) or ""}, idle=True
    )


def only_quotas(baseline: Outcome, scenario: Outcome) -> Iterator[Note]:
    """Where tiers or quotas move but no award does."""
    awards = baseline.retailers.select("retailer_id", "award")
    if same(baseline, scenario) or not awards.equals(
        scenario.retailers.select("retailer_id", "award")
    ):
        return
    moved = int(
        (pl.Series(baseline.retailers["tier"]).ne_missing(scenario.retailers["tier"])).sum()
    )
    limits = int((baseline.retailers["limit"] != scenario.retailers["limit"]).sum())
    yield Note("awards-same", {"tiers": moved, "limits": limits}, idle=True)


def _first_day(steps: tuple[str, ...], value: Any) -> str | None:
    """The first day from which a change holds; ``None`` = it is not dated."""
    named = [step for step in steps if DAY.fullmatch(step)]
    if named:
        return named[-1]
    if isinstance(value, dict) and value and all(DAY.fullmatch(str(key)) for key in value):
        return min(map(str, value))
    return None


def _unreleased(steps: tuple[str, ...], baseline: Outcome) -> bool:
    """Whether a change is about one product that the cycle does not release."""
    about = len(steps) > 2 and steps[:2] == ("allocation", "products")
    return about and steps[2] not in baseline.products["product_id"]


def _tiers_given(before: Policy, after: Policy, city: City) -> bool:
    """Whether tiers were graded elsewhere, so that no rule of grading is asked."""
    if before.grading is None or after.grading is None:
        return False
    return city.sales is None and after.grading.tiers.by is None


def _quotas_given(baseline: Outcome) -> bool:
    return baseline.plan is not None and baseline.plan.source == "published"
