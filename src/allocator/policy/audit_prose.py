"""What a policy says of its audit, in plain words: rules, limits of alerts, what is set aside."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from allocator.policy.audit_models import AuditPolicy
from allocator.policy.phrases import listed, number, phrase
from allocator.policy.words import THRESHOLD_RULES
from allocator.wording import Fact


def audit_rules(audit: AuditPolicy, language: str) -> Iterator[str]:
    """Which rules run; then the limits that the file itself sets, and its holidays."""
    rules = audit.rules
    if "all" in rules.select:
        yield phrase(language, "prose-audit-all")
    else:
        yield phrase(language, "prose-audit", rules=listed(language, rules.select))
    if rules.ignore:
        yield phrase(language, "prose-audit-ignore", rules=listed(language, rules.ignore))
    given = audit.thresholds.model_fields_set
    for name in THRESHOLD_RULES:
        if name in given:
            yield phrase(language, f"prose-{name}", value=_told(getattr(audit.thresholds, name)))
    aside = audit.set_aside
    if "arrivals" in aside.model_fields_set:
        yield phrase(language, "prose-arrivals", value=_told(aside.arrivals))
    if aside.holidays:
        days = (
            phrase(language, "holiday", name=day.name, first=day.first, last=day.last)
            for day in aside.holidays
        )
        yield phrase(language, "prose-audit-holidays", holidays=listed(language, days))


def _told(value: Decimal | int | None) -> Fact:
    """Parts as per cent; counts and scatters as they are."""
    return number(value * 100) if isinstance(value, Decimal) else value
