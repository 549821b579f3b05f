"""Which rules changed a tier after the score: one claim for each, in their order.

The record keeps them as ``hysteresis 14>15; max-step 15>17`` (``grading.settling``); what each rule
says stands in the policy, what it counted from in the retailer's own row. Penalties are told with
their last day and, in the company's own words, their ground.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Final

from allocator.explanation.books import Books
from allocator.explanation.claims import Claim, Facts, Place, in_own_row, in_policy
from allocator.explanation.sentences import plain
from allocator.explanation.standing import Standing
from allocator.policy.grading_models import GradingPolicy

PATHS: Final[Mapping[str, str]] = {
    "hysteresis": "grading.movement.hysteresis",
    "max-step": "grading.movement.max_step",
    "first-tier": "grading.newcomers.at_most",
    "credit-promote": "grading.credit",
    "credit-demote": "grading.credit",
    "credit-cap": "grading.credit",
    "demote": "grading.sanctions.demote",
    "cap": "grading.sanctions.cap",
}
"""Rule -> where the policy states it."""


def links(moves: str) -> Iterator[tuple[str, int, int]]:
    """Rule, tier before and tier after of each link of ``moves``."""
    for link in filter(None, moves.split("; ")):
        rule, _, change = link.rpartition(" ")
        before, _, after = change.partition(">")
        yield rule, int(before), int(after)


def why_moved(books: Books, who: Standing) -> tuple[Claim, ...]:
    """The rules that changed the tier of ``who``."""
    grading, rules = books.run.grading, books.run.policy.grading
    if not grading.moving or rules is None or not who.graded.get("moves"):
        return ()
    told = []
    for rule, before, after in links(who.graded["moves"]):
        facts: Facts = {"score_tier": before, "tier": after}
        code, more = _SAID[rule](rules, who, before, after)
        told.append(Claim(code, {**facts, **more}, _places(books, who, rule)))
    return tuple(told)


def _places(books: Books, who: Standing, rule: str) -> tuple[Place, ...]:
    own = in_own_row("grading.csv", "moves previous_earned")
    return in_policy(PATHS[rule], books.run.policy.lines), own


Said = tuple[str, Facts]


def _margin(rules: GradingPolicy, who: Standing, before: int, after: int) -> Said:
    margin = None if rules.movement is None else rules.movement.hysteresis
    previous: Facts = {"previous": who.graded["previous_earned"]}
    if margin is not None and margin.points is not None:
        return "tier-margin-points", {**previous, "score": margin.points}
    share = Decimal(0) if margin is None or margin.share is None else margin.share
    return "tier-margin-share", {**previous, "percent": percent(share)}


def _step(rules: GradingPolicy, who: Standing, before: int, after: int) -> Said:
    step = None if rules.movement is None else rules.movement.max_step
    code = "tier-step-up" if after < before else "tier-step-down"
    most = None if step is None else (step.up if after < before else step.down)
    return code, {"previous": who.graded["previous_earned"], "step": most}


def _first(rules: GradingPolicy, who: Standing, before: int, after: int) -> Said:
    return "tier-first-score", {}


def _credit(rules: GradingPolicy, who: Standing, before: int, after: int) -> Said:
    return "tier-by-credit", {"credit": str(who.person.get("credit"))}


def _demoted(rules: GradingPolicy, who: Standing, before: int, after: int) -> Said:
    return "tier-demoted", {"change": before - after}


def _capped(rules: GradingPolicy, who: Standing, before: int, after: int) -> Said:
    return "tier-capped", {}


_SAID: Final[Mapping[str, Callable[[GradingPolicy, Standing, int, int], Said]]] = {
    "hysteresis": _margin,
    "max-step": _step,
    "first-tier": _first,
    "credit-promote": _credit,
    "credit-demote": _credit,
    "credit-cap": _credit,
    "demote": _demoted,
    "cap": _capped,
}


def percent(share: Decimal) -> Decimal:
    """A share as per cent, without trailing zeros."""
    return Decimal(format((share * 100).normalize(), "f"))


def what_punishes(books: Books, who: Standing) -> tuple[Claim, ...]:
    """Each penalty in force with its last day, then its ground as the company wrote it."""
    if who.tier is None or not who.graded:
        return ()
    told = []
    for row in books.penalties.get(who.retailer, ()):
        kind = row["kind"]
        place = in_own_row("inputs/sanctions.csv", "kind until source", kind=kind)
        rule = in_policy(f"grading.sanctions.{kind}", books.run.policy.lines)
        facts: Facts = {"tier": who.tier}
        code = f"penalty-{kind}"
        if row["until"] is not None:
            code, facts = f"{code}-until", {**facts, "until": row["until"]}
        told.append(Claim(code, facts, (place, rule)))
        if row["source"]:
            quote = {"source": plain(str(row["source"]))}
            told.append(Claim("penalty-source", {"tier": who.tier}, (place,), quote))
    return tuple(told)
