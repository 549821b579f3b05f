"""``allocator cycles``: let the city live on for n cycles with shops that behave."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from allocator.cli.options import City, Day, Json, Lang, OutIfAny, PolicyFile, day, policy_path
from allocator.cli.screen import console, counting, guarded, progress, remark, seen, tell, text

if TYPE_CHECKING:
    from allocator.simulation.cycles import Cycles


@guarded
def run_cycles(
    city: City,
    on: Day,
    seed: Annotated[
        str,
        typer.Option(
            "--seed",
            metavar="TEXT",
            help="Public text of all draws, and of who behaves how; required.",
            default_factory=str,
            show_default=False,
        ),
    ],
    policy: PolicyFile = None,
    cycles: Annotated[int, typer.Option("--n", metavar="N", min=1, help="Cycles to run.")] = 12,
    behaviour: Annotated[
        list[str] | None,
        typer.Option(
            "--behaviour",
            metavar="KIND=SHARE|FILE",
            help="inflating=10%x3 (a tenth of the shops asks for three times what it wants), "
            "hoarding=5%, sleeping=5%, or a YAML file. Give it for each; all others are truthful.",
        ),
    ] = None,
    demand: Annotated[
        Path | None,
        typer.Option(
            "--demand",
            metavar="FILE",
            help="What shops want each cycle (retailer_id, product_id, quantity), CSV or Parquet; "
            "without it what they ordered in the past.",
        ),
    ] = None,
    repeat: Annotated[
        list[str] | None,
        typer.Option(
            "--repeat", metavar="C", help="Past cycle to repeat; give it for each. Default: all."
        ),
    ] = None,
    every: Annotated[
        str | None,
        typer.Option(
            "--every", metavar="week|fortnight|month", help="Default: as the past cycles are named."
        ),
    ] = None,
    regrade: Annotated[
        int,
        typer.Option(
            "--regrade", metavar="MONTHS", min=0, help="Months between gradings; 0 = never again."
        ),
    ] = 3,
    tried: Annotated[
        int,
        typer.Option(
            "--tried",
            metavar="K",
            min=0,
            help="Orders of each product and cycle of which it is tried whether inflating paid.",
        ),
    ] = 3,
    out: OutIfAny = None,
    lang: Lang = "en",
    json: Json = False,
) -> None:
    """Run cycle after cycle: credits carried, awards sold, retailers graded again.

    Beside the policy the same cycles are run with nobody inflating, with scarce products counted
    in the grade or left out, and with supply in proportion to orders.
    """
    from allocator.policy.reading import read_policy
    from allocator.runs.inputs import input_digests
    from allocator.runs.placing import check_target
    from allocator.simulation.behaviour_files import behaviours_from
    from allocator.simulation.cycles_output import document, write_cycles
    from allocator.simulation.cycling import simulate_cycles
    from allocator.simulation.demand import read_demand
    from allocator.tables.reading import read_city

    if out is not None:
        check_target(out)
    behaviours = behaviours_from(behaviour or ())
    with progress(lang, quiet=json) as phase:
        rules = read_policy(policy_path(policy, city), day(on))
        phase("read")
        tables = read_city(city, rules.tables)
        wanted = None if demand is None else read_demand(demand)
    with counting("cycles-done", lang, quiet=json) as count:
        lived = simulate_cycles(
            tables, rules,
            cycles=cycles, seed=seed, behaviours=behaviours, demand=wanted, sources=repeat,
            every=every, regrade_months=regrade, tried=tried, progress=count,
        )  # fmt: skip
    if out is not None:
        command = _command(city, policy, demand, behaviour or [], repeat or [], lived, tried, every)
        write_cycles(lived, input_digests(tables), out, lang, command=command)
    if json:
        tell({**document(lived), "out": None if out is None else str(out)})
        return
    _show(lived, out, lang)


def _show(lived: Cycles, out: Path | None, language: str) -> None:
    from rich.table import Table
    from rich.text import Text

    from allocator.simulation.cycles_answers import limits, told
    from allocator.simulation.cycles_tables import heading, setting, tables
    from allocator.wording import say

    screen = console()
    screen.print(heading(lived, language), style="bold")
    screen.print(setting(lived, language))
    for sentence in told(lived, language):
        screen.print(f"- {sentence}", soft_wrap=True)
    for each in tables(lived, language):
        table = Table(title=each.title, title_justify="left")
        for place, head in enumerate(each.heads):
            # Folded: Chinese has no spaces to break at, and would be cut.
            table.add_column(
                head, justify="left" if place < each.words else "right", overflow="fold"
            )
        for row in each.rows:
            table.add_row(*(Text(seen(cell)) for cell in row))
        screen.print(table)
    if out is not None:
        screen.print(text("written", language, path=str(out / "cycles.html")), soft_wrap=True)
    remark([say("cycles", code, facts, language) for code, facts in limits(lived)], language)


def _command(
    city: Path,
    policy: Path | None,
    demand: Path | None,
    behaviour: list[str],
    repeat: list[str],
    lived: Cycles,
    tried: int,
    every: str | None,
) -> str:
    """The command to be typed again."""
    words = ["allocator", "cycles", city.name, "--on", lived.on.isoformat(), "--seed", lived.seed]
    words += ["--policy", policy.name] if policy is not None else []
    words += ["--n", str(len(lived.turns)), "--regrade", str(lived.regrade_months)]
    words += ["--tried", str(tried)]
    words += ["--every", every] if every is not None else []
    words += ["--demand", demand.name] if demand is not None else []
    for name, given in (("--behaviour", behaviour), ("--repeat", repeat)):
        for each in given:
            words += [name, each]
    return shlex.join(words)
