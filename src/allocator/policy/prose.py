"""What a policy says, in plain words: one sentence per rule, in the order of the file."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from allocator.policy.allocation_prose import allocation_rules
from allocator.policy.audit_prose import audit_rules
from allocator.policy.grading_models import GradingPolicy, ItemPolicy
from allocator.policy.models import Policy
from allocator.policy.movement_prose import movement_rules, start_rules
from allocator.policy.ordering_prose import ordering_rules
from allocator.policy.phrases import number, phrase
from allocator.policy.screening_prose import screening_rules
from allocator.policy.tier_models import KINDS
from allocator.policy.tier_prose import tier_rules
from allocator.policy.window_prose import exclusion_rules, window_rules
from allocator.records import DECIMALS
from allocator.wording import Fact, say

NAMED = {f"grading.tiers.{kind}": f"path-{kind}" for kind in KINDS}
"""The paths that notices name most; readers of a notice know no paths."""


def describe(policy: Policy, language: str = "en") -> list[str]:
    """The rules of a policy as sentences in ``en`` or ``zh-CN``; warnings are not among them."""
    return [
        phrase(language, "prose-title", title=policy.title, on=policy.on),
        *_grading(policy.grading, language),
        *allocation_rules(policy.allocation, language),
        *audit_rules(policy.audit, language),
        *ordering_rules(policy.ordering, language),
        *_sources(policy, language),
    ]


def _grading(grading: GradingPolicy | None, language: str) -> Iterator[str]:
    if grading is None:
        yield phrase(language, "prose-no-grading")
        return
    if grading.tiers.by is None:
        yield from _counted(grading, language)
        yield from screening_rules(grading, language)
    yield from tier_rules(grading.tiers, language)
    if grading.newcomers is None:
        yield phrase(language, "prose-no-newcomers")
    else:
        new = grading.newcomers
        yield phrase(language, "prose-newcomers", months=new.months, tier=new.start_tier)
        yield from start_rules(new, language)
    if grading.tiers.by is None:
        yield phrase(language, f"prose-month-{grading.missing_month}")
    yield from movement_rules(grading, language)


def _counted(grading: GradingPolicy, language: str) -> Iterator[str]:
    """Which sales count, and what they make of the score where there is one."""
    if grading.window is not None:
        yield from window_rules(grading.window, language)
    yield from exclusion_rules(grading.exclude, language)
    if grading.tiers.bands is not None:
        return
    points = sum((item.weight for item in grading.items.values()), Decimal(0))
    yield phrase(language, "prose-score", points=number(points))
    for name, item in grading.items.items():
        yield _item(name, item, language)
    if grading.decimals != DECIMALS:
        yield phrase(language, "prose-decimals", decimals=grading.decimals)


def _item(name: str, item: ItemPolicy, language: str) -> str:
    facts: dict[str, Fact] = {
        "item": phrase(language, f"item-{name}"),
        "weight": number(item.weight),
        "scale": phrase(language, f"scale-{item.scale}"),
    }
    if not item.classes:
        return say("policy", "prose-item", facts, language)
    facts["classes"] = phrase(language, "list-comma").join(map(str, item.classes))
    return say("policy", "prose-item-classes", facts, language)


def _sources(policy: Policy, language: str) -> Iterator[str]:
    for path, source in policy.sources.items():
        facts: dict[str, Fact] = {
            "path": phrase(language, NAMED[path]) if path in NAMED else path,
            "since": source.since,
            "title": source.title or phrase(language, "prose-no-source"),
            "last": source.last_valid_on,
        }
        code = "prose-source" if source.last_valid_on is None else "prose-source-until"
        yield say("policy", code, facts, language)
