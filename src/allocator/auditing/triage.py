"""Where to begin: what stands open rule by rule, the largest cases, what a column would mend.

A rule with ten thousand alerts and one with two violations take one line each.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from allocator.auditing.findings import KINDS, Coverage, Findings, standing, worst


@dataclass(frozen=True, slots=True)
class Tally:
    """The findings of one rule that are of one kind.

    A rule may find both: what a policy forbids is a violation, the same without one an alert.

    found : all; open : of these neither suppressed nor known to the baseline
    suppressed, known : a finding can be both
    """

    coverage: Coverage
    kind: str
    found: int
    open: int
    suppressed: int
    known: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A column that the input does not have.

    column : as rules name it: ``column`` of the orders, or ``table.column``
    rules : rules that cannot be checked without it; details : rules that leave out a detail
    """

    column: str
    rules: tuple[Coverage, ...]
    details: tuple[Coverage, ...]


def tallies(findings: Findings) -> tuple[Tally, ...]:
    """Rules with findings: violations, then alerts, then data, each as the registry has them."""
    frame = findings.frame.with_columns(
        pl.lit(None, pl.String).alias(name)
        for name in ("reason", "baseline")
        if name not in findings.frame.columns
    )
    suppressed, known = pl.col("reason").is_not_null(), pl.col("baseline") == "known"
    counts = frame.group_by("kind", "rule").agg(
        pl.len(), *(flag.cast(pl.Int64).sum() for flag in (suppressed, known))
    )
    by_rule = {(kind, rule): tuple(rest) for kind, rule, *rest in counts.iter_rows()}
    opened = standing(findings).group_by("kind", "rule").len()
    left = {(kind, rule): count for kind, rule, count in opened.iter_rows()}
    return tuple(
        Tally(entry, kind, found, left.get((kind, entry.rule), 0), aside, before)
        for kind in KINDS
        for entry in findings.coverage
        if (kind, entry.rule) in by_rule
        for found, aside, before in (by_rule[kind, entry.rule],)
    )


def largest(findings: Findings, tally: Tally, most: int) -> pl.DataFrame:
    """At most so many findings of a tally, furthest from their limit first, open ones before."""
    own = (pl.col("rule") == tally.coverage.rule) & (pl.col("kind") == tally.kind)
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
    columns = {_whole(column) for entry in entries for column in (*entry.missing, *entry.lacking)}
    told = [
        Gap(
            column,
            tuple(entry for entry in entries if column in map(_whole, entry.missing)),
            tuple(entry for entry in entries if column in map(_whole, entry.lacking)),
        )
        for column in sorted(columns)
    ]
    return tuple(sorted(told, key=lambda gap: (-len(gap.rules), -len(gap.details))))


def _whole(column: str) -> str:
    """One spelling: columns of the orders go without their table."""
    return column.removeprefix("orders.")
