"""Kinds of values in a policy file: exact numbers, percentages, days, tiers, texts.

Values are strict: a text is no number, a number no percentage. What does not fit is refused by the
code of its sentence in ``wording/*/policy.po``.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

SETTINGS = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)
"""Of every model of a policy file."""

MAX_TIERS = 200
MAX_LIMIT = 1_000_000_000
DECIMALS = 6  # of limits: scores are kept in millionths
TIER = re.compile("[1-9][0-9]{0,2}")  # no leading zero: 03 and 3 would be one tier
PERCENTAGE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*%")


def _number(value: Any) -> Decimal:
    if isinstance(value, Decimal) and value.is_finite():
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    raise PydanticCustomError("needs-number", "a number")


def percentage(value: Any) -> Decimal:
    """``200%`` as 2, exactly."""
    text = value.strip().replace("％", "%") if isinstance(value, str) else ""
    if found := PERCENTAGE.fullmatch(text):
        return Decimal(found.group(1)).scaleb(-2)
    raise PydanticCustomError("needs-percentage", "a percentage")


def _share(value: Any) -> Decimal:
    share = percentage(value)
    if share >= 1:
        raise PydanticCustomError("needs-percentage-below", "below 100 %", {"number": 100})
    return share


def _coverage(value: Any) -> Decimal:
    share = percentage(value)
    if share > 1:
        raise PydanticCustomError("needs-percentage-at-most", "at most 100 %", {"number": 100})
    return share


def part(value: Any) -> Decimal:
    """``15%`` as 0.15: above 0 % and at most 100 %."""
    share = _coverage(value)
    if share <= 0:
        raise PydanticCustomError("needs-percentage-above", "above 0 %", {"number": 0})
    return share


def _tier(value: Any) -> int:
    if isinstance(value, str) and TIER.fullmatch(value) and int(value) <= MAX_TIERS:
        return int(value)
    raise PydanticCustomError("needs-tier-key", "a tier", {"most": MAX_TIERS})


def some(value: Any) -> Any:
    """Refuse an empty value where the key itself may be absent."""
    if value is None:
        raise PydanticCustomError("needs-keys", "keys")
    return value


def _address(value: Any) -> Any:
    if isinstance(value, str) and not value.startswith(("https://", "http://")):
        raise PydanticCustomError("needs-link", "a web address")
    return value


def _arm(value: Any) -> str:
    return "by tier" if isinstance(value, dict) else "for all"


def _sixth(value: Any) -> Decimal:
    number = _number(value)
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -DECIMALS:
        facts = {"number": DECIMALS}
        raise PydanticCustomError("needs-fewer-decimals", "fewer decimals", facts)
    return number


_NUMBER = {"type": "number", "exclusiveMinimum": 0}
PERCENT = {"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*[%％]\s*$"}
Positive = Annotated[Decimal, Field(gt=0), BeforeValidator(_number), WithJsonSchema(_NUMBER)]
Limit = Annotated[
    Decimal,
    Field(ge=0, le=MAX_LIMIT),
    BeforeValidator(_sixth),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": MAX_LIMIT}),
]
Share = Annotated[Decimal, BeforeValidator(_share), WithJsonSchema(PERCENT)]
Coverage = Annotated[Decimal, BeforeValidator(_coverage), WithJsonSchema(PERCENT)]
Part = Annotated[Decimal, BeforeValidator(part), WithJsonSchema(PERCENT)]
Cartons = Annotated[int, Field(ge=0, le=1_000_000)]
Tier = Annotated[int, Field(ge=1, le=MAX_TIERS)]
TierKey = Annotated[
    int, BeforeValidator(_tier), WithJsonSchema({"type": "string", "pattern": f"^{TIER.pattern}$"})
]
PriceClass = Annotated[int, Field(ge=1, le=5)]
Text = Annotated[str, Field(min_length=1, max_length=200)]
Identifier = Annotated[str, Field(min_length=1, max_length=64)]
Address = Annotated[Text, BeforeValidator(_address)]
CartonsByTier = Annotated[
    Annotated[Cartons | None, Tag("for all")] | Annotated[dict[TierKey, Cartons], Tag("by tier")],
    Discriminator(_arm),
]
LimitByTier = Annotated[
    Annotated[Cartons, Tag("for all")] | Annotated[dict[TierKey, Cartons], Tag("by tier")],
    Discriminator(_arm),
]
