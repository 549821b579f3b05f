"""How retailers get their tiers: what ``grading`` of a policy file may hold."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field, PrivateAttr

from allocator.policy.fields import (
    MAX_TIERS,
    SETTINGS,
    Part,
    Positive,
    PriceClass,
    Text,
    Tier,
    some,
)
from allocator.policy.movement_models import CreditRule, Movement, SanctionRules, StartRule
from allocator.policy.screening_models import ScreeningPolicy
from allocator.policy.tier_models import TierPolicy
from allocator.policy.window_models import Exclusions, Window
from allocator.policy.words import ItemName, MissingMonth, Scale


class ItemPolicy(BaseModel):
    """One item of the score."""

    model_config = SETTINGS
    weight: Annotated[Positive, Field(description="Most points the item can give.")]
    scale: Annotated[
        Scale,
        Field(
            description="max: value / largest value; rank: mid-rank / n; log: logarithms over the "
            "largest; winsorised: like max, with the largest values cut at `limit`."
        ),
    ] = "max"
    classes: Annotated[
        tuple[PriceClass, ...], Field(description="Price classes that count, 1 is the dearest.")
    ] = ()
    limit: Annotated[
        Part | None,
        Field(description="Share of retailers below the cut; with scale winsorised only."),
    ] = None


class Newcomers(BaseModel):
    """New retailers: not scored, outside the shares."""

    model_config = SETTINGS
    months: Annotated[
        int, Field(ge=1, le=60, description="Complete months of trading before the first score.")
    ]
    start_tier: Annotated[Tier, Field(description="Tier until then; `starts` go first.")]
    starts: Annotated[
        tuple[StartRule, ...],
        Field(
            max_length=MAX_TIERS, description="Starting tiers by attribute: the first that fits."
        ),
    ] = ()
    at_most: Annotated[
        Tier | None, Field(description="Highest tier at the first grading with a score.")
    ] = None


class GradingPolicy(BaseModel):
    """How retailers get their tiers.

    ``window`` and ``missing_month`` are there unless tiers go by an attribute, and ``items`` are
    there where tiers go by score.
    """

    model_config = SETTINGS
    window: Annotated[
        Window | None, BeforeValidator(some), Field(description="The sales that count.")
    ] = None
    exclude: Annotated[
        Exclusions, Field(default_factory=Exclusions, description="Sales that do not count.")
    ]
    items: Annotated[
        dict[ItemName, ItemPolicy],
        Field(min_length=1, description="Items of the score with their weights."),
    ] = {}
    tiers: TierPolicy
    newcomers: Newcomers | None = None
    movement: Annotated[
        Movement | None, Field(description="How far tiers move from one grading to the next.")
    ] = None
    credit: Annotated[
        dict[Text, CreditRule],
        Field(max_length=MAX_TIERS, description="Credit level: what it does to the tier."),
    ] = {}
    sanctions: Annotated[
        SanctionRules | None,
        Field(description="Kinds of the sanctions table that are followed."),
    ] = None
    missing_month: Annotated[
        MissingMonth | None,
        Field(
            description="A month (week, day) of the window without a sale counts as zero, or is "
            "left out of the mean."
        ),
    ] = None
    screening: Annotated[
        ScreeningPolicy | None, Field(description="Which months are out of the usual.")
    ] = None
    decimals: Annotated[
        int,
        Field(ge=0, le=6, description="Digits to which the points of each item are rounded."),
    ] = 6
    _on: date | None = PrivateAttr(default=None)

    @property
    def moving(self) -> bool:
        """Whether rules can change a tier after the score."""
        first = self.newcomers is not None and self.newcomers.at_most is not None
        return bool(self.movement or self.credit or self.sanctions or first)

    @property
    def on(self) -> date | None:
        """The day for which dated values were resolved; ``None`` outside a policy."""
        return self._on

    @property
    def measured(self) -> dict[ItemName, ItemPolicy]:
        """What is summed for each retailer: the items of the score, or those of the bands."""
        if self.tiers.bands is None:
            return {} if self.tiers.by is not None else self.items
        return {
            band.item: ItemPolicy.model_construct(
                weight=Decimal(0), scale="value", classes=band.classes, limit=None
            )
            for band in self.tiers.bands.both
        }

    def in_force(self, on: date) -> GradingPolicy:
        """The same rules, marked as those of a day."""
        marked = self.model_copy()
        marked._on = on
        return marked
