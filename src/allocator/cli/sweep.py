"""``allocator sweep``: many scenarios at once, and between which the choice really is."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from allocator.cli.options import (
    City,
    Cycle,
    Day,
    Json,
    Lang,
    Out,
    PolicyFile,
    Seed,
    Workers,
    day,
    policy_path,
)
from allocator.cli.screen import bar, console, guarded, remark, tell, text
from allocator.errors import BadRequest

if TYPE_CHECKING:
    from allocator.simulation.sweeping import Sweep

MOST_SHOWN = 20
"""Scenarios on a screen; the table has all."""


@guarded
def sweep_scenarios(
    city: City,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A grid of values, or a list of scenarios (YAML)."),
    ],
    on: Day,
    out: Out,
    pair: Annotated[
        list[str] | None,
        typer.Option(
            "--pair",
            metavar="FIGURE:FIGURE",
            help="Two figures to set against each other (gini:awarded); may be given several "
            "times. Without it fairness against volume, and cliff against stability.",
        ),
    ] = None,
    workers: Workers = None,
    policy: PolicyFile = None,
    cycle: Cycle = None,
    seed: Seed = None,
    lang: Lang = "en",
    json: Json = False,
) -> None:
    """Play many scenarios, and mark those that no other beats in two figures at once.

    A scenario that cannot hold is a row with the reason. A sweep that was broken off goes on where
    it stopped: finished scenarios lie beside the output folder until it is there.
    """
    import os
    import shutil

    from allocator.policy.reading import read_policy
    from allocator.runs.inputs import input_digests
    from allocator.runs.placing import check_target
    from allocator.simulation.sweep_files import read_sweep
    from allocator.simulation.sweep_output import write_sweep
    from allocator.simulation.sweeping import sweep
    from allocator.tables.reading import read_city

    check_target(out)
    pairs = [_pair(given) for given in pair or []]
    suite = read_sweep(file)
    rules = read_policy(policy_path(policy, city), day(on))
    tables = read_city(city, rules.tables)
    kept = out.resolve().parent / f".{out.resolve().name}.sweep"
    with bar("sweep-done", lang, quiet=json) as done:
        found = sweep(
            tables, rules, suite.scenarios,
            cycle=cycle, seed=seed, pairs=pairs, workers=workers or os.cpu_count() or 1,
            folder=kept, progress=done,
        )  # fmt: skip
    typed = _typed(city, file, on, out, pair or [], policy, found, lang)
    write_sweep(
        found, rules, input_digests(tables), out, title=suite.title, command=typed, language=lang
    )
    shutil.rmtree(kept, ignore_errors=True)
    if json:
        tell(_document(found, out))
        return
    _show(found, out, lang)


def _pair(given: str) -> tuple[str, str]:
    x, sign, y = given.partition(":")
    if not (x.strip() and sign and y.strip()):
        raise BadRequest("sweep-pair-unreadable", given=given[:80])
    return x.strip(), y.strip()


def _typed(
    city: Path, file: Path, on: str, out: Path, pairs: list[str], policy: Path | None,
    done: Sweep, lang: str,
) -> str:  # fmt: skip
    """The command that has the same again, to be typed in a shell."""
    words = ["allocator", "sweep", str(city), str(file), "--on", on]
    for given in pairs:
        words += ["--pair", given]
    for option, value in (("--policy", policy), ("--cycle", done.cycle), ("--seed", done.seed)):
        if value:
            words += [option, str(value)]
    return shlex.join([*words, "--lang", lang, "--out", str(out)])


def _show(done: Sweep, out: Path, language: str) -> None:
    from rich.table import Table
    from rich.text import Text

    from allocator.simulation.sweep_words import figure_name, figure_text
    from allocator.tables.source import printable

    rows = done.table(language)
    screen = console()
    for x, y in done.pairs:
        best = rows.filter(f"best_{x}_{y}").sort(x, "place")
        names = figure_name(x, language), figure_name(y, language)
        heading = text("sweep-best", language, x=names[0], y=names[1])
        table = Table(title=heading, title_justify="left")
        table.add_column(text("sweep-scenario", language))
        for name in names:
            table.add_column(name, justify="right")
        for row in best.head(MOST_SHOWN).iter_rows(named=True):
            told = text("sweep-today", language) if row["place"] == 0 else row["scenario"]
            figures = [figure_text(name, row[name], language) for name in (x, y)]
            table.add_row(Text(printable(told)), *figures)
        screen.print(table)
        if len(best) > MOST_SHOWN:
            screen.print(text("sweep-more", language, count=len(best) - MOST_SHOWN))
    refused = rows.filter(status="refused")
    remark(
        (
            text("scenario-refused", language, name=printable(name), reason=reason)
            for name, reason in refused.head(MOST_SHOWN).select("scenario", "reason").iter_rows()
        ),
        language,
    )
    held, count = len(rows) - 1 - len(refused), len(rows) - 1
    screen.print(text("sweep-counts", language, held=held, count=count))
    screen.print(text("written", language, path=str(out / "sweep.csv")), soft_wrap=True)


def _document(done: Sweep, out: Path) -> dict[str, Any]:
    """The summary for programs."""
    rows = done.table()
    return {
        "out": str(out),
        "cycle": done.cycle,
        "on": done.on.isoformat(),
        "scenarios": len(done.trials),
        "refused": int((rows["status"] == "refused").sum()),
        "best": [
            {
                "figures": [x, y],
                "trials": rows.filter(f"best_{x}_{y}")
                .sort(x, "place")
                .select("place", "scenario", x, y)
                .to_dicts(),
            }
            for x, y in done.pairs
        ],
    }
