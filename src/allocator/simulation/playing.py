"""Plays scenarios once: what a command that was broken off has finished is not played again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from allocator.policy.models import Policy
from allocator.simulation.kept_trials import KeptTrials
from allocator.simulation.scenario import Scenario
from allocator.simulation.trials import Trial
from allocator.simulation.workers import Play, crew
from allocator.tables.city import City


@contextmanager
def player(
    city: City,
    policy: Policy,
    *,
    cycle: str,
    seed: str | None,
    workers: int,
    folder: str | Path | None,
) -> Iterator[Play]:
    """Plays scenarios as ``crew`` does, which is only called when one is not yet played.

    folder : where finished trials are kept and found again; ``None`` = nowhere

    Raises
    ------
    BadRequest : the folder cannot be made or written, or as ``crew``
    """
    kept = None if folder is None else KeptTrials.of(Path(folder), city, policy, cycle, seed)
    with ExitStack() as working:
        crews: list[Play] = []

        def play(scenarios: Sequence[Scenario]) -> Iterator[tuple[int, Trial]]:
            todo = []
            for place, scenario in enumerate(scenarios):
                known = None if kept is None else kept.find(scenario)
                if known is None:
                    todo.append(place)
                else:
                    yield place, known
            if not todo:
                return
            if not crews:
                hands = crew(city, policy, cycle=cycle, seed=seed, workers=workers)
                crews.append(working.enter_context(hands))
            for at, trial in crews[0]([scenarios[place] for place in todo]):
                if kept is not None:
                    kept.keep(scenarios[todo[at]], trial)
                yield todo[at], trial

        yield play
