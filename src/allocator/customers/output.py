"""The lists that customer managers work off, as tables, files and counts for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import polars as pl

from allocator.auditing.findings import Findings
from allocator.auditing.output import COLUMNS as AUDIT_COLUMNS
from allocator.auditing.output import summary as findings_summary
from allocator.auditing.output import tell
from allocator.customers.causes import COLUMNS
from allocator.customers.changes import Changes
from allocator.customers.inspection import concerned
from allocator.customers.registry import FILE_RULES
from allocator.wording import Fact, listed, paragraph, say

CHANGES: Final = (
    "retailer_id", "name", "manager", "region", "raised", "since", "direction", "state", "cartons",
    "usual", "change_percent", "peers_percent", "seen_in", "lines", "usual_lines", "latest",
    "causes", "message",
)  # fmt: skip
"""Columns of changes.csv."""

FAMILIES: Final = ("missing", "stale", "duplicate", "contradictory", "impossible")

_MONTHS: Final = ("raised", "since")


def text(code: str, language: str, **facts: Fact) -> str:
    """A sentence of the domain ``customers``."""
    return say("customers", code, facts, language)


def change_sentences(changes: Changes, language: str) -> Iterator[str]:
    """What happened to each shop of ``changes.frame``, and what the data say about why."""
    names = [name for name in COLUMNS if name not in ("direction", "state", "causes", *_MONTHS)]
    for row in changes.frame.iter_rows(named=True):
        facts: dict[str, Fact] = {name: row[name] for name in names}
        facts |= {name: f"{row[name]:%Y-%m}" for name in _MONTHS}
        facts["percent"] = abs(row["change_percent"])
        facts["peers_abs"] = abs(row["peers_percent"])
        facts["yearly_abs"] = abs(row["yearly_percent"] or 0)
        months = "one" if row["since"] == row["raised"] else "two"
        parts = [text(f"change-{row['direction']}-{months}", language, **facts)]
        parts += [
            text(f"cause-{cause}{_side(cause, row)}", language, **facts)
            for cause in row["causes"].split()
        ]
        if row["state"] != "new":
            parts.append(text(f"state-{row['state']}", language, **facts))
        yield paragraph(parts, language)


def _side(cause: str, row: Mapping[str, Any]) -> str:
    """Causes that are said differently of falls and rises."""
    sided = ("season", "last-year", "one-product")
    return f"-{row['direction']}" if cause in sided else ""


def changes_table(changes: Changes, language: str) -> pl.DataFrame:
    """changes.csv: columns ``CHANGES``, months as 2026-10, the sentence in ``message``."""
    message = pl.Series("message", list(change_sentences(changes, language)), pl.String)
    return changes.frame.with_columns(
        message, *(pl.col(name).dt.strftime("%Y-%m") for name in _MONTHS)
    ).select(CHANGES)


def findings_table(findings: Findings, files: pl.DataFrame, language: str) -> pl.DataFrame:
    """findings.csv as an audit writes it, and whose shops they are.

    files : as ``completeness`` gives it

    Returns
    -------
    the columns of ``auditing.output.COLUMNS``; then family str, others str (other shops
    concerned), name str (of the shop) and manager str (all managers concerned, joined by ", ")
    """
    families = {rule.code: rule.family for rule in FILE_RULES}
    whose = (
        concerned(findings)
        .join(files.select("retailer_id", "manager"), on="retailer_id")
        .group_by("n")
        .agg(pl.col("manager").drop_nulls().unique().sort().str.join(", "))
    )
    names = files.select("retailer_id", "name")
    told = tell(findings, language).select(AUDIT_COLUMNS).with_row_index("n")
    return (
        told.with_columns(
            pl.col("code").replace_strict(families, return_dtype=pl.String).alias("family"),
            findings.frame["others"],
        )
        .join(names, on="retailer_id", how="left", maintain_order="left")
        .join(whose, on="n", how="left", maintain_order="left")
        .drop("n")
    )


def completeness_table(files: pl.DataFrame, language: str) -> pl.DataFrame:
    """completeness.csv: per cent with one decimal, empty fields by their names."""
    names = {gaps: _fields(gaps, language) for gaps in files["missing"].unique()}
    return files.with_columns(
        _percent("complete"), pl.col("missing").replace_strict(names, return_dtype=pl.String)
    ).rename({"complete": "complete_percent"})


def managers_table(managers: pl.DataFrame) -> pl.DataFrame:
    """managers.csv: per cent with one decimal."""
    return managers.with_columns(_percent("complete")).rename({"complete": "complete_percent"})


def changes_summary(changes: Changes | None) -> dict[str, Any] | None:
    """The changes for programs."""
    if changes is None:
        return None
    return {
        "judged": changes.judged.with_columns(pl.col("month").dt.strftime("%Y-%m")).to_dicts(),
        "not_judged": changes.unjudged,
        "bar": round(changes.bar, 4),
        "gaps": [f"{month:%Y-%m}" for month in changes.gaps],
        "listed": {
            state: int((changes.frame["state"] == state).sum()) for state in ("new", "open", "over")
        },
    }


def data_summary(findings: Findings) -> dict[str, Any]:
    """The findings for programs: as of an audit, without order-takers."""
    told = findings_summary(findings)
    return {name: told[name] for name in ("as_of", "findings", "rules")}


def _percent(column: str) -> pl.Expr:
    """Tenths of a per cent as a decimal."""
    return (pl.col(column).cast(pl.Decimal(12, 1)) / pl.lit(10, pl.Decimal(12, 1))).cast(
        pl.Decimal(12, 1)
    )


def _fields(gaps: str, language: str) -> str:
    names = (say("findings", f"field-{name}", {}, language) for name in gaps.split())
    return listed(names, language)
