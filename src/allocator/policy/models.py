"""What a policy file may hold, as frozen models; descriptions are what editors show.

Dated values are resolved before (``dated``), so a model sees only what is in force.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr

from allocator.errors import Refusal
from allocator.policy.fields import (
    MAX_TIERS,
    Address,
    Cartons,
    CartonsByTier,
    Identifier,
    Percentile,
    Positive,
    PriceClass,
    Share,
    Text,
    Tier,
    TierKey,
)
from allocator.policy.words import (
    Boundary,
    Fortnightly,
    ItemName,
    Market,
    MissingMonth,
    SalesKind,
    Scale,
    TableName,
    Ties,
    WeightKind,
    WholeUnit,
)

SETTINGS = ConfigDict(
    frozen=True,
    extra="forbid",
    strict=True,
    defer_build=True,
)


MOST_NAMES = 100
"""Values of one attribute that a policy may list."""


class Source(BaseModel):
    """Where a rule is published."""

    model_config = SETTINGS
    title: Annotated[Text, Field(description="Name of the notice or decision.")]
    url: Annotated[
        Address | None,
        Field(description="Where it can be read: an address that starts with https://."),
    ] = None


class TableAliases(BaseModel):
    """Headers and values of a table as this city writes them."""

    model_config = SETTINGS
    columns: Annotated[
        dict[Text, Identifier], Field(description="Own header: canonical column.")
    ] = {}
    values: Annotated[
        dict[Identifier, dict[Text, Identifier]],
        Field(description="Canonical column: {own value: canonical value}."),
    ] = {}


class Window(BaseModel):
    """The sales that count."""

    model_config = SETTINGS
    months: Annotated[
        int, Field(ge=1, le=60, description="Complete months before the grading date.")
    ]


class Exclusions(BaseModel):
    """Sales that do not count."""

    model_config = SETTINGS
    scarce: Annotated[bool, Field(description="Leave scarce products out of the score.")] = False
    kinds: Annotated[
        tuple[SalesKind, ...], Field(description="Kinds of sales left out of the score.")
    ] = ()


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
        Percentile | None,
        Field(description="Share of retailers below the cut; with scale winsorised only."),
    ] = None


class TierShares(BaseModel):
    """How ranks become tiers."""

    model_config = SETTINGS
    shares: Annotated[
        tuple[Positive, ...],
        Field(
            min_length=1,
            max_length=MAX_TIERS,
            description="Per cent of retailers from the top tier down to tier 1; sum 100.",
        ),
    ]
    ties: Annotated[
        Ties, Field(description="Tier of retailers with one score across a boundary.")
    ] = "higher"


class Newcomers(BaseModel):
    """New retailers: not scored, outside the shares."""

    model_config = SETTINGS
    months: Annotated[
        int, Field(ge=1, le=60, description="Complete months of trading before the first score.")
    ]
    start_tier: Annotated[Tier, Field(description="Tier until then.")]


class GradingPolicy(BaseModel):
    """How retailers get their tiers."""

    model_config = SETTINGS
    window: Window
    exclude: Annotated[
        Exclusions, Field(default_factory=Exclusions, description="Sales that do not count.")
    ]
    items: Annotated[
        dict[ItemName, ItemPolicy],
        Field(min_length=1, description="Items of the score with their weights."),
    ]
    tiers: TierShares
    newcomers: Newcomers | None = None
    missing_month: Annotated[
        MissingMonth,
        Field(description="A month without a sale counts as zero, or is left out of the mean."),
    ]
    _on: date | None = PrivateAttr(default=None)

    @property
    def on(self) -> date | None:
        """The day for which dated values were resolved; ``None`` outside a policy."""
        return self._on

    def in_force(self, on: date) -> GradingPolicy:
        """The same rules, marked as those of a day."""
        marked = self.model_copy()
        marked._on = on
        return marked


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
        """The attributes that are mentioned, with the values that fit."""
        found = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: values for name, values in found.items() if values is not None}


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


def _for_all_sizes(value: Any) -> Any:
    """One word for whole units holds for both sizes of the share."""
    return {"at_least_one": value, "below_one": value} if isinstance(value, str) else value


class AllocationPolicy(BaseModel):
    """How supply becomes quotas, and quotas and orders become awards."""

    model_config = SETTINGS
    weights: Weights
    boundary: Annotated[
        Boundary, Field(description="step: all retailers of a tier share one entitlement.")
    ] = "step"
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
    defaults: Limits
    products: Annotated[
        dict[Identifier, ProductLimits], Field(description="Limits of single products, by id.")
    ] = {}
    _lines: dict[str, int] = PrivateAttr(default_factory=dict)

    @property
    def lines(self) -> dict[str, int]:
        """Line of each path in the policy file, so that a conflict can name it; else empty."""
        return self._lines

    def placed(self, lines: dict[str, int]) -> AllocationPolicy:
        """The same rules, with the lines where they stand."""
        marked = self.model_copy()
        marked._lines = lines
        return marked


class AuditRules(BaseModel):
    """Which audit rules run."""

    model_config = SETTINGS
    select: Annotated[tuple[Identifier, ...], Field(description="Rule names, or all.")] = ("all",)
    ignore: Annotated[tuple[Identifier, ...], Field(description="Rule names left out.")] = ()


class Thresholds(BaseModel):
    """Limits of alerts; this version has none yet."""

    model_config = SETTINGS


class AuditPolicy(BaseModel):
    """What the audit looks for."""

    model_config = SETTINGS
    rules: Annotated[AuditRules, Field(default_factory=AuditRules)]
    thresholds: Annotated[Thresholds, Field(default_factory=Thresholds)]


class PolicyFile(BaseModel):
    """The policy of a city: how retailers are graded and scarce products allocated."""

    model_config = SETTINGS
    title: Text
    tables: Annotated[
        dict[TableName, TableAliases], Field(description="Own headers and values, by table.")
    ] = {}
    grading: GradingPolicy | None = None
    allocation: AllocationPolicy
    audit: Annotated[AuditPolicy, Field(default_factory=AuditPolicy)]


class SourceInForce(BaseModel):
    """Where the value in force at a path comes from."""

    model_config = SETTINGS
    since: date
    title: str | None = None
    url: str | None = None
    last_valid_on: date | None = None


class Policy(BaseModel):
    """A policy as it stands on one day.

    on : the day; dated values are resolved for it
    digest : SHA-256 of the file's bytes, 64 hex digits
    text : the file's text; its UTF-8 bytes are the file, so that a run can keep a copy
    sources : the dated values in force, by path (``grading.tiers.shares``)
    lines : line of each path in the file, counted from 1
    warnings : what is usable but wants a look (values past their last day, ...)
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, defer_build=True
    )
    title: str
    on: date
    digest: str
    text: str
    tables: dict[TableName, TableAliases]
    grading: GradingPolicy | None
    allocation: AllocationPolicy
    audit: AuditPolicy
    sources: dict[str, SourceInForce]
    lines: dict[str, int]
    warnings: tuple[Refusal, ...]
