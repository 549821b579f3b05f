"""What the next tier needs: in points, in cartons a month, and what it would bring."""

from __future__ import annotations

from allocator.explanation.books import Books, Standing
from allocator.explanation.claims import (
    Claim,
    Facts,
    enough_others,
    from_micro,
    in_own_row,
    in_public,
)
from allocator.explanation.grade import tier_block
from allocator.explanation.limits import next_by_limits, next_tier, rule_place


def what_next(books: Books, who: Standing) -> tuple[Claim, ...]:
    """How far the next tier up is; nothing for those whose tier does not come from a score.

    The gap is the boundary less the own score, so it tells the score of the last shop above the
    boundary: told only where at least five others stand in that tier.
    """
    row = who.graded
    if not row or not row["graded"] or who.tier is None:
        return ()
    grading = books.run.grading
    if grading.limits is not None:
        above = None if grading.rule == "grid" else next_tier(grading, row["tier_by_score"])
        gain = () if above is None else _gain(books, who, above)
        return (*next_by_limits(books, who), *gain)
    tier = row["tier_by_score"]
    own = in_own_row("grading.csv", "score tier to_next_tier", retailer_id=who.retailer)
    exact = in_own_row("record/grading.csv", "to_next_score", retailer_id=who.retailer)
    above = next_tier(grading, tier)
    if above is None:
        return (Claim("advance-top", {"tier": tier}, (own,)),)
    first, last = tier_block(grading, above)
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


def _gain(books: Books, who: Standing, above: int) -> tuple[Claim, ...]:
    """How many cartons more the whole quotas of tier ``above`` hold in this cycle."""
    plan = books.run.plan
    if who.cell is None or who.tier is None or above <= who.tier:
        return ()
    if plan.between is not None:  # quotas rise with the score: crossing the boundary brings nothing
        return ()
    c = who.cell + above - who.tier  # a chain of cells has its tiers in rising order
    higher = int((plan.base[:, c] * plan.allowed[:, c]).sum())
    more = higher - sum(offer.base for offer in who.offers.values())
    if more <= 0:
        return ()
    place = in_public("quotas.csv", "base", tier=above)
    own = in_public("quotas.csv", "base", tier=who.tier)
    return (Claim("advance-gain", {"next_tier": above, "more": more}, (place, own)),)
