"""Many scenarios at once: what each comes to, and between which the choice really is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from allocator.errors import BadRequest
from allocator.policy.document import cut
from allocator.policy.models import Policy
from allocator.runs.week import cycle_of
from allocator.simulation.playing import player
from allocator.simulation.scenario import MOST_NAME, Scenario, spell_value
from allocator.simulation.scenario_files import MOST_SCENARIOS
from allocator.simulation.simulating import BASELINE
from allocator.simulation.tradeoffs import (
    Pair,
    check_pair,
    circumstances,
    undominated,
    usual_pairs,
)
from allocator.simulation.trials import Trial, figure_table
from allocator.tables.city import City

Counted = Callable[[int, int], None]
"""Told how many scenarios are done, and of how many."""


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """What many scenarios of one cycle come to.

    baseline : the city as it is; trials : of the scenarios, in their order
    elsewhere : today's rule under each of the other circumstances (supply, products, demand, shops)
        that a scenario has, in the order they first come; what rules are compared with there
    pairs : figures that are set against each other
    """

    cycle: str
    on: date
    seed: str | None
    policy_digest: str
    baseline: Trial
    scenarios: tuple[Scenario, ...]
    trials: tuple[Trial, ...]
    pairs: tuple[Pair, ...]
    elsewhere: tuple[Trial, ...] = ()

    @property
    def every(self) -> list[Trial]:
        """Today's rule as things are, then under other circumstances, then the scenarios."""
        return [self.baseline, *self.elsewhere, *self.trials]

    def table(self, language: str = "en") -> pl.DataFrame:
        """Today's rule, first as things are, then a row for each scenario.

        place i64 (0 = today's rule); scenario str; circumstances str ("" = as they are; only rules
        under the same are compared); status str (``held``, or ``refused``: it cannot
        hold); every figure of ``trials.BETTER`` f64 (null: not known); reason str (why it is
        refused); for each pair ``best_<figure>_<figure>`` bool: no other is as good in both and
        better in one (null: not known)
        """
        every = self.every
        marks = {f"best_{x}_{y}": undominated(every, (x, y)) for x, y in self.pairs}
        today = 1 + len(self.elsewhere)
        places = [*[0] * today, *range(1, len(self.trials) + 1)]
        rows = figure_table(every, language)
        rows.insert_column(0, pl.Series("place", places, pl.Int64))
        rows.insert_column(2, pl.Series("circumstances", map(_told, every), pl.String))
        return rows.with_columns(
            pl.Series(name, values, pl.Boolean) for name, values in marks.items()
        )

    def to_polars(self) -> pl.DataFrame:
        """The table."""
        return self.table()

    def to_pandas(self) -> Any:
        """The table as a pandas frame; needs pandas and pyarrow."""
        return self.table().to_pandas()

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


def sweep(
    city: City,
    policy: Policy,
    scenarios: Sequence[Scenario],
    *,
    cycle: str | None = None,
    seed: str | None = None,
    pairs: Sequence[Pair] = (),
    workers: int = 1,
    folder: str | Path | None = None,
    progress: Counted = lambda count, of: None,
) -> Sweep:
    """Play every scenario against one baseline; those that cannot hold are rows with the reason.

    Parameters
    ----------
    scenarios : of different names
    cycle, seed : as in ``simulate``
    pairs : figures to set against each other, by name; without any, fairness against volume and
        cliff against stability (``tradeoffs``)
    workers : processes, each with the figures of one scenario at a time; with more than one a
        script must do its work under ``if __name__ == "__main__":``, as always with processes.
        Nothing but the time depends on it
    folder : where finished scenarios are kept, so that a sweep that was broken off goes on where it
        stopped; ``None`` = nowhere
    progress : told how many scenarios are done, and of how many

    Raises
    ------
    BadRequest : two scenarios of one name, a figure that there is not, a lost process, or what the
        baseline itself refuses
    """
    check_names(scenarios)
    for pair in pairs:
        check_pair(pair)
    if workers < 1:
        raise BadRequest("sweep-workers", value=workers)
    cycle = cycle_of(city, cycle)
    today = [Scenario(name=BASELINE), *_elsewhere(scenarios)]
    every = [*today, *scenarios]
    found: dict[int, Trial] = {}
    count = min(workers, len(every))
    progress(0, len(scenarios))
    with player(city, policy, cycle=cycle, seed=seed, workers=count, folder=folder) as play:
        for place, trial in play(every):
            found[place] = trial
            if place >= len(today):
                progress(sum(done >= len(today) for done in found), len(scenarios))
    trials = [found[place] for place in range(len(every))]
    return Sweep(
        cycle, policy.on, seed, policy.digest, trials[0], tuple(scenarios),
        tuple(trials[len(today) :]), tuple(pairs) or usual_pairs(trials),
        tuple(trials[1 : len(today)]),
    )  # fmt: skip


def _elsewhere(scenarios: Sequence[Scenario]) -> list[Scenario]:
    """Today's rule under each of the circumstances that scenarios have, but for those it is in."""
    told = {spell_value(scenario.data): scenario.data for scenario in scenarios if scenario.data}
    for scenario in scenarios:
        if not scenario.changes:
            told.pop(spell_value(scenario.data), None)
    return [
        Scenario(name=(cut(f"{BASELINE}, {spelt[1:-1]}", MOST_NAME) or BASELINE), **data)
        for spelt, data in told.items()
    ]


def _told(trial: Trial) -> str:
    """Circumstances on one line."""
    return ", ".join(f"{key}={value}" for key, value in circumstances(trial))


def check_names(scenarios: Sequence[Scenario]) -> None:
    """Refuse a sweep of too many scenarios, or of two with one name."""
    if not 0 < len(scenarios) <= MOST_SCENARIOS:
        raise BadRequest("sweep-size", count=len(scenarios), most=MOST_SCENARIOS)
    names = [scenario.name for scenario in scenarios]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise BadRequest("scenario-name-twice", name=twice)
    if BASELINE in names:
        raise BadRequest("scenario-name-twice", name=BASELINE)
