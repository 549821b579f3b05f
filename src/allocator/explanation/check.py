"""Recomputes every claim of a card, so that nobody has to believe it.

What is recomputed comes from the records of the run and the public tables alone; the functions
that made the claims are not asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from allocator.explanation.card import Card
from allocator.explanation.claims import Claim
from allocator.explanation.dossier import Dossier
from allocator.explanation.recount import (
    ahead,
    holds,
    limits,
    moves,
    neighbour,
    one_more,
    order,
    period,
    quota,
    shop,
    together,
    touched,
)
from allocator.explanation.recount.case import Case, Found
from allocator.wording import Fact

Recount = Callable[[Case, Claim], Found]

CHECKS: Final[Mapping[str, Recount]] = {
    "may-order": shop.may_order,
    "may-order-only": shop.may_order,
    "may-order-bands": shop.may_order,
    "may-order-bands-only": shop.may_order,
    "band-limit": together.band_limit,
    "not-active": shop.barred,
    "no-tier": shop.barred,
    "not-due": shop.barred,
    "tier-rank": shop.rank,
    "tier-boundary": shop.boundary,
    "month-left-out": touched.screened,
    "month-left-out-days": touched.screened,
    "month-cut": touched.screened,
    "month-cut-days": touched.screened,
    "month-exempt": touched.exempt,
    "month-exempt-days": touched.exempt,
    "tier-exempt": shop.unscored,
    "tier-window": period.window,
    "tier-window-months": period.window,
    "tier-window-days": period.window,
    "tier-window-gaps": period.window,
    "tier-window-weights": period.weights,
    "tier-item-max": shop.item,
    "tier-item-rank": shop.item,
    "tier-item-log": shop.item,
    "tier-item-winsorised": shop.item,
    "tier-item-own": shop.item,
    "tier-by-bands": limits.by_bands,
    "tier-band": limits.band,
    "tier-of-bands": limits.of_bands,
    "tier-begins": limits.begins,
    "tier-lowest": limits.begins,
    "tier-by-attribute": limits.attribute,
    "tier-by-otherwise": limits.attribute,
    "tier-margin-share": moves.link,
    "tier-margin-points": moves.link,
    "tier-step-up": moves.link,
    "tier-step-down": moves.link,
    "tier-first-score": moves.link,
    "tier-by-credit": moves.link,
    "tier-demoted": moves.link,
    "tier-capped": moves.link,
    "penalty-demote": moves.penalty,
    "penalty-demote-until": moves.penalty,
    "penalty-cap": moves.penalty,
    "penalty-cap-until": moves.penalty,
    "penalty-suspend": moves.penalty,
    "penalty-suspend-until": moves.penalty,
    "penalty-source": moves.penalty,
    "tier-same": shop.moved,
    "tier-up": shop.moved,
    "tier-down": shop.moved,
    "new-products": shop.new_products,
    "new-scored": shop.new_scored,
    "new-item": shop.new_item,
    "tier-newcomer": shop.newcomer,
    "tier-newcomer-undated": shop.newcomer,
    "tier-given": shop.unscored,
    "tier-no-sales": shop.unscored,
    "tier-not-scored": shop.unscored,
    "advance-top": shop.top,
    "advance-hidden": shop.hidden,
    "advance-score": shop.gap,
    "advance-cartons": shop.cartons,
    "advance-no-cartons": shop.unreachable,
    "advance-band": limits.band_gap,
    "advance-higher": limits.higher_cell,
    "advance-no-higher": limits.no_higher_cell,
    "advance-money": ahead.money,
    "advance-no-figure": ahead.no_figure,
    "advance-no-tier": ahead.not_lifted,
    "advance-held-step": ahead.not_lifted,
    "advance-full-step": ahead.not_lifted,
    "advance-held-first": ahead.not_lifted,
    "advance-held-credit": ahead.not_lifted,
    "advance-held-cap": ahead.not_lifted,
    "advance-by": ahead.by_attribute,
    "advance-gain": shop.gain,
    "keep-cartons": ahead.kept,
    "keep-all": ahead.kept,
    "keep-safe": ahead.kept,
    "keep-lowest": ahead.kept,
    "keep-score": ahead.spare,
    "neighbour-apart": neighbour.apart,
    "neighbour-together": neighbour.apart,
    "neighbour-tier": neighbour.tiers,
    "neighbour-score": neighbour.tiers,
    "neighbour-kind": neighbour.kind,
    "neighbour-odd": neighbour.odd,
    "neighbour-second": neighbour.second,
    "neighbour-entered": neighbour.entries,
    "neighbour-entered-wrong": neighbour.entries,
    "product-line": quota.product_line,
    "product-limit": quota.product_line,
    "quota-limit": quota.limit,
    "quota-limit-with-odd": quota.limit,
    "quota-limit-own": quota.limit,
    "quota-limit-own-with-odd": quota.limit,
    "quota-limit-own-with-drawn": quota.limit,
    "quota-limit-not-turn": quota.limit,
    "quota-limit-turn": quota.limit,
    "quota-limit-with-drawn": quota.limit,
    "quota-limit-not-drawn": quota.limit,
    "quota-limit-drawn": quota.limit,
    "quota-published": quota.published,
    "quota-supply": quota.supply,
    "quota-supply-reserve": quota.supply,
    "quota-no-promise": together.no_promise,
    "quota-shops": quota.shops,
    "quota-shops-of-tier": quota.shops,
    "quota-times": quota.times,
    "quota-share": quota.share,
    "quota-share-middle": quota.share,
    "quota-share-between": quota.between,
    "quota-share-own": quota.between,
    "quota-ceiling": quota.edge,
    "quota-floor": quota.edge,
    "quota-held-basket": holds.basket,
    "quota-held-most": holds.group,
    "quota-held-least": holds.group,
    "quota-held-order": holds.neighbour,
    "quota-held-step": holds.neighbour,
    "quota-lifted-order": holds.neighbour,
    "quota-lifted-step": holds.neighbour,
    "quota-whole": quota.whole,
    "quota-below-one": quota.whole,
    "quota-whole-drawn": quota.whole,
    "quota-whole-own": quota.whole,
    "quota-whole-own-drawn": quota.whole,
    "quota-below-one-own": quota.whole,
    "quota-below-one-own-drawn": quota.whole,
    "quota-below-one-drawn": quota.whole,
    "quota-path": quota.along_path,
    "quota-equal": quota.whole,
    "quota-not-released": quota.not_released,
    "quota-not-for-segment": quota.not_released,
    "quota-tiers": quota.not_released,
    "turn-served": quota.turn,
    "turn-waiting": quota.turn,
    "turn-served-few": quota.turn,
    "turn-waiting-few": quota.turn,
    "turn-served-together": quota.turn,
    "turn-waiting-together": quota.turn,
    "turn-owed": quota.owed,
    "draw-served": quota.turn,
    "draw-waiting": quota.turn,
    "draw-served-few": quota.turn,
    "draw-waiting-few": quota.turn,
    "draw-served-together": quota.turn,
    "draw-waiting-together": quota.turn,
    "more-room": one_more.now,
    "more-nothing": one_more.now,
    "more-withheld": one_more.now,
    "more-tier": one_more.higher,
    "more-no-tier": one_more.higher,
    "more-supply": one_more.supply,
    "more-no-supply": one_more.supply,
    "granted-below-standard": order.entered,
    "granted-below-standard-no-order": order.entered,
    "granted-above-standard": order.entered,
    "asked-unknown": order.unknown_asked,
    "order-met": order.met,
    "order-second-round": order.met_in_two,
    "shortfall-turn": order.over_limit,
    "shortfall-draw": order.over_limit,
    "shortfall-limit": order.over_limit,
    "shortfall-band": together.full,
    "shortfall-band-room": together.room_found,
    "shortfall-basket": together.full,
    "shortfall-group": together.group_full,
    "shortfall-shared": together.shared,
    "shortfall-lot": order.part_lot,
    "shortfall-no-release": order.no_release,
    "shortfall-one-round": order.second_round,
    "shortfall-ceiling": order.second_round,
    "shortfall-second-round": order.second_round,
    "shortfall-nothing-left": order.second_round,
    "shortfall-demand": order.demand,
    "shortfall-demand-few": order.demand,
    "scarcity-cause": order.cause,
    "scarcity-cause-unknown": order.cause,
    "scarcity-measures": order.cause,
    "scarcity-measures-unknown": order.cause,
    "scarcity-unknown": order.silent,
    "scarcity-until": order.until,
    "scarcity-until-unknown": order.until,
    "scarcity-substitute": order.substitute,
    "scarcity-substitute-free": order.substitute,
    "scarcity-no-substitute": order.substitute,
}
"""Code of a claim -> how it is recomputed. A claim without a check may not be made."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a claim is true.

    found : the parameters as recomputed; ``None`` where the statement is not true at all
    """

    claim: Claim
    holds: bool
    found: Mapping[str, Fact] | None


def check_claims(run: Dossier, card: Card) -> tuple[Verdict, ...]:
    """Recompute every claim of ``card`` from ``run``, in reading order."""
    case = Case(run, card.retailer)
    return tuple(check_claim(case, claim) for claim in card.claims)


def check_claim(case: Case, claim: Claim) -> Verdict:
    """A claim holds if every parameter is found again and every own row is the retailer's."""
    recount = CHECKS.get(claim.code)
    found = recount(case, claim) if recount and _known(case, claim.product) else None
    whose = f"retailer_id={case.retailer}"
    own = all(
        part == whose
        for place in claim.evidence
        for part in place.key
        if part.startswith("retailer_id=")
    )
    holds = found is not None and dict(found) == dict(claim.parameters)
    return Verdict(claim, holds and own and bool(claim.evidence), found)


def _known(case: Case, product: str | None) -> bool:
    """Nothing is true of a product that is neither released nor ordered."""
    return product is None or product in case.run.plan.product or bool(case.line(product))
