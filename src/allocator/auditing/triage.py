"""Where to begin: what stands open rule by rule, the largest cases, what a column would mend.

A rule with ten thousand alerts and one with two violations take one line each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from allocator.auditing.findings import KINDS, Coverage, Findings, standing, worst


@dataclass(frozen=True, slots=True)
class Tally:
    """The findings of one rule.

    found : all; open : of these neither suppressed nor known to the baseline
    suppressed, known : a finding can be both
    """

    coverage: Coverage
    found: int
    open: int
    suppressed: int
    known: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A column that the input does not have.

    column : ``table.column``
    rules : rules that cannot be checked without it; details : rules that leave out a detail
    """

    column: str
    rules: tuple[Coverage, ...]
    details: tuple[Coverage, ...]


def tallies(findings: Findings) -> tuple[Tally, ...]:
    """Rules with findings: violations first, then alerts, then data, as the registry has them."""
    by_rule = {
        rule: (found, suppressed, known)
        for rule, found, suppressed, known in _counted(findings).iter_rows()
    }
    opened = dict(standing(findings).group_by("rule").len().iter_rows())
    told = [
        Tally(entry, found, opened.get(entry.rule, 0), suppressed, known)
        for entry in findings.coverage
        if (counts := by_rule.get(entry.rule))
        for found, suppressed, known in (counts,)
    ]
    return tuple(sorted(told, key=lambda tally: KINDS.index(tally.coverage.kind)))


def _counted(findings: Findings) -> pl.DataFrame:
    frame = findings.frame
    marks = {
        "suppressed": pl.col("reason").is_not_null()
        if "reason" in frame.columns
        else pl.lit(False),
        "known": pl.col("baseline") == "known" if "baseline" in frame.columns else pl.lit(False),
    }
    return (
        frame.select("rule", *(mark.alias(name) for name, mark in marks.items()))
        .group_by("rule")
        .agg(
            pl.len(),
            pl.col("suppressed").cast(pl.Int64).sum(),
            pl.col("known").cast(pl.Int64).sum(),
        )
    )


def largest(findings: Findings, rule: str, most: int) -> pl.DataFrame:
    """At most so many findings of a rule, furthest from their limit first, open ones before."""
    from dataclasses import replace

    own = pl.col("rule") == rule
    opened = standing(findings).filter(own)
    first = worst(replace(findings, frame=opened), most)
    if first.height < most:
        rest = findings.frame.filter(own).join(
            opened.select("fingerprint"), on="fingerprint", how="anti"
        )
        first = pl.concat([first, worst(replace(findings, frame=rest), most - first.height)])
    return first


def clean(findings: Findings) -> tuple[Coverage, ...]:
    """Rules that looked at something and found nothing."""
    return tuple(
        entry
        for entry in findings.coverage
        if entry.state == "checked" and not entry.found and entry.checked
    )


def idle(findings: Findings) -> tuple[Coverage, ...]:
    """Rules that ran, but nothing in the input was their concern."""
    return tuple(
        entry
        for entry in findings.coverage
        if entry.state == "checked" and not entry.found and not entry.checked
    )


def ignored(findings: Findings) -> tuple[Coverage, ...]:
    """Rules that the policy leaves out."""
    return tuple(entry for entry in findings.coverage if entry.state == "ignored")


def gaps(findings: Findings) -> tuple[Gap, ...]:
    """Absent columns, those first that would let most rules be checked."""
    entries = findings.coverage
    columns = {_whole(column) for entry in entries for column in (*_missing(entry), *entry.lacking)}
    told = [
        Gap(
            column,
            tuple(entry for entry in entries if column in map(_whole, _missing(entry))),
            tuple(entry for entry in entries if column in map(_whole, entry.lacking)),
        )
        for column in sorted(columns)
    ]
    return tuple(sorted(told, key=lambda gap: (-len(gap.rules), -len(gap.details))))


def _missing(entry: Coverage) -> Sequence[str]:
    return entry.missing if entry.state == "not-checked" else ()


def _whole(column: str) -> str:
    """``table.column``; a column without a table is one of the orders."""
    return column if "." in column else f"orders.{column}"
