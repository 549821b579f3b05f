"""Cards where products or shops are bound together: every claim holds, and the true one is made."""

from __future__ import annotations

from collections import Counter

import pytest

from allocator.explanation.card import explain_each
from allocator.explanation.check import check_claims
from allocator.explanation.sentences import sentence
from explanation.test_check import everybody, unnoticed
from strategies import bound_week

SEEDS = range(24)


def told_here(code: str) -> bool:
    """How a quota came about is not: these plans were changed after they were made."""
    return code == "quota-no-promise" or not code.startswith("quota-")


@pytest.mark.parametrize("seed", SEEDS)
def test_every_claim_of_every_card_checks_true(seed: int) -> None:
    """Bands, baskets, groups and sharing out, over random cities."""
    run = bound_week(seed)
    refuted = [
        (card.retailer, verdict.claim.code, dict(verdict.claim.parameters), verdict.found)
        for card in explain_each(run, everybody(run))
        for verdict in check_claims(run, card)
        if not verdict.holds and told_here(verdict.claim.code)
    ]

    assert refuted == []


def test_each_reason_is_given_somewhere_and_can_be_told() -> None:
    """No code is dead, and each has a sentence in both languages."""
    codes: Counter[str] = Counter()
    for seed in SEEDS:
        run = bound_week(seed)
        for card in explain_each(run, everybody(run)):
            codes.update(claim.code for claim in card.claims)
            for claim in card.claims:
                assert sentence(claim, card.names, "en")
                assert sentence(claim, card.names, "zh-CN")

    assert {
        "may-order-bands",
        "band-limit",
        "shortfall-band",
        "shortfall-basket",
        "shortfall-group",
        "shortfall-shared",
        "quota-no-promise",
    } <= codes.keys(), codes


@pytest.mark.parametrize("seed", [1, 3, 5, 8])
def test_a_changed_number_is_caught(seed: int) -> None:
    """Each parameter of each claim, changed alone by the least step."""
    run = bound_week(seed)

    assert unnoticed(run, everybody(run)[:8]) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_whoever_fell_short_is_told_why(seed: int) -> None:
    """A line with less than was asked has a reason of the rules, unless nothing may be ordered."""
    run = bound_week(seed)
    if run.allocation is None:
        return
    short = {
        (line["retailer_id"], line["product_id"])
        for line in run.allocation.lines.rows(named=True)
        if line["line"] is not None
        and line["requested"] is not None
        and line["award"] < line["requested"]
    }
    cells = dict(run.plan.members.select("retailer_id", "cell").rows())
    for card in explain_each(run, everybody(run)):
        reasons = ("shortfall", "quota-not", "quota-tiers")
        told = {claim.product for claim in card.claims if claim.code.startswith(reasons)}
        for retailer, product in short:
            assert retailer != card.retailer or cells[retailer] is None or product in told
