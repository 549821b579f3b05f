"""What the workbook of a what-if holds, sheet by sheet, before anything is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import polars as pl

from allocator.comparison.brief import remarks
from allocator.comparison.record import Comparison
from allocator.reports.sheets import Sheet
from allocator.reports.what_if.cards import cards
from allocator.reports.what_if.complaints import to_visit
from allocator.reports.what_if.origin import Origin
from allocator.reports.what_if.sentences import lead
from allocator.reports.what_if.telling import group_name, named, scenario_title, word
from allocator.wording import paragraph

MOST_ROWS: Final = 20_000
"""Rows of a sheet; nobody scrolls further, and Excel stays quick."""


def sheets(comparison: Comparison, origin: Origin, language: str) -> Iterator[Sheet]:
    """All sheets of one scenario, in order."""
    yield _summary(comparison, language)
    yield _figures(comparison, language)
    yield _groups(comparison, language)
    yield _migration(comparison, language)
    yield _retailers(comparison, language)
    yield _exposure(comparison, language)
    yield _exposed(comparison, language)
    yield _products(comparison, language)
    yield _quotas(comparison, language)
    yield _notes(comparison, origin, language)


def _sheet(
    code: str,
    note: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    language: str,
    frozen: int = 1,
) -> Sheet:
    """A sheet with the headings of this domain; cut where it is too long, and says so."""
    labels = [word(f"column-{column}", language) for column in columns]
    if len(rows) > MOST_ROWS:
        note = paragraph([note, word("note-cut", language, count=MOST_ROWS)], language)
    return Sheet(word(f"sheet-{code}", language), note, columns, labels, rows[:MOST_ROWS], frozen)


def _summary(comparison: Comparison, language: str) -> Sheet:
    rows: list[tuple[object, ...]] = [
        (card.label, card.value, card.beside) for card in cards(comparison, language)
    ]
    rows += [(path, value, "") for path, value in comparison.changes]
    note = paragraph([word("note-summary", language), *lead(comparison, language)], language)
    return _sheet("summary", note, ("what", "value", "remark"), rows, language)


def _figures(comparison: Comparison, language: str) -> Sheet:
    rows = [
        (
            named(f"figure-{row['figure']}", language),
            row["baseline"],
            row["scenario"],
            row["change"],
            named(f"unit-{row['unit']}", language),
            named(f"formula-{row['figure']}", language),
        )
        for row in comparison.figures.iter_rows(named=True)
    ]
    columns = ("figure", "baseline", "scenario", "change", "unit", "formula")
    return _sheet("figures", "", columns, rows, language)


def _groups(comparison: Comparison, language: str) -> Sheet:
    counts = ("retailers", "gainers", "same", "losers", "gained", "lost", "mean_before",
              "mean_after", "share_before", "share_after")  # fmt: skip
    rows = [
        (
            named(f"dimension-{row['dimension']}", language),
            group_name(row["dimension"], row["group"], language),
            *(row[name] for name in counts),
        )
        for row in comparison.groups.iter_rows(named=True)
    ]
    note = word("note-groups", language)
    return _sheet("groups", note, ("dimension", "group", *counts), rows, language, 2)


def _migration(comparison: Comparison, language: str) -> Sheet:
    columns = ("from_tier", "to_tier", "retailers")
    return _sheet("migration", "", columns, comparison.migration.select(columns).rows(), language)


def _retailers(comparison: Comparison, language: str) -> Sheet:
    columns = ("retailer_id", "shop", "manager", "manager_phone", "status", "segment", "region",
               "market", "format", "decile", "tier_before", "tier_after", "before", "after",
               "change", "reason", "by_grade", "by_quota", "by_seat", "by_order",
               "by_round")  # fmt: skip
    moved = (
        (pl.col("change") != 0)
        | pl.col("tier_before").ne_missing(pl.col("tier_after"))
        | (pl.col("status") != "both")
    )
    frame = comparison.changes_by_retailer.filter(moved)
    cut = frame.height - MOST_ROWS
    frame = frame.sort(pl.col("change").abs(), "retailer_id", descending=[True, False])
    frame = frame.head(MOST_ROWS).sort("change", "retailer_id")
    frame = comparison.with_people(frame).rename({"name": "shop"}).select(columns)
    status = {name: word(f"status-{name}", language) for name in ("both", "entered", "left")}
    reason = {
        name: named(f"reason-{name}", language) for name in frame["reason"].drop_nulls().unique()
    }
    frame = frame.with_columns(
        pl.col("status").replace_strict(status, return_dtype=pl.String),
        pl.col("reason").replace_strict(reason, return_dtype=pl.String, default=None),
    )
    note = word("note-retailers", language)
    if cut > 0:
        note = paragraph([note, word("note-cut", language, count=MOST_ROWS)], language)
    return _sheet("retailers", note, columns, frame.rows(), language)


def _exposure(comparison: Comparison, language: str) -> Sheet:
    counts = ("baseline", "scenario", "both", "fresh", "gone")
    rows = [
        (
            named(f"kind-{row['kind']}", language),
            row["need"],
            *(row[name] for name in counts),
            named(f"missing-{row['missing']}", language) if row["missing"] else "",
            named(f"kind-{row['kind']}-what", language),
        )
        for row in comparison.exposure.iter_rows(named=True)
    ]
    columns = ("kind", "need", *counts, "remark", "meaning")
    return _sheet("exposure", "", columns, rows, language)


def _exposed(comparison: Comparison, language: str) -> Sheet:
    rows: list[tuple[Any, ...]] = []
    kinds = comparison.exposure["kind"].to_list()
    for kind in sorted(kinds, key="turn".__eq__):  # a turn is no complaint: last
        for row in to_visit(comparison, kind).head(MOST_ROWS + 1).iter_rows(named=True):
            rows.append(
                (
                    named(f"kind-{kind}", language),
                    row["retailer_id"],
                    row["name"],
                    row["manager"],
                    row["manager_phone"],
                    word("state-before" if row["baseline"] else "state-fresh", language),
                    row["short_scenario"],
                    named(f"unit-{row['unit']}", language),
                    row["product_id"],
                    row["tier_before"],
                    row["tier_after"],
                    row["before"],
                    row["after"],
                )
            )
    columns = ("kind", "retailer_id", "shop", "manager", "manager_phone", "state", "short", "unit",
               "product_id", "tier_before",
               "tier_after", "before", "after")  # fmt: skip
    return _sheet("exposed", word("note-exposed", language), columns, rows, language, 2)


def _products(comparison: Comparison, language: str) -> Sheet:
    columns = comparison.products.columns
    return _sheet("products", "", columns, comparison.products.rows(), language, 2)


def _quotas(comparison: Comparison, language: str) -> Sheet:
    micro = [name for name in comparison.quotas.columns if name.startswith("entitlement")]
    frame = comparison.quotas.with_columns(pl.col(name) / 1_000_000 for name in micro)
    return _sheet("quotas", "", frame.columns, frame.rows(), language, 4)


def _notes(comparison: Comparison, origin: Origin, language: str) -> Sheet:
    rows: list[tuple[object, object]] = [
        (word("column-scenario", language), scenario_title(comparison)),
        (word("column-describe", language), comparison.describe),
        (word("column-command", language), origin.command),
        (word("reproduce-version", language), origin.version),
    ]
    rows += list(origin.digests().items())
    rows += [
        (word("notes-title", language), sentence) for sentence in remarks(comparison, language)
    ]
    return _sheet("notes", word("page-foot", language), ("what", "text"), rows, language)
