"""Weights of tiers: one kind of them, complete, and never falling."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from allocator.policy.checks.finding import Finding, tiers_of
from allocator.policy.models import PolicyFile
from allocator.wording import Fact


def weights_rise(file: PolicyFile) -> Iterator[Finding]:
    """Weights are complete and never fall as the tier rises."""
    weights, path = file.allocation.weights, ("allocation", "weights")
    if weights.kind == "sales":
        yield from _by_sales(file)
        return
    if weights.table is None:
        yield from _linear(file)
        return
    if weights.kind == "linear" or weights.bottom is not None or weights.top is not None:
        yield path, "weights-mixed", {}
    if not weights.table:
        yield (*path, "table"), "needs-entries", {"number": 1}
        return
    tiers = tiers_of(file) or max(weights.table)
    for tier in range(1, tiers + 1):
        if tier not in weights.table:
            yield (*path, "table"), "weight-missing", {"tier": tier, "tiers": tiers}
    for tier in weights.table:
        if tier > tiers:
            facts: dict[str, Fact] = {"tier": tier, "tiers": tiers}
            yield (*path, "table", str(tier)), "tier-above-top", facts
    for lower, upper in pairwise(sorted(weights.table)):
        if weights.table[upper] < weights.table[lower]:
            facts = {"tier": upper, "lower": lower, "least": weights.table[lower]}
            yield (*path, "table", str(upper)), "weight-falls", facts


def _by_sales(file: PolicyFile) -> Iterator[Finding]:
    """Weights by sales need the cartons of each retailer, which the item ``quantity`` counts."""
    weights, path = file.allocation.weights, ("allocation", "weights")
    if weights.table is not None or weights.bottom is not None or weights.top is not None:
        yield path, "weights-mixed-sales", {}
    if file.grading is None or "quantity" not in file.grading.measured:
        yield (*path, "kind"), "weights-need-quantity", {}


def _linear(file: PolicyFile) -> Iterator[Finding]:
    weights, path = file.allocation.weights, ("allocation", "weights")
    if weights.kind == "table":
        yield (*path, "table"), "missing-key", {"key": "table"}
        return
    if weights.kind is None:
        yield path, "weights-incomplete", {}
        return
    for key in ("bottom", "top"):
        if getattr(weights, key) is None:
            yield (*path, key), "missing-key", {"key": key}
    if weights.bottom is not None and weights.top is not None and weights.top < weights.bottom:
        yield (*path, "top"), "needs-at-least", {"number": weights.bottom}
