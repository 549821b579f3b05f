"""Complaints to expect, by kind, and the shops to visit before they are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from allocator.comparison.record import Comparison
from allocator.reports.what_if.telling import named, told, word

MOST_SHOPS: Final = 30
"""Shops of one kind on the page, newly exposed and worst off first; the workbook has all."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """One kind: counts on both sides, and the shops to visit first."""

    name: str
    how: str
    cells: tuple[str, ...]
    columns: tuple[str, ...]
    shops: tuple[tuple[str, ...], ...]
    more: str


def counts(comparison: Comparison, language: str) -> list[tuple[str, int | None, int | None]]:
    """Exposed retailers before and after, by kind, without the sum of all kinds."""
    return [
        (named(f"kind-{kind}", language), before, after)
        for kind, before, after in comparison.exposure.select(
            "kind", "baseline", "scenario"
        ).iter_rows()
        if kind != "any"
    ]


def complaints(comparison: Comparison, language: str) -> list[Complaint]:
    """All kinds in the order of the record, with the shops exposed after the change."""
    return [
        Complaint(
            name=named(f"kind-{row['kind']}", language),
            how=_how(row["kind"], row["missing"], language),
            cells=tuple(
                told(row[side], "retailers", language)
                for side in ("baseline", "scenario", "fresh", "gone")
            ),
            columns=tuple(
                word(f"head-{code}", language)
                for code in ("retailer", "manager", "state", "short", "product",
                             "tier-before", "tier-after", "before", "after")
            ),
            shops=_shops(comparison, row["kind"], language),
            more=_more(row["scenario"] or 0, language),
        )
        for row in _turns_last(comparison.exposure).iter_rows(named=True)
        if row["kind"] != "any"
    ]  # fmt: skip


def _turns_last(exposure: pl.DataFrame) -> pl.DataFrame:
    """Kinds in their order, but waiting for a turn, which is no complaint, behind all others."""
    return exposure.sort(pl.col("kind") == "turn", maintain_order=True)


def to_visit(comparison: Comparison, kind: str) -> pl.DataFrame:
    """Retailers exposed to a kind after the change: newly exposed first, then by how much."""
    about = comparison.changes_by_retailer.select(
        "retailer_id", "tier_before", "tier_after", "before", "after"
    )
    exposed = comparison.exposed.filter((pl.col("kind") == kind) & pl.col("scenario"))
    return (
        comparison.with_people(exposed)
        .join(about, on="retailer_id", how="left")
        .sort("baseline", "short_scenario", "retailer_id", descending=[False, True, False])
    )


def _shops(comparison: Comparison, kind: str, language: str) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            shop_name(row),
            " ".join(row[key] for key in ("manager", "manager_phone") if row[key])
            or word("unknown", language),
            word("state-before" if row["baseline"] else "state-fresh", language),
            word(f"short-{row['unit']}", language, short=row["short_scenario"]),
            row["product_id"] or word("product-all", language),
            *(told(row[f"tier_{when}"], "retailers", language) for when in ("before", "after")),
            *(told(row[when], "retailers", language) for when in ("before", "after")),
        )
        for row in to_visit(comparison, kind).head(MOST_SHOPS).iter_rows(named=True)
    )


def shop_name(row: dict[str, Any]) -> str:
    """A shop as a customer manager knows it: number and name."""
    return f"{row['retailer_id']} {row['name'] or ''}".strip()


def _how(kind: str, missing: str | None, language: str) -> str:
    how = named(f"kind-{kind}-what", language)
    if missing is None:
        return how
    return how + word("sentence-joint", language) + named(f"missing-{missing}", language)


def _more(exposed: int, language: str) -> str:
    hidden = exposed - MOST_SHOPS
    return word("shops-more", language, count=hidden) if hidden > 0 else ""
