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
from allocator.cli.screen import bar, console, guarded, kept_beside, remark, tell, text
from allocator.errors import BadRequest

if TYPE_CHECKING:
    import polars as pl

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
    with kept_beside(kept, lang), bar("sweep-done", lang, quiet=json) as done:
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
    from allocator.tables.source import printable

    rows = done.table(language)
    screen = console()
    for pair in done.pairs:
        table, hidden = _traded(rows, pair, language)
        screen.print(table)
        if hidden:
            screen.print(text("sweep-more", language, count=hidden))
    if rows["circumstances"].n_unique() > 1:
        from allocator.reports.what_if.figure_names import text as told

        screen.print(told("circumstances-told", language), soft_wrap=True)
    refused = rows.filter(status="refused")
    remark(
        (
            text("scenario-refused", language, name=printable(name), reason=reason)
            for name, reason in refused.head(MOST_SHOWN).select("scenario", "reason").iter_rows()
        ),
        language,
    )
    count = len(done.trials)
    held = sum(not trial.refused for trial in done.trials)
    screen.print(text("sweep-counts", language, held=held, count=count))
    screen.print(text("written", language, path=str(out / "sweep.html")), soft_wrap=True)


def _traded(rows: pl.DataFrame, pair: tuple[str, str], language: str) -> tuple[Any, int]:
    """Today's rule and what no other beats in two figures, under each of the circumstances.

    Gives the table, and how many more there are than are shown.
    """
    from rich.table import Table
    from rich.text import Text

    from allocator.reports.what_if.figure_names import figure_name, figure_text
    from allocator.reports.what_if.figure_names import text as told
    from allocator.tables.source import printable

    names = [figure_name(name, language) for name in pair]
    heading = text("sweep-best", language, x=names[0], y=names[1])
    table = Table(title=heading, title_justify="left")
    table.add_column(text("sweep-scenario", language))
    for name in names:
        table.add_column(name, justify="right")
    mark = f"best_{pair[0]}_{pair[1]}"
    held = rows.filter(status="held")
    several = held["circumstances"].n_unique() > 1
    hidden, room = 0, MOST_SHOWN
    for where in held["circumstances"].unique(maintain_order=True):
        here = held.filter(circumstances=where)
        if here["place"].max() == 0:  # no scenario to choose
            continue
        best = here.filter(mark).sort(pair[0], "place")
        best = best.filter(best["place"] > 0)
        if several:
            table.add_section()
            code = "circumstances" if where else "circumstances-none"
            table.add_row(Text(printable(told(code, language, changes=where)), "bold"))
        for row in [*here.filter(place=0).to_dicts(), *best.head(max(room, 0)).to_dicts()]:
            name = text("sweep-today", language) if row["place"] == 0 else row["scenario"]
            sign = "◆ " if row[mark] else "  "
            figures = [figure_text(figure, row[figure], language) for figure in pair]
            table.add_row(Text(sign + printable(name)), *figures)
        hidden += max(best.height - max(room, 0), 0)
        room -= best.height
    return table, hidden


def _document(done: Sweep, out: Path) -> dict[str, Any]:
    """The summary for programs."""
    rows = done.table()
    return {
        "out": str(out),
        "cycle": done.cycle,
        "on": done.on.isoformat(),
        "scenarios": len(done.trials),
        "refused": sum(bool(trial.refused) for trial in done.trials),
        "best": [
            {
                "figures": [x, y],
                "trials": rows.filter(f"best_{x}_{y}")
                .sort(x, "place")
                .select("place", "scenario", "circumstances", x, y)
                .to_dicts(),
            }
            for x, y in done.pairs
        ],
    }
