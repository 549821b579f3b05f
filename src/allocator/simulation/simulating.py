"""Runs a city with a scenario and without it, and compares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from allocator.allocation.shelf import Shelf
from allocator.comparison.comparing import compare
from allocator.comparison.outcome import Outcome
from allocator.comparison.record import PEOPLE, Comparison, Note
from allocator.errors import AllocatorError, BadRequest
from allocator.policy.models import Policy
from allocator.runs.week import cycle_of
from allocator.simulation.changed_policy import changed_policy, is_as_written
from allocator.simulation.data_changes import changed_city
from allocator.simulation.no_effect import known_before, nobody_met, only_quotas, same
from allocator.simulation.outcomes import outcome_of, released_products
from allocator.simulation.past import alongside, past_of
from allocator.simulation.scenario import Scenario
from allocator.simulation.stages import Staged, staged
from allocator.simulation.suite import Comparisons
from allocator.tables.calendar import retailers_on
from allocator.tables.city import City

MOST_TRIED = 8
"""Changes of one scenario of which each is left out in turn, to tell which alter nothing."""

BASELINE = "baseline"


@dataclass(frozen=True, slots=True, eq=False)
class Changed:
    """A city and a policy as a scenario has them; what it does not touch is the same object."""

    city: City
    policy: Policy


def changed(city: City, policy: Policy, scenario: Scenario, *, cycle: str) -> Changed:
    """What a scenario runs on; the city and the policy that were given stay as they are.

    Raises
    ------
    BadRequest, BadPolicy : paths, values, products or shops that are no such
    """
    other = changed_policy(policy, scenario.changes, scenario=scenario.name)
    return Changed(changed_city(city, scenario, cycle=cycle, on=policy.on), other)


def simulate(
    city: City,
    policy: Policy,
    scenario: Scenario,
    *,
    cycle: str | None = None,
    seed: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> Comparison:
    """What a scenario would change, against the baseline: same cycle, same orders, same draw.

    Parameters
    ----------
    cycle : may be left out where the supply (or the quota table) has only one
    seed : public text drawn after the policy was published; needed where turns are drawn
    progress : told the name of each phase when it begins

    Raises
    ------
    BadRequest, BadPolicy : the scenario's paths or values, or cycle and seed, are no such
    BadTable, InfeasiblePolicy, NotProvenOptimal : as the steps raise them
    """
    return Against(city, policy, cycle, seed, progress).compared(scenario)


def simulate_all(
    city: City,
    policy: Policy,
    scenarios: Sequence[Scenario],
    *,
    cycle: str | None = None,
    seed: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> Comparisons:
    """A suite of scenarios, each against the one baseline; those that cannot hold are named.

    Raises
    ------
    BadRequest : two scenarios of one name, or what the baseline itself refuses
    """
    names = [scenario.name for scenario in scenarios]
    for name in names:
        if names.count(name) > 1:
            raise BadRequest("scenario-name-twice", name=name)
    stage = Against(city, policy, cycle, seed, progress)
    done: list[Comparison] = []
    refused: list[tuple[Scenario, AllocatorError]] = []
    for scenario in scenarios:
        try:
            done.append(stage.compared(scenario))
        except AllocatorError as error:
            refused.append((scenario, error))
    return Comparisons(stage.baseline, tuple(done), tuple(refused))


def people_of(city: City, on: date) -> pl.DataFrame:
    """Name and customer manager of each retailer of a day: columns ``PEOPLE``."""
    return retailers_on(city, on).select(pl.col(name).cast(pl.String) for name in PEOPLE)


class Against:
    """The baseline, run once, and what every scenario shares with it."""

    def __init__(
        self,
        city: City,
        policy: Policy,
        cycle: str | None,
        seed: str | None,
        progress: Callable[[str], None] | None,
    ) -> None:
        self.city, self.policy, self.seed = city, policy, seed
        self.tell = progress or (lambda phase: None)
        self.cycle = cycle_of(city, cycle)
        self.as_written = is_as_written(policy)
        self.past = past_of(city, self.cycle, policy.on)
        self.tell("baseline")
        self.shelf = Shelf()
        self.first: Staged | None = None
        self.first = self.staged(Changed(city, policy))
        self.axes = self.first.shops.gives.ids, released_products(self.first.plan)
        self.people = people_of(city, policy.on)
        self.alongside = alongside(self.past, *self.axes, self.axes[1])
        self.baseline = self.outcome(BASELINE, self.first)

    def changed(self, scenario: Scenario) -> Changed:
        """What a scenario runs on.

        Raises
        ------
        BadRequest : it changes a policy that was altered in Python: its text, which is what
            changes, would bring back what it said before
        """
        if scenario.changes and not self.as_written:
            raise BadRequest("scenario-policy-altered", scenario=scenario.name)
        return changed(self.city, self.policy, scenario, cycle=self.cycle)

    def staged(self, there: Changed, before: Sequence[Staged] = ()) -> Staged:
        """A cycle under a policy; what it shares with the baseline or ``before`` is theirs."""
        known = (*(() if self.first is None else (self.first,)), *before)
        return staged(
            there.city, there.policy,
            cycle=self.cycle, seed=self.seed, before=known, shelf=self.shelf,
        )  # fmt: skip

    def outcome(self, name: str, done: Staged) -> Outcome:
        """The outcome of a cycle."""
        plan, shops = done.plan, done.shops.gives
        ids, products = shops.ids, released_products(plan)
        known = ids.equals(self.axes[0]) and products.equals(self.axes[1])
        past = self.alongside if known else alongside(self.past, ids, products, self.axes[1])
        return outcome_of(
            name, done.city, done.policy, done.grading, plan, done.cartons, past,
            shops=shops, near=done.near.gives,
        )  # fmt: skip

    def played(self, name: str, there: Changed) -> Outcome:
        """The outcome of a city under a policy."""
        return self.outcome_beside(name, self.staged(there))

    def outcome_beside(self, name: str, done: Staged) -> Outcome:
        """The outcome of a cycle, as it is compared with the baseline."""
        return replace(self.outcome(name, done), previous_tiers=self.baseline.previous_tiers)

    def compared(self, scenario: Scenario) -> Comparison:
        """One scenario against the baseline, with notes on what does nothing."""
        self.tell("scenario")
        there = self.changed(scenario)
        outcome = self.played(scenario.name, there)
        notes = self._notes(scenario, there, outcome)
        self.tell("compare")
        return compare(
            self.baseline,
            outcome,
            title=scenario.name,
            describe=scenario.describe,
            changes=scenario.spelt(),
            notes=sorted(notes, key=lambda note: not note.idle),
            people=self.people,
        )

    def _notes(self, scenario: Scenario, there: Changed, outcome: Outcome) -> list[Note]:
        explained = known_before(scenario, self.policy, there.policy, self.city, self.baseline)
        every: Mapping[str, object] = {**scenario.changes, **scenario.data}
        open_ = [key for key in every if key not in explained]
        if same(self.baseline, outcome):
            tried = {key: nobody_met(key, every[key]) for key in open_}
        elif 1 < len(open_) <= MOST_TRIED:
            tried = {
                key: nobody_met(key, every[key])
                for key in open_
                if self._idle(scenario, key, outcome)
            }
        else:
            tried = {}
        found = {**explained, **tried}
        notes = [found[key] for key in every if key in found]
        return [*notes, *only_quotas(self.baseline, outcome)]

    def _idle(self, scenario: Scenario, key: str, outcome: Outcome) -> bool:
        """Whether the scenario without one of its changes comes out the same."""
        changes = {path: value for path, value in scenario.changes.items() if path != key}
        data = {name: value for name, value in scenario.data.items() if name != key}
        without = Scenario(changes, name=scenario.name, **data)
        try:
            there = self.changed(without)
            return same(self.played(scenario.name, there), outcome)
        except AllocatorError:
            return False  # it cannot hold without this change, which so does something
