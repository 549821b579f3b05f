"""The part of the audit page about order-takers: totals, a funnel of each indicator, the league."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, Final

import polars as pl

from allocator.auditing.clerks.league import League
from allocator.auditing.clerks.output import clerks_table, league_told
from allocator.auditing.findings import Findings, by_clerk
from allocator.auditing.words import text
from allocator.reports.funnel import funnel_svg
from allocator.wording import say, spell

MOST_CLERKS: Final = 50
"""Order-takers in a table; the workbook has all."""

LEAGUE: Final = ("indicator", "clerk", "count", "of", "share", "low", "high", "limit", "note")
"""Columns of the league on the page; clerks.csv has all."""


def order_takers(findings: Findings, language: str) -> dict[str, Any] | None:
    """Order-takers: totals, and with enough of them a picture of each indicator and the league."""
    totals = by_clerk(findings)
    league = findings.clerks
    if not totals["clerk"].count() and league is None:  # nobody on record: nothing to compare
        return None
    nobody = say("findings", "no-clerk", {}, language)
    told: dict[str, Any] = {
        "totals": {
            "title": say("findings", "clerks-title", {}, language),
            "columns": [say("findings", f"column-{name}", {}, language) for name in totals.columns],
            "rows": [
                [row[0] or nobody, *(spell(figure, language) for figure in row[1:])]
                for row in totals.head(MOST_CLERKS).iter_rows()
            ],
        },
        "pictures": [],
        "notes": [],
        "league": None,
    }
    return told if league is None else told | _league(league, language)


def _league(league: League, language: str) -> dict[str, Any]:
    """A funnel for each indicator in which somebody stands out, and who stands where."""
    from markupsafe import Markup

    word = partial(say, "clerks", facts={}, language=language)
    drawn = [(one.name, funnel_svg(league, one.name, language)) for one in league.indicators]
    table = clerks_table(
        replace(league, frame=league.frame.filter(pl.col("state") != "no-comparison")), language
    ).select(LEAGUE)
    rows = [
        ["" if cell is None else cell if isinstance(cell, str) else spell(cell, language)
         for cell in row]
        for row in table.head(MOST_CLERKS).iter_rows()
    ]  # fmt: skip
    return {
        # Drawn by the house, every name in it escaped there.
        "pictures": [
            {"title": word(f"indicator-{name}"), "drawing": Markup(svg)}  # noqa: S704
            for name, svg in drawn
            if svg
        ],
        "notes": league_told(league, language),
        "league": {
            "title": text("page-league", language),
            "columns": [word(f"head-{name}") for name in LEAGUE],
            "rows": rows,
            "more": text("more-clerks", language, count=table.height - len(rows))
            if table.height > len(rows)
            else "",
        },
    }
