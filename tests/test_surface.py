"""The public surface is a list that is kept on purpose."""

from __future__ import annotations

import subprocess
import sys

import pytest

import allocator

EXPECTED = {
    "AllocatorError", "BadPolicy", "BadRequest", "BadTable", "BrokenRun", "CertificateRefused",
    "Complaint", "DesignLimits", "InfeasiblePolicy", "NotProvenOptimal", "Scenario",
    "adopt_quotas", "allocate", "apportion", "audit", "certify", "check_order", "clerks",
    "compare_findings", "compare_truth", "design", "divide", "estimate", "examine",
    "examine_each", "explain", "feedback", "find_changes", "given_tiers", "grade",
    "inspect_files", "keep_sales", "limits_of", "migration", "one_more", "plan_quotas", "plant",
    "read_city", "read_complaints", "read_ledger", "read_limits", "read_policy", "read_run",
    "read_scenarios", "read_suppressions", "read_table", "regrade", "review_customers", "run",
    "sales_of_awards", "sample", "side_by_side", "simulate", "simulate_all", "stability",
    "suppress_findings", "verify_run", "what_binds", "with_sales", "write_examinations",
    "write_findings", "write_ledger",
}  # fmt: skip


def test_every_public_name_loads_and_no_other_is_public() -> None:
    assert set(allocator.__all__) == EXPECTED
    for name in EXPECTED:
        assert getattr(allocator, name).__name__ == name


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="no attribute 'managers'"):
        _ = allocator.managers


def test_importing_the_package_loads_nothing_heavy() -> None:
    """PEP 562: names load when first used, so that the verifier needs no third-party package."""
    heavy = "numpy, polars, pydantic, pulp, highspy, jinja2, babel, typer, rich"
    code = (
        "import sys, allocator; "
        f"print([name for name in {heavy.split(', ')!r} if name in sys.modules])"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert printed.stdout.strip() == "[]"
