"""Every combination of some values, each a scenario."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import product
from math import prod
from typing import Any, Final

from allocator.errors import BadRequest
from allocator.simulation.paths import spell, steps_of
from allocator.simulation.scenario import MOST_NAME, Scenario, spell_value
from allocator.simulation.scenario_files import MOST_SCENARIOS

LONG: Final = 12
"""A value with more letters is called by its number in its list."""


def grid(
    values: Mapping[str, Sequence[Any]], always: Mapping[str, Any] | None = None
) -> tuple[Scenario, ...]:
    """Every combination of the values of some paths; the last path changes fastest.

    Parameters
    ----------
    values : {path of the policy, or data key such as ``supply``: its values}
    always : changes that every scenario has

    Raises
    ------
    BadRequest : a path without values or with one twice, or more than 1,000 combinations
    """
    for path, listed in values.items():
        spelt = Counter(map(spell_value, listed))
        if not spelt or max(spelt.values()) > 1:
            raise BadRequest("grid-values", path=path[:80])
    count = prod(map(len, values.values()))
    if not values or count > MOST_SCENARIOS:
        raise BadRequest("grid-size", count=count if values else 0, most=MOST_SCENARIOS)
    labels = short_names(list(values))
    named = [
        [(label, value, value_name(value, place)) for place, value in enumerate(listed, start=1)]
        for label, listed in zip(labels, values.values(), strict=True)
    ]
    chosen = list(product(*named))
    names = [", ".join(f"{label}={told}" for label, _, told in parts) for parts in chosen]
    if max(map(len, names)) > MOST_NAME or len(set(names)) < len(names):
        width = len(str(count))
        names = [f"grid {place:0{width}}" for place in range(1, count + 1)]
    return tuple(
        Scenario(
            {**(always or {}), **dict(zip(values, (value for _, value, _ in parts), strict=True))},
            name=name,
        )
        for name, parts in zip(names, chosen, strict=True)
    )


def short_names(paths: Sequence[str]) -> list[str]:
    """As many last steps of each path as tell it from the others."""
    steps = [steps_of(path) for path in paths]
    for length in range(1, max(map(len, steps), default=1) + 1):
        short = [spell(step[-length:]) for step in steps]
        if len(set(short)) == len(short):
            return short
    return list(paths)


def value_name(value: Any, place: int) -> str:
    """A value in a name; a long one by its number."""
    told = spell_value(value)
    return told if len(told) <= LONG and told.isprintable() else f"#{place}"
