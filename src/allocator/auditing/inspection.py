"""The audit: every rule over one case, as one table of findings with the counts of passes."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import polars as pl

from allocator.auditing.case import Case, prepare
from allocator.auditing.evidence import cite
from allocator.auditing.findings import SCHEMA, SEVERITIES, Coverage, Findings
from allocator.auditing.registry import RULES
from allocator.auditing.rule import Outcome, Rule
from allocator.errors import BadRequest
from allocator.records import Allocation, QuotaPlan
from allocator.tables.city import Table
from allocator.tables.reading import as_table

if TYPE_CHECKING:
    from allocator.policy.audit_models import AuditPolicy

IDENTITY = (
    "code",
    "retailer_id",
    "order_id",
    "clerk",
    "product_id",
    "segment",
    "tier",
    "requested",
    "observed",
    "limit",
)
"""What makes two findings the same one, with the cycle: what was seen, not where it stood. With
``observed`` in it, a suppressed finding comes back when the departure grows."""

FINGERPRINT_DIGITS = 32
"""Hexadecimal digits kept of the SHA-256: 128 bits tell any number of findings apart."""


def audit(
    orders: Table | Any,
    plan: QuotaPlan,
    policy: AuditPolicy | None = None,
    *,
    allocation: Allocation | None = None,
    retailers: Table | Any | None = None,
    supply: Table | Any | None = None,
    products: Table | Any | None = None,
    rules: Sequence[Rule] = RULES,
) -> Findings:
    """Check every order line of a cycle against the standard.

    Parameters
    ----------
    orders : the orders table, or a dataframe of it; lines of other cycles and cancelled lines
        are set aside and counted
    plan : the standard, planned or published
    policy : which rules run; all without it
    allocation : awards; with them the standard of a line is its award
    retailers, supply, products : tables for evidence, totals and unknown products; what needs
        one that is absent is reported as not checked

    Returns
    -------
    Findings : the same whatever the order of rows, row numbers in the evidence apart

    Raises
    ------
    BadRequest : the policy names a rule that does not exist
    BadTable : a dataframe that is no such table
    """
    case = prepare(
        as_table("orders", orders),
        plan,
        allocation=allocation,
        retailers=None if retailers is None else as_table("retailers", retailers),
        supply=None if supply is None else as_table("supply", supply),
        products=None if products is None else as_table("products", products),
    )
    chosen = _chosen(policy, rules)
    frames, coverage = [], []
    for rule in rules:
        outcome, entry = _apply(rule, case, rule.name in chosen)
        coverage.append(entry)
        if outcome is not None and not outcome.found.is_empty():
            frames.append(_assemble(rule, case, outcome.found))
    frame = pl.concat(frames) if frames else pl.DataFrame(schema=SCHEMA)
    unplanned = case.lines.get_column("k").null_count()
    return Findings(
        frame=ordered(frame),
        coverage=tuple(coverage),
        cycle=plan.cycle,
        as_of=plan.on,
        lines=case.lines.height,
        aside={**case.aside, **({"no-standard": unplanned} if unplanned else {})},
    )


def _chosen(policy: AuditPolicy | None, rules: Sequence[Rule]) -> frozenset[str]:
    """Names of the rules that run; a policy names them by name or code."""
    named = {rule.code: rule.name for rule in rules} | {rule.name: rule.name for rule in rules}
    everything = frozenset(named.values())
    if policy is None:
        return everything

    def meant(words: Sequence[str]) -> frozenset[str]:
        found: frozenset[str] = frozenset()
        for word in words:
            if word == "all":
                found |= everything
            elif word in named:
                found |= {named[word]}
            else:
                near = get_close_matches(word[:80], sorted(named), n=1, cutoff=0.0)
                raise BadRequest("unknown-audit-rule", rule=word[:80], nearest=near[0])
        return found

    return meant(policy.rules.select) - meant(policy.rules.ignore)


def _apply(rule: Rule, case: Case, chosen: bool) -> tuple[Outcome | None, Coverage]:
    """Run a rule, unless it is not chosen or lacks a column."""
    lines = case.lines.height
    if not chosen:
        return None, Coverage(rule.name, rule.code, rule.kind, "ignored", 0, 0, 0, lines)
    missing = tuple(column for column in rule.needs if column not in case.columns)
    if missing:
        return None, Coverage(
            rule.name, rule.code, rule.kind, "not-checked", 0, 0, 0, lines, missing
        )
    outcome = rule.find(case)
    return outcome, Coverage(
        rule=rule.name,
        code=rule.code,
        kind=rule.kind,
        state="checked",
        checked=outcome.checked,
        passed=outcome.checked - outcome.concerned,
        found=outcome.found.height,
        not_checked=outcome.not_checked,
        lacking=tuple(column for column in rule.wants if column not in case.columns),
    )


def _assemble(rule: Rule, case: Case, found: pl.DataFrame) -> pl.DataFrame:
    """Findings of one rule in the columns of ``SCHEMA``."""
    source = case.plan.source
    path = {"quotas": "allocation" if source == "planned" else "quotas"}.get(
        rule.policy, rule.policy
    )
    found = cite(case, found).with_columns(
        pl.lit(rule.name).alias("rule"),
        pl.lit(rule.code).alias("code"),
        pl.lit(rule.kind).alias("kind"),
        pl.lit(rule.severity).alias("severity"),
        pl.lit(rule.subject.removesuffix("_id")).alias("subject"),
        pl.col(rule.subject).alias("subject_id"),
        pl.lit(rule.unit).alias("unit"),
        pl.lit(path).alias("policy"),
        pl.lit(case.plan.on).alias("as_of"),
    )
    absent = [column for column in SCHEMA if column not in found.columns]
    found = found.with_columns(pl.lit(None, SCHEMA[column]).alias(column) for column in absent)
    return found.with_columns(fingerprints(found, case.plan.cycle)).select(
        pl.col(column).cast(dtype) for column, dtype in SCHEMA.items()
    )


def fingerprints(found: pl.DataFrame, cycle: str, identity: Sequence[str] = IDENTITY) -> pl.Series:
    """SHA-256 of the identity of each finding, spelt as one JSON object."""
    texts = found.select(
        pl.struct(pl.lit(cycle).alias("cycle"), *identity).struct.json_encode()
    ).to_series()
    prints = [sha256(text.encode()).hexdigest()[:FINGERPRINT_DIGITS] for text in texts]
    return pl.Series("fingerprint", prints, pl.String)


def ordered(frame: pl.DataFrame) -> pl.DataFrame:
    """Most severe first, then by rule and subject; nothing is left to chance."""
    rank = pl.col("severity").replace_strict(
        {severity: rank for rank, severity in enumerate(SEVERITIES)}, return_dtype=pl.Int8
    )
    columns = ("code", "subject_id", "product_id", "order_id", "fingerprint")
    return frame.sort(rank, *columns, nulls_last=True)
