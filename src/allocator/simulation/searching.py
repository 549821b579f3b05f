"""Looks for values of the policy that make one figure as small, or as large, as can be found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import prod
from pathlib import Path
from typing import Any, Final

import polars as pl

from allocator.errors import BadRequest
from allocator.policy.models import Policy
from allocator.runs.week import cycle_of
from allocator.simulation.grids import short_names, value_name
from allocator.simulation.playing import player
from allocator.simulation.points import (
    IMPOSSIBLE,
    KEPT,
    MISSED,
    PRIMES,
    Axis,
    Cost,
    Point,
    Tried,
    look_for,
)
from allocator.simulation.scenario import MOST_NAME, Scenario, spell_value
from allocator.simulation.simulating import BASELINE
from allocator.simulation.tradeoffs import check_pair
from allocator.simulation.trials import BETTER, Trial
from allocator.simulation.workers import Play
from allocator.tables.city import City

MOST_RUNS: Final = 1000
MOST_VALUES: Final = 1000
"""Of one path."""
MOST_DIGITS: Final = 12
"""Of a bound, before the point and after it."""

Counted = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Bounds:
    """Values from ``low`` up to ``high``, ``step`` apart, whole or decimal."""

    low: Decimal
    high: Decimal
    step: Decimal = Decimal(1)

    def values(self) -> tuple[int | Decimal, ...]:
        """The values, rising.

        Raises
        ------
        BadRequest : there is none, or more than a thousand, or bounds of too many digits
        """
        parts = (self.low, self.high, self.step)
        if not all(part.is_finite() for part in parts) or self.step <= 0 or self.low > self.high:
            raise BadRequest("search-bounds", low=self.low, high=self.high, step=self.step)
        if any(part.adjusted() >= MOST_DIGITS or _places(part) > MOST_DIGITS for part in parts):
            raise BadRequest("search-digits", most=MOST_DIGITS)
        # In fractions: of far bounds decimals have not the digits to count.
        low, high, step = map(Fraction, parts)
        count = int((high - low) // step) + 1
        if count > MOST_VALUES:
            raise BadRequest("search-values", count=count, most=MOST_VALUES)
        found = [self.low + k * self.step for k in range(count)]
        return tuple(int(value) if value == value.to_integral_value() else value for value in found)


@dataclass(frozen=True, slots=True)
class Keep:
    """What a figure must not fall below, or rise above; ``None`` = no such limit."""

    at_least: Decimal | None = None
    at_most: Decimal | None = None

    def missed(self, value: Fraction) -> Fraction:
        """By how much a figure is beyond the limit, in its own unit; 0 = it keeps it."""
        below = Fraction(0) if self.at_least is None else Fraction(self.at_least) - value
        above = Fraction(0) if self.at_most is None else value - Fraction(self.at_most)
        return max(below, above, Fraction(0))

    def missed_part(self, value: Fraction) -> Fraction:
        """The same in parts of the limit that is missed; where that is 0, in the figure's unit."""
        low = self.at_least is not None and value < Fraction(self.at_least)
        limit = self.at_least if low else self.at_most
        return self.missed(value) / (abs(Fraction(limit or 0)) or 1)


@dataclass(frozen=True, slots=True)
class Aim:
    """What is looked for, and where.

    figure : of ``trials.BETTER``; largest : as large as can be, otherwise as small
    over : {path of the policy, or data key: ``Bounds``, or a list of choices}
    keep : {figure: ``Keep``}; a scenario that breaks one is never the best
    always : changes that every scenario has
    runs : scenarios that may be played; seed : of the design
    """

    figure: str
    over: Mapping[str, Bounds | Sequence[Any]]
    largest: bool = False
    keep: Mapping[str, Keep] = field(default_factory=dict)
    always: Mapping[str, Any] = field(default_factory=dict)
    runs: int = 60
    seed: str = "1"
    title: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """What was tried, and the best of it.

    scenarios, trials, phases : in the order in which they were tried; phases ``all``, ``design``,
        ``step`` or ``more`` (``points``)
    kept : whether each holds and keeps what is to be kept
    best : place of the best of these; ``None`` = there is none
    nearest : where there is none, the place of the one that misses least of the limits, in parts of
        them, all added up (Deb's rule, ``points``); ``None`` = none holds, or there is a best
    combinations : how many there are
    """

    aim: Aim
    cycle: str
    on: date
    seed: str | None
    policy_digest: str
    baseline: Trial
    scenarios: tuple[Scenario, ...]
    trials: tuple[Trial, ...]
    phases: tuple[str, ...]
    kept: tuple[bool, ...]
    best: int | None
    nearest: int | None
    combinations: int

    @property
    def proven(self) -> bool:
        """Whether all combinations were tried, so that none is better."""
        return len(self.trials) == self.combinations

    @property
    def found(self) -> Scenario | None:
        """The best scenario, to be simulated by itself."""
        return None if self.best is None else self.scenarios[self.best]

    @property
    def better(self) -> bool:
        """Whether the best is better than today's rule, or keeps what today's rule does not."""
        if self.best is None:
            return False
        now, then = (one.figures.get(self.aim.figure)
                     for one in (self.baseline, self.trials[self.best]))  # fmt: skip
        if now is None or then is None:
            return False
        return not keeps(self.aim, self.baseline) or (
            then > now if self.aim.largest else then < now
        )

    def table(self, language: str = "en") -> pl.DataFrame:
        """The baseline (place 0), then a row for each scenario in the order tried.

        place i64; phase str (null: the baseline); scenario str; each path str, the value as
        written; the figure looked for, those to be kept, then all others of ``trials.BETTER`` f64;
        for each figure to be kept ``missed_<figure>`` f64, by how much it is beyond its limit (0:
        kept; null: cannot hold); keeps, best, nearest bool; status str; reason str
        """
        every = [self.baseline, *self.trials]
        places = range(-1, len(self.trials))
        first = dict.fromkeys([self.aim.figure, *self.aim.keep])
        written = [{}, *(dict(scenario.spelt()) for scenario in self.scenarios)]
        columns: dict[str, pl.Series] = {
            path: pl.Series([row.get(path) for row in written], dtype=pl.String)
            for path in self.aim.over
        }
        for name in dict.fromkeys([*first, *BETTER]):
            values = [_real(trial.figures.get(name)) for trial in every]
            columns[name] = pl.Series(values, dtype=pl.Float64)
        for name in self.aim.keep:
            missed = [_real(misses(self.aim, trial).get(name)) for trial in every]
            columns[f"missed_{name}"] = pl.Series(missed, dtype=pl.Float64)
        return pl.DataFrame(
            {
                "place": range(len(every)),
                "phase": [None, *self.phases],
                "scenario": [trial.name for trial in every],
                **columns,
                "keeps": [keeps(self.aim, self.baseline), *self.kept],
                "best": [place == self.best for place in places],
                "nearest": [place == self.nearest for place in places],
                "status": ["refused" if trial.refused else "held" for trial in every],
                "reason": pl.Series(
                    [trial.refused.get(language) for trial in every], dtype=pl.String
                ),
            },
            schema_overrides={"place": pl.Int64, "phase": pl.String},
        )


def search(
    city: City,
    policy: Policy,
    aim: Aim,
    *,
    cycle: str | None = None,
    seed: str | None = None,
    workers: int = 1,
    folder: str | Path | None = None,
    progress: Counted = lambda count, of: None,
) -> Search:
    """Play at most ``aim.runs`` scenarios and find the best; the same whatever the workers.

    Parameters
    ----------
    cycle, seed : as in ``simulate``
    workers, folder : processes, and where finished scenarios are kept, as in ``sweep``
    progress : told how many scenarios are played, and of how many at most

    Raises
    ------
    BadRequest : an aim that cannot be; the figure is not known in this city
    """
    values = check_aim(aim)
    cycle = cycle_of(city, cycle)
    with player(city, policy, cycle=cycle, seed=seed, workers=workers, folder=folder) as play:
        (baseline,) = _played(play, [Scenario(name=BASELINE)])
        for name in (aim.figure, *aim.keep):
            if baseline.figures[name] is None:
                raise BadRequest("search-figure-missing", figure=name)
        names = short_names(list(values))
        scenarios: dict[Point, Scenario] = {}
        trials: dict[Point, Trial] = {}
        combinations = prod(map(len, values.values()))

        def costs(points: Sequence[Point]) -> list[Cost]:
            wanted = [_scenario(aim, values, names, point) for point in points]
            scenarios.update(zip(points, wanted, strict=True))
            trials.update(zip(points, _played(play, wanted), strict=True))
            progress(len(trials), min(aim.runs, combinations))
            return [_cost(aim, trials[point]) for point in points]

        axes = [Axis(len(listed), isinstance(aim.over[path], Bounds))
                for path, listed in values.items()]  # fmt: skip
        tried: Tried = look_for(axes, costs, runs=aim.runs, seed=aim.seed)
    order = list(tried.costs)
    found = tried.best()
    rank, place = tried.costs[found][0], order.index(found)
    return Search(
        aim, cycle, policy.on, seed, policy.digest, baseline,
        tuple(scenarios[point] for point in order),
        tuple(trials[point] for point in order),
        tuple(tried.phases[point] for point in order),
        tuple(tried.costs[point][0] == KEPT for point in order),
        place if rank == KEPT else None,
        place if rank == MISSED else None,
        combinations,
    )  # fmt: skip


def check_aim(aim: Aim) -> dict[str, tuple[Any, ...]]:
    """The values of each path.

    Raises
    ------
    BadRequest : figures that there are not, bounds without values, too many paths or runs
    """
    check_pair((aim.figure, aim.figure))
    for name, keep in aim.keep.items():
        if name not in BETTER:
            check_pair((name, name))
        low, high = keep.at_least, keep.at_most
        if low is None and high is None:
            raise BadRequest("search-keep-none", figure=name)
        if low is not None and high is not None and low > high:
            raise BadRequest("search-keep-empty", figure=name, low=low, high=high)
    if not 0 < len(aim.over) <= len(PRIMES):
        raise BadRequest("search-paths", count=len(aim.over), most=len(PRIMES))
    if not 0 < aim.runs <= MOST_RUNS:
        raise BadRequest("search-runs", count=aim.runs, most=MOST_RUNS)
    values = {}
    for path, given in aim.over.items():
        listed = given.values() if isinstance(given, Bounds) else tuple(given)
        if not listed or len(set(map(spell_value, listed))) < len(listed):
            raise BadRequest("grid-values", path=path[:80])
        values[path] = listed
    return values


def _places(value: Decimal) -> int:
    """Digits after the point."""
    exponent = value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _played(play: Play, scenarios: Sequence[Scenario]) -> list[Trial]:
    found = dict(play(scenarios))
    return [found[place] for place in range(len(scenarios))]


def _scenario(
    aim: Aim, values: Mapping[str, tuple[Any, ...]], names: Sequence[str], point: Point
) -> Scenario:
    chosen = {path: listed[at] for (path, listed), at in zip(values.items(), point, strict=True)}
    told = ", ".join(
        f"{name}={value_name(value, at + 1)}"
        for name, value, at in zip(names, chosen.values(), point, strict=True)
    )
    if len(told) > MOST_NAME:
        told = "point " + "-".join(str(at + 1) for at in point)
    return Scenario({**aim.always, **chosen}, name=told)


def _cost(aim: Aim, trial: Trial) -> Cost:
    """Of what keeps the limits the figure; of what does not, by how much (``points``)."""
    value = trial.figures.get(aim.figure)
    beyond = misses(aim, trial)
    if value is None or None in beyond.values():
        return IMPOSSIBLE, Fraction(0)
    if any(beyond.values()):
        parts = (keep.missed_part(trial.figures[name] or Fraction(0))
                 for name, keep in aim.keep.items())  # fmt: skip
        return MISSED, sum(parts, Fraction(0))
    return KEPT, -value if aim.largest else value


def misses(aim: Aim, trial: Trial) -> dict[str, Fraction | None]:
    """By how much each figure to be kept is beyond its limit; ``None`` = it is not known."""
    found = {name: trial.figures.get(name) for name in aim.keep}
    return {
        name: None if value is None else aim.keep[name].missed(value)
        for name, value in found.items()
    }


def keeps(aim: Aim, trial: Trial) -> bool:
    """Whether a trial holds and keeps what is to be kept."""
    return not trial.refused and set(misses(aim, trial).values()) <= {Fraction(0)}


def _real(value: Fraction | None) -> float | None:
    return None if value is None else float(value)
