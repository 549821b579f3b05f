"""What changes a tier after the score: movement, sanctions, credit levels, starting tiers."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from allocator.policy.choices import Who
from allocator.policy.fields import MAX_TIERS, PERCENTAGE, SETTINGS, Positive, Tier

Tiers = Annotated[int, Field(ge=1, le=MAX_TIERS)]
"""A number of tiers to move by."""

Area = Annotated[Positive, Field(le=1_000_000)]
"""Square metres."""


class Margin(BaseModel):
    """By how much a score must pass a tier boundary: a share of the boundary's score, or points."""

    model_config = SETTINGS
    share: Annotated[
        Decimal | None, Field(gt=0, lt=1, description="Share of the boundary's score.")
    ] = None
    points: Annotated[Positive | None, Field(description="Points of score.")] = None


class Step(BaseModel):
    """Most tiers that a retailer moves from one grading to the next."""

    model_config = SETTINGS
    up: Annotated[int | None, Field(ge=0, le=MAX_TIERS, description="Most tiers up.")] = None
    down: Annotated[int | None, Field(ge=0, le=MAX_TIERS, description="Most tiers down.")] = None


def _margin(value: Any) -> Any:
    """``0.02`` and ``2%`` are a share."""
    if isinstance(value, str) and (found := PERCENTAGE.fullmatch(value.strip().replace("％", "%"))):
        return {"share": Decimal(found.group(1)).scaleb(-2)}
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return {"share": Decimal(value)}
    return _keys(value, "needs-margin")


def _step(value: Any) -> Any:
    """One number holds up and down."""
    if isinstance(value, int) and not isinstance(value, bool):
        return {"up": value, "down": value}
    return _keys(value, "needs-step")


def _keys(value: Any, code: str) -> Any:
    """What is no short form must be the long one; told in words that name both."""
    if value is None or isinstance(value, dict | BaseModel):
        return value
    raise PydanticCustomError(code, "the short form or keys")


_TIERS = {"type": "integer", "minimum": 0, "maximum": MAX_TIERS}
_MARGIN = {
    "anyOf": [
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        {"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*[%％]\s*$"},
        {
            "type": "object",
            "properties": {
                "share": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
                "points": {"type": "number", "exclusiveMinimum": 0},
            },
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        },
    ]
}
_STEP = {
    "anyOf": [
        _TIERS,
        {
            "type": "object",
            "properties": {"up": _TIERS, "down": _TIERS},
            "additionalProperties": False,
            "minProperties": 1,
        },
    ]
}


class Movement(BaseModel):
    """How far tiers move from one grading to the next."""

    model_config = SETTINGS
    hysteresis: Annotated[
        Margin | None,
        BeforeValidator(_margin),
        WithJsonSchema(_MARGIN),
        Field(
            description="Margin by which a score must pass a tier boundary: 0.02 or 2% of the "
            "boundary's score, or {points: 1.5}."
        ),
    ] = None
    max_step: Annotated[
        Step | None,
        BeforeValidator(_step),
        WithJsonSchema(_STEP),
        Field(description="Most tiers that a retailer moves: 2, or {up: 2, down: 1}."),
    ] = None


class DemoteRule(BaseModel):
    """Sanctions that lower a tier."""

    model_config = SETTINGS
    tiers: Annotated[
        Tiers | None, Field(description="Tiers down; without it each row says how many.")
    ] = None


class CapRule(BaseModel):
    """Sanctions that set a highest tier."""

    model_config = SETTINGS
    tier: Annotated[
        Tier | None, Field(description="Highest tier; without it each row names one.")
    ] = None


class SuspendRule(BaseModel):
    """Sanctions that stop supply; the tier stays."""

    model_config = SETTINGS


class ExemptRule(BaseModel):
    """Months of hardship that do not count for a retailer."""

    model_config = SETTINGS


class SanctionRules(BaseModel):
    """Kinds of the sanctions table that are followed; any other kind in force is refused."""

    model_config = SETTINGS
    demote: Annotated[DemoteRule | None, Field(description="Lower the tier.")] = None
    cap: Annotated[CapRule | None, Field(description="Set a highest tier.")] = None
    suspend: Annotated[SuspendRule | None, Field(description="Stop supply, keep the tier.")] = None
    exempt_month: Annotated[
        ExemptRule | None, Field(description="Leave a month out of a retailer's window.")
    ] = None


class CreditRule(BaseModel):
    """What a credit level does to the tier."""

    model_config = SETTINGS
    promote: Annotated[Tiers | None, Field(description="Tiers up, but for sanctioned shops.")] = (
        None
    )
    demote: Annotated[Tiers | None, Field(description="Tiers down.")] = None
    cap: Annotated[Tier | None, Field(description="Highest tier.")] = None


class StartWho(Who):
    """A choice of new retailers by their attributes."""


class AreaRange(BaseModel):
    """Shops by their area in square metres."""

    model_config = SETTINGS
    at_least: Annotated[Area | None, Field(description="Square metres or more.")] = None
    below: Annotated[Area | None, Field(description="Less than so many square metres.")] = None


class StartRule(BaseModel):
    """Starting tier of the new retailers that fit."""

    model_config = SETTINGS
    who: Annotated[
        StartWho, Field(default_factory=StartWho, description="Attributes, all of which must fit.")
    ]
    area: Annotated[AreaRange | None, Field(description="Area of the shop.")] = None
    tier: Annotated[Tier, Field(description="Tier until the first score.")]
