"""What ``allocator cycles`` writes: tables, JSON and the page, whole or not at all. Internal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from allocator.runs.heads import step_folder
from allocator.simulation.cycles import Cycles
from allocator.simulation.cycles_answers import answers, paid
from allocator.simulation.cycles_page import cycles_page, page_facts
from allocator.tables.writing import write_csv

TABLES: Final = (
    "worlds", "figures", "exposure", "groups", "deviations", "waits", "firsts", "turns_kept",
    "tiers", "retailers",
)  # fmt: skip
"""Frames of ``Cycles``, each a file of its name; ``cycles.csv`` lists the cycles."""


def write_cycles(
    cycles: Cycles,
    inputs: Mapping[str, Any],
    folder: str | Path,
    language: str = "en",
    *,
    command: str = "",
) -> Path:
    """Write cycles to come into a folder.

    Parameters
    ----------
    inputs : digests of the tables; command : how to make it again, as to be typed

    Raises
    ------
    BadRequest : the folder holds something else or cannot be written
    """
    head = {**page_facts(cycles), "command": command}
    with step_folder(folder, cycles.policy, inputs, language, head) as beside:
        write_csv(turn_table(cycles), beside / "cycles.csv", language)
        for name in TABLES:
            write_csv(getattr(cycles, name), beside / f"{name}.csv", language)
        text = json.dumps(document(cycles), ensure_ascii=False, indent=2)
        (beside / "cycles.json").write_text(text + "\n", encoding="utf-8", newline="\n")
        page = cycles_page(cycles, command, language, inputs)
        (beside / "cycles.html").write_text(page, encoding="utf-8", newline="\n")
    return Path(folder)


def turn_table(cycles: Cycles) -> pl.DataFrame:
    """``cycles.csv``: number, cycle, day, source, regraded (whether graded on that day)."""
    rows = [(t.number, t.cycle, t.day, t.source, t.regrades) for t in cycles.turns]
    return pl.DataFrame(
        rows,
        schema={
            "number": pl.Int64,
            "cycle": pl.String,
            "day": pl.Date,
            "source": pl.String,
            "regraded": pl.Boolean,
        },
        orient="row",
    )


def document(cycles: Cycles) -> dict[str, Any]:
    """For programs: what was simulated, the answers by code, and the small frames by row."""
    return {
        **page_facts(cycles),
        "on": cycles.on.isoformat(),
        "policy": cycles.policy.digest,
        "retailers": cycles.retailers_counted,
        "answers": [
            {"code": code, **{name: _plain(fact) for name, fact in facts.items()}}
            for code, facts in answers(cycles)
        ],
        "paid": paid(cycles),
        "by_cycle": [
            {**row, "day": row["day"].isoformat()}
            for row in cycles.to_polars().iter_rows(named=True)
        ],
        "exposure": cycles.exposure.to_dicts(),
        "groups": cycles.groups.to_dicts(),
        "waits": cycles.waits.to_dicts(),
        "turns_kept": cycles.turns_kept.to_dicts(),
        "tiers": [{**row, "day": row["day"].isoformat()} for row in cycles.tiers.to_dicts()],
    }


def _plain(fact: Any) -> Any:
    return fact if isinstance(fact, int | str) or fact is None else str(fact)
