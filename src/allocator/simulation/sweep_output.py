"""The folder of a sweep: one table, the scenarios to take up again, the figures exact."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from allocator.policy.models import Policy
from allocator.reports.what_if.origin import Origin
from allocator.reports.what_if.sweep import sweep_page
from allocator.reports.what_if.sweep_sheets import write_sweep_workbook
from allocator.runs.heads import package_version, step_folder
from allocator.simulation.scenario import Scenario
from allocator.simulation.sweeping import Sweep
from allocator.tables.writing import write_csv


def write_sweep(
    done: Sweep,
    policy: Policy,
    inputs: Mapping[str, Mapping[str, Any]],
    folder: str | Path,
    *,
    title: str = "",
    command: str = "",
    language: str = "en",
) -> Path:
    """Write a sweep, whole or not at all; an earlier output of ours at ``folder`` is replaced.

    ``sweep.csv`` is ``Sweep.table``; ``sweep.json`` the same with exact figures; ``sweep.html``
    the page and ``sweep.xlsx`` the workbook; ``scenarios.yaml`` and ``best.yaml`` hold the
    scenarios, and those that no other beats, as ``allocator simulate --suite`` takes them.

    Parameters
    ----------
    policy, inputs : of the baseline; rows and digests of its tables
    title, command : of the file of the sweep, and as it is typed to have the same again

    Raises
    ------
    BadRequest : the folder holds something else or cannot be written
    """
    head = {
        "step": "sweep",
        "cycle": done.cycle,
        "on": done.on.isoformat(),
        "seed": done.seed,
        "title": title,
        "command": command,
        "scenarios": len(done.scenarios),
        "pairs": [list(pair) for pair in done.pairs],
    }
    come, table = origin(done, policy, inputs, command), done.table(language)
    with step_folder(folder, policy, inputs, language, head) as beside:
        write_csv(table, beside / "sweep.csv", language)
        # Sorted: of a trial that was kept its figures come back in another order.
        told = json.dumps(document(done), ensure_ascii=False, indent=1, sort_keys=True)
        _write(beside / "sweep.json", told + "\n")
        _write(beside / "scenarios.yaml", scenario_text(title, done.scenarios))
        _write(beside / "sweep.html", page(done, policy, come, language, title))
        heading = "  ".join(part for part in (policy.title, title) if part)
        write_sweep_workbook(
            beside / "sweep.xlsx", table, done.pairs, done.on, heading, come, language
        )
        if best := unbeaten(done):
            _write(beside / "best.yaml", scenario_text(title, best))
    return Path(folder)


def origin(
    done: Sweep, policy: Policy, inputs: Mapping[str, Mapping[str, Any]], command: str
) -> Origin:
    """Where a sweep comes from."""
    digests = {name: str(entry["sha256"]) for name, entry in inputs.items()}
    scenario = sha256(scenario_text("", done.scenarios).encode()).hexdigest()
    return Origin(command, policy.digest, scenario, digests, package_version())


def page(done: Sweep, policy: Policy, come: Origin, language: str, title: str) -> str:
    """``sweep.html``: the figures that are traded, as a drawing and as a table."""
    changes = {place: trial.changes for place, trial in enumerate(done.trials, start=1)}
    return sweep_page(
        done.table(language), done.pairs, changes, policy.title, come, language, name=title
    )


def unbeaten(done: Sweep) -> list[Scenario]:
    """The scenarios that no other beats in one of the pairs."""
    table = done.table()
    marked = [False] * len(table)
    for x, y in done.pairs:
        marks = table[f"best_{x}_{y}"].fill_null(value=False)
        marked = [one or other for one, other in zip(marked, marks, strict=True)]
    marked = marked[1 + len(done.elsewhere) :]
    return [scenario for scenario, best in zip(done.scenarios, marked, strict=True) if best]


def document(done: Sweep) -> dict[str, Any]:
    """The sweep for programs, figures as fractions."""
    marks = done.table().select("^best_.*$").to_dicts()
    return {
        "cycle": done.cycle,
        "on": done.on.isoformat(),
        "seed": done.seed,
        "policy": done.policy_digest,
        "pairs": [list(pair) for pair in done.pairs],
        "trials": [
            {**trial.document(), "best": mark}
            for trial, mark in zip(done.every, marks, strict=True)
        ],
    }


def scenario_text(title: str, scenarios: Sequence[Scenario]) -> str:
    """Scenarios as a file that reading gives back; JSON is YAML too."""
    entries = []
    for scenario in scenarios:
        entry: dict[str, Any] = {"name": scenario.name}
        if scenario.describe:
            entry["describe"] = scenario.describe
        if scenario.changes:
            entry["change"] = dict(scenario.changes)
        entries.append({**entry, **scenario.data})
    lines = ",\n".join(f"    {_spelt(entry)}" for entry in entries)
    return f'{{\n  "title": {_spelt(title)},\n  "scenarios": [\n{lines}\n  ]\n}}\n'


def _spelt(value: Any) -> str:
    """JSON that loses no digit."""
    if isinstance(value, Mapping):
        inner = (f"{_spelt(str(key))}: {_spelt(child)}" for key, child in value.items())
        return f"{{{', '.join(inner)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_spelt, value))}]"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, float):
        return format(Decimal(str(value)), "f")
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    return json.dumps(str(value), ensure_ascii=False)


def _write(path: Path, text: str) -> None:
    path.write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8", newline="\n")
