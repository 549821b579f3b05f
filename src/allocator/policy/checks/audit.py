"""Alerts: thresholds that somebody reads, and holidays named once."""

from __future__ import annotations

from collections.abc import Iterator

from allocator.policy.checks.finding import Finding
from allocator.policy.document import Path
from allocator.policy.models import PolicyFile
from allocator.policy.words import THRESHOLD_RULES

THRESHOLDS: Path = ("audit", "thresholds")
HOLIDAYS: Path = ("audit", "set_aside", "holidays")


def audit_holidays_once(file: PolicyFile) -> Iterator[Finding]:
    """No holiday is named twice."""
    seen = set()
    for index, holiday in enumerate(file.audit.set_aside.holidays):
        if holiday in seen:
            yield (*HOLIDAYS, index), "named-twice", {}
        seen.add(holiday)


def thresholds_are_read(file: PolicyFile) -> Iterator[Finding]:
    """A threshold of rules that are all left out by name does nothing."""
    ignored = set(file.audit.rules.ignore)
    for name in sorted(file.audit.thresholds.model_fields_set):
        if ignored.issuperset(rules := THRESHOLD_RULES[name]):
            yield (*THRESHOLDS, name), "threshold-unread", {"rules": ", ".join(rules)}
