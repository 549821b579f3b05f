"""Movement once more, shop by shop and boundary by boundary, as ``docs/grading.md`` says it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

MICRO = 1_000_000


@dataclass
class Shop:
    """What a shop has before any rule."""

    raw: int | None
    score: int | None
    new: bool
    tier: int | None
    earned: int | None
    last_graded: date | None
    joined: date | None
    credit: str | None
    sanctions: list[dict[str, Any]]


def passes(score: int, other: int, margin: dict[str, Any], up: bool) -> bool:
    """Whether a score passes another one by the margin."""
    if "points" in margin:
        part = Fraction(margin["points"]) * MICRO
    else:
        part = Fraction(margin["share"]) * other
    return score >= other + part if up else score <= other - part


def hysteresis(
    own: Shop, shops: list[Shop], margin: dict[str, Any], cuts: list[int] | None = None
) -> int:
    """Walk from the earned tier towards the one by score, over one boundary after the other.

    cuts : least score of each tier from tier 1, where it is fixed; else the shops on the other
        side are the boundary
    """
    ranked = [shop for shop in shops if shop.score is not None]
    tier = own.earned
    while tier < own.raw:
        below = [cuts[tier]] if cuts else [shop.score for shop in ranked if shop.raw <= tier]
        if below and not passes(own.score, max(below), margin, True):
            break
        tier += 1
    while tier > own.raw:
        above = [cuts[tier - 1]] if cuts else [s.score for s in ranked if s.raw >= tier]
        if above and not passes(own.score, min(above), margin, False):
            break
        tier -= 1
    return tier


def in_force(row: dict[str, Any], on: date) -> bool:
    """Both days count; a missing one is open."""
    return (row["from"] or on) <= on <= (row["until"] or on)


def months_later(day: date, months: int) -> date:
    """The same day so many months later, the last one of a shorter month."""
    month = day.year * 12 + day.month - 1 + months
    for back in range(4):
        try:
            return date(month // 12, month % 12 + 1, day.day - back)
        except ValueError:
            continue
    raise AssertionError


def settle(
    own: Shop,
    shops: list[Shop],
    policy: dict[str, Any],
    tiers: int,
    on: date,
    cuts: list[int] | None = None,
):
    """(tier, earned tier, moves as list, stopped)."""
    if own.raw is None:
        return None, None, [], False
    moves: list[str] = []
    tier = own.raw

    def then(rule: str, now: int) -> None:
        nonlocal tier
        now = min(max(now, 1), tiers)
        if now != tier:
            moves.append(f"{rule} {tier}>{now}")
        tier = now

    new = policy["newcomers"]
    first = bool(
        new and not own.new and own.joined and own.last_graded
        and months_later(own.joined, new["months"]) > own.last_graded
    )  # fmt: skip
    damped = not own.new and not first and own.earned is not None and own.earned <= tiers
    movement = policy["movement"] or {}
    if damped and "hysteresis" in movement and own.score is not None:
        margin = movement["hysteresis"]
        if margin == "5%":
            margin = {"share": Fraction(5, 100)}
        elif not isinstance(margin, dict):
            margin = {"share": margin}
        then("hysteresis", hysteresis(own, shops, margin, cuts))
    if damped and "max_step" in movement:
        step = movement["max_step"]
        if isinstance(step, int):
            step = {"up": step, "down": step}
        then("max-step", min(tier, own.earned + step.get("up", tiers)))
        then("max-step", max(tier, own.earned - step.get("down", tiers)))
    if first and "at_most" in new:
        then("first-tier", min(tier, new["at_most"]))
    earned = None if own.new else tier
    valid = {tuple(row.items()) for row in own.sanctions if in_force(row, on)}
    held = [dict(row) for row in valid]
    rule = policy["credit"].get(own.credit, {})
    if not held:
        then("credit-promote", tier + rule.get("promote", 0))
    then("credit-demote", tier - rule.get("demote", 0))
    then("credit-cap", min(tier, rule.get("cap", tiers)))
    then("demote", tier - sum(int(row["value"]) for row in held if row["kind"] == "demote"))
    then("cap", min([tier, *(int(row["value"]) for row in held if row["kind"] == "cap")]))
    return tier, earned, moves, any(row["kind"] == "suspend" for row in held)
