"""The folder of a search: what was tried, and the best as a scenario to be simulated."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from allocator.policy.models import Policy
from allocator.runs.heads import step_folder
from allocator.simulation.searching import Search
from allocator.simulation.sweep_output import scenario_text
from allocator.tables.writing import write_csv


def write_search(
    done: Search,
    policy: Policy,
    inputs: Mapping[str, Mapping[str, Any]],
    folder: str | Path,
    *,
    command: str = "",
    language: str = "en",
) -> Path:
    """Write a search, whole or not at all; an earlier output of ours at ``folder`` is replaced.

    ``search.csv`` is ``Search.table``; ``search.json`` all figures, exact; ``best.yaml`` the best
    scenario, as ``allocator simulate --suite`` takes it (none where no scenario holds).

    Parameters
    ----------
    policy, inputs : of the baseline; rows and digests of its tables
    command : as it is typed to have the same again

    Raises
    ------
    BadRequest : the folder holds something else or cannot be written
    """
    head = {
        "step": "search",
        "cycle": done.cycle,
        "on": done.on.isoformat(),
        "seed": done.seed,
        "title": done.aim.title,
        "command": command,
        **summary(done),
    }
    with step_folder(folder, policy, inputs, language, head) as beside:
        write_csv(done.table(language), beside / "search.csv", language)
        text = json.dumps(document(done), ensure_ascii=False, indent=1)
        (beside / "search.json").write_text(text + "\n", encoding="utf-8", newline="\n")
        if done.found is not None:
            best = scenario_text(done.aim.title, [done.found])
            (beside / "best.yaml").write_text(best, encoding="utf-8", newline="\n")
    return Path(folder)


def summary(done: Search) -> dict[str, Any]:
    """What was looked for, how far, and what was found."""
    figure = done.aim.figure
    found = None if done.best is None else done.trials[done.best]
    return {
        "figure": figure,
        "largest": done.aim.largest,
        "runs": len(done.trials),
        "combinations": done.combinations,
        "proven": done.proven,
        "better": done.better,
        "today": _number(done.baseline.figures.get(figure)),
        "best": None if found is None else _number(found.figures.get(figure)),
        "scenario": None if found is None else found.name,
    }


def document(done: Search) -> dict[str, Any]:
    """The search for programs, figures as fractions."""
    return {
        **summary(done),
        "cycle": done.cycle,
        "on": done.on.isoformat(),
        "seed": done.seed,
        "policy": done.policy_digest,
        "design": done.aim.seed,
        "baseline": done.baseline.document(),
        "trials": [
            {**trial.document(), "phase": phase, "keeps": keeps}
            for trial, phase, keeps in zip(done.trials, done.phases, done.kept, strict=True)
        ],
    }


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
