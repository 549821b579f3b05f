"""The folder of a search: what was tried, the page, and the best as a scenario to be simulated."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from allocator.policy.models import Policy
from allocator.reports.what_if.origin import Origin
from allocator.reports.what_if.search import search_page
from allocator.reports.what_if.search_sheets import write_search_workbook
from allocator.reports.what_if.search_sides import Asked
from allocator.runs.heads import package_version, step_folder
from allocator.simulation.paths import steps_of, value_at
from allocator.simulation.scenario import DATA, spell_value
from allocator.simulation.searching import Search, misses
from allocator.simulation.sweep_output import scenario_text
from allocator.simulation.trials import BETTER
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

    ``search.csv`` is ``Search.table``; ``search.json`` all figures, exact; ``search.html`` and
    ``search.xlsx`` the page and the workbook; ``best.yaml`` the best scenario, as ``allocator
    simulate --suite`` takes it (none where no scenario keeps what is to be kept).

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
    digests = {name: str(entry["sha256"]) for name, entry in inputs.items()}
    tried = sha256(scenario_text("", done.scenarios).encode()).hexdigest()
    origin = Origin(command, policy.digest, tried, digests, package_version())
    table, wanted = done.table(language), asked(done, policy)
    with step_folder(folder, policy, inputs, language, head) as beside:
        write_csv(table, beside / "search.csv", language)
        told = {**document(done), "command": command, "digests": origin.digests()}
        # Sorted: of a trial that was kept its figures come back in another order.
        said = json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True)
        _write(beside / "search.json", said + "\n")
        _write(
            beside / "search.html",
            search_page(table, wanted, done.cycle, done.on, policy.title, origin, language),
        )
        write_search_workbook(
            beside / "search.xlsx", table, wanted, done.on, policy.title, origin, language
        )
        if done.found is not None:
            _write(beside / "best.yaml", scenario_text(done.aim.title, [done.found]))
    return Path(folder)


def asked(done: Search, policy: Policy | None = None) -> Asked:
    """What was looked for, as the page and the screen tell it. policy : of today, for its values"""
    aim = done.aim
    limits = {name: (keep.at_least, keep.at_most) for name, keep in aim.keep.items()}
    today = {} if policy is None else _today(aim.over, policy)
    over = tuple(aim.over)
    return Asked(aim.figure, over, done.combinations, aim.largest, limits, aim.title, today)


def _today(paths: Iterable[str], policy: Policy) -> dict[str, str]:
    """Single values that a policy has at paths; of mappings and data nothing is told."""
    found = {path: value_at(policy, steps_of(path)) for path in paths if path not in DATA}
    return {
        path: spell_value(value)
        for path, value in found.items()
        if isinstance(value, str | int | Decimal)
    }


def summary(done: Search) -> dict[str, Any]:
    """What was looked for, how far, and what was found."""
    figure = done.aim.figure
    best, nearest = (None if place is None else done.trials[place]
                     for place in (done.best, done.nearest))  # fmt: skip
    shown = best or nearest
    return {
        "figure": figure,
        "largest": done.aim.largest,
        "keep": {
            name: {"at_least": _number(keep.at_least), "at_most": _number(keep.at_most)}
            for name, keep in done.aim.keep.items()
        },
        "runs": len(done.trials),
        "combinations": done.combinations,
        "proven": done.proven,
        "better": done.better,
        "today": _number(done.baseline.figures.get(figure)),
        "best": None if best is None else _number(best.figures.get(figure)),
        "scenario": None if best is None else best.name,
        "nearest": None if nearest is None else nearest.name,
        "missed": {}
        if nearest is None
        else {name: _number(part) for name, part in misses(done.aim, nearest).items()},
        "figures": {}
        if shown is None
        else {
            name: [_number(one.figures.get(name)) for one in (done.baseline, shown)]
            for name in BETTER
        },
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


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
