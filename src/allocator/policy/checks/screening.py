"""Screening: what it needs of the window and of itself."""

from __future__ import annotations

from collections.abc import Iterator

from allocator.policy.checks.finding import Finding
from allocator.policy.document import Path
from allocator.policy.models import PolicyFile
from allocator.wording import Fact

SCREENING: Path = ("grading", "screening")


def screening_has_its_needs(file: PolicyFile) -> Iterator[Finding]:
    """There are sales by month or week, and a history long enough to ask for."""
    if file.grading is None or file.grading.screening is None:
        return
    rules, window = file.grading.screening, file.grading.window
    if window is None:
        if file.grading.tiers.by is not None:  # else the window itself is missed
            yield SCREENING, "screening-without-window", {}
    elif window.unit == "days":
        yield SCREENING, "screening-of-days", {}
    elif window.unit == "months" and rules.least_history > rules.history:
        facts: dict[str, Fact] = {"least": rules.least_history, "history": rules.history}
        yield (*SCREENING, "least_history"), "history-too-short", facts
    if rules.peers is not None and len(set(rules.peers)) < len(rules.peers):
        yield (*SCREENING, "peers"), "named-twice", {}
