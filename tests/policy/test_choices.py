"""A choice of products means every one, those listed, or those that fit all prices named."""

from __future__ import annotations

import pytest

from allocator.policy.choices import ProductChoice, chosen_products

PRODUCTS = ("A", "B", "C", "D")
BANDS = {"A": "1", "B": "400-600元", "C": "1", "D": None}
CLASSES = {"A": 1, "B": 1, "C": 2}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (ProductChoice(every=True), "ABCD"),
        (ProductChoice(ids=("C", "A", "Z")), "AC"),
        (ProductChoice(price_band=("1",)), "AC"),
        (ProductChoice(price_band=(1, "400-600元")), "ABC"),
        (ProductChoice(price_class=1), "AB"),
        (ProductChoice(price_class=(1, 2)), "ABC"),
        (ProductChoice(price_band=("1",), price_class=(1,)), "A"),
        (ProductChoice(price_band=("9",)), ""),
        (ProductChoice(), ""),
    ],
)
def test_who_is_meant(choice: ProductChoice, expected: str) -> None:
    """``D`` has no band and stands in no table of classes: it fits no choice by price."""
    meant = chosen_products(choice, PRODUCTS, BANDS, CLASSES)

    assert meant == tuple(product in expected for product in PRODUCTS)
