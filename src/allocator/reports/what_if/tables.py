"""Tables of the page of a scenario: who moves most, all figures, products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from allocator.comparison.record import Comparison
from allocator.reports.what_if.telling import (
    fares,
    named,
    signed,
    told,
    told_change,
    word,
)

MOST_MOVERS: Final = 12
"""Shops on each side of the page; the workbook has all."""

PRODUCTS: Final = ("supply", "requested", "award", "left", "reached", "served")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of figures: a name, a remark below it, cells, and how it fares."""

    name: str
    remark: str
    cells: tuple[str, ...]
    fares: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A table with its heading."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def movers(comparison: Comparison, language: str) -> list[Listed]:
    """The shops that gain most and those that lose most, each with the reason."""
    change = pl.col("change")
    both = comparison.with_people(comparison.changes_by_retailer.filter(pl.col("status") == "both"))
    sides = (
        ("movers-up", both.filter(change > 0).sort(-change, "retailer_id")),
        ("movers-down", both.filter(change < 0).sort(change, "retailer_id")),
    )
    columns = tuple(
        word(f"head-{code}", language)
        for code in ("retailer", "change", "cartons", "tiers", "reason")
    )
    return [
        Listed(
            word(code, language),
            columns,
            tuple(_mover(row, language) for row in frame.head(MOST_MOVERS).iter_rows(named=True)),
        )
        for code, frame in sides
        if frame.height
    ]


def _mover(row: dict[str, Any], language: str) -> Row:
    before, after = (_tier(row[f"tier_{when}"], language) for when in ("before", "after"))
    cartons = word("from-to", language, before=row["before"], after=row["after"])
    tiers = before if before == after else word("from-to", language, before=before, after=after)
    reason = named(f"reason-{row['reason']}", language) if row["reason"] else ""
    return Row(
        row["retailer_id"],
        row["name"] or "",
        (signed(row["change"], language), cartons, tiers, reason),
    )


def _tier(tier: int | None, language: str) -> str:
    return word("unknown", language) if tier is None else str(tier)


def figures(comparison: Comparison, language: str) -> list[Row]:
    """Every figure on both sides, its change, and how it is computed."""
    return [
        Row(
            named(f"figure-{row['figure']}", language),
            named(f"formula-{row['figure']}", language),
            (
                told(row["baseline"], row["unit"], language),
                told(row["scenario"], row["unit"], language),
                told_change(row["baseline"], row["scenario"], row["unit"], language),
            ),
            fares(comparison, row["figure"]),
        )
        for row in comparison.figures.iter_rows(named=True)
    ]


def products(comparison: Comparison, language: str) -> Listed:
    """Each product on both sides, largest change of what is given out first."""
    changed = (pl.col("award_after").fill_null(0) - pl.col("award_before").fill_null(0)).abs()
    frame = comparison.products.sort(-changed, "product_id")
    columns = tuple(word(f"head-product-{code}", language) for code in ("name", *PRODUCTS))
    return Listed(
        word("products-title", language),
        columns,
        tuple(
            Row(
                row["name"] or row["product_id"],
                row["product_id"] if row["name"] else "",
                tuple(_sides(row[f"{n}_before"], row[f"{n}_after"], language) for n in PRODUCTS),
            )
            for row in frame.iter_rows(named=True)
        ),
    )


def _sides(before: int | None, after: int | None, language: str) -> str:
    """One number where both sides have the same."""
    if before == after:
        return told(before, "retailers", language)
    one, other = (told(side, "retailers", language) for side in (before, after))
    return word("from-to", language, before=one, after=other)
