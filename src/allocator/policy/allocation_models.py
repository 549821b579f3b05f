"""How supply becomes quotas and awards: what ``allocation`` of a policy file may hold."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, PrivateAttr

from allocator.policy.choices import GroupWho, Products, Who
from allocator.policy.fields import (
    SETTINGS,
    Cartons,
    CartonsByTier,
    Coverage,
    Identifier,
    LimitByTier,
    Part,
    Positive,
    Share,
    Tier,
    TierKey,
)
from allocator.policy.words import (
    Boundary,
    Fortnightly,
    Objective,
    Oversell,
    WeightKind,
    WholeUnit,
)

MOST_RULES = 100
"""Groups, baskets or bands that a policy may list."""


class Weights(BaseModel):
    """What tiers earn relative to each other: linear from bottom to top, or a table."""

    model_config = SETTINGS
    kind: Annotated[
        WeightKind | None,
        Field(
            description="linear (bottom, top); sales: mean sales of the tier's retailers, never "
            "falling as the tier rises; a table needs no kind."
        ),
    ] = None
    bottom: Annotated[Positive | None, Field(description="Weight of tier 1.")] = None
    top: Annotated[Positive | None, Field(description="Weight of the top tier.")] = None
    table: Annotated[dict[TierKey, Positive] | None, Field(description="Weight of every tier.")] = (
        None
    )


class WholeUnits(BaseModel):
    """How shares become whole cartons, by the size of the share of one retailer."""

    model_config = SETTINGS
    at_least_one: Annotated[
        WholeUnit,
        Field(
            description="A lot or more each. equal: one whole number per tier; rotate: odd lots go "
            "round in turns; lottery: odd lots are drawn anew each cycle; path: lots go one at a "
            "time to whoever has least for its weight (no step)."
        ),
    ]
    below_one: Annotated[WholeUnit, Field(description="Under one lot each.")]


class Limits(BaseModel):
    """Limits of every product, in cartons for one retailer and cycle."""

    model_config = SETTINGS
    floor: Annotated[Cartons, Field(description="Least quota.")] = 0
    ceiling: Annotated[Cartons, Field(description="Largest quota.")]
    step: Annotated[
        Cartons | None, Field(description="Largest difference between neighbouring tiers.")
    ] = None
    tier_order: Annotated[bool, Field(description="A quota never falls as the tier rises.")] = True
    coverage: Annotated[
        Coverage,
        Field(
            description="At least this part of the retailers of every tier that may have a product "
            "can have a lot in a cycle."
        ),
    ] = Decimal(0)


class ProductLimits(BaseModel):
    """Limits of one product; what is absent is as in ``defaults``."""

    model_config = SETTINGS
    floor: Annotated[Cartons | None, Field(description="Least quota.")] = None
    ceiling: Annotated[
        CartonsByTier,
        Field(
            description="Largest quota; by tier it holds for the tiers above up to the next entry, "
            "below the lowest entry the default holds."
        ),
    ] = None
    step: Annotated[
        Cartons | None, Field(description="Largest difference between neighbouring tiers.")
    ] = None
    tier_order: Annotated[
        bool | None, Field(description="A quota never falls as the tier rises.")
    ] = None
    coverage: Annotated[
        Coverage | None,
        Field(description="Least part of the retailers of every tier that can have a lot."),
    ] = None
    tiers: Annotated[
        tuple[Tier, Tier] | None,
        Field(description="Lowest and highest tier that may have the product; both count."),
    ] = None
    who: Annotated[Who | None, Field(description="Retailers that may have the product.")] = None
    fortnightly: Annotated[
        Fortnightly,
        Field(
            description="same: fortnightly shops have the quota of weekly ones; double: twice as "
            "much, for they order half as often."
        ),
    ] = "same"


class GroupPolicy(BaseModel):
    """A share of the supply of each product for a group of retailers."""

    model_config = SETTINGS
    who: Annotated[GroupWho, Field(description="The retailers of the group.")]
    products: Annotated[
        Products,
        Field(description="Products of which the group has a share: each one for itself."),
    ]
    at_least: Annotated[
        Part | None, Field(description="Least share of the supply less reserve.")
    ] = None
    at_most: Annotated[
        Part | None, Field(description="Largest share of the supply less reserve.")
    ] = None


class Together(BaseModel):
    """A limit on several products together, for one retailer and cycle."""

    model_config = SETTINGS
    name: Annotated[Identifier, Field(description="What notices call it.")]
    products: Annotated[Products, Field(description="Products that count together.")]
    at_most: Annotated[
        LimitByTier,
        Field(
            description="Most cartons together; by tier it holds for the tiers above up to the "
            "next entry, below the lowest entry there is no limit."
        ),
    ]


class TakeUp(BaseModel):
    """How much of a quota is ordered, expected from past orders; absent, all of it."""

    model_config = SETTINGS
    history_cycles: Annotated[
        int, Field(ge=1, le=200, description="Cycles of past orders that are looked at.")
    ]
    oversell: Annotated[
        Oversell,
        Field(
            description="If all ordered in full, more than the supply could go. refuse: the "
            "reserve must cover that, else the plan is refused; share: a quota is a ceiling, not "
            "a guarantee, and what there is is shared out."
        ),
    ]


def _for_all_sizes(value: Any) -> Any:
    """One word for whole units holds for both sizes of the share."""
    return {"at_least_one": value, "below_one": value} if isinstance(value, str) else value


class AllocationPolicy(BaseModel):
    """How supply becomes quotas, and quotas and orders become awards."""

    model_config = SETTINGS
    weights: Weights
    boundary: Annotated[
        Boundary,
        Field(
            description="step: all retailers of a tier share one entitlement; smooth: it rises "
            "evenly with the score from tier to tier."
        ),
    ] = "step"
    objective: Annotated[
        Objective,
        Field(
            description="leximin: the worst-off first; volume: as much as possible goes out; "
            "proportional: quotas as near to the weights as can be; equal: as near to equal."
        ),
    ] = "leximin"
    whole_units: Annotated[
        WholeUnits,
        BeforeValidator(_for_all_sizes),
    ]
    reserve: Annotated[Share, Field(description="Kept back from the supply, up to whole lots.")] = (
        Decimal(0)
    )
    second_round: Annotated[bool, Field(description="Offer again what the first round leaves.")] = (
        False
    )
    take_up: Annotated[
        TakeUp | None,
        Field(description="Plan with what is expected to be ordered; absent, with all."),
    ] = None
    defaults: Limits
    products: Annotated[
        dict[Identifier, ProductLimits], Field(description="Limits of single products, by id.")
    ] = {}
    bands: Annotated[
        tuple[Together, ...],
        Field(
            max_length=MOST_RULES,
            description="Most cartons together that a retailer may order; the quotas may add up "
            "to more.",
        ),
    ] = ()
    baskets: Annotated[
        tuple[Together, ...],
        Field(
            max_length=MOST_RULES,
            description="Quotas that must fit together, so that each can be ordered in full.",
        ),
    ] = ()
    groups: Annotated[
        tuple[GroupPolicy, ...],
        Field(max_length=MOST_RULES, description="Shares of the supply for groups of retailers."),
    ] = ()
    _lines: dict[str, int] = PrivateAttr(default_factory=dict)

    def __eq__(self, other: object) -> bool:
        """Whether the rules are the same, wherever they stand in their files."""
        if not isinstance(other, AllocationPolicy):
            return NotImplemented
        return self.__dict__ == other.__dict__

    @property
    def lines(self) -> dict[str, int]:
        """Line of each path in the policy file, so that a conflict can name it; else empty.

        Entries of lists are counted from 0: ``allocation.groups.0.at_least``.
        """
        return self._lines

    def placed(self, lines: dict[str, int]) -> AllocationPolicy:
        """The same rules, with the lines where they stand."""
        marked = self.model_copy()
        marked._lines = lines
        return marked
