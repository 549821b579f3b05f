"""What figures of a sweep are called, and how they are written."""

from __future__ import annotations

from typing import Final

from allocator.comparison.brief import spell_figure
from allocator.comparison.figures import FIGURES
from allocator.simulation.trials import EXPOSED, MOVES
from allocator.wording import say

UNITS: Final = {
    **{figure.name: figure.unit for figure in FIGURES},
    "gained": "cartons",
    "lost": "cartons",
}
"""Units of figures; all others are retailers."""


def figure_name(name: str, language: str) -> str:
    """A figure of ``trials.BETTER`` for people."""
    if name.startswith(EXPOSED):
        kind = say("comparison", f"kind-{name.removeprefix(EXPOSED)}", {}, language)
        return say("sweep", "exposed", {"kind": kind}, language)
    if name in MOVES:
        return say("sweep", f"move-{name}", {}, language)
    return say("comparison", f"figure-{name}", {}, language)


def figure_text(name: str, value: float | None, language: str) -> str:
    """Its value for people."""
    return spell_figure(value, UNITS.get(name, "retailers"), language)
