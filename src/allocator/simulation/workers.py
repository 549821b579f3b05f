"""Scenarios on several processors: processes that map one copy of the city.

Processes are started anew (``spawn``), so no lock or thread of this one is carried along, and it is
the same on every system. Each plays the baseline once, then takes rows of scenarios until there are
none. What a scenario comes to does not depend on which process plays it, nor after which other.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final

from allocator.errors import AllocatorError, BadRequest
from allocator.policy.models import Policy
from allocator.simulation.lending import Lent, borrow, lend
from allocator.simulation.scenario import Scenario
from allocator.simulation.simulating import Against
from allocator.simulation.trials import Trial
from allocator.simulation.turning import in_turn, rows_of
from allocator.tables.city import City

ROW: Final = 8
"""Scenarios that a process takes at a time."""

PATIENCE: Final = 1.0
"""(seconds) After so long without news it is asked whether all processes still live."""

ONE_THREAD: Final[Mapping[str, str]] = {
    "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
}  # fmt: skip
"""Each process works on one processor: threads beside them would only wait for each other."""


@dataclass(frozen=True, slots=True)
class Task:
    """What every process needs to play the baseline."""

    lent: Lent
    policy: Policy
    cycle: str
    seed: str | None


def spread(
    city: City,
    policy: Policy,
    scenarios: Sequence[Scenario],
    *,
    cycle: str,
    seed: str | None,
    workers: int,
) -> Iterator[tuple[int, Trial]]:
    """Place and trial of each scenario, as they are done.

    Raises
    ------
    BadRequest : a process ended before its work was done
    """
    context = multiprocessing.get_context("spawn")
    rows = rows_of(scenarios, ROW)
    with tempfile.TemporaryDirectory(prefix="allocator-") as folder:
        task = Task(lend(city, Path(folder)), policy, cycle, seed)
        todo: Any = context.Queue()
        done: Any = context.Queue()
        for row in rows:
            todo.put([(place, scenarios[place]) for place in row])
        count = min(workers, len(rows))
        for _ in range(count):
            todo.put(None)
        processes = [context.Process(target=work, args=(task, todo, done), daemon=True)
                     for _ in range(count)]  # fmt: skip
        try:
            with _environment(ONE_THREAD):
                for process in processes:
                    process.start()
            for _ in range(len(scenarios)):
                yield _next(done, processes)
            for process in processes:
                process.join()
        finally:
            for process in processes:
                if process.is_alive():
                    process.terminate()
                    process.join()
            for pipe in (todo, done):
                pipe.close()
                pipe.cancel_join_thread()


def work(task: Task, todo: Any, done: Any) -> None:
    """What a process does: the baseline, then rows of scenarios until there are none."""
    try:
        city = borrow(task.lent)
        against = Against(city, task.policy, task.cycle, task.seed, None)
        while (row := todo.get()) is not None:
            trials = in_turn(against, [scenario for _, scenario in row])
            for (place, _), trial in zip(row, trials, strict=True):
                done.put((place, trial))
    except AllocatorError as error:
        done.put(error)


def _next(done: Any, processes: Sequence[BaseProcess]) -> tuple[int, Trial]:
    while True:
        try:
            found = done.get(timeout=PATIENCE)
        except queue.Empty:
            lost = [process for process in processes if process.exitcode not in (None, 0)]
            if lost or not any(process.is_alive() for process in processes):
                status = lost[0].exitcode if lost else 0
                raise BadRequest("sweep-process-lost", status=status or 0) from None
            continue
        if isinstance(found, AllocatorError):
            raise found
        place, trial = found
        return place, trial


@contextmanager
def _environment(names: Mapping[str, str]) -> Iterator[None]:
    """Variables that processes started meanwhile see."""
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
