"""``allocator allocate``: the orders of a cycle against its plan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from allocator.cli.options import Cards, City, Json, Lang, Out
from allocator.cli.screen import guarded, progress


@guarded
def allocate_orders(
    city: City,
    plan: Annotated[
        Path, typer.Option("--plan", metavar="DIR", help="Output of allocator plan (or run).")
    ],
    out: Out,
    orders: Annotated[
        Path | None,
        typer.Option("--orders", metavar="FILE", help="Orders; without it those of CITY."),
    ] = None,
    cards: Cards = "none",
    lang: Lang = "en",
    json: Json = False,
) -> None:
    """Allocate the orders of CITY by the quotas of a plan; audit takes the output.

    Policy, tiers, cycle, seed and date are those of the plan.
    """
    from allocator.cli.outcome import show_run
    from allocator.runs.placing import check_target
    from allocator.runs.reading import read_run
    from allocator.runs.week import with_orders
    from allocator.tables.reading import read_city, read_table

    check_target(out)
    with progress(lang, quiet=json) as phase:
        phase("read")
        planned = read_run(plan)
        aliases = planned.policy.tables
        table = (
            read_city(city, aliases).orders
            if orders is None
            else read_table("orders", orders, aliases)
        )
        phase("allocate")
        done = with_orders(planned, table)
        phase("write")
        done.write(out, cards=cards, language=lang)
    show_run(done, out, lang, as_json=json)
