"""The audit: every rule over one case, as one table of findings with the counts of passes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import polars as pl

from allocator.auditing.allocated import figures_of
from allocator.auditing.assembling import assemble, ordered
from allocator.auditing.case import Case
from allocator.auditing.clerks.judging import league_of
from allocator.auditing.findings import SCHEMA, Coverage, Findings
from allocator.auditing.preparing import prepare
from allocator.auditing.registry import ALL_RULES, RULES
from allocator.auditing.rule import Rule
from allocator.errors import BadRequest
from allocator.records import Allocation, QuotaPlan
from allocator.tables.city import Table
from allocator.tables.reading import as_table
from allocator.tables.stored import StoredOrders, store_orders

if TYPE_CHECKING:
    from allocator.policy.allocation_models import AllocationPolicy
    from allocator.policy.audit_models import AuditPolicy
    from allocator.policy.ordering_models import OrderingPolicy


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
        told, touched = assemble(rule, case, outcome, found)
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
