"""Short words for what findings hold: units and policy paths, for tables and pages."""

from __future__ import annotations

from allocator.wording import say


def unit_word(unit: str, language: str) -> str:
    """A unit as people write it; one that has no word stays as it is."""
    try:
        return say("audit", f"unit-{unit}", {}, language)
    except KeyError:
        return unit
