"""Movement, sanctions, credit levels and starting tiers of the grading."""

from __future__ import annotations

from collections.abc import Iterator

from allocator.policy.checks.finding import Finding, tiers_of
from allocator.policy.document import Path
from allocator.policy.models import PolicyFile
from allocator.policy.movement_models import AreaRange

POINT_PARTS = 1_000_000
"""Parts of a point that scores are counted in, as in ``records.MICRO``, which loads numpy."""


def movement_says_something(file: PolicyFile) -> Iterator[Finding]:
    """A margin is a share or points, a step has a direction, points are whole millionths."""
    if file.grading is None or (movement := file.grading.movement) is None:
        return
    path: Path = ("grading", "movement")
    margin, step = movement.hysteresis, movement.max_step
    if margin is None and step is None:
        yield path, "movement-empty", {}
    if margin is not None:
        rule = file.grading.tiers.rule
        if rule in ("grid", "by"):
            yield (*path, "hysteresis"), "margin-without-score", {}
        if rule == "bands" and margin.points is not None:
            yield (*path, "hysteresis", "points"), "margin-not-of-points", {}
        if (margin.share is None) == (margin.points is None):
            yield (*path, "hysteresis"), "margin-one-of", {}
        points = margin.points
        if points is not None and points * POINT_PARTS % 1:
            yield (*path, "hysteresis", "points"), "margin-too-fine", {"points": points}
    if step is not None and step.up is None and step.down is None:
        yield (*path, "max_step"), "step-empty", {}


def credit_levels_fit(file: PolicyFile) -> Iterator[Finding]:
    """Each level named does something, in one direction, with tiers that exist."""
    if file.grading is None:
        return
    tiers = tiers_of(file)
    for level, rule in file.grading.credit.items():
        path: Path = ("grading", "credit", level)
        if rule.promote is None and rule.demote is None and rule.cap is None:
            yield path, "credit-empty", {"level": level}
        if rule.promote is not None and rule.demote is not None:
            yield path, "credit-up-and-down", {"level": level}
        if rule.cap is not None and tiers is not None and rule.cap > tiers:
            yield (*path, "cap"), "tier-above-top", {"tier": rule.cap, "tiers": tiers}


def sanctions_fit(file: PolicyFile) -> Iterator[Finding]:
    """The tier of caps exists."""
    rules = None if file.grading is None else file.grading.sanctions
    tiers = tiers_of(file)
    if rules is None or rules.cap is None or rules.cap.tier is None or tiers is None:
        return
    if rules.cap.tier > tiers:
        facts = {"tier": rules.cap.tier, "tiers": tiers}
        yield ("grading", "sanctions", "cap", "tier"), "tier-above-top", dict(facts)


def starts_fit(file: PolicyFile) -> Iterator[Finding]:
    """Starting tiers exist, no entry fits everybody, none starts above the first tier allowed."""
    new = None if file.grading is None else file.grading.newcomers
    if new is None:
        return
    path, tiers = ("grading", "newcomers"), tiers_of(file)
    if new.at_most is not None:
        if tiers is not None and new.at_most > tiers:
            yield (*path, "at_most"), "tier-above-top", {"tier": new.at_most, "tiers": tiers}
        elif new.start_tier > new.at_most:
            facts = {"tier": new.start_tier, "most": new.at_most}
            yield (*path, "start_tier"), "start-above-most", dict(facts)
    for k, rule in enumerate(new.starts):
        entry: Path = (*path, "starts", k)
        if not rule.who.named() and rule.area is None:
            yield entry, "start-fits-all", {"tier": rule.tier}
        for name, values in rule.who.named().items():
            if not values:
                yield (*entry, "who", name), "needs-entries", {"number": 1}
        if rule.area is not None and not _open(rule.area):
            yield (*entry, "area"), "area-empty", {}
        if tiers is not None and rule.tier > tiers:
            yield (*entry, "tier"), "tier-above-top", {"tier": rule.tier, "tiers": tiers}
        elif new.at_most is not None and rule.tier > new.at_most:
            facts = {"tier": rule.tier, "most": new.at_most}
            yield (*entry, "tier"), "start-above-most", dict(facts)


def _open(area: AreaRange) -> bool:
    """Whether a range has a bound, and room between its bounds."""
    if area.at_least is None or area.below is None:
        return area.at_least is not None or area.below is not None
    return area.at_least < area.below
