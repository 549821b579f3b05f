"""The page of gradings in a row: who moved, and the shape on cut-offs that stand still."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import partial
from itertools import pairwise

from allocator.grading.moves import Migration
from allocator.grading.periods import Stability
from allocator.grading.shapes import millionths, thirds
from allocator.records import Units
from allocator.reports.charts import heat, how_far, pyramid
from allocator.reports.figures import chart_text, part_of, percent, render, rounded
from allocator.wording import spell


def stability_page(series: Stability, title: str, language: str = "en") -> str:
    """The page, self-contained; every text from the policy is escaped.

    title : title of the policy
    """
    text = partial(chart_text, language=language)
    changes = [
        {
            "title": row[0],
            "rules": row[1],
            "cells": row[2:],
            "told": moves_told(moves, language),
            "heat": heat(moves),
            "steps": how_far(moves),
        }
        for (_, _, _, moves), row in zip(
            changes_of(series), stability_rows(series, language), strict=True
        )
    ]
    first = millionths(series.shape[0].tolist()) if series.shape[0].any() else None
    shapes = [
        {"on": day, "told": thirds_told(held, language), "chart": pyramid(held, first)}
        for day, held in zip(series.days, series.shape, strict=True)
    ]
    return render(
        "stability.html",
        language,
        title=title,
        heading=text("stability-title", first=series.days[0], last=series.days[-1]),
        foot=text("stability-foot"),
        series=series,
        changes=changes,
        shapes=shapes,
    )


def moves_told(moves: Migration, language: str) -> str:
    """How many moved, in a sentence."""
    return chart_text(
        "moves-told", language,
        shops=moves.known, moved=percent(part_of(moves.moved(), moves.known)),
        far=percent(part_of(moves.moved(2), moves.known)),
    )  # fmt: skip


def thirds_told(shops: Units, language: str) -> str:
    """Which part of the retailers stand in the lower, middle and upper third of the tiers."""
    low, middle, high = (percent(part_of(n, int(shops.sum()))) for n in thirds(shops))
    return chart_text("thirds-told", language, low=low, middle=middle, high=high)


def changes_of(series: Stability) -> Iterator[tuple[date, date, str, Migration]]:
    """Each change between two gradings: with the movement rules, and without where there are."""
    for k, (before, now) in enumerate(pairwise(series.days)):
        yield before, now, "with" if series.ruled else "none", series.moves[k]
        if series.ruled:
            yield before, now, "without", series.free_moves[k]


def stability_rows(series: Stability, language: str) -> list[list[str]]:
    """A row for each change: days, rules, retailers, moved, two tiers or more, tiers on average."""
    rows = []
    for before, now, rules, moves in changes_of(series):
        shares = [part_of(n, moves.known) for n in (moves.moved(), moves.moved(2))]
        far = "" if moves.distance is None else spell(rounded(moves.distance, 2), language)
        rows.append(
            [
                chart_text("change-title", language, before=before, now=now),
                chart_text(f"rules-{rules}", language),
                spell(moves.known, language),
                *(chart_text("percent", language, share=percent(share)) for share in shares),
                far,
            ]
        )
    return rows
