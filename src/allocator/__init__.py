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
    from allocator.auditing.inspection import audit
    from allocator.certificate.document import certify
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
    from allocator.grading.regrade import keep_sales, regrade
    from allocator.grading.scheme import given_tiers, grade
    from allocator.ordering.check import check_order
    from allocator.ordering.limits import limits_of
    from allocator.ordering.reading import read_limits
    from allocator.policy.reading import read_policy
    from allocator.rules.apportionment import apportion
    from allocator.rules.division import divide
    from allocator.runs.ledgers import read_ledger, write_ledger
    from allocator.runs.reading import read_run
    from allocator.runs.verifying import verify_run
    from allocator.runs.week import run
    from allocator.tables.reading import read_city, read_table

_HOME = {
    "AllocatorError": "errors",
    "BadPolicy": "errors",
    "BadRequest": "errors",
    "BadTable": "errors",
    "BrokenRun": "errors",
    "CertificateRefused": "errors",
    "InfeasiblePolicy": "errors",
    "NotProvenOptimal": "errors",
    "adopt_quotas": "allocation.published",
    "allocate": "allocation.awards",
    "apportion": "rules.apportionment",
    "audit": "auditing.inspection",
    "certify": "certificate.document",
    "check_order": "ordering.check",
    "divide": "rules.division",
    "explain": "explanation.card",
    "feedback": "grading.feedback",
    "given_tiers": "grading.scheme",
    "grade": "grading.scheme",
    "keep_sales": "grading.regrade",
    "limits_of": "ordering.limits",
    "one_more": "allocation.one_more",
    "plan_quotas": "allocation.quotas",
    "read_city": "tables.reading",
    "read_ledger": "runs.ledgers",
    "read_limits": "ordering.reading",
    "read_policy": "policy.reading",
    "read_run": "runs.reading",
    "read_table": "tables.reading",
    "regrade": "grading.regrade",
    "run": "runs.week",
    "sales_of_awards": "grading.changes",
    "verify_run": "runs.verifying",
    "what_binds": "allocation.binding",
    "with_sales": "grading.changes",
    "write_ledger": "runs.ledgers",
}

__all__ = [
    "AllocatorError",
    "BadPolicy",
    "BadRequest",
    "BadTable",
    "BrokenRun",
    "CertificateRefused",
    "InfeasiblePolicy",
    "NotProvenOptimal",
    "adopt_quotas",
    "allocate",
    "apportion",
    "audit",
    "certify",
    "check_order",
    "divide",
    "explain",
    "feedback",
    "given_tiers",
    "grade",
    "keep_sales",
    "limits_of",
    "one_more",
    "plan_quotas",
    "read_city",
    "read_ledger",
    "read_limits",
    "read_policy",
    "read_run",
    "read_table",
    "regrade",
    "run",
    "sales_of_awards",
    "verify_run",
    "what_binds",
    "with_sales",
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
