"""``allocator demo``: the whole week on a city that ships with the program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from allocator.cli.options import Json, Lang
from allocator.cli.screen import guarded, progress

if TYPE_CHECKING:
    from allocator.runs.record import Run

DEMO_CARDS = 4


@guarded
def show_demo(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write.")] = Path(
        "out/demo"
    ),
    retailers: Annotated[
        int | None,
        typer.Option("--retailers", metavar="N", help="A synthetic city of N shops instead."),
    ] = None,
    lang: Lang = "en",
    json: Json = False,
) -> None:
    """Grade, allocate, audit and explain one week of a made-up city; says where to look."""
    from allocator.cli.outcome import show_run
    from allocator.policy.reading import read_policy
    from allocator.runs.demonstration import DRAW, SECRET, bundled_city, demonstration
    from allocator.runs.placing import check_target
    from allocator.runs.week import run
    from allocator.tables.reading import read_city
    from allocator.tables.synthetic import CYCLE, POLICY, first_day

    check_target(out)
    with progress(lang, quiet=json) as phase:
        phase("read")
        if retailers is None:
            folder = bundled_city()
            policy = read_policy(folder / "policy.yaml", first_day(CYCLE))
            city = read_city(folder, policy.tables)
        else:
            policy = read_policy(POLICY, first_day(CYCLE))
            city = demonstration(retailers)
        done = run(city, policy, seed=DRAW, secret=SECRET, progress=phase)
        phase("write")
        done.write(out, cards=telling_cards(done), language=lang)
    show_run(done, out, lang, as_json=json)


def telling_cards(run: Run) -> list[str]:
    """A few retailers whose cards are worth reading: those kept short, then those with a turn."""
    found: list[str] = []
    if run.findings is not None:
        short = run.findings.frame.filter(rule="below-standard")["retailer_id"].drop_nulls()
        found += short.unique(maintain_order=True).head(2).to_list()
    turns = run.plan.members["retailer_id"].gather(run.plan.turns.retailer)
    found += turns.unique(maintain_order=True).head(DEMO_CARDS).to_list()
    found += run.plan.members["retailer_id"].head(DEMO_CARDS).to_list()
    return list(dict.fromkeys(found))[:DEMO_CARDS]
