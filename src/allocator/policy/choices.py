"""Choices of retailers by their attributes and of products by id or price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from allocator.policy.fields import SETTINGS, Identifier, PriceClass, Text, Tier
from allocator.policy.words import Market

MOST_NAMES = 100
"""Values of one attribute that a policy may list."""

MOST_PRODUCTS = 10_000
"""Products that one choice may list."""


def _several(value: Any) -> Any:
    """One name stands for a list of one."""
    return (value,) if isinstance(value, str) else value


Names = Annotated[
    tuple[Text, ...],
    Field(max_length=MOST_NAMES),
    BeforeValidator(_several, json_schema_input_type=Text | tuple[Text, ...]),
]
Markets = Annotated[
    tuple[Market, ...],
    Field(max_length=MOST_NAMES),
    BeforeValidator(_several, json_schema_input_type=Market | tuple[Market, ...]),
]


class Who(BaseModel):
    """A choice of retailers by their attributes, all of which must fit: a name or a list each."""

    model_config = SETTINGS
    region: Annotated[Names | None, Field(description="Regions.")] = None
    market: Annotated[Markets | None, Field(description="urban, rural.")] = None
    format: Annotated[Names | None, Field(description="Kinds of shop.")] = None
    trade_area: Annotated[Names | None, Field(description="Trade areas.")] = None
    credit: Annotated[Names | None, Field(description="Credit ratings.")] = None

    def named(self) -> dict[str, tuple[str, ...]]:
        """The attributes that are mentioned, with the values that fit; tiers are none."""
        found = {name: getattr(self, name) for name in Who.model_fields}
        return {name: values for name, values in found.items() if values is not None}


class GroupWho(Who):
    """A choice of retailers by their attributes and tiers, all of which must fit."""

    tier: Annotated[
        tuple[Tier, Tier] | None,
        Field(description="Lowest and highest tier of the group; both count."),
    ] = None


def _some(value: Any) -> Any:
    """One entry stands for a list of one; a list holds something."""
    if value == ():
        raise PydanticCustomError("needs-entries", "an entry", {"number": 1})
    return value if isinstance(value, tuple) else (value,)


def _names(value: Any) -> Any:
    """Price bands have names; one that is a number may be written without quotes."""
    return tuple(
        str(entry) if isinstance(entry, int) and not isinstance(entry, bool) else entry
        for entry in _some(value)
    )


class ProductChoice(BaseModel):
    """Products that a rule is about: every one, those listed, or those that fit all prices named.

    every : all products
    ids : product ids
    price_band : names of price bands as in the products table, any of which fits
    price_class : price classes 1..5, any of which fits
    """

    model_config = SETTINGS
    every: bool = False
    ids: Annotated[tuple[Identifier, ...], Field(max_length=MOST_PRODUCTS)] = ()
    price_band: Annotated[
        tuple[Text, ...], Field(max_length=MOST_NAMES), BeforeValidator(_names)
    ] = ()
    price_class: Annotated[
        tuple[PriceClass, ...],
        Field(max_length=MOST_NAMES),
        BeforeValidator(_some),
    ] = ()


def chosen_products(
    choice: ProductChoice,
    products: Sequence[str],
    bands: Mapping[str, str | None],
    classes: Mapping[str, int | None],
) -> tuple[bool, ...]:
    """Which of the products a choice means.

    bands, classes : price band and price class by product id; a product that has none, or is not
        there, fits no choice by it
    """
    if choice.every:
        return (True,) * len(products)
    if choice.ids:
        listed = frozenset(choice.ids)
        return tuple(product in listed for product in products)
    if not choice.price_band and not choice.price_class:
        return (False,) * len(products)
    return tuple(
        (not choice.price_band or bands.get(product) in choice.price_band)
        and (not choice.price_class or classes.get(product) in choice.price_class)
        for product in products
    )


def _written(value: Any) -> Any:
    """The three forms in which a policy file writes a choice of products."""
    if value == "all":
        return {"every": True}
    if isinstance(value, tuple):
        return {"ids": _some(value)}
    if isinstance(value, dict) and value and value.keys() <= {"price_band", "price_class"}:
        return value
    if isinstance(value, ProductChoice):
        return value
    raise PydanticCustomError("needs-products", "all, a list of ids, price bands or price classes")


def _one_or_several(entry: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [entry, {"type": "array", "items": entry, "minItems": 1}]}


_ID = {"type": "string", "minLength": 1, "maxLength": 64}
_BAND = {"type": ["string", "integer"]}
_CLASS = {"type": "integer", "minimum": 1, "maximum": 5}

Products = Annotated[
    ProductChoice,
    BeforeValidator(_written),
    WithJsonSchema(
        {
            "anyOf": [
                {"const": "all"},
                {"type": "array", "items": _ID, "minItems": 1, "maxItems": MOST_PRODUCTS},
                {
                    "type": "object",
                    "properties": {
                        "price_band": _one_or_several(_BAND),
                        "price_class": _one_or_several(_CLASS),
                    },
                    "additionalProperties": False,
                    "minProperties": 1,
                },
            ]
        }
    ),
]
