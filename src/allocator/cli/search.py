"""``allocator search``: values of the policy that make a figure as small, or large, as is found."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    from allocator.simulation.searching import Search


@guarded
def search_values(
    city: City,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="What to look for, over which values (YAML)."),
    ],
    on: Day,
    out: Out,
    runs: Annotated[
        int | None,
        typer.Option("--runs", metavar="N", min=1, help="In place of the runs of the file."),
    ] = None,
    workers: Workers = None,
    policy: PolicyFile = None,
    cycle: Cycle = None,
    seed: Seed = None,
    lang: Lang = "en",
    json: Json = False,
) -> None:
    """Look for the values of the policy under which a figure is best, within a number of runs.

    The best is written as a scenario that allocator simulate takes. Unless all combinations were
    tried, nothing proves that none is better. Exit status: 2 when nothing that was tried keeps what
    is to be kept; what was tried is written, and how far it is from it. A search that was broken
    off goes on where it stopped.
    """
    import os
    import shutil

    from allocator.policy.reading import read_policy
    from allocator.runs.inputs import input_digests
    from allocator.runs.placing import check_target
    from allocator.simulation.search_files import read_search
    from allocator.simulation.search_output import summary, write_search
    from allocator.simulation.searching import search
    from allocator.tables.reading import read_city

    check_target(out)
    aim = read_search(file, runs=runs)
    rules = read_policy(policy_path(policy, city), day(on))
    tables = read_city(city, rules.tables)
    kept = out.resolve().parent / f".{out.resolve().name}.search"
    with kept_beside(kept, lang), bar("sweep-done", lang, quiet=json) as done:
        found = search(
            tables, rules, aim,
            cycle=cycle, seed=seed, workers=workers or os.cpu_count() or 1, folder=kept,
            progress=done,
        )  # fmt: skip
    words = ["allocator", "search", str(city), str(file), "--on", on]
    for option, value in (
        ("--runs", runs), ("--policy", policy), ("--cycle", found.cycle), ("--seed", found.seed),
    ):  # fmt: skip
        if value:
            words += [option, str(value)]
    typed = shlex.join([*words, "--lang", lang, "--out", str(out)])
    write_search(found, rules, input_digests(tables), out, command=typed, language=lang)
    shutil.rmtree(kept, ignore_errors=True)
    if json:
        tell({"out": str(out), **summary(found)})
    else:
        _show(found, out, lang)
    if found.best is None:
        raise _without_answer(found, out, lang)


def _without_answer(done: Search, out: Path, language: str) -> BadRequest:
    """Why there is no best: nothing holds, or nothing keeps what is to be kept."""
    from allocator.reports.what_if.search_sides import missed_texts
    from allocator.simulation.search_output import asked

    where = str(out / "search.csv")
    if done.nearest is None:
        reason = next((one.refused[language] for one in done.trials if one.refused), "–")
        return BadRequest("search-none-holds", reason=reason, path=where)
    missed = text("list-joint", language).join(missed_texts(done.table(), asked(done), language))
    name = done.trials[done.nearest].name
    return BadRequest("search-none-keeps", scenario=name, missed=missed, path=where)


def _show(done: Search, out: Path, language: str) -> None:
    from rich.table import Table

    from allocator.reports.what_if.figure_names import figure_name, figure_text
    from allocator.reports.what_if.search_sides import sides, unknown
    from allocator.simulation.search_output import asked
    from allocator.tables.source import printable

    screen = console()
    rows = done.table(language)
    name, today = figure_name(done.aim.figure, language), rows[done.aim.figure][0]
    told = figure_text(done.aim.figure, today, language)
    screen.print(text("search-aim", language, figure=name, today=told))
    place = done.nearest if done.best is None else done.best
    if place is not None:
        found = done.trials[place]
        value = figure_text(done.aim.figure, rows[done.aim.figure][place + 1], language)
        code = "search-nearest" if done.best is None else "search-best"
        scenario = printable(found.name)
        screen.print(text(code, language, best=value, scenario=scenario), soft_wrap=True)
        heads = ("figure", "today", "best" if done.best is not None else "nearest", "change",
                 "asked")  # fmt: skip
        table = Table(title_justify="left")
        for head in heads:
            words = head in ("figure", "asked")
            table.add_column(
                text(f"search-head-{head}", language), justify="left" if words else "right"
            )
        for side in sides(rows, asked(done), language):
            verdict = {None: "", True: " ✓", False: " ✗"}[side.kept]
            table.add_row(side.label, side.before, side.after, side.change, side.asked + verdict)
        screen.print(table)
        if missing := unknown(rows, language):
            names = text("list-joint", language).join(missing)
            screen.print(text("search-unknown", language, figures=names), soft_wrap=True)
    code = "search-all" if done.proven and done.best is not None else "search-some"
    if done.best is None:
        code = "search-none-all" if done.proven else "search-none-some"
    screen.print(text(code, language, runs=len(done.trials), combinations=done.combinations))
    if done.best is not None and not done.better:
        remark([text("search-no-better", language)], language)
    screen.print(text("written", language, path=str(out / "search.html")), soft_wrap=True)
