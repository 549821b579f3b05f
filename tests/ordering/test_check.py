"""One order line at entry: how many at most, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from allocator.errors import BadRequest
from allocator.ordering.check import Order, check_order
from allocator.ordering.limits import CLOSED, NO_TIER, NOT_DUE, SERVED, SUSPENDED, Band, Limits

LIMITS = Limits(
    cycle="2026-W47",
    retailers={name: i for i, name in enumerate("ABCDEFGH")},
    products={"one": 0, "two": 1, "top": 2, "odd": 3},
    standing=bytes([SERVED, SERVED, SUSPENDED, CLOSED, NOT_DUE, NO_TIER, SERVED, SERVED]),
    cell=np.array([0, 1, 0, 0, 0, -1, 1, 0], dtype=np.int32),
    cells=((1, "", "weekly"), (2, "", "weekly")),
    lot=(1, 2, 1, 1),
    base=((3, 10), (4, 8), (-1, 5), (0, 0)),
    seats=((0, 0), (0, 1), (0, 0), (1, 0)),
    turn=(b"\x00", b"\x40", b"\x00", b"\x01"),  # G has the odd lot of two, A that of odd
)
"""A (tier 1), B and G (tier 2), H (tier 1) are served; limits written down by hand."""


def ask(retailer: str, product: str, requested: Any, already: int = 0) -> tuple[int, list[str]]:
    decision = check_order(LIMITS, Order(retailer, product, requested), already)
    return decision.at_most, [claim.code for claim in decision.claims]


@pytest.mark.parametrize(
    ("retailer", "product", "requested", "already", "at_most", "codes"),
    [
        ("A", "one", 3, 0, 3, ["within-limit"]),
        ("A", "one", 4, 0, 3, ["over-limit"]),
        ("A", "one", 2, 2, 1, ["over-limit", "ordered-already"]),
        ("A", "one", 1, 3, 0, ["limit-used-up", "ordered-already"]),
        ("A", "one", 1, 9, 0, ["limit-used-up", "ordered-already"]),
        ("B", "one", 10, 0, 10, ["within-limit"]),
        ("B", "two", 7, 0, 6, ["not-in-lots"]),
        ("B", "two", 9, 0, 8, ["over-limit", "not-in-lots"]),
        ("B", "two", 1, 0, 0, ["not-in-lots"]),
        ("B", "two", 6, 3, 4, ["over-limit", "ordered-already"]),
        ("G", "two", 12, 0, 10, ["over-limit", "odd-lot-included"]),
        ("A", "odd", 2, 0, 1, ["over-limit", "odd-lot-included"]),
        ("H", "odd", 2, 0, 0, ["turn-of-others"]),
        ("B", "odd", 2, 0, 0, ["quota-is-zero"]),
        ("A", "top", 1, 0, 0, ["not-released-to-tier"]),
        ("A", "other", 1, 0, 0, ["product-not-released"]),
        ("X", "one", 1, 0, 0, ["unknown-retailer"]),
        ("C", "one", 1, 0, 0, ["retailer-suspended"]),
        ("D", "one", 1, 0, 0, ["retailer-closed"]),
        ("E", "one", 1, 0, 0, ["retailer-not-due"]),
        ("F", "one", 1, 0, 0, ["retailer-without-tier"]),
        ("A", "one", 0, 0, 0, ["quantity-not-whole"]),
        ("A", "one", -2, 0, 0, ["quantity-not-whole"]),
        ("A", "one", 2.0, 0, 0, ["quantity-not-whole"]),
        ("A", "one", True, 0, 0, ["quantity-not-whole"]),
        ("A", "one", "3", 0, 0, ["quantity-not-whole"]),
        ("A", "one", 10**13, 0, 0, ["quantity-not-whole"]),
    ],
)
def test_at_most_and_why(
    retailer: str, product: str, requested: Any, already: int, at_most: int, codes: list[str]
) -> None:
    """Every reason has its code; the figures follow from the limits by hand."""
    assert ask(retailer, product, requested, already) == (at_most, codes)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_claim_can_be_told(language: str) -> None:
    """Each code has a sentence in each language, and it names the figures."""
    for retailer in "ABCDEFGHX":
        for product in ("one", "two", "top", "odd", "other"):
            for requested in (0, 1, 7, 99):
                decision = check_order(LIMITS, Order(retailer, product, requested), 1)
                assert decision.text(language)
                assert decision.document(language)["claims"][0]["text"]
    text = check_order(LIMITS, Order("A", "one", 4)).text(language)
    assert all(figure in text for figure in ("3", "4", "one"))


def test_numbers_stand_where_the_evidence_says() -> None:
    """A limit stands in its row of the public quotas, an odd lot in the list of turns."""
    decision = check_order(LIMITS, Order("G", "two", 12))

    places = decision.claims[0].evidence
    assert [place.file for place in places] == ["quotas.csv", "seats.csv"]
    assert places[0].key == ("product_id=two", "segment=", "rhythm=weekly", "tier=2")
    assert places[1].key == ("product_id=two", "retailer_id=G")


def test_a_mapping_is_an_order_too() -> None:
    """The columns of the orders table do, with ``quantity`` where nothing else is known."""
    row = {"order_id": "N1", "retailer_id": "A", "product_id": "one", "quantity": 5, "clerk": "x"}

    assert check_order(LIMITS, row) == check_order(LIMITS, Order("A", "one", 5))


def test_an_order_of_another_cycle_is_not_judged_by_these_limits() -> None:
    """Limits of one week say nothing about the next."""
    decision = check_order(LIMITS, Order("A", "one", 1, cycle="2026-W48"))

    assert (decision.at_most, decision.claims[0].code) == (0, "other-cycle")


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"product_id": "one", "requested": 1}, "order-field-missing"),
        ({"retailer_id": "A", "requested": 1}, "order-field-missing"),
        ({"retailer_id": "A", "product_id": "one"}, "order-field-missing"),
        ({"retailer_id": 7, "product_id": "one", "requested": 1}, "order-field-not-text"),
        ({"retailer_id": 0, "product_id": "one", "requested": 1}, "order-field-not-text"),
        ({"retailer_id": ["A"], "product_id": "one", "requested": 1}, "order-field-not-text"),
        ({"retailer_id": "A" * 65, "product_id": "one", "requested": 1}, "order-field-not-text"),
        ([1], "order-not-a-row"),
        (None, "order-not-a-row"),
    ],
)
def test_an_order_that_cannot_be_read_is_refused(row: Any, code: str) -> None:
    """A missing or mistyped field is an error of the caller, not a decision."""
    with pytest.raises(BadRequest) as refused:
        check_order(LIMITS, row)

    assert refused.value.code == code
    assert refused.value.message("zh-CN") != refused.value.message("en")


@pytest.mark.parametrize("already", [-1, 1.0, "1", None, True])
def test_already_ordered_is_a_whole_number(already: Any) -> None:
    """What was ordered before must be known exactly."""
    with pytest.raises(BadRequest, match="already_ordered"):
        check_order(LIMITS, Order("A", "one", 1), already)


BANDED = replace(
    LIMITS,
    bands=(
        Band("wide", frozenset({0, 1, 3}), (-1, 12)),
        Band("tight", frozenset({0, 1}), (-1, 9)),
    ),
    shared=frozenset({(2, 1)}),
)
"""Tier 2 may have 9 of one and two together, 12 with odd; tier 1 has no band; top is shared out."""


@pytest.mark.parametrize(
    ("retailer", "product", "requested", "already", "at_most", "codes"),
    [
        ("B", "one", 10, {}, 9, ["over-band"]),
        ("B", "one", 9, {}, 9, ["within-limit"]),
        ("B", "one", 3, {"two": 9}, 0, ["band-full"]),
        ("B", "one", 3, {"two": 12}, 0, ["band-full"]),
        ("B", "two", 8, {"one": 4}, 4, ["over-band"]),  # 5 are left, two lots of 2
        ("B", "two", 8, {"one": 8}, 0, ["band-full"]),  # 1 is left, less than a lot
        (
            "B",
            "two",
            9,
            {"two": 2, "other": 7},
            6,
            ["over-limit", "ordered-already", "not-in-lots"],
        ),
        ("B", "one", 2, {"odd": 11}, 1, ["over-band"]),
        ("A", "one", 3, {"two": 9}, 3, ["within-limit"]),
        ("A", "one", 3, 1, 2, ["over-limit", "ordered-already"]),
        ("B", "top", 5, 0, 0, ["shared-after-closing"]),
        ("B", "top", 0, 0, 0, ["quantity-not-whole"]),
        ("B", "odd", 2, 0, 0, ["quota-is-zero"]),
    ],
)
def test_bands_leave_what_is_left_of_all_their_products(
    retailer: str,
    product: str,
    requested: int,
    already: int | dict[str, int],
    at_most: int,
    codes: list[str],
) -> None:
    """The tightest band counts what was ordered of its products, in whole lots."""
    decision = check_order(BANDED, Order(retailer, product, requested), already)

    assert (decision.at_most, [claim.code for claim in decision.claims]) == (at_most, codes)
    for language in ("en", "zh-CN"):
        assert decision.text(language)


def test_a_band_stands_in_its_public_file() -> None:
    """Name, total, what was ordered; and the row where the total stands."""
    claim = check_order(BANDED, Order("B", "one", 10), {"two": 6}).claims[0]

    told = {key: claim.parameters[key] for key in ("band", "band_limit", "band_ordered", "at_most")}
    assert told == {"band": "tight", "band_limit": 9, "band_ordered": 6, "at_most": 3}
    assert claim.evidence[0].file == "bands.csv"
    assert claim.evidence[0].key[:2] == ("band=tight", "product_id=one")


@pytest.mark.parametrize("already", [0, 3])
def test_a_product_in_a_band_needs_what_was_ordered_of_all(already: int) -> None:
    """One number says nothing of the other products; the remedy names the form."""
    with pytest.raises(BadRequest, match="object of cartons by product") as refused:
        check_order(BANDED, Order("B", "one", 1), already)

    assert refused.value.code == "already-ordered-by-product"
    assert refused.value.message("zh-CN") != refused.value.message("en")


@pytest.mark.parametrize("number", [-1, 1.0, "1", None, True])
def test_every_number_of_already_ordered_is_whole(number: Any) -> None:
    """Of products outside the band too."""
    with pytest.raises(BadRequest, match="already_ordered"):
        check_order(BANDED, Order("A", "one", 1), {"other": number})


def test_splitting_an_order_gains_nothing() -> None:
    """Lines entered one after the other get together what one line would have got."""
    for product in ("one", "two"):
        for whole in range(1, 30):
            for first in range(1, whole):
                part = check_order(LIMITS, Order("G", product, first)).at_most
                rest = check_order(LIMITS, Order("G", product, whole - first), part).at_most
                assert part + rest <= check_order(LIMITS, Order("G", product, whole)).at_most


def test_the_limits_are_not_touched() -> None:
    """Checking is pure: the same question has the same answer."""
    copy = replace(LIMITS)
    first = check_order(LIMITS, Order("A", "one", 4))

    assert check_order(LIMITS, Order("A", "one", 4)) == first
    assert all(getattr(copy, name) is getattr(LIMITS, name) for name in Limits.__slots__)
