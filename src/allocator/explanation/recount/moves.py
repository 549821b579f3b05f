"""Recounts the rules that change a tier after the score, one shop and one boundary at a time."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from allocator.explanation.claims import Claim, Facts
from allocator.explanation.recount import limits
from allocator.explanation.recount.again import (
    places,
    rules,
    scores_with,
    ties_lower,
)
from allocator.explanation.recount.case import Case, Found
from allocator.explanation.sentences import plain
from allocator.policy.movement_models import Margin, StartRule
from allocator.records import MICRO
from allocator.tables.values import tier_of

Link = tuple[str, int, int]
"""Rule, tier before it, tier after it."""


def outcome(case: Case, more: int = 0) -> tuple[int, list[Link]]:
    """Tier by score with so many cartons a month more, and each rule that changes it then."""
    grading = case.run.grading
    if "exempt" in str(case.graded["reason"]).split():  # none of its months count
        return (kept_tier := _last(case)), _decided(case, kept_tier)
    if not case.graded["graded"]:
        return (raw := _unscored(case)), _after_score(case, raw)
    if grading.rule == "grid":
        return (raw := limits.cell(case, more)), _after_score(case, raw)
    if grading.rule == "bands":
        score = limits.score(case, more)
        raw = limits.reached(case, score)
        return raw, _chain(case, raw, score, [], [])
    all_scores, own = scores_with(case, more)
    scores = all_scores.tolist()
    tiers = tiers_of_all(case, scores)
    others = [k for k in range(len(scores)) if k != own]
    return tiers[own], _chain(
        case, tiers[own], scores[own], [scores[k] for k in others], [tiers[k] for k in others]
    )


def _new(case: Case) -> bool:
    """Whether the shop has traded too short for a score."""
    entry, joined = rules(case).newcomers, case.person.get("joined_on")
    if entry is None or joined is None:
        return False
    return months_after(joined, entry.months) > case.run.grading.on


def _unscored(case: Case) -> int:
    """Where a shop without a score starts: as a new one, by its attribute, or at the bottom."""
    entry, found = rules(case).newcomers, case.run.grading.limits
    if entry is not None and _new(case):
        fitting = (rule.tier for rule in entry.starts if _fits(case, rule))
        return next(fitting, entry.start_tier)
    if found is not None and found.attribute:
        value = case.person.get(found.attribute)
        return found.otherwise if value is None else found.values.get(str(value), found.otherwise)
    return 1


def _fits(case: Case, rule: StartRule) -> bool:
    """Whether all that an entry of starting tiers names is so."""
    if any(case.person.get(name) not in values for name, values in rule.who.named().items()):
        return False
    if rule.area is None:
        return True
    area = case.person.get("area")
    least, most = rule.area.at_least, rule.area.below
    if area is None:
        return False
    return (least is None or area >= least * MICRO) and (most is None or area < most * MICRO)


def final(case: Case, more: int = 0) -> int:
    """The tier with so many cartons a month more."""
    raw, chain = outcome(case, more)
    return chain[-1][2] if chain else raw


def tiers_of_all(case: Case, scores: Sequence[int]) -> list[int]:
    """Tiers by score of all graded shops."""
    if case.run.grading.limits is not None:
        return [limits.reached(case, score) for score in scores]
    rising, lower, n = sorted(scores), ties_lower(case), len(scores)
    last = [(places(case, tier)[1], tier) for tier in range(case.run.grading.tiers, 0, -1)]
    found = []
    for score in scores:
        place = n - bisect_left(rising, score) if lower else n - bisect_right(rising, score) + 1
        found.append(next(tier for end, tier in last if end >= place))
    return found


def _chain(
    case: Case, raw: int, score: int, scores: Sequence[int], tiers: Sequence[int]
) -> list[Link]:
    """All links from the tier by score on."""
    before, damping = earned_before(case), rules(case).movement
    tier = raw
    if damping is not None and damping.hysteresis is not None and before is not None:
        tier = _held(
            case, raw, score, before, damping.hysteresis, list(zip(scores, tiers, strict=True))
        )
    held = [("hysteresis", raw, tier)] if tier != raw else []
    return held + _after_score(case, tier)


def _held(
    case: Case,
    raw: int,
    score: int,
    before: int,
    margin: Margin,
    others: Sequence[tuple[int, int]],
) -> int:
    """Crosses one boundary after the other until a margin stops it."""
    published = None
    if case.run.grading.rule in ("cutoffs", "bands") and case.run.grading.limits is not None:
        published = case.run.grading.limits.least.tolist()
    tier = before
    while tier < raw:
        below = [s for s, t in others if t <= tier] if published is None else [published[tier]]
        if below and score < _passed(max(below), margin, +1):
            break
        tier += 1
    while tier > raw:
        above = [s for s, t in others if t >= tier] if published is None else [published[tier - 1]]
        if above and score > _passed(min(above), margin, -1):
            break
        tier -= 1
    return tier


def _passed(line: int, margin: Margin, side: int) -> int:
    """The line and the margin beyond it, away from the line to whole millionths."""
    if margin.points is not None:
        return line + side * int(margin.points * MICRO)
    moved = line * (1 + side * Fraction(margin.share or 0))
    return math.ceil(moved) if side > 0 else math.floor(moved)


def _after_score(case: Case, tier: int) -> list[Link]:
    """Largest step, first score, credit level, penalties."""
    policy, top, before = rules(case), case.run.grading.tiers, earned_before(case)
    found: list[Link] = []

    def then(rule: str, value: int) -> None:
        nonlocal tier
        if value != tier:
            found.append((rule, tier, value))
            tier = value

    step = None if policy.movement is None else policy.movement.max_step
    if step is not None and before is not None:
        most = top if step.up is None else before + step.up
        least = 1 if step.down is None else before - step.down
        then("max-step", min(max(tier, least), most))
    entry = policy.newcomers
    if entry is not None and entry.at_most and not _new(case) and _first_score(case):
        then("first-tier", min(tier, entry.at_most))
    return found + _decided(case, tier)


def _decided(case: Case, tier: int) -> list[Link]:
    """Credit level, then penalties."""
    policy, top = rules(case), case.run.grading.tiers
    found: list[Link] = []
    rows = penalty_rows(case)
    level = policy.credit.get(str(case.person.get("credit")))
    steps: list[tuple[str, int]] = []
    if level is not None:
        steps += [("credit-promote", level.promote or 0)] if not rows else []
        steps += [("credit-demote", -(level.demote or 0))]
        steps += [("credit-cap", level.cap - top - 1)] if level.cap is not None else []
    for rule, change in steps:
        after = min(tier, change + top + 1) if rule == "credit-cap" else tier + change
        after = min(max(after, 1), top)
        found += [(rule, tier, after)] if after != tier else []
        tier = after
    down = sum(_number(case, row) for row in rows if row["kind"] == "demote")
    caps = [_number(case, row) for row in rows if row["kind"] == "cap"]
    lowered = max(tier - down, 1)
    capped = min([lowered, *caps])
    found += [("demote", tier, lowered)] if lowered != tier else []
    found += [("cap", lowered, capped)] if capped != lowered else []
    return found


def penalty_rows(case: Case) -> list[Mapping[str, Any]]:
    """Own rows of the sanctions table in force on the day, each once."""
    table, sanctions = case.run.city.sanctions, rules(case).sanctions
    if table is None or sanctions is None:
        return []
    on = case.run.grading.on
    found: list[Mapping[str, Any]] = []
    for row in table.frame.filter(retailer_id=case.retailer).iter_rows(named=True):
        row = {name: row[name] for name in ("kind", "value", "from", "until", "source")}
        open_ = (row["from"] or on) <= on <= (row["until"] or on)
        if row["kind"] in ("demote", "cap", "suspend") and open_ and row not in found:
            found.append(row)
    return found


def _number(case: Case, row: Mapping[str, Any]) -> int:
    """Tiers of a penalty: of its row, else of the policy."""
    sanctions = rules(case).sanctions
    if row["value"] is not None:
        bare = str(row["value"]).strip().removeprefix("降").removeprefix("下").strip()
        return int(tier_of(pl.Series([bare]))[0])
    if sanctions is None:
        return 0
    if row["kind"] == "demote":
        return (sanctions.demote.tiers if sanctions.demote else None) or 0
    return (sanctions.cap.tier if sanctions.cap else None) or 0


def earned_before(case: Case) -> int | None:
    """The earned tier that movement counts from; ``None`` where there is none."""
    if _new(case) or _first_score(case):
        return None
    earned, _ = _own_past(case)
    return None if earned is None or earned > case.run.grading.tiers else earned


def _own_past(case: Case) -> tuple[int | None, int | None]:
    """Earned and final tier of the shop's last grading."""
    table = case.run.city.tiers
    mine = [row for row in _past(case) if row["retailer_id"] == case.retailer]
    if not mine or table is None:
        return None, None
    apart = "earned_tier" in table.columns or table.frame["earned_tier"].is_not_null().any()
    return mine[-1]["earned_tier" if apart else "tier"], mine[-1]["tier"]


def _last(case: Case) -> int:
    """The tier that a shop keeps none of whose months count."""
    earned, tier = _own_past(case)
    return min(earned or tier or 1, case.run.grading.tiers)


def _past(case: Case) -> list[dict[str, Any]]:
    """Tiers of earlier gradings, the oldest first."""
    table = case.run.city.tiers
    if table is None:
        return []
    on = case.run.grading.on
    rows = [row for row in table.frame.to_dicts() if row["tier"] and row["graded_on"] < on]
    return sorted(rows, key=lambda row: row["graded_on"])


def _first_score(case: Case) -> bool:
    """Whether the shop was too new for a score when it was last graded."""
    entry, joined = rules(case).newcomers, case.person.get("joined_on")
    rows = _past(case)
    if entry is None or joined is None or not rows:
        return False
    mine = [row["graded_on"] for row in rows if row["retailer_id"] == case.retailer]
    last: date = mine[-1] if mine else rows[-1]["graded_on"]
    return months_after(joined, entry.months) > last


def months_after(day: date, months: int) -> date:
    """The same day so many months later; the last of a month that is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def link(case: Case, claim: Claim) -> Found:
    """One rule that changed the tier, with what it counts from."""
    policy, (_, chain) = rules(case), outcome(case)
    movement = policy.movement
    margin = None if movement is None else movement.hysteresis
    step = None if movement is None else movement.max_step
    for rule, before, after in chain:
        facts: Facts = {"score_tier": before, "tier": after}
        previous: Facts = {"previous": earned_before(case)}
        found: tuple[str, Facts]
        if rule == "hysteresis" and margin is not None and margin.points is not None:
            found = "tier-margin-points", {**previous, "score": margin.points}
        elif rule == "hysteresis" and margin is not None:
            percent = Decimal(100) * (margin.share or 0)
            found = "tier-margin-share", {**previous, "percent": percent}
        elif rule == "max-step" and step is not None and after < before:
            found = "tier-step-up", {**previous, "step": step.up}
        elif rule == "max-step" and step is not None:
            found = "tier-step-down", {**previous, "step": step.down}
        elif rule == "demote":
            found = "tier-demoted", {"change": before - after}
        elif rule.startswith("credit-"):
            found = "tier-by-credit", {"credit": str(case.person.get("credit"))}
        else:
            found = {"cap": "tier-capped"}.get(rule, "tier-first-score"), {}
        if claim.code == found[0] and claim.parameters.get("score_tier") == before:
            return {**facts, **found[1]}
    return None


def penalty(case: Case, claim: Claim) -> Found:
    """A penalty in force, its last day, and the company's own words of its ground."""
    for row in penalty_rows(case):
        facts: Facts = {"tier": case.member["tier"]}
        code = f"penalty-{row['kind']}"
        if row["until"] is not None:
            code, facts = f"{code}-until", {**facts, "until": row["until"]}
        said = claim.quotes.get("source")
        if claim.code == "penalty-source":
            if row["source"] and plain(str(row["source"])) == said:
                return {"tier": case.member["tier"]}
        elif claim.code == code and claim.parameters.get("until") == row["until"]:
            return facts
    return None
