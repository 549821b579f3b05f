"""Plays scenarios one after the other, each sharing what it can with the baseline and the last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from allocator.canonical import canonical_json
from allocator.errors import AllocatorError
from allocator.simulation.scenario import Scenario
from allocator.simulation.simulating import Against
from allocator.simulation.stages import Staged
from allocator.simulation.trials import Trial, held, refused

FIRST = "grading."
"""Paths of what is done first, so what differs in them is to differ seldom along a row."""

NEXT = "allocation.weights."
"""Paths of what every line is planned by; most limits leave most lines as they are."""


def in_turn(against: Against, scenarios: Iterable[Scenario]) -> Iterator[Trial]:
    """The trials of scenarios, in their order; at most two staged cycles are in memory."""
    last: tuple[Staged, ...] = ()
    for scenario in scenarios:
        spelt = scenario.spelt()
        try:
            there = against.changed(scenario)
            done = against.staged(there, before=last)
            outcome = against.outcome_beside(scenario.name, done)
        except AllocatorError as error:
            yield refused(scenario.name, spelt, error)
            continue
        last = (done,)
        yield held(scenario.name, spelt, against.baseline, outcome)


def by_what_they_share(scenarios: Sequence[Scenario]) -> list[int]:
    """Places of the scenarios so that those that change data and grading alike stand together,
    and among them those that weigh alike.

    A hint only: it costs or saves time, whatever the order no outcome differs.
    """
    keys = [(_early(scenario), _under(scenario, NEXT)) for scenario in scenarios]
    return sorted(range(len(scenarios)), key=lambda place: (keys[place], place))


def rows_of(scenarios: Sequence[Scenario], most: int) -> list[list[int]]:
    """The places in that order, cut into rows of scenarios that are played together.

    most : scenarios in a row
    """
    rows: list[list[int]] = []
    key: bytes | None = None
    for place in by_what_they_share(scenarios):
        own = _early(scenarios[place])
        if own != key or len(rows[-1]) == most:
            rows.append([])
        key = own
        rows[-1].append(place)
    return rows


def _early(scenario: Scenario) -> bytes:
    """What is done first, and so changes seldom: grading, then the data."""
    spelt = dict(scenario.spelt())
    data = {key: spelt[key] for key in scenario.data}
    return _under(scenario, FIRST) + canonical_json(data)


def _under(scenario: Scenario, head: str) -> bytes:
    """What it changes at paths that begin alike."""
    spelt = dict(scenario.spelt())
    return canonical_json({path: to for path, to in spelt.items() if path.startswith(head)})
