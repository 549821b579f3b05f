"""The months out of the usual as sentences for whoever visits the shop."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from allocator.wording import Fact, paragraph, say


def visit_sentences(screened: pl.DataFrame, language: str) -> Iterator[str]:
    """One text for each row of a grading's ``screened``, in its order.

    What was sold and what would be usual, by what, and how far off; then what the shop sold in
    the same month of last year, and what counts instead, where there is anything to say.
    """
    for row in screened.iter_rows(named=True):
        facts: dict[str, Fact] = {
            name: row[name]
            for name in (
                "retailer_id", "unit", "observed", "usual", "lowest", "highest", "away", "peers",
                "last_year", "counted",
            )
        }  # fmt: skip
        against = str(row["against"]).replace(" ", "-and-")
        parts = [say("reports", f"visit-{row['side']}", facts, language)]
        parts.append(say("reports", f"visit-against-{against}", facts, language))
        if row["last_year"] is not None:
            parts.append(say("reports", "visit-last-year", facts, language))
        if row["action"] != "flag":
            parts.append(say("reports", f"visit-{row['action']}", facts, language))
        yield paragraph(parts, language)
