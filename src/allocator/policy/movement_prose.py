"""What a policy says of new retailers, movement, credit levels and sanctions, in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from allocator.policy.allocation_prose import attributes_in_words
from allocator.policy.grading_models import GradingPolicy, Newcomers
from allocator.policy.movement_models import CreditRule, Movement, SanctionRules, StartRule
from allocator.policy.phrases import number, phrase


def start_rules(new: Newcomers, language: str) -> Iterator[str]:
    """Where new retailers start, and how high they may stand at their first score."""
    for rule in new.starts:
        yield phrase(language, "prose-start", who=_fitting(rule, language), tier=rule.tier)
    if new.at_most is not None:
        yield phrase(language, "prose-first-tier", tier=new.at_most)


def movement_rules(grading: GradingPolicy, language: str) -> Iterator[str]:
    """What changes a tier after the score, in the order in which it is done."""
    if grading.movement is not None:
        yield from _movement(grading.movement, language)
    for level, rule in grading.credit.items():
        yield from _credit(level, rule, language)
    if grading.sanctions is not None:
        yield from _sanctions(grading.sanctions, language)


def _fitting(rule: StartRule, language: str) -> str:
    words = attributes_in_words(rule.who, language)
    area = rule.area
    if area is None:
        return words
    if area.at_least is None:
        range_ = phrase(language, "prose-area-below", below=area.below)
    elif area.below is None:
        range_ = phrase(language, "prose-area-least", least=area.at_least)
    else:
        range_ = phrase(language, "prose-area-between", least=area.at_least, below=area.below)
    return phrase(language, "list-and").join(filter(None, (words, range_)))


def _movement(movement: Movement, language: str) -> Iterator[str]:
    margin, step = movement.hysteresis, movement.max_step
    if margin is not None and margin.share is not None:
        yield phrase(language, "prose-margin-share", percent=number(100 * margin.share))
    elif margin is not None:
        yield phrase(language, "prose-margin-points", points=margin.points)
    if step is None:
        return
    if step.up == step.down:
        yield phrase(language, "prose-step-both", tiers=step.up)
        return
    if step.up is not None:
        yield phrase(language, "prose-step-up", tiers=step.up)
    if step.down is not None:
        yield phrase(language, "prose-step-down", tiers=step.down)


def _credit(level: str, rule: CreditRule, language: str) -> Iterator[str]:
    if rule.promote is not None:
        yield phrase(language, "prose-credit-promote", level=level, tiers=rule.promote)
    if rule.demote is not None:
        yield phrase(language, "prose-credit-demote", level=level, tiers=rule.demote)
    if rule.cap is not None:
        yield phrase(language, "prose-credit-cap", level=level, tier=rule.cap)


def _sanctions(rules: SanctionRules, language: str) -> Iterator[str]:
    if rules.demote is not None and rules.demote.tiers is not None:
        yield phrase(language, "prose-sanction-demote", tiers=rules.demote.tiers)
    elif rules.demote is not None:
        yield phrase(language, "prose-sanction-demote-by-row")
    if rules.cap is not None and rules.cap.tier is not None:
        yield phrase(language, "prose-sanction-cap", tier=rules.cap.tier)
    elif rules.cap is not None:
        yield phrase(language, "prose-sanction-cap-by-row")
    if rules.suspend is not None:
        yield phrase(language, "prose-sanction-suspend")
    if rules.exempt_month is not None:
        yield phrase(language, "prose-sanction-exempt")
    if not any((rules.demote, rules.cap, rules.suspend, rules.exempt_month)):
        yield phrase(language, "prose-sanction-none")
