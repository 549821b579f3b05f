"""How scores, sales or attributes become tiers: what ``grading.tiers`` may hold, one of five kinds.

``shares`` deals places out by rank, ``cutoffs`` gives a tier to whoever has so many points,
``bands`` to whoever sells so much (of one item, or of two), ``breaks`` draws the boundaries where
the scores themselves leave the largest gaps, and ``by`` looks at no sales at all.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from allocator.policy.fields import (
    MAX_TIERS,
    SETTINGS,
    Limit,
    Part,
    Positive,
    PriceClass,
    Text,
    Tier,
    TierKey,
)
from allocator.policy.words import ItemName, Market, Ties

Rule = Literal["shares", "cutoffs", "bands", "grid", "breaks", "by"]
"""How tiers come about; ``grid`` is ``bands`` of two items."""

KINDS = ("shares", "cutoffs", "bands", "breaks", "by")
"""The keys of which a policy has one."""

Classes = Annotated[
    tuple[PriceClass, ...],
    Field(description="Price classes that count, for items of classes; 1 is the dearest."),
]


class BandItem(BaseModel):
    """One of two items whose bands decide the tier together."""

    model_config = SETTINGS
    item: Annotated[ItemName, Field(description="What is measured.")]
    from_: Annotated[
        tuple[Limit, ...],
        Field(
            alias="from",
            min_length=1,
            max_length=MAX_TIERS - 1,
            description="Where each band begins, from the top band down; below the last limit "
            "lies one band more. Cartons or yuan a month, yuan a carton, per cent, products or "
            "points, as the item is measured.",
        ),
    ]
    classes: Classes = ()


class Bands(BaseModel):
    """Tiers by how much is sold: bands of one item, or of two items together."""

    model_config = SETTINGS
    item: Annotated[
        ItemName | None, Field(description="The one item whose bands are the tiers.")
    ] = None
    from_: Annotated[
        dict[TierKey, Limit] | None,
        Field(
            alias="from",
            description="Least value of each tier from the top down to tier 2; cartons or yuan a "
            "month, yuan a carton, per cent, products or points, as the item is measured.",
        ),
    ] = None
    classes: Classes = ()
    items: Annotated[
        tuple[BandItem, ...] | None,
        Field(min_length=2, max_length=2, description="Two items, instead of `item` and `from`."),
    ] = None
    table: Annotated[
        tuple[tuple[Tier, ...], ...] | None,
        Field(
            description="Tiers of the cells: a row for each band of the first item and in it a "
            "tier for each band of the second, both from the top. Without it tiers rise with the "
            "first item, and within its band with the second."
        ),
    ] = None

    @property
    def both(self) -> tuple[BandItem, ...]:
        """The items that are measured: one or two."""
        if self.items is not None:
            return self.items
        if self.item is None:
            return ()
        return (BandItem.model_construct(item=self.item, from_=(), classes=self.classes),)

    def cells(self) -> tuple[tuple[int, ...], ...]:
        """The tiers of two items: rows by the first, columns by the second, from the top band."""
        if self.table is not None:
            return self.table
        rows, columns = (len(item.from_) + 1 for item in self.both)
        return tuple(
            tuple(row * columns + column for column in range(columns, 0, -1))
            for row in range(rows - 1, -1, -1)
        )


class Breaks(BaseModel):
    """Tiers where scores leave natural gaps: least sum of distances to the middle of the tier."""

    model_config = SETTINGS
    tiers: Annotated[int, Field(ge=1, le=MAX_TIERS, description="Number of tiers.")]
    at_least: Annotated[
        Part | None, Field(description="Least share of the retailers in each tier.")
    ] = None
    shape: Annotated[
        tuple[Positive, ...] | None,
        Field(
            min_length=1,
            max_length=MAX_TIERS,
            description="Wanted per cent of retailers from the top tier down to tier 1; sum 100.",
        ),
    ] = None
    within: Annotated[
        Part | None,
        Field(description="How far a tier may be from its wanted share, of all retailers."),
    ] = None


class ByAttribute(BaseModel):
    """Tiers by what a shop is, not by what it sells."""

    model_config = SETTINGS
    format: Annotated[dict[Text, Tier] | None, Field(description="Kind of shop: tier.")] = None
    market: Annotated[dict[Market, Tier] | None, Field(description="urban, rural: tier.")] = None
    trade_area: Annotated[dict[Text, Tier] | None, Field(description="Trade area: tier.")] = None
    region: Annotated[dict[Text, Tier] | None, Field(description="Region: tier.")] = None
    credit: Annotated[dict[Text, Tier] | None, Field(description="Credit rating: tier.")] = None
    otherwise: Annotated[
        Tier | None,
        Field(description="Tier of everybody else; without it, every retailer must be named."),
    ] = None

    def named(self) -> dict[str, dict[str, int]]:
        """The attributes that are given, each with the tier of each value."""
        names = [name for name in ByAttribute.model_fields if name != "otherwise"]
        found = {name: getattr(self, name) for name in names}
        return {name: dict(tiers) for name, tiers in found.items() if tiers is not None}


class TierPolicy(BaseModel):
    """How retailers get their tiers: exactly one of the five kinds."""

    model_config = SETTINGS
    shares: Annotated[
        tuple[Positive, ...] | None,
        Field(
            min_length=1,
            max_length=MAX_TIERS,
            description="Per cent of retailers from the top tier down to tier 1; sum 100.",
        ),
    ] = None
    ties: Annotated[
        Ties,
        Field(description="Tier of retailers with one score across a boundary of shares."),
    ] = "higher"
    cutoffs: Annotated[
        dict[TierKey, Limit] | None,
        Field(description="Least points of each tier, from the top down to tier 2."),
    ] = None
    bands: Annotated[Bands | None, Field(description="Tiers by how much is sold.")] = None
    breaks: Annotated[Breaks | None, Field(description="Tiers at natural gaps.")] = None
    by: Annotated[ByAttribute | None, Field(description="Tiers without sales.")] = None

    def named(self) -> tuple[str, ...]:
        """The kinds that are given; a sound policy has one."""
        return tuple(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def rule(self) -> Rule:
        """The kind that decides."""
        if self.cutoffs is not None:
            return "cutoffs"
        if self.bands is not None:
            return "bands" if self.bands.items is None else "grid"
        if self.breaks is not None:
            return "breaks"
        return "shares" if self.by is None else "by"

    @property
    def count(self) -> int:
        """Number of tiers T; 0 where the policy is not sound."""
        if self.by is not None:
            tiers = [tier for values in self.by.named().values() for tier in values.values()]
            return max([*tiers, self.by.otherwise or 0], default=0)
        if self.breaks is not None:
            return self.breaks.tiers
        if self.bands is not None and self.bands.items is not None:
            return max((tier for row in self.bands.cells() for tier in row), default=0)
        limits = self.cutoffs if self.bands is None else self.bands.from_
        return max(limits or (), default=0) if self.shares is None else len(self.shares)
