"""The folder of a what-if: tables as CSV, the report, whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from allocator.canonical import canonical_json
from allocator.comparison.brief import remarks
from allocator.policy.models import Policy
from allocator.reports.what_if.origin import Origin
from allocator.reports.what_if.writing import write_what_if
from allocator.runs.heads import package_version, step_folder
from allocator.simulation.suite import Comparisons
from allocator.tables.writing import write_csv

TABLES: Final = (
    "figures", "groups", "migration", "exposure", "exposed", "products", "quotas", "lorenz",
)  # fmt: skip
"""Frames of a comparison that are written as they are, the title of the scenario first."""


def write_simulation(
    done: Comparisons,
    policy: Policy,
    inputs: Mapping[str, Mapping[str, Any]],
    folder: str | Path,
    *,
    command: str,
    language: str = "en",
    title: str = "",
) -> Path:
    """Write a what-if, whole or not at all; an earlier output of ours at ``folder`` is replaced.

    ``changes.csv`` holds the shops whose cartons or tier change, ``lines.csv`` their products;
    ``notes.csv`` what did nothing and why, and the scenarios that cannot hold.

    Parameters
    ----------
    policy, inputs : of the baseline; rows and digests of its tables
    command : as it is typed to have the same again
    title : of the file of the scenarios, may be empty

    Raises
    ------
    BadRequest : the folder holds something else or cannot be written
    """
    scenarios = {one.title: [list(change) for change in one.changes] for one in done.comparisons}
    digest = hashlib.sha256(canonical_json(scenarios)).hexdigest()
    baseline = done.baseline
    head = {
        "step": "simulate",
        "cycle": baseline.cycle,
        "on": baseline.on.isoformat(),
        "seed": baseline.seed,
        "scenarios": scenarios,
        "scenarios_sha256": digest,
    }
    with step_folder(folder, policy, inputs, language, head) as beside:
        for name in TABLES:
            write_csv(_peopled(done, done.table(name)), beside / f"{name}.csv", language)
        write_csv(_peopled(done, moved(done)), beside / "changes.csv", language)
        write_csv(done.table("lines"), beside / "lines.csv", language)
        write_csv(told(done, language), beside / "notes.csv", language)
        origin = Origin(
            command,
            policy.digest,
            digest,
            {name: str(entry["sha256"]) for name, entry in inputs.items()},
            package_version(),
        )
        refused = [(one.name, error.message(language)) for one, error in done.refused]
        write_what_if(
            done.comparisons, beside, policy.title, origin, language, refused=refused, name=title
        )
    return Path(folder)


def _peopled(done: Comparisons, frame: pl.DataFrame) -> pl.DataFrame:
    """Lists of shops with their names and customer managers, who are to visit them."""
    if "retailer_id" not in frame.columns or not done.comparisons:
        return frame
    return done.comparisons[0].with_people(frame)


def moved(done: Comparisons) -> pl.DataFrame:
    """The shops whose cartons or tier change, or that enter or leave, by scenario."""
    rows = done.table("changes_by_retailer")
    if rows.is_empty():
        return rows
    tier = pl.col("tier_before").ne_missing(pl.col("tier_after"))
    return rows.filter((pl.col("change") != 0) | tier | (pl.col("status") != "both"))


def told(done: Comparisons, language: str) -> pl.DataFrame:
    """What did nothing, what else is to be known, what cannot hold: title, code, text."""
    rows = [
        (one.title, note.code, text)
        for one in done.comparisons
        for note, text in zip(one.notes, remarks(one, language), strict=True)
    ]
    rows += [(one.name, error.code, error.message(language)) for one, error in done.refused]
    schema = dict.fromkeys(("title", "code", "text"), pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row")
