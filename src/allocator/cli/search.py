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
from allocator.cli.screen import bar, console, guarded, remark, tell, text

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
    tried, nothing proves that none is better.
    """
    import os

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
    with bar("sweep-done", lang, quiet=json) as done:
        found = search(
            tables, rules, aim,
            cycle=cycle, seed=seed, workers=workers or os.cpu_count() or 1, progress=done,
        )  # fmt: skip
    words = ["allocator", "search", str(city), str(file), "--on", on]
    for option, value in (
        ("--runs", runs), ("--policy", policy), ("--cycle", found.cycle), ("--seed", found.seed),
    ):  # fmt: skip
        if value:
            words += [option, str(value)]
    typed = shlex.join([*words, "--lang", lang, "--out", str(out)])
    write_search(found, rules, input_digests(tables), out, command=typed, language=lang)
    if json:
        tell({"out": str(out), **summary(found)})
        return
    _show(found, out, lang)


def _show(done: Search, out: Path, language: str) -> None:
    from allocator.simulation.sweep_words import figure_name, figure_text
    from allocator.tables.source import printable

    screen = console()
    aim = done.aim
    name = figure_name(aim.figure, language)
    told = [
        None if figures is None else figures.get(aim.figure)
        for figures in (
            done.baseline.figures, None if done.best is None else done.trials[done.best].figures
        )
    ]  # fmt: skip
    today, best = (
        figure_text(aim.figure, None if value is None else float(value), language) for value in told
    )
    screen.print(text("search-aim", language, figure=name, today=today))
    if done.best is None or done.found is None:
        reason = next((one.refused[language] for one in done.trials if one.refused), "-")
        remark([text("search-none", language, reason=reason)], language)
    else:
        scenario = printable(done.found.name)
        screen.print(text("search-best", language, best=best, scenario=scenario), soft_wrap=True)
        if not done.kept[done.best]:
            remark([text("search-not-kept", language)], language)
        elif not done.better:
            remark([text("search-no-better", language)], language)
    code = "search-all" if done.proven else "search-some"
    screen.print(text(code, language, runs=len(done.trials), combinations=done.combinations))
    where = out / ("search.csv" if done.best is None else "best.yaml")
    screen.print(text("written", language, path=str(where)), soft_wrap=True)
