"""``allocator stability``: gradings in a row, who moved, and the shape over the months."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from allocator.cli.options import City, Json, Lang, OutIfAny, PolicyFile, day, policy_path
from allocator.cli.screen import console, guarded, progress, remark, tell, text
from allocator.errors import BadRequest
from allocator.wording import say

if TYPE_CHECKING:
    from allocator.grading.moves import Migration
    from allocator.grading.periods import Stability

MOST_DAYS = 120


@guarded
def show_stability(
    city: City,
    policy: PolicyFile = None,
    on: Annotated[
        list[str] | None,
        typer.Option("--on", metavar="YYYY-MM-DD", help="A grading day; give it for each day."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--from", metavar="YYYY-MM-DD", help="First grading day, instead of --on."),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="Last day, with --from.")
    ] = None,
    every: Annotated[
        int,
        typer.Option("--every", metavar="MONTHS", min=1, help="Months between, with --from."),
    ] = 3,
    out: OutIfAny = None,
    lang: Lang = "en",
    json: Json = False,
) -> None:
    """Grade on several days in a row: who moves with and without the movement rules.

    Each grading takes the tiers of the one before as its previous tiers. The shape is followed on
    the cut-offs of the first day, which stand still.
    """
    from allocator.grading.periods import stability
    from allocator.policy.reading import read_policy
    from allocator.runs.inputs import input_digests
    from allocator.runs.placing import check_target
    from allocator.runs.remarks import remarks
    from allocator.tables.reading import read_city

    days = _days(on or [], since, until, every)
    if out is not None:
        check_target(out)
    with progress(lang, quiet=json) as phase:
        file = policy_path(policy, city)
        rules = [read_policy(file, each) for each in days]
        graded = [each.grading for each in rules if each.grading is not None]
        if len(graded) < len(rules):
            raise BadRequest("stability-needs-grading", path=str(file)[:200])
        phase("read")
        tables = read_city(city, rules[0].tables)
        phase("grade")
        series = stability(tables, graded)
        if out is not None:
            from allocator.runs.series import write_stability

            phase("write")
            write_stability(series, rules[-1], input_digests(tables), out, lang)
    told = [*remarks(tables, rules[-1], None, lang), *_warned(series, lang)]
    if json:
        tell({**_document(series, out), "warnings": told})
        return
    _show(series, lang)
    if out is not None:
        console().print(text("written", lang, path=str(out / "stability.html")), soft_wrap=True)
    remark(told, lang)


def _warned(series: Stability, language: str) -> list[str]:
    """What the gradings warn of, each sentence once with the days it holds for."""
    days: dict[str, list[str]] = {}
    for grading in series.gradings:
        for code, facts in grading.warnings:
            days.setdefault(say("grading", code, facts, language), []).append(f"{grading.on}")
    return [f"{', '.join(on)}: {sentence}" for sentence, on in days.items()]


def _days(on: list[str], since: str | None, until: str | None, every: int) -> list[date]:
    """The days asked for, by name or by a first, a last and the months between."""
    if on and (since or until):
        raise BadRequest("stability-two-ways")
    if on:
        return [day(each) for each in on]
    if since is None or until is None:
        raise BadRequest("stability-needs-days", days=0)
    first, last = day(since), day(until)
    if first.day > 28:
        raise BadRequest("stability-day-of-month", day=first.day)
    days: list[date] = []
    month = first.year * 12 + first.month - 1
    while len(days) <= MOST_DAYS and month // 12 <= 9999:
        each = date(month // 12, month % 12 + 1, first.day)
        if each > last:
            break
        days.append(each)
        month += every
    if len(days) > MOST_DAYS:
        raise BadRequest("stability-too-many-days", most=MOST_DAYS)
    return days


def _show(series: Stability, language: str) -> None:
    from rich.table import Table

    from allocator.reports.stability_page import stability_rows, thirds_told

    table = Table(title=text("title-stability", language), title_justify="left")
    names = ("change", "rules", "retailers", "moved", "two", "mean")
    for name in names:
        side: Literal["left", "right"] = "left" if name in names[:2] else "right"
        table.add_column(text(f"head-{name}", language), justify=side)
    for row in stability_rows(series, language):
        table.add_row(*row)
    screen = console()
    screen.print(table)
    screen.print(text("shape-on-first", language, on=series.days[0]), style="bold")
    for each, held in zip(series.days, series.shape, strict=True):
        screen.print(f"{each}  {thirds_told(held, language)}")


def _document(series: Stability, out: Path | None) -> dict[str, Any]:
    def figures(moves: Migration) -> dict[str, int]:
        return {
            "retailers": moves.known,
            "moved": moves.moved(),
            "two_or_more": moves.moved(2),
            "up": moves.up,
            "down": moves.down,
        }

    days = [each.isoformat() for each in series.days]
    return {
        "out": None if out is None else str(out),
        "days": days,
        "movement_rules": series.ruled,
        "changes": [
            {
                "before": days[k],
                "on": days[k + 1],
                "with": figures(moves),
                "without": figures(series.free_moves[k]),
            }
            for k, moves in enumerate(series.moves)
        ],
        "shape": [
            {"on": each, "retailers": held}
            for each, held in zip(days, series.shape.tolist(), strict=True)
        ],
    }
