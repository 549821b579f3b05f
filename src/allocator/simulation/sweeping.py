"""Many scenarios at once: what each comes to, and between which the choice really is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from allocator.errors import BadRequest
from allocator.policy.models import Policy
from allocator.runs.week import cycle_of
from allocator.simulation.playing import player
from allocator.simulation.scenario import Scenario
from allocator.simulation.scenario_files import MOST_SCENARIOS
from allocator.simulation.simulating import BASELINE
from allocator.simulation.tradeoffs import Pair, check_pair, undominated, usual_pairs
from allocator.simulation.trials import Trial, figure_table
from allocator.tables.city import City

Counted = Callable[[int, int], None]
"""Told how many scenarios are done, and of how many."""


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """What many scenarios of one cycle come to.

    baseline : the city as it is; trials : of the scenarios, in their order
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

    def table(self, language: str = "en") -> pl.DataFrame:
        """The baseline, then one row for each scenario.

        place i64 (0 = the baseline); scenario str; status str (``held``, or ``refused``: it cannot
        hold); every figure of ``trials.BETTER`` f64 (null: not known); reason str (why it is
        refused); for each pair ``best_<figure>_<figure>`` bool: no other is as good in both and
        better in one (null: not known)
        """
        every = [self.baseline, *self.trials]
        marks = {f"best_{x}_{y}": undominated(every, (x, y)) for x, y in self.pairs}
        rows = figure_table(every, language)
        return rows.insert_column(0, pl.Series("place", range(len(every)), pl.Int64)).with_columns(
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
    every = [Scenario(name=BASELINE), *scenarios]
    found: dict[int, Trial] = {}
    count = min(workers, len(every))
    with player(city, policy, cycle=cycle, seed=seed, workers=count, folder=folder) as play:
        for place, trial in play(every):
            found[place] = trial
            progress(len(found) - (0 in found), len(scenarios))
    baseline, *trials = (found[place] for place in range(len(every)))
    return Sweep(
        cycle, policy.on, seed, policy.digest, baseline, tuple(scenarios), tuple(trials),
        tuple(pairs) or usual_pairs([baseline, *trials]),
    )  # fmt: skip


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
