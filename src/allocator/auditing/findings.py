"""What an audit found, as columns, and how much it looked at: passes count as well as failures."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

import polars as pl

from allocator.auditing.clerks.league import League

if TYPE_CHECKING:
    from allocator.auditing.suppression import Suppression

Kind = Literal["violation", "alert", "data"]
Severity = Literal["high", "medium", "low"]

KINDS: tuple[Kind, ...] = ("violation", "alert", "data")
SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low")

EVIDENCE = pl.List(
    pl.Struct(
        {
            "table": pl.String,
            "file": pl.String,
            "sheet": pl.String,
            "rows": pl.List(pl.UInt32),
        }
    )
)

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "rule": pl.String,
    "code": pl.String,
    "kind": pl.String,
    "severity": pl.String,
    "subject": pl.String,
    "subject_id": pl.String,
    "retailer_id": pl.String,
    "order_id": pl.String,
    "clerk": pl.String,
    "product_id": pl.String,
    "observed": pl.Int64,
    "limit": pl.Int64,
    "unit": pl.String,
    "policy": pl.String,
    "as_of": pl.Date,
    "evidence": EVIDENCE,
    "message": pl.String,
    "fingerprint": pl.String,
    "facts": pl.String,
}
"""Columns of ``Findings.frame``. ``message`` is the code of the sentence in ``findings.po``;
``subject_id`` is the identifier of the subject's kind (retailer, order, clerk or product);
``order_id`` and ``clerk`` name several, joined by ", ", where several are concerned; ``facts`` is
what else the sentences need, a JSON object with its keys in order.
"""


MARKS: dict[str, pl.DataType | type[pl.DataType]] = {
    "reason": pl.String,
    "approver": pl.String,
    "until": pl.Date,
}
"""Columns of a finding that somebody answered for; null where it stands open."""

GONE: dict[str, pl.DataType | type[pl.DataType]] = {
    "fingerprint": pl.String,
    "rule": pl.String,
    "code": pl.String,
    "kind": pl.String,
    "subject": pl.String,
    "subject_id": pl.String,
    "message": pl.String,
}
"""Columns of a finding of a baseline, as it was told then."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding, for those who go through them one by one.

    facts : what else the sentences say
    evidence : tables concerned, each with its file, sheet and all row numbers
    baseline : ``new`` or ``known``, where there is a baseline
    reason, approver, until : where somebody answered for it
    """

    rule: str
    code: str
    kind: str
    severity: str
    subject: str
    subject_id: str | None
    retailer_id: str | None
    order_id: str | None
    clerk: str | None
    product_id: str | None
    observed: int | None
    limit: int | None
    unit: str
    policy: str
    as_of: date
    evidence: tuple[Mapping[str, object], ...]
    message: str
    fingerprint: str
    facts: Mapping[str, str | int]
    baseline: str | None = None
    reason: str | None = None
    approver: str | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much one rule looked at. Counts are order lines, of rules about the quota table quotas.

    state : ``checked``, ``not-checked`` (columns absent) or ``ignored`` (by the policy)
    checked : lines the rule could judge; passed : of these, the lines in no finding of the rule
    found : findings (one finding may concern several lines)
    not_checked : lines the rule is meant for but could not judge
    missing : columns whose absence stops the rule, of several cycles in any of them; lacking :
        columns whose absence leaves a finding without a detail, such as the order-taker's name
    """

    rule: str
    code: str
    kind: Kind
    state: Literal["checked", "not-checked", "ignored"]
    checked: int
    passed: int
    found: int
    not_checked: int
    missing: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    counted: Literal["lines", "quotas"] = "lines"


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """The outcome of an audit.

    frame : one row per finding, columns ``SCHEMA``; what is proven first and alerts last, of each
        kind the most severe, then by rule and subject
    coverage : one entry per rule of the registry, in its order
    cycle, as_of : what was audited, and the date of the standard
    lines : order lines that were audited
    aside : order lines that do not count, by cause (``cancelled``, ``other-cycle``)
    allocation : figures of the allocation by product (``allocated.FIGURES``, and ``cycle``), where
        a quota table was judged
    suppressions : entries that ``suppress_findings`` went through; the frame then has the columns
        ``MARKS``
    gone : findings of a baseline that are found no more, columns ``GONE``; ``None`` without one;
        with one the frame has the column ``baseline`` (``new`` or ``known``)
    clerks : the order-takers beside each other; ``None`` where no rule about them ran
    cycles : each of the cycles, where several were audited one after another
    """

    frame: pl.DataFrame
    coverage: tuple[Coverage, ...]
    cycle: str
    as_of: date
    lines: int
    aside: Mapping[str, int]
    allocation: pl.DataFrame | None = None
    suppressions: tuple[Suppression, ...] = ()
    gone: pl.DataFrame | None = None
    clerks: League | None = None
    cycles: tuple[str, ...] = ()

    @property
    def checked(self) -> dict[str, int]:
        """Order lines each rule judged."""
        return {entry.rule: entry.checked for entry in self.coverage}

    @property
    def passed(self) -> dict[str, int]:
        """Order lines each rule judged and found in order."""
        return {entry.rule: entry.passed for entry in self.coverage}

    @property
    def not_checked(self) -> dict[str, int]:
        """Order lines each rule could not judge."""
        return {entry.rule: entry.not_checked for entry in self.coverage}

    def __len__(self) -> int:
        return self.frame.height

    def __iter__(self) -> Iterator[Finding]:
        held = [name for name in Finding.__slots__ if name in self.frame.columns]
        for row in self.frame.select(held).iter_rows(named=True):
            row["evidence"] = tuple(row["evidence"])
            row["facts"] = json.loads(row["facts"])
            yield Finding(**row)


def packed(names: Iterable[str]) -> pl.Expr:
    """Columns as one JSON object per row, keys in order, without those that hold nothing."""
    parts = []
    for name in sorted(names):
        spelt = pl.struct(name).struct.json_encode()
        inner = spelt.str.slice(1, spelt.str.len_chars() - 2)
        parts.append(pl.when(pl.col(name).is_not_null()).then(inner))
    if not parts:
        return pl.lit("{}").alias("facts")
    joined = pl.concat_str(parts, separator=",", ignore_nulls=True)
    return pl.concat_str(pl.lit("{"), joined, pl.lit("}")).alias("facts")


def by_clerk(findings: Findings) -> pl.DataFrame:
    """What each order-taker entered below the standard and over the limit.

    Returns
    -------
    clerk str (null = none on record); short, over: findings; short_cartons, over_cartons;
    short_retailers. The most withheld first; only those with a finding.
    """
    short, over = pl.col("rule") == "below-standard", pl.col("rule") == "over-quota"
    gap = (pl.col("observed") - pl.col("limit")).abs()
    return (
        findings.frame.filter(short | over)
        .group_by("clerk")
        .agg(
            short.sum().cast(pl.Int64).alias("short"),
            gap.filter(short).sum().alias("short_cartons"),
            pl.col("retailer_id").filter(short).n_unique().cast(pl.Int64).alias("short_retailers"),
            over.sum().cast(pl.Int64).alias("over"),
            gap.filter(over).sum().alias("over_cartons"),
        )
        .sort("short_cartons", "over_cartons", "clerk", descending=[True, True, False])
    )


def worst(findings: Findings, most: int) -> pl.DataFrame:
    """At most so many rows of the frame: of each rule the same number, the largest first.

    In the order of the frame a long list of one rule would hide all others.
    """
    frame = findings.frame
    each = max(1, most // max(1, frame["code"].n_unique()))
    gap = (pl.col("observed") - pl.col("limit")).abs().fill_null(0)
    place = gap.rank("ordinal", descending=True).over("code")
    ranked = frame.with_columns(place.alias("place")).filter(pl.col("place") <= each)
    rank = pl.col("severity").replace_strict(
        {severity: rank for rank, severity in enumerate(SEVERITIES)}, return_dtype=pl.Int8
    )
    return ranked.sort(rank, "code", "place").drop("place").head(most)


def standing(findings: Findings) -> pl.DataFrame:
    """Rows that still ask for an answer: not suppressed, and new where there is a baseline."""
    frame = findings.frame
    if "reason" in frame.columns:
        frame = frame.filter(pl.col("reason").is_null())
    if "baseline" in frame.columns:
        frame = frame.filter(pl.col("baseline") == "new")
    return frame


def reaches(findings: Findings, level: str) -> bool:
    """Whether a finding reaches ``violation``, ``alert`` (or worse), or ``never`` (no).

    Suppressed findings and those that a baseline knows do not count.
    """
    stops = {"violation": ["violation"], "alert": ["violation", "alert"], "never": []}[level]
    return standing(findings).get_column("kind").is_in(stops).any()
