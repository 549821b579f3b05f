"""What the next tier needs: in points, in cartons and yuan a month, and what it would bring.

Where rules after the score decide (``moves.py``) the answer is about the final tier: the cartons
that really lift it, or the rule that holds it whatever is bought.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from allocator.explanation.books import Books
from allocator.explanation.claims import (
    Claim,
    Facts,
    Place,
    from_micro,
    in_own_row,
    in_policy,
    in_public,
)
from allocator.explanation.gathering import most_of_cell
from allocator.explanation.grade import block_of
from allocator.explanation.keep import in_money, line_told
from allocator.explanation.limits import next_by_limits, next_of, rule_place
from allocator.explanation.moves import PATHS, links
from allocator.explanation.standing import Standing
from allocator.hiding import enough_others

COUNTED: Final = ("advance-cartons", "advance-higher")
"""Claims whose cartons are also told in yuan."""


def what_next(books: Books, who: Standing) -> tuple[Claim, ...]:
    """How far the next tier up is; nothing for those who have no score yet.

    The gap is the boundary less the own score, so it tells the score of the last shop above the
    boundary: told only where at least five others stand in that tier.
    """
    grading, row = books.run.grading, who.graded
    if not row or who.tier is None:
        return ()
    if grading.rule == "by" and "by" in str(row["reason"]).split() and grading.limits is not None:
        facts: Facts = {"attribute": grading.limits.attribute}
        return (Claim("advance-by", facts, (rule_place(books),)),)
    if not row["graded"]:
        return ()
    if grading.moving:
        return _to_final(books, who)
    told = _by_limits(books, who) if grading.limits is not None else _by_rank(books, who)
    return tuple(
        claim
        for first in told
        for claim in (first, *(_money(who, first) if first.code in COUNTED else ()))
    )


def _money(who: Standing, claim: Claim) -> tuple[Claim, ...]:
    cartons = claim.parameters["cartons"]
    return in_money(who, cartons) if isinstance(cartons, int) else ()


def _by_limits(books: Books, who: Standing) -> tuple[Claim, ...]:
    grading = books.run.grading
    above = None if grading.rule == "grid" else next_of(books, who.graded["tier_by_score"])
    gain = () if above is None else _gain(books, who, above)
    return (*next_by_limits(books, who), *gain)


def _by_rank(books: Books, who: Standing) -> tuple[Claim, ...]:
    row = who.graded
    tier = row["tier_by_score"]
    own = in_own_row("grading.csv", "score tier to_next_tier")
    exact = in_own_row("record/grading.csv", "to_next_score")
    above = next_of(books, tier)
    if above is None:
        return (Claim("advance-top", {"tier": tier}, (own,)),)
    first, last = block_of(books, above)
    gain = _gain(books, who, above)
    if not enough_others(last - first + 2):  # all who stand there are others than the reader
        return (Claim("advance-hidden", {"next_tier": above}, (own,)), *gain)
    rule = rule_place(books)
    gap = row["to_next_score"]
    told = []
    if gap is not None:
        facts: Facts = {"next_tier": above, "score": from_micro(gap)}
        told.append(Claim("advance-score", facts, (exact, rule)))
    if row["to_next_tier"] is not None:
        facts = {"next_tier": above, "cartons": row["to_next_tier"]}
        told.append(Claim("advance-cartons", facts, (own, rule)))
    elif gap is not None:
        told.append(Claim("advance-no-cartons", {"next_tier": above}, (own, rule)))
    return (*told, *gain)


def _to_final(books: Books, who: Standing) -> tuple[Claim, ...]:
    """The cartons that lift the final tier; else the rule that holds it, or that none would do."""
    grading, tier = books.run.grading, int(who.graded["tier"])
    own = in_own_row("grading.csv", "quantity score tier moves")
    evidence = (own, rule_place(books))
    if tier == grading.tiers:
        return (Claim("advance-top", {"tier": tier}, evidence),)
    found = books.prospects.get(who.retailer)
    if found is None or found.reached is None:
        return (Claim("advance-no-figure", {"tier": tier}, evidence),)
    cartons, reached = found.more, found.reached
    if cartons is None:
        held = _holder(reached.moves, tier)
        return (_held(books, who, held, own),) if held else (_none(tier, evidence),)
    gain = _gain(books, who, reached.tier)
    if not line_told(books, who, reached.by_score):
        return (Claim("advance-hidden", {"next_tier": reached.tier}, evidence), *gain)
    facts: Facts = {"next_tier": reached.tier, "cartons": cartons}
    return (Claim("advance-cartons", facts, evidence), *in_money(who, cartons), *gain)


def _none(tier: int, evidence: tuple[Place, ...]) -> Claim:
    return Claim("advance-no-tier", {"tier": tier}, evidence)


def _holder(moves: str, tier: int) -> str | None:
    """The last rule that sets a highest tier, among those that lowered it to where it is."""
    lowered = [rule for rule, before, after in links(moves) if after < before and rule in _HELD]
    return lowered[-1] if lowered else None


def _held(books: Books, who: Standing, rule: str, own: Place) -> Claim:
    code, facts = _HELD[rule](books, who)
    place = in_policy(PATHS[rule], books.run.policy.lines)
    return Claim(code, {"tier": who.tier, **facts}, (place, own))


def _by_step(books: Books, who: Standing) -> tuple[str, Facts]:
    rules, row = books.run.policy.grading, who.graded
    step = None if rules is None or rules.movement is None else rules.movement.max_step
    facts: Facts = {
        "previous": row["previous_earned"],
        "step": None if step is None else step.up,
    }
    enough = [before for rule, before, after in links(row["moves"]) if rule == "max-step"]
    if enough and enough[0] > row["previous_earned"]:
        return "advance-held-step", {**facts, "score_tier": enough[0]}
    return "advance-full-step", facts


def _by_credit(books: Books, who: Standing) -> tuple[str, Facts]:
    return "advance-held-credit", {"credit": str(who.person.get("credit"))}


_HELD: Final[Mapping[str, Callable[[Books, Standing], tuple[str, Facts]]]] = {
    "max-step": _by_step,
    "first-tier": lambda books, who: ("advance-held-first", {}),
    "credit-cap": _by_credit,
    "cap": lambda books, who: ("advance-held-cap", {}),
}
"""Rules that set a highest tier -> the claim that says so."""


def _gain(books: Books, who: Standing, above: int) -> tuple[Claim, ...]:
    """How many cartons more the whole quotas of tier ``above`` hold in this cycle."""
    plan = books.run.plan
    if who.cell is None or who.tier is None or above <= who.tier:
        return ()
    if plan.between is not None:  # quotas rise with the score: crossing the boundary brings nothing
        return ()
    c = who.cell + above - who.tier  # a chain of cells has its tiers in rising order
    higher = books.once(("whole", c), lambda: int((plan.base[:, c] * plan.allowed[:, c]).sum()))
    more = higher - most_of_cell(books, who.cell)
    if more <= 0:
        return ()
    place = in_public("quotas.csv", "base", tier=above)
    own = in_public("quotas.csv", "base", tier=who.tier)
    return (Claim("advance-gain", {"next_tier": above, "more": more}, (place, own)),)
