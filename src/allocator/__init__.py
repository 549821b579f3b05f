"""Fair allocation of scarce supply to retailers, audited and explained.

>>> import allocator as al
>>> policy = al.read_policy("policy.yaml", on="2026-11-16")  # doctest: +SKIP
>>> city = al.read_city("city", policy.tables)  # doctest: +SKIP
>>> run = al.run(city, policy, cycle="2026-W47", seed="draw 083412")  # doctest: +SKIP

Names load when first used (PEP 562), so that ``import allocator`` stays light.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from allocator.allocation.awards import allocate
    from allocator.allocation.binding import what_binds
    from allocator.allocation.one_more import one_more
    from allocator.allocation.published import adopt_quotas
    from allocator.allocation.quotas import plan_quotas
    from allocator.auditing.baseline import compare_findings
    from allocator.auditing.clerks.judging import clerks
    from allocator.auditing.inspection import audit
    from allocator.auditing.sampling.drawing import sample
    from allocator.auditing.sampling.estimating import estimate
    from allocator.auditing.suppression import suppress_findings
    from allocator.auditing.suppression_list import read_suppressions
    from allocator.auditing.truth import compare_truth
    from allocator.certificate.document import certify
    from allocator.complaints.complaint import Complaint
    from allocator.complaints.examining import examine, examine_each
    from allocator.complaints.reading import read_complaints, write_examinations
    from allocator.complaints.sides import side_by_side
    from allocator.customers.changes import find_changes
    from allocator.customers.inspection import inspect_files
    from allocator.designing.proposals import DesignLimits, design
    from allocator.errors import (
        AllocatorError,
        BadPolicy,
        BadRequest,
        BadTable,
        BrokenRun,
        CertificateRefused,
        InfeasiblePolicy,
        NotProvenOptimal,
    )
    from allocator.explanation.card import explain
    from allocator.grading.changes import sales_of_awards, with_sales
    from allocator.grading.feedback import feedback
    from allocator.grading.moves import migration
    from allocator.grading.periods import stability
    from allocator.grading.regrade import keep_sales, regrade
    from allocator.grading.scheme import given_tiers, grade
    from allocator.ordering.check import check_order
    from allocator.ordering.limits import limits_of
    from allocator.ordering.reading import read_limits
    from allocator.policy.reading import read_policy
    from allocator.rules.apportionment import apportion
    from allocator.rules.division import divide
    from allocator.runs.audit_folder import write_findings
    from allocator.runs.customers import review_customers
    from allocator.runs.ledgers import read_ledger, write_ledger
    from allocator.runs.reading import read_run
    from allocator.runs.verifying import verify_run
    from allocator.runs.week import run
    from allocator.simulation.scenario import Scenario
    from allocator.simulation.scenario_files import read_scenarios
    from allocator.simulation.simulating import simulate, simulate_all
    from allocator.tables.reading import read_city, read_table
    from allocator.tables.synthesis.fraud.planting import plant

_HOME = {
    "AllocatorError": "errors",
    "BadPolicy": "errors",
    "BadRequest": "errors",
    "BadTable": "errors",
    "BrokenRun": "errors",
    "CertificateRefused": "errors",
    "Complaint": "complaints.complaint",
    "DesignLimits": "designing.proposals",
    "InfeasiblePolicy": "errors",
    "NotProvenOptimal": "errors",
    "Scenario": "simulation.scenario",
    "adopt_quotas": "allocation.published",
    "allocate": "allocation.awards",
    "apportion": "rules.apportionment",
    "audit": "auditing.inspection",
    "certify": "certificate.document",
    "check_order": "ordering.check",
    "clerks": "auditing.clerks.judging",
    "compare_findings": "auditing.baseline",
    "compare_truth": "auditing.truth",
    "design": "designing.proposals",
    "divide": "rules.division",
    "estimate": "auditing.sampling.estimating",
    "examine": "complaints.examining",
    "examine_each": "complaints.examining",
    "explain": "explanation.card",
    "feedback": "grading.feedback",
    "find_changes": "customers.changes",
    "given_tiers": "grading.scheme",
    "grade": "grading.scheme",
    "inspect_files": "customers.inspection",
    "keep_sales": "grading.regrade",
    "limits_of": "ordering.limits",
    "migration": "grading.moves",
    "one_more": "allocation.one_more",
    "plant": "tables.synthesis.fraud.planting",
    "plan_quotas": "allocation.quotas",
    "read_city": "tables.reading",
    "read_complaints": "complaints.reading",
    "read_ledger": "runs.ledgers",
    "read_limits": "ordering.reading",
    "read_policy": "policy.reading",
    "read_run": "runs.reading",
    "read_scenarios": "simulation.scenario_files",
    "read_suppressions": "auditing.suppression_list",
    "read_table": "tables.reading",
    "regrade": "grading.regrade",
    "review_customers": "runs.customers",
    "run": "runs.week",
    "sales_of_awards": "grading.changes",
    "sample": "auditing.sampling.drawing",
    "side_by_side": "complaints.sides",
    "simulate": "simulation.simulating",
    "simulate_all": "simulation.simulating",
    "stability": "grading.periods",
    "suppress_findings": "auditing.suppression",
    "verify_run": "runs.verifying",
    "what_binds": "allocation.binding",
    "with_sales": "grading.changes",
    "write_examinations": "complaints.reading",
    "write_findings": "runs.audit_folder",
    "write_ledger": "runs.ledgers",
}

__all__ = [
    "AllocatorError",
    "BadPolicy",
    "BadRequest",
    "BadTable",
    "BrokenRun",
    "CertificateRefused",
    "Complaint",
    "DesignLimits",
    "InfeasiblePolicy",
    "NotProvenOptimal",
    "Scenario",
    "adopt_quotas",
    "allocate",
    "apportion",
    "audit",
    "certify",
    "check_order",
    "clerks",
    "compare_findings",
    "compare_truth",
    "design",
    "divide",
    "estimate",
    "examine",
    "examine_each",
    "explain",
    "feedback",
    "find_changes",
    "given_tiers",
    "grade",
    "inspect_files",
    "keep_sales",
    "limits_of",
    "migration",
    "one_more",
    "plan_quotas",
    "plant",
    "read_city",
    "read_complaints",
    "read_ledger",
    "read_limits",
    "read_policy",
    "read_run",
    "read_scenarios",
    "read_suppressions",
    "read_table",
    "regrade",
    "review_customers",
    "run",
    "sales_of_awards",
    "sample",
    "side_by_side",
    "simulate",
    "simulate_all",
    "stability",
    "suppress_findings",
    "verify_run",
    "what_binds",
    "with_sales",
    "write_examinations",
    "write_findings",
    "write_ledger",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'allocator' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"allocator.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
