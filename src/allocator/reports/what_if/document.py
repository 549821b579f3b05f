"""A what-if for programs: figures, groups, moves and complaints as JSON takes them.

Shops one by one are in the CSV tables beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from allocator.comparison.brief import remarks
from allocator.comparison.record import Comparison
from allocator.reports.what_if.origin import Origin

FRAMES = ("figures", "groups", "migration", "lorenz", "exposure", "products", "quotas")
"""Frames of a comparison that are written in full, a list of rows each."""


def what_if_document(
    comparisons: Sequence[Comparison],
    title: str,
    origin: Origin,
    language: str = "en",
    *,
    refused: Sequence[tuple[str, str]] = (),
) -> dict[str, Any]:
    """The document: what was asked, and for each scenario the frames of the record by name.

    Parameters
    ----------
    comparisons : one or several, all against the same baseline
    title : of the baseline's policy
    refused : names of scenarios that cannot hold, and why, in words
    """
    baseline = comparisons[0].baseline
    return {
        "title": title,
        "cycle": baseline.cycle,
        "on": baseline.on.isoformat(),
        "seed": baseline.seed,
        "command": origin.command,
        "version": origin.version,
        "digests": origin.digests(),
        "scenarios": [
            {
                "name": comparison.scenario.name,
                "title": comparison.title,
                "describe": comparison.describe,
                "changes": [{"path": path, "value": value} for path, value in comparison.changes],
                "notes": remarks(comparison, language),
                **{name: getattr(comparison, name).to_dicts() for name in FRAMES},
            }
            for comparison in comparisons
        ],
        "refused": [{"name": name, "reason": reason} for name, reason in refused],
    }
