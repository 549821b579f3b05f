"""The audit: every rule over one case, as one table of findings with the counts of passes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from difflib import get_close_matches
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import polars as pl

from allocator.auditing.allocated import figures_of
from allocator.auditing.case import Case
from allocator.auditing.clerks.judging import league_of
from allocator.auditing.evidence import cite, concerned, trace
from allocator.auditing.findings import SCHEMA, SEVERITIES, Coverage, Findings, packed
from allocator.auditing.preparing import prepare
from allocator.auditing.registry import ALL_RULES, RULES
from allocator.auditing.rule import Outcome, Rule
from allocator.errors import BadRequest
from allocator.records import Allocation, QuotaPlan
from allocator.tables.city import Table
from allocator.tables.reading import as_table
from allocator.tables.stored import StoredOrders, store_orders

if TYPE_CHECKING:
    from allocator.policy.allocation_models import AllocationPolicy
    from allocator.policy.audit_models import AuditPolicy
    from allocator.policy.ordering_models import OrderingPolicy

IDENTITY = (
    "code",
    "retailer_id",
    "order_id",
    "clerk",
    "product_id",
    "segment",
    "together",
    "tier",
    "requested",
    "observed",
    "limit",
    "limit_of",
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
    calendar: Table | Any | None = None,
    sales: Table | Any | None = None,
    tiers: Table | Any | None = None,
    sanctions: Table | Any | None = None,
    quotas: Table | Any | None = None,
    allocation_policy: AllocationPolicy | None = None,
    ordering: OrderingPolicy | None = None,
    memory: str | None = None,
    rules: Sequence[Rule] | None = None,
) -> Findings:
    """Check every order line of a cycle against the standard.

    Parameters
    ----------
    orders : the orders table, a file, or a dataframe (polars, pandas, DuckDB, Arrow); lines of
        other cycles and cancelled lines are set aside and counted
    plan : the standard, planned or published
    policy : which rules run; all without it
    allocation : awards; with them the standard of a line is its award
    retailers, supply, products, calendar, sales, tiers, sanctions : tables that rules and evidence
        need; what needs one that is absent is reported as not checked
    quotas : the table of quotas, where it was made elsewhere and is to be judged too
    allocation_policy : what it is judged against, besides what any quota table must keep
    ordering : when orders close and unpaid ones fall, where the calendar does not say it
    memory : with it (``1GB``) the order lines stay on disk, in a database that holds at most so
        much of them at once; what is found is the same

    Returns
    -------
    Findings : the same whatever the order of rows, row numbers in the evidence apart

    Raises
    ------
    BadRequest : the policy names a rule that does not exist
    BadTable : a dataframe that is no such table
    """
    given = {
        "retailers": retailers, "supply": supply, "products": products, "calendar": calendar,
        "sales": sales, "tiers": tiers, "sanctions": sanctions, "quotas": quotas,
    }  # fmt: skip
    tables: dict[str, Any] = {
        name: as_table(name, table) for name, table in given.items() if table is not None
    }
    chosen = _chosen(policy, ALL_RULES if rules is None else rules)
    if rules is None:
        rules = RULES if quotas is None else ALL_RULES
    with _entered(orders, memory) as lines:
        case = prepare(
            lines,
            plan,
            policy=policy,
            allocation=allocation,
            allocation_policy=allocation_policy,
            ordering=ordering,
            **tables,
        )
        findings = _inspect(case, chosen, rules)
        case.engine.release()
        return findings


def _entered(
    orders: Any, memory: str | None
) -> AbstractContextManager[Table] | AbstractContextManager[StoredOrders]:
    """The order lines in memory, or on disk for as long as the audit lasts."""
    if isinstance(orders, StoredOrders):
        return nullcontext(orders)
    if memory is not None:
        return store_orders(orders, memory)
    return nullcontext(as_table("orders", orders))


def _inspect(case: Case, chosen: frozenset[str], rules: Sequence[Rule]) -> Findings:
    """Every rule over one case."""
    frames: list[pl.DataFrame] = []
    coverage: list[Coverage] = []
    for rule in rules:
        if rule.after and case.league is None:
            so_far = pl.concat(frames) if frames else pl.DataFrame(schema=SCHEMA)
            case = replace(case, league=league_of(case, so_far, coverage, chosen))
        found, entry = _apply(rule, case, rule.name in chosen)
        coverage.append(entry)
        if found is not None:
            frames.append(found)
    frame = pl.concat(frames) if frames else pl.DataFrame(schema=SCHEMA)
    unjudged = {"no-standard": case.unplanned, "no-segment": case.unplaced}
    unjudged = {cause: lines for cause, lines in unjudged.items() if lines}
    return Findings(
        frame=ordered(frame),
        coverage=tuple(coverage),
        cycle=case.plan.cycle,
        as_of=case.plan.on,
        lines=case.count,
        aside={**case.aside, **unjudged},
        allocation=None if case.quotas is None else _figures(case),
        clerks=case.league,
    )


def _figures(case: Case) -> pl.DataFrame:
    figures = figures_of(case)
    return figures.insert_column(0, pl.lit(case.plan.cycle).alias("cycle"))


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


def _apply(rule: Rule, case: Case, chosen: bool) -> tuple[pl.DataFrame | None, Coverage]:
    """Run a rule, unless it is not chosen or lacks a column: its findings, if any, and counts."""
    if not chosen:
        return None, Coverage(rule.name, rule.code, rule.kind, "ignored", 0, 0, 0, case.count)
    missing = tuple(need for need in rule.needs if case.columns.isdisjoint(need.split("|")))
    if missing:
        return None, Coverage(
            rule.name, rule.code, rule.kind, "not-checked", 0, 0, 0, case.count, missing
        )
    outcome = rule.find(case)
    found, tally = case.engine.collect(outcome.found, outcome.tally)
    touched = 0
    told = None
    if not found.is_empty():
        told, touched = _assemble(rule, case, outcome, found)
    checked = int(tally["checked"].sum())
    return told, Coverage(
        rule=rule.name,
        code=rule.code,
        kind=rule.kind,
        state="checked",
        checked=checked,
        passed=max(0, checked - touched),
        found=found.height,
        not_checked=int(tally["not_checked"].sum()),
        lacking=tuple(column for column in rule.wants if column not in case.columns),
        counted=rule.counted,
    )


def _assemble(
    rule: Rule, case: Case, outcome: Outcome, found: pl.DataFrame
) -> tuple[pl.DataFrame, int]:
    """Findings of one rule in the columns of ``SCHEMA``, and how many order lines they concern."""
    source = case.plan.source
    path = {"quotas": "allocation" if source == "planned" else "quotas"}.get(
        rule.policy, rule.policy
    )
    touched = found.height
    if outcome.keys:
        lines = concerned(case, outcome, found)
        touched = lines.filter(~pl.col("witness"))["row"].n_unique()
        found = trace(found, lines, outcome.keys)
        if outcome.tell is not None:
            found = outcome.tell(found, lines)
    elif outcome.tell is not None:
        found = outcome.tell(found, pl.DataFrame())
    said = {
        "rule": rule.name,
        "code": rule.code,
        "kind": rule.kind,
        "severity": rule.severity,
        "subject": rule.subject.removesuffix("_id"),
        "unit": rule.unit,
        "policy": path,
        "as_of": case.plan.on,
    }
    found = found.with_columns(pl.col(rule.subject).alias("subject_id"))
    found = found.with_columns(
        pl.lit(value).alias(name) for name, value in said.items() if name not in found.columns
    )
    known = {name: SCHEMA.get(name, pl.Int64) for name in (*SCHEMA, *IDENTITY)}
    found = cite(case, found)
    absent = {name: dtype for name, dtype in known.items() if name not in found.columns}
    found = found.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in absent.items())
    facts = set(found.columns) - set(SCHEMA) - NOT_FACTS
    found = found.with_columns(fingerprints(found, case.plan.cycle), packed(facts))
    return found.select(pl.col(column).cast(dtype) for column, dtype in SCHEMA.items()), touched


NOT_FACTS = frozenset(
    {
        "i",
        "k",
        "o",
        "c",
        "q",
        "p",
        "g",
        "cell",
        "basket",
        "order_rows",
        "retailer_rows",
        "supply_rows",
        "sale_rows",
        "quota_rows",
    }
)
"""Columns of findings that lead to other tables and mean nothing outside of the audit."""


def fingerprints(found: pl.DataFrame, cycle: str, identity: Sequence[str] = IDENTITY) -> pl.Series:
    """SHA-256 of the identity of each finding, spelt as one JSON object.

    What a finding does not have is left out: a column that a later rule adds to the identity leaves
    all other fingerprints, and so baselines and suppressions, as they were.
    """
    named = found.select(pl.lit(cycle).alias("cycle"), *identity)
    texts = named.select(packed(named.columns)).to_series()
    prints = [sha256(text.encode()).hexdigest()[:FINGERPRINT_DIGITS] for text in texts]
    return pl.Series("fingerprint", prints, pl.String)


def ordered(frame: pl.DataFrame) -> pl.DataFrame:
    """What is proven first, of each kind the most severe, then by rule and subject.

    Nothing is left to chance.
    """
    ranks = [
        pl.col(name).replace_strict(
            {word: rank for rank, word in enumerate(words)}, return_dtype=pl.Int8
        )
        for name, words in (("kind", ("violation", "data", "alert")), ("severity", SEVERITIES))
    ]
    columns = ("code", "subject_id", "product_id", "order_id", "fingerprint")
    return frame.sort(*ranks, *columns, nulls_last=True)
