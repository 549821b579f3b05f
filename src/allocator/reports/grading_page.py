"""The internal page of a grading: how many shops stand where, who moved, where the boundaries lie.

``grading.html`` is one file without scripts or links to elsewhere. It names no shop, but counts of
small tiers tell of single ones, so it stays in the house.
"""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import numpy as np

from allocator.grading.moves import Migration, migration
from allocator.grading.shapes import apart, millionths
from allocator.records import MICRO, Grading, Units
from allocator.reports.charts import distribution, heat, how_far, pyramid
from allocator.reports.figures import chart_text, percent, points, render
from allocator.reports.stability_page import moves_told
from allocator.wording import Fact, spell


def grading_page(grading: Grading, title: str, language: str = "en") -> str:
    """The page, self-contained; every text from the tables and the policy is escaped.

    Parameters
    ----------
    title : title of the policy
    """
    text = partial(chart_text, language=language)
    shops = shops_by_tier(grading)
    target = target_of(grading)
    moves = migration(grading)
    score = grading.table.filter("graded")["score"].drop_nulls().to_numpy()
    moved, unit = moves.known > 0, _unit(grading, language)
    columns, rows = _figures(grading, shops, target, moves if moved else None, language)
    return render(
        "grading.html",
        language,
        title=title,
        heading=text("page-title", on=grading.on),
        foot=text("page-foot"),
        grading=grading,
        told={
            "shops": text("page-shops", shops=int(shops.sum()), tiers=grading.tiers),
            "window": _window(grading, language),
            "shape": shape_told(shops, target, language),
            "scores": _scores_told(score, unit, language) if len(score) else "",
            "axis": unit,
            "moves": moves_told(moves, language) if moved else "",
            "steps": _steps_told(moves, language) if moved else "",
        },
        pyramid=pyramid(shops, target),
        distribution=distribution(score, boundaries(grading)) if len(score) else None,
        heat=heat(moves) if moved else None,
        steps=how_far(moves) if moved else None,
        columns=columns,
        rows=rows,
    )


def shops_by_tier(grading: Grading) -> Units:
    """Retailers of tiers 1..T, (T,) int64, newcomers and the suspended included."""
    held = grading.table["tier"].drop_nulls().to_numpy()
    return np.bincount(held, minlength=grading.tiers + 1)[1:].astype(np.int64)


def boundaries(grading: Grading) -> Units:
    """The least score of each tier, (T,) int64 millionths; -1 where the score draws none."""
    if grading.limits is not None and len(grading.limits.least):
        return grading.limits.least
    return grading.cut_score


def target_of(grading: Grading) -> Units | None:
    """The shape that the policy's shares ask for, (T,) int64 millionths; ``None`` without."""
    return millionths(grading.shares[::-1]) if grading.shares else None


def shape_told(shops: Units, target: Units | None, language: str) -> str:
    """What the pyramid shows, in a sentence."""
    tier = int(shops.argmax()) + 1
    facts: dict[str, Fact] = {"tier": tier, "shops": int(shops[tier - 1])}
    if target is None:
        return chart_text("shape-told", language, **facts)
    return chart_text("shape-told-target", language, **facts, apart=percent(apart(shops, target)))


def _steps_told(moves: Migration, language: str) -> str:
    return chart_text(
        "steps-told", language,
        up=moves.up, down=moves.down, same=moves.known - moves.up - moves.down,
    )  # fmt: skip


def _scores_told(score: Units, unit: str, language: str) -> str:
    rising = np.sort(score)
    return chart_text(
        "scores-told", language,
        low=points(int(rising[0]), language),
        middle=points(int(rising[(len(rising) - 1) // 2]), language),
        high=points(int(rising[-1]), language),
        unit=unit,
    )  # fmt: skip


def _unit(grading: Grading, language: str) -> str:
    """What scores are counted in: points, or what the (first) item of bands is."""
    if grading.limits is None or not grading.limits.axes:
        return chart_text("unit-points", language)
    axis = grading.limits.axes[0]
    unit = chart_text(f"unit-{axis.unit}", language)
    return chart_text("unit-a-month", language, unit=unit) if axis.per_month else unit


def _window(grading: Grading, language: str) -> str:
    if not grading.window:
        return ""
    first, last = grading.window[0], grading.window[-1]
    return chart_text("page-window", language, first=first, last=last)


def _figures(
    grading: Grading, shops: Units, target: Units | None, moves: Migration | None, language: str
) -> tuple[list[str], list[list[str]]]:
    """The same figures as a table, the top tier above: codes of the headings, and the cells."""
    total = max(int(shops.sum()), 1)
    columns = ["head-tier", "head-shops", "head-share"]
    cells = [
        [str(tier) for tier in range(1, grading.tiers + 1)],
        [spell(int(n), language) for n in shops],
        [_share(Fraction(int(n), total), language) for n in shops],
    ]
    if target is not None:
        columns.append("head-target")
        cells.append([_share(Fraction(int(part), MICRO), language) for part in target])
    least = boundaries(grading)
    if (least >= 0).any():
        columns.append("head-from")
        cells.append([_exact(int(c), grading.decimals) if c >= 0 else "" for c in least])
    if moves is not None:
        span = range(grading.tiers)
        columns += ["head-before", "head-came-up", "head-came-down"]
        count = moves.count
        cells.append([spell(int(count[t].sum()), language) for t in span])
        cells.append([spell(int(count[:t, t].sum()), language) for t in span])
        cells.append([spell(int(count[t + 1 :, t].sum()), language) for t in span])
    return columns, [list(row) for row in zip(*cells, strict=True)][::-1]


def _share(part: Fraction, language: str) -> str:
    return chart_text("percent", language, share=percent(part, 2))


def _exact(micro: int, digits: int) -> str:
    """Millionths as points, in all the decimals that are published: what a boundary is."""
    whole, rest = divmod(micro, MICRO)
    return f"{whole}.{rest:06d}"[: len(str(whole)) + 1 + digits].rstrip(".")
