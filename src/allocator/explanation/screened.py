"""Months of the reader's own that count otherwise than they were, because they are unusual."""

from __future__ import annotations

import polars as pl

from allocator.explanation.books import Books, Standing
from allocator.explanation.claims import Claim, in_own_row, in_policy

CODES = {
    ("winsorise", "high"): "tier-month-high",
    ("winsorise", "low"): "tier-month-low",
    ("exclude", "high"): "tier-month-out",
    ("exclude", "low"): "tier-month-out",
}
"""What was done and on which side -> code of the claim. What was only listed changes nothing."""


def touched_months(books: Books, who: Standing) -> tuple[Claim, ...]:
    """One claim for each month, in order; without them the values of the items would be wrong."""
    screened = books.run.grading.screened
    if screened is None or not who.graded:
        return ()
    rule = in_policy("grading.screening", books.run.policy.lines)
    mine = screened.filter(pl.col("retailer_id") == who.retailer, pl.col("action") != "flag")
    told = []
    for row in mine.sort("unit").iter_rows(named=True):
        unit = row["unit"]
        own = in_own_row("screening.csv", "observed counted", retailer_id=who.retailer, unit=unit)
        facts = {name: row[name] for name in ("unit", "observed", "counted")}
        known = {name: value for name, value in facts.items() if value is not None}
        told.append(Claim(CODES[row["action"], row["side"]], known, (own, rule)))
    return tuple(told)
