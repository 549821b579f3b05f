"""Certificates of lines that baskets join, with groups: proven, judged twice, forged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from allocator.certificate.document import certify
from allocator.certificate.verify import check
from allocator.records import QuotaPlan, Shortfall
from certificate.coupled import Coupled, NoTable, Share, coupled_plan
from certificate.judge import holds
from certificate.plans import Release
from certificate.test_verify import changed, numbers, others, redigested
from strategies import coupled_cities

BOTH = Coupled(
    count=(3, 2, 0, 2),
    weight=(1, 2, 3, 5),
    releases=(Release("P1", 14, ceiling=9), Release("P2", 24, step=2, ceiling=9)),
    baskets=(((0, 1), (4, 5, 6, 6)),),
    groups=(Share(0, (0, 1), least=9), Share(1, (3,), most=6)),
)
"""Two lines: a basket and a minimum bind below, a maximum above; a tier between is empty."""


def solved(city: Coupled) -> QuotaPlan:
    """The plan, where the limits allow one."""
    try:
        return coupled_plan(city)
    except NoTable:
        assume(False)
        raise


def codes(document: dict[str, Any]) -> set[str]:
    return {found.code for found in check(redigested(document))}


@given(coupled_cities())
def test_every_coupled_plan_is_accepted_by_both_judges(city: Coupled) -> None:
    """L5: multipliers of linear programs, whole cartons by an integer program."""
    document = certify(solved(city))

    assert [found.message() for found in check(document)] == []
    assert holds(document)


@given(coupled_cities(), st.data())
def test_a_changed_number_is_refused_exactly_where_the_other_judge_refuses(
    city: Coupled, data: st.DataObject
) -> None:
    """L5 (i)-(v) on random plans; (vi) whatever was changed."""
    document = certify(solved(city))
    places = list(numbers(document))
    for _ in range(5):
        place, value = data.draw(st.sampled_from(places))
        new = data.draw(st.sampled_from(others(value)))
        forged = redigested(changed(document, place, new))

        assert (check(forged) == []) == holds(forged), (place, value, new)
        assert check(forged, document["digest"])


def test_every_number_of_a_coupled_certificate_is_guarded() -> None:
    """The same for all numbers of one document, and how many make no false statement."""
    document = certify(coupled_plan(BOTH))
    tried = accepted = 0
    for place, value in numbers(document):
        for new in others(value):
            forged = redigested(changed(document, place, new))
            fine = check(forged) == []

            assert fine == holds(forged), (place, value, new)
            tried, accepted = tried + 1, accepted + fine

    assert tried > 500
    assert accepted < tried / 6


def test_the_example_has_what_it_should() -> None:
    """Stages for counted and for empty pairs, prices of baskets, groups and supply."""
    plan = coupled_plan(BOTH)
    (proof,) = plan.proofs
    priced = {name.split("/")[0] for stage in proof.stages for name in stage.y}

    assert proof.lines == (0, 1)
    assert {2, 6} <= {j for stage in proof.stages for j in stage.fixed}  # nobody in tier 3
    assert {"basket", "least", "most", "supply"} <= priced


@pytest.mark.parametrize("tier", [0, 1])
def test_a_table_solved_under_a_tighter_limit_is_refused_under_the_true_one(tier: int) -> None:
    """Everything is kept and the stages prove their own program, but more could be given."""
    ((lines, most),) = BOTH.baskets
    tighter = (*most[:tier], most[tier] - 1, *most[tier + 1 :])
    plan = replace(BOTH, baskets=((lines, tighter),), groups=())
    document = certify(coupled_plan(plan))
    assert check(document) == []
    document["baskets"][0]["most"] = list(most)

    assert codes(document) == {"not-proven"}


def test_quotas_above_a_basket_are_refused() -> None:
    document = certify(coupled_plan(BOTH))
    document["baskets"][0]["most"][3] -= 1

    assert "row-broken" in codes(document)


def test_lines_that_a_basket_joins_must_be_proven_together() -> None:
    document = certify(coupled_plan(BOTH))
    (program,) = document["programs"]
    document["programs"] = [{**program, "lines": [0]}, {"lines": [1], "stages": []}]

    assert codes(document) == {"apart"}
    document["programs"] = [{**program, "lines": [0]}]
    assert codes(document) == {"programs"}


def test_empty_cells_come_last_and_share_a_basket_fairly() -> None:
    """Nobody in tier 2: 6 cartons for both lines there, weights 1 : 1, so 3 and 3 (by hand)."""
    two = (Release("P1", 4, ceiling=9), Release("P2", 4, ceiling=9))
    document = certify(coupled_plan(Coupled((2, 0), (1, 2), two, (((0, 1), (9, 6)),))))

    assert [line["x"] for line in document["lines"]] == [["2", "3"], ["2", "3"]]
    assert check(document) == []
    document["programs"][0]["stages"].reverse()
    assert codes(document) == {"fixed"}
    del document["programs"][0]["stages"][0]
    assert codes(document) == {"not-covered"}


def crossing() -> dict[str, Any]:
    """Two groups that cross in one tier: each may take 1, half a carton for each of three tiers.

    One shop in each tier, 1.5 cartons in all; whole: 1 carton, to the tier that is in both groups
    or to one outside. Groups {1, 2} and {2, 3} take at most 1 each, so tiers 1 and 3 get it:
    2 cells of one shop with 0.5 each. The supply of 1 is given out in full.
    """
    groups = (Share(0, (0, 1), most=1), Share(0, (1, 2), most=1), Share(0, (0, 2), most=1))
    city = Coupled((1, 1, 1), (1, 1, 1), (Release("P1", 2, ceiling=9),), groups=groups)
    return certify(coupled_plan(city))


def test_what_crossing_limits_keep_back_must_be_named() -> None:
    """Three pairs of three tiers may take 1 each: 1.5 cartons in all, but only 1 in whole ones."""
    document = crossing()

    assert document["shortfalls"] == []  # 1.5 rounds down to 1, and 1 is given
    assert check(document) == []
    document["lines"][0]["rounding"] |= {"seats": [0, 0, 0], "total": [0, 0, 0]}
    assert codes(document) == {"whole-supply"}
    document["shortfalls"] = [{"line": 0, "row": "supply/0", "lots": 1}]
    assert codes(document) == set()
    document["shortfalls"][0]["lots"] = 2
    assert codes(document) == {"whole-supply"}


@pytest.mark.parametrize(
    "entry",
    [
        {"line": 0, "row": "supply/0", "lots": 1},
        {"line": 0, "row": "supply/1", "lots": 1},
        {"line": 1, "row": "most/1", "lots": 1},
        {"line": 0, "row": "least/0", "lots": 0},
        {"line": 0, "row": "least/7", "lots": 1},
    ],
)
def test_a_shortfall_without_need_or_row_is_refused(entry: dict[str, Any]) -> None:
    """All limits of the example are nested or apart: nothing can be missing."""
    plan = coupled_plan(BOTH)
    document = certify(replace(plan, shortfalls=(Shortfall(**entry),)))

    assert "shortfall" in {found.code for found in check(document)}


def test_a_group_minimum_that_whole_cartons_miss_must_be_named() -> None:
    """`equal`: two shops, 1.5 each must not be less than 3 together; whole numbers give 1 each."""
    city = Coupled(
        (2, 1), (1, 1), (Release("P1", 4, method="equal", ceiling=9, tier_order=False),),
        groups=(Share(0, (0,), least=3, most=3),),
    )  # fmt: skip
    document = certify(coupled_plan(city))

    assert document["lines"][0]["rounding"]["base"] == [1, 1]
    assert document["shortfalls"] == [{"line": 0, "row": "least/0", "lots": 1}]
    assert check(document) == []
    document["shortfalls"] = []
    assert codes(document) == {"group-least"}


def test_equal_shares_for_each_retailer_are_leximin_with_equal_weights() -> None:
    """`objective: equal`: weights stand in the cells but do not count."""
    flat = replace(BOTH, weight=(1, 1, 1, 1))
    plan = coupled_plan(flat)
    cells = replace(plan.cells, weight=np.array([1, 2, 3, 5]))
    fair = replace(plan, cells=cells, objective="equal")

    assert check(certify(fair)) == []
    assert "off-level" in {
        found.code for found in check(certify(replace(fair, objective="leximin")))
    }


def test_an_objective_without_proof_is_refused() -> None:
    plan = replace(coupled_plan(BOTH), objective="kindness")

    assert {found.code for found in check(certify(plan))} == {"shape"}
