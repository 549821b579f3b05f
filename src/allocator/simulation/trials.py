"""One scenario of a sweep in brief: its figures, exact, or why it cannot hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

import numpy as np
import polars as pl

from allocator.comparison.exposure import (
    ANY,
    KINDS,
    anything,
    counts,
    exposure,
    known_kinds,
    published,
)
from allocator.comparison.figures import FIGURES, figures_of
from allocator.comparison.outcome import Outcome
from allocator.errors import AllocatorError
from allocator.wording import LANGUAGES

Value = Fraction | None

Changes = tuple[tuple[str, str], ...]

EXPOSED: Final = "exposed_"
"""Stands before a kind of complaint in names of figures."""

MOVES: Final[Mapping[str, str]] = {
    "gainers": "more", "same": "", "losers": "less", "gained": "more", "lost": "less",
}  # fmt: skip
"""Retailers present in the baseline and in the scenario with more, as many, fewer cartons; and the
cartons that gainers gain and losers lose."""

BETTER: Final[Mapping[str, str]] = {
    **{figure.name: figure.better for figure in FIGURES},
    **{EXPOSED + kind.name: "less" for kind in KINDS},
    **MOVES,
}
"""Every figure of a trial, and which way is better: ``more``, ``less``, or "" for neither."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What a scenario comes to.

    name : of the scenario; changes : (path or key, value as written)
    figures : all of ``BETTER``, exact; ``None`` = not known. Empty where the scenario is refused
    refused : why it cannot hold, by language; empty = it holds
    """

    name: str
    changes: Changes
    figures: Mapping[str, Value]
    refused: Mapping[str, str]

    def document(self) -> dict[str, Any]:
        """The trial for a file: figures as fractions."""
        return {
            "name": self.name,
            "changes": [list(change) for change in self.changes],
            "figures": {name: _spelt(value) for name, value in self.figures.items()},
            "refused": dict(self.refused),
        }


def trial_from(document: Any) -> Trial:
    """The trial that a document tells.

    Raises
    ------
    ValueError : it tells none
    """
    try:
        figures = {name: _read(value) for name, value in document["figures"].items()}
        refused = {language: str(document["refused"][language]) for language in document["refused"]}
        changes = tuple((str(path), str(value)) for path, value in document["changes"])
        name = str(document["name"])
    except (AttributeError, KeyError, TypeError, ZeroDivisionError) as error:
        raise ValueError("no trial") from error
    if set(refused) != set(LANGUAGES) if refused else set(figures) != set(BETTER):
        raise ValueError("no trial")
    return Trial(name, changes, figures, refused)


def held(
    name: str, changes: tuple[tuple[str, str], ...], baseline: Outcome, then: Outcome
) -> Trial:
    """The trial of a scenario that holds.

    Who could complain of anything is counted over the kinds known of the baseline; where one of
    them is not known of the scenario, neither is the count: nobody counted is not nobody exposed.
    """
    found = exposure(then, published(baseline, then))
    exposed = dict(counts(found))
    known = _known(baseline)
    whole = known <= known_kinds(found)
    exposed[ANY] = int(anything(found, known).short.sum()) if whole else None
    figures: dict[str, Value] = {
        **figures_of(then),
        **{EXPOSED + kind: _whole(count) for kind, count in exposed.items()},
        **{move: Fraction(count) for move, count in _moves(baseline, then).items()},
    }
    return Trial(name, changes, {figure: figures[figure] for figure in BETTER}, {})


@lru_cache(maxsize=1)
def _known(baseline: Outcome) -> frozenset[str]:
    """Kinds of complaint that are known of the baseline, which all trials of a row share."""
    return frozenset(known_kinds(exposure(baseline, published(baseline, baseline))))


def refused(name: str, changes: Changes, error: AllocatorError) -> Trial:
    """The trial of a scenario that cannot hold."""
    return Trial(name, changes, {}, {language: error.message(language) for language in LANGUAGES})


def _moves(baseline: Outcome, then: Outcome) -> dict[str, int]:
    one, other = (side.retailers.select("retailer_id", "present", "award") for side in
                  (baseline, then))  # fmt: skip
    if not one["retailer_id"].equals(other["retailer_id"]):
        both = one.join(other, on="retailer_id", suffix="_then", maintain_order="left")
        one, other = both, both.select(present="present_then", award="award_then")
    change = (other["award"] - one["award"]).filter(one["present"] & other["present"]).to_numpy()
    return {
        "gainers": int(np.count_nonzero(change > 0)),
        "same": int(np.count_nonzero(change == 0)),
        "losers": int(np.count_nonzero(change < 0)),
        "gained": int(np.maximum(change, 0).sum()),
        "lost": -int(np.minimum(change, 0).sum()),
    }


def figure_table(trials: list[Trial], language: str) -> pl.DataFrame:
    """One row per trial: scenario, status (``held``, ``refused``), each figure f64, reason."""
    columns: dict[str, list[Any]] = {
        "scenario": [trial.name for trial in trials],
        "status": ["refused" if trial.refused else "held" for trial in trials],
    }
    for name in BETTER:
        values = [trial.figures.get(name) for trial in trials]
        columns[name] = [None if value is None else float(value) for value in values]
    columns["reason"] = [trial.refused.get(language) for trial in trials]
    kinds = dict.fromkeys(BETTER, pl.Float64)
    return pl.DataFrame(
        columns, schema={"scenario": pl.String, "status": pl.String, **kinds, "reason": pl.String}
    )


def _whole(count: int | None) -> Value:
    return None if count is None else Fraction(count)


def _spelt(value: Value) -> str | None:
    return None if value is None else f"{value.numerator}/{value.denominator}"


def _read(spelt: Any) -> Value:
    if spelt is None:
        return None
    if not isinstance(spelt, str) or len(spelt) > 400:
        raise ValueError("no fraction")
    return Fraction(spelt)
