"""What-ifs on the terminal: one scenario in full, several beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from allocator.cli.screen import console, remark, text

if TYPE_CHECKING:
    from allocator.comparison.record import Comparison
    from allocator.simulation.suite import Comparisons

ABREAST = 5
"""Scenarios in a table of the terminal."""


def show(done: Comparisons, out: Path, language: str) -> None:
    """Print a suite. out : the folder that was written"""
    from allocator.comparison.brief import asides, idle, outline
    from allocator.tables.source import printable

    screen = console()
    several = len(done.comparisons) + len(done.refused) > 1
    for one in done.comparisons:
        screen.print(printable(one.title), style="bold")
        if one.describe:
            screen.print(one.describe)
        for told in idle(one, language):
            screen.print(f"! {printable(told)}", style="bold yellow", soft_wrap=True)
        screen.print(outline(one, language))
        if not several:
            screen.print(_figures(one, language))
            screen.print(_complaints(one, language))
            screen.print(_tiers(one, language))
        name = f"{printable(one.title)}: " if several else ""
        remark((name + told for told in asides(one, language)), language)
    for begin in range(0, len(done.comparisons) if several else 0, ABREAST):
        screen.print(_side_by_side(done.comparisons[begin : begin + ABREAST], language))
    refused = [
        text("scenario-refused", language, name=printable(one.name), reason=error.message(language))
        for one, error in done.refused
    ]
    remark(refused, language)
    screen.print(text("written", language, path=str(out / "what-if.html")), soft_wrap=True)


def _side_by_side(compared: Sequence[Comparison], language: str) -> Any:
    """Each figure today and under each scenario."""
    from rich.table import Table

    from allocator.comparison.brief import beside
    from allocator.tables.source import printable
    from allocator.wording import say

    table = Table(title_justify="left")
    table.add_column(say("comparison", "head-figures", {}, language))
    for head in (say("comparison", "head-before", {}, language),
                 *(printable(one.title) for one in compared)):  # fmt: skip
        table.add_column(head, justify="right")
    for label, today, after in beside(compared, language):
        table.add_row(label, today, *after)
    return table


def _figures(one: Comparison, language: str) -> Any:
    from allocator.comparison.brief import headlines

    return _table("figures", headlines(one, language), language)


def _complaints(one: Comparison, language: str) -> Any:
    from allocator.comparison.brief import complaints

    return _table("complaints", complaints(one, language), language)


def _table(title: str, lines: list[Any], language: str) -> Any:
    from rich.table import Table

    from allocator.wording import say

    table = Table(title_justify="left")
    table.add_column(say("comparison", f"head-{title}", {}, language))
    for head in ("before", "after", "change"):
        table.add_column(say("comparison", f"head-{head}", {}, language), justify="right")
    for line in lines:
        table.add_row(line.label, line.before, line.after, line.change)
    return table


def _tiers(one: Comparison, language: str) -> Any:
    """Who gains and who loses by the tier they have today."""
    import polars as pl
    from rich.table import Table

    from allocator.wording import say, spell

    table = Table(title_justify="left")
    table.add_column(say("comparison", "dimension-tier", {}, language))
    columns = ("retailers", "gainers", "same", "losers")
    for head in (*columns, "cartons"):
        table.add_column(say("comparison", f"head-{head}", {}, language), justify="right")
    of_tier = (pl.col("dimension") == "tier") & (pl.col("retailers") > 0)
    for row in one.groups.filter(of_tier).iter_rows(named=True):
        name = row["group"] or say("comparison", "group-none", {}, language)
        more = row["gained"] - row["lost"]
        figures = [spell(row[column], language) for column in columns]
        table.add_row(name, *figures, f"{'+' if more > 0 else ''}{spell(more, language)}")
    return table
