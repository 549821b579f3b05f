"""Every claim of every card can be recomputed, and a changed number is caught."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from allocator.explanation.card import explain_each
from allocator.explanation.check import CHECKS, check_claim, check_claims
from allocator.explanation.claims import Place
from allocator.explanation.recount.case import Case
from allocator.wording import Fact, catalogue
from strategies import Week, joined_week, small_week, smooth_bound_week, smooth_week


def everybody(run: Week) -> list[str]:
    return run.plan.members["retailer_id"].to_list()


def tampered(value: Fact) -> Fact:
    """The nearest other value of the same kind."""
    if isinstance(value, int):
        return value + 1
    if isinstance(value, Decimal):
        return value + Decimal("0.000001")
    if isinstance(value, date):
        return value + timedelta(days=1)
    return f"{value}x"


MAKES = [small_week, smooth_week, joined_week, smooth_bound_week]


@pytest.mark.parametrize("make", MAKES)
@pytest.mark.parametrize("seed", range(10))
def test_every_claim_of_every_card_checks_true(seed: int, make: Callable[[int], Week]) -> None:
    """Over random cities, policies, orders and order-takers no claim is refuted."""
    run = make(seed)
    refuted = [
        (card.retailer, verdict.claim.code, dict(verdict.claim.parameters), verdict.found)
        for card in explain_each(run, everybody(run))
        for verdict in check_claims(run, card)
        if not verdict.holds
    ]

    assert refuted == []


@pytest.mark.parametrize("make", MAKES)
@pytest.mark.parametrize("seed", [1, 4, 7])
def test_a_changed_number_is_caught_whichever_it_is(seed: int, make: Callable[[int], Week]) -> None:
    """Each parameter of each claim, changed alone by the least step, refutes the claim."""
    run = make(seed)

    assert unnoticed(run, everybody(run)[:6]) == []


def unnoticed(run: Week, retailers: list[str]) -> list[tuple[str, str, str, Fact]]:
    """Parameters of the cards' claims that may be changed by the least step and still hold."""
    missed = []
    for card in explain_each(run, retailers):
        case = Case(run, card.retailer)
        for claim in card.claims:
            for name, value in claim.parameters.items():
                other = {**claim.parameters, name: tampered(value)}
                if check_claim(case, replace(claim, parameters=other)).holds:
                    missed.append((card.retailer, claim.code, name, value))
    return missed


def test_a_changed_quote_is_caught() -> None:
    """What the company wrote about the cause may not be bent."""
    run = small_week(2)
    quoting = [
        (card.retailer, claim)
        for card in explain_each(run, everybody(run))
        for claim in card.claims
        if claim.quotes
    ]

    assert quoting
    for retailer, claim in quoting:
        bent = {key: f"{text}!" for key, text in claim.quotes.items()}
        assert not check_claim(Case(run, retailer), replace(claim, quotes=bent)).holds


def test_a_claim_that_points_at_another_shops_row_is_refused() -> None:
    """Own rows are the reader's own, never a neighbour's."""
    run = small_week(1)
    card = next(explain_each(run, ["R001"]))
    claim = next(claim for claim in card.claims if claim.code == "tier-rank")
    astray = Place("own", "grading.csv", ("retailer_id=R002",), "score")

    assert check_claim(Case(run, "R001"), claim).holds
    assert not check_claim(Case(run, "R001"), replace(claim, evidence=(astray,))).holds


def test_no_claim_is_vacuous() -> None:
    """Each claim has a parameter to recompute and a place where it stands."""
    run = small_week(3)
    claims = [claim for card in explain_each(run, everybody(run)) for claim in card.claims]

    assert all(claim.parameters and claim.evidence for claim in claims)


def test_an_unknown_code_never_holds() -> None:
    """A claim without a check is not believed."""
    run = small_week(1)
    claim = next(explain_each(run, ["R000"])).claims[0]

    assert not check_claim(Case(run, "R000"), replace(claim, code="trust-me")).holds


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_check_has_its_sentence(language: str) -> None:
    """What can be checked can be said, in both languages."""
    known = {
        message.id if isinstance(message.id, str) else message.id[0]
        for message in catalogue("claims", language)
    }

    assert set(CHECKS) - known == set()
