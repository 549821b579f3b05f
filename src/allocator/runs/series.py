"""What ``allocator stability`` writes: who moved from grading to grading, and the shape over time.

Internal files, whole or not at all: ``stability.csv``, ``migration.csv``, ``shape.csv`` and
``stability.html``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from allocator.grading.moves import Migration
from allocator.grading.periods import Stability
from allocator.policy.models import Policy
from allocator.reports.stability_page import changes_of, stability_page
from allocator.runs.heads import step_folder
from allocator.tables.writing import write_csv

STABILITY = ["before", "on", "rules", "retailers", "moved", "two_or_more", "up", "down", "tiers"]
MIGRATION = ["before", "on", "rules", "tier_before", "tier", "retailers"]
SHAPE = ["on", "tier", "retailers"]


def write_stability(
    series: Stability,
    policy: Policy,
    inputs: Mapping[str, Any],
    folder: str | Path,
    language: str = "en",
) -> Path:
    """Write the figures of gradings in a row.

    Parameters
    ----------
    policy : as it stands on the last day; inputs : digests of the tables

    Raises
    ------
    BadRequest : the folder holds something else or cannot be written
    """
    head = {"step": "stability", "days": [day.isoformat() for day in series.days]}
    with step_folder(folder, policy, inputs, language, head) as beside:
        write_csv(stability_table(series), beside / "stability.csv", language)
        write_csv(migration_table(series), beside / "migration.csv", language)
        write_csv(shape_table(series), beside / "shape.csv", language)
        page = stability_page(series, policy.title, language)
        (beside / "stability.html").write_text(page, encoding="utf-8", newline="\n")
    return Path(folder)


def stability_table(series: Stability) -> pl.DataFrame:
    """``stability.csv``: a row for each change; ``rules`` is with, without, or none to leave out.

    ``retailers`` had a tier before and now; of these ``moved``, ``two_or_more``, ``up``, ``down``;
    ``tiers``: how many tiers all of them moved together, up or down.
    """
    rows = [
        (before, now, rules, m.known, m.moved(), m.moved(2), m.up, m.down, _together(m))
        for before, now, rules, m in changes_of(series)
    ]
    return pl.DataFrame(rows, schema=STABILITY, orient="row")


def migration_table(series: Stability) -> pl.DataFrame:
    """``migration.csv``: retailers by the tier they had and have; an empty tier is none at all."""
    rows: list[tuple[date, date, str, int | None, int | None, int]] = []
    for before, now, rules, moves in changes_of(series):
        pairs = [
            (int(f) + 1, int(t) + 1, int(moves.count[f, t]))
            for f, t in zip(*np.nonzero(moves.count), strict=True)
        ]
        rows += [(before, now, rules, f, t, shops) for f, t, shops in pairs]
        for t in np.flatnonzero(moves.entered).tolist():
            rows.append((before, now, rules, None, t + 1, int(moves.entered[t])))
        for f in np.flatnonzero(moves.left).tolist():
            rows.append((before, now, rules, f + 1, None, int(moves.left[f])))
    kinds = [pl.Date(), pl.Date(), pl.String(), pl.Int64(), pl.Int64(), pl.Int64()]
    return pl.DataFrame(rows, schema=dict(zip(MIGRATION, kinds, strict=True)), orient="row")


def shape_table(series: Stability) -> pl.DataFrame:
    """``shape.csv``: retailers of each tier on the cut-offs of the first grading."""
    rows = [
        (day, tier, shops)
        for day, held in zip(series.days, series.shape.tolist(), strict=True)
        for tier, shops in enumerate(held, start=1)
    ]
    return pl.DataFrame(rows, schema=SHAPE, orient="row")


def _together(moves: Migration) -> int:
    return 0 if moves.distance is None else int(moves.distance * moves.known)
