"""``allocator grade``: tiers only."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from allocator.cli.options import City, Day, Json, Lang, Out, PolicyFile, day, policy_path
from allocator.cli.screen import console, guarded, progress, remark, tell, text

if TYPE_CHECKING:
    from rich.console import Console

    from allocator.policy.models import Policy
    from allocator.records import Grading

FIRST = 10
"""Months out of the usual that are shown; the file has all."""


@guarded
def grade_retailers(
    city: City,
    on: Day,
    out: Out,
    policy: PolicyFile = None,
    lang: Lang = "en",
    json: Json = False,
) -> None:
    """Grade the retailers: writes grading.csv, which plan takes with --grading DIR."""
    from allocator.cli.loop import loop_remarks, loop_summary, measured, show_loop
    from allocator.cli.outcome import moves_table
    from allocator.grading.settling import movers
    from allocator.policy.reading import read_policy
    from allocator.runs.directory import write_grading
    from allocator.runs.inputs import input_digests
    from allocator.runs.placing import check_target
    from allocator.runs.remarks import remarks
    from allocator.runs.week import grade_city
    from allocator.tables.reading import read_city

    check_target(out)
    with progress(lang, quiet=json) as phase:
        rules = read_policy(policy_path(policy, city), day(on))
        phase("read")
        tables = read_city(city, rules.tables)
        phase("grade")
        grading = grade_city(tables, rules)
        phase("feedback")
        loop = measured(tables, rules, grading)
        phase("write")
        write_grading(grading, rules, tables, input_digests(tables), out, lang)
    held = grading.table["tier"].drop_nulls()
    counts = dict(held.value_counts().sort("tier", descending=True).iter_rows())
    told = remarks(tables, rules, grading, lang)
    told += [] if loop is None else loop_remarks(loop, rules, lang)
    if json:
        tiers = {str(tier): count for tier, count in counts.items()}
        rows = grading.table.height
        fed = None if loop is None else loop_summary(loop)
        moves = {"moves": movers(grading)} if grading.moving else {}
        shown = {"out": str(out), "on": on, "retailers": rows, "tiers": tiers, **moves}
        tell({**shown, **_beside(grading), "feedback": fed, "warnings": told})
        return
    from rich.table import Table

    table = Table(title=text("title-tiers", lang), title_justify="left")
    table.add_column(text("head-tier", lang), justify="right")
    table.add_column(text("head-retailers", lang), justify="right")
    for tier, count in counts.items():
        table.add_row(str(tier), str(count))
    screen = console()
    screen.print(table)
    if loop is not None:
        show_loop(loop, rules, lang)
    if grading.moving:
        screen.print(moves_table(grading, lang))
    _print_weights(grading, rules, screen, lang)
    _print_screened(grading, screen, str(out / "screening.csv"), lang)
    for name in ("grading.csv", "grading.html"):
        screen.print(text("written", lang, path=str(out / name)), soft_wrap=True)
    remark(told, lang)


def _shares(grading: Grading) -> list[tuple[str, list[Decimal]]]:
    """Nominal, effective and effective share of the middle of each item, per cent with one digit.

    Empty where there is nothing to compare: no points, or all score the same.
    """
    from allocator.grading.effective import nominal_shares

    return [
        (item.name, [Decimal((part + 500) // 1000) / 10 for part in parts if part is not None])
        for item, nominal in zip(grading.items, nominal_shares(grading.items), strict=True)
        if (parts := (nominal, item.effective, item.effective_middle))[1] is not None
    ]


def _beside(grading: Grading) -> dict[str, Any]:
    """What the items count for and what is out of the usual, for programs."""
    names = ("nominal", "effective", "effective_middle")
    shares = {
        item: dict(zip(names, map(float, parts), strict=False)) for item, parts in _shares(grading)
    }
    found = grading.screened
    if found is None:
        return {"percent": shares}
    retailers = found["retailer_id"].n_unique()
    return {"percent": shares, "screened": {"months": found.height, "retailers": retailers}}


def _print_weights(grading: Grading, policy: Policy, screen: Console, lang: str) -> None:
    from rich.table import Table

    from allocator.policy.phrases import item_named

    shares = _shares(grading)
    if not shares:
        return
    table = Table(title=text("title-weights", lang), title_justify="left")
    table.add_column(text("head-item", lang))
    for head in ("nominal", "effective", "effective_middle"):
        table.add_column(text(f"head-{head}", lang), justify="right")
    items = {} if policy.grading is None else policy.grading.measured
    classes: dict[str, tuple[int, ...]] = {name: item.classes for name, item in items.items()}
    for name, parts in shares:
        told = item_named(name, classes.get(name, ()), lang)
        table.add_row(f"{name}: {told}", *map(str, parts))
    screen.print(table)
    screen.print(text("weights-note", lang), soft_wrap=True)


def _print_screened(grading: Grading, screen: Console, path: str, lang: str) -> None:
    from allocator.reports.screened import visit_sentences

    found = grading.screened
    if found is None:
        return
    if found.is_empty():
        nobody = any(code == "grading-screening-nobody" for code, _ in grading.warnings)
        screen.print(text("screened-nobody" if nobody else "screened-none", lang), soft_wrap=True)
        return
    retailers = found["retailer_id"].n_unique()
    told = text("screened", lang, months=found.height, retailers=retailers, path=path)
    screen.print(told, soft_wrap=True)
    for sentence in visit_sentences(found.head(FIRST), lang):
        screen.print(f"- {sentence}", soft_wrap=True)
