"""A scenario: what would be otherwise. Changes of the policy, of the data, or of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from allocator.errors import BadRequest
from allocator.policy.document import cut
from allocator.simulation.paths import EXAMPLES
from allocator.simulation.shifts import SHIFTED, check_amounts

MOST_CHANGES: Final = 200
MOST_NAME: Final = 80
MOST_DESCRIBE: Final = 1000

DATA: Final = tuple(EXAMPLES)
"""Keys of changes of the data."""

Given = int | str | Decimal | float
"""``+20%`` or ``-10 %`` of what there is, or a whole number: cartons in its place."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What would be otherwise; the baseline stays as it is.

    changes : {path of the policy: value}, as in the file (``grading.movement.max_step``: 1); a
        value by days (``{2026-12-01: 1}``) holds from then on; ``None`` takes the line out. Paths
        are explained in ``simulation.paths``. The keys below may stand here too,
        ``supply.101101`` for one product
    name : how tables and pages call it; made from the changes where it is left out
    describe : a sentence for the reader
    supply : ``+20%`` for all products of the cycle, or {product id: ``+20%`` or cartons}; with
        ``all`` in place of a product each is set to so many cartons
    without : product ids that are not released in the cycle
    demand : ``-10%`` of what all order in the cycle; {product id: ...}; or a list of
        ``{by: +10%, products: [...], who: {market: rural}}`` (products and who may be left out)
    new_shops : a number, or ``{count: 500, seed: 1, who: {market: rural}, established: true}``:
        shops like ones drawn from the city, which order what those order. New on the day; with
        ``established`` they have the sales and tiers of their likes too
    """

    changes: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    describe: str = ""
    supply: Given | Mapping[str, Given] | None = None
    without: str | Sequence[str] = ()
    demand: Given | Mapping[str, Given] | Sequence[Mapping[str, Any]] | None = None
    new_shops: int | Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.changes, Mapping) or len(self.changes) > MOST_CHANGES:
            raise BadRequest("scenario-changes-unreadable", most=MOST_CHANGES)
        self._sort_out()
        for key in SHIFTED:
            check_amounts(key, getattr(self, key))
        for text, most, name in (
            (self.name, MOST_NAME, "name"), (self.describe, MOST_DESCRIBE, "describe")
        ):  # fmt: skip
            if not isinstance(text, str) or len(text) > most or not text.isprintable():
                raise BadRequest("scenario-text-unusable", key=name, most=most)
        if not self.name:
            made = "; ".join(f"{path}={value}" for path, value in self.spelt())
            object.__setattr__(self, "name", cut(made, MOST_NAME) or "unchanged")

    def _sort_out(self) -> None:
        """Move what is about data from the changes to its own key."""
        rules: dict[str, Any] = {}
        for path, value in self.changes.items():
            key, _, product = str(path).partition(".")
            if key not in DATA:
                rules[str(path)] = value
                continue
            if product and key == "without":
                raise BadRequest("scenario-without-path", product=cut(product) or "")
            if product:
                value = {product.strip('"'): value}
            object.__setattr__(self, key, _merged(key, getattr(self, key), value))
        object.__setattr__(self, "changes", rules)

    @property
    def data(self) -> dict[str, Any]:
        """The changes of data, by key, those that are there."""
        given = {key: getattr(self, key) for key in DATA}
        return {key: value for key, value in given.items() if value not in (None, (), [], {}, "")}

    def spelt(self) -> tuple[tuple[str, str], ...]:
        """Every change as (path or key, value), as people write them."""
        every = {**self.changes, **self.data}
        return tuple((str(path), spell_value(value)) for path, value in every.items())


def spell_value(value: Any) -> str:
    """A value on one line, as YAML writes it."""
    if isinstance(value, Mapping):
        inner = ", ".join(f"{key}: {spell_value(child)}" for key, child in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(spell_value, value))}]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _merged(key: str, before: Any, value: Any) -> Any:
    """What two parts of a scenario say of one key; of the same product the later one holds.

    Raises
    ------
    BadRequest : one is about all products and the other about some, so that one would be forgotten
    """
    if before in (None, (), [], {}, "") or value in (None, (), [], {}, ""):
        return value
    if isinstance(before, Mapping) and isinstance(value, Mapping):
        return {**before, **value}
    if key == "without":
        return tuple(dict.fromkeys(_several(before) + _several(value)))
    lists = isinstance(before, list | tuple), isinstance(value, list | tuple)
    if key == "demand" and all(lists):
        return [*before, *value]
    if key in SHIFTED and (isinstance(before, Mapping) or isinstance(value, Mapping) or any(lists)):
        raise BadRequest("scenario-all-and-some", key=key)
    return value


def _several(value: Any) -> list[str]:
    return [str(entry) for entry in (value if isinstance(value, list | tuple) else [value])]


def combined(scenarios: Sequence[Scenario], *, name: str, describe: str = "") -> Scenario:
    """Several scenarios as one: what a later one says of the same path or key holds.

    Supply and demand by product are taken together, and so are products that are withdrawn.
    """
    changes: dict[str, Any] = {}
    data: dict[str, Any] = {}
    for scenario in scenarios:
        changes |= scenario.changes
        for key, value in scenario.data.items():
            data[key] = value if key == "new_shops" else _merged(key, data.get(key), value)
    return Scenario(changes, name=name, describe=describe, **data)
