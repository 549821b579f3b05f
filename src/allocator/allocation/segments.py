"""Segments: distinct combinations of just the attributes that limits mention (``model.md`` 1).

A segment is named by the values of these attributes, ``urban`` or ``east | urban``, so that the
name can be read in a notice, and stays the same when other retailers come or go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import polars as pl

from allocator.errors import BadRequest
from allocator.policy.allocation_models import AllocationPolicy
from allocator.policy.choices import Who
from allocator.policy.nearest import nearest
from allocator.records import SEGMENT_SEPARATOR, Cells, Flags
from allocator.wording import Fact

ATTRIBUTES = ("region", "market", "format", "trade_area", "credit")
"""Attributes of a retailer that limits may mention, in the order of a segment's name; the region
comes first because supply may be released by it."""

BAR = SEGMENT_SEPARATOR.strip()


def mentioned(
    policy: AllocationPolicy, products: Iterable[str], *, by_region: bool
) -> tuple[str, ...]:
    """The attributes that the limits of the released products mention.

    by_region : whether supply is released by region, which mentions the region
    """
    found = {"region"} if by_region else set()
    for _, who in choices_of_retailers(policy, products):
        found |= set(who.named())
    return tuple(name for name in ATTRIBUTES if name in found)


def choices_of_retailers(
    policy: AllocationPolicy, products: Iterable[str]
) -> Iterator[tuple[str, Who]]:
    """Where the policy chooses retailers, as far as the released products are concerned."""
    for product in dict.fromkeys(products):
        own = policy.products.get(product)
        if own is not None and own.who is not None:
            yield f"allocation.products.{product}.who", own.who
    for k, group in enumerate(policy.groups):
        yield f"allocation.groups.{k}.who", group.who


def check_known(retailers: pl.DataFrame, policy: AllocationPolicy, products: Iterable[str]) -> None:
    """Refuse a choice of retailers by a value that no retailer has.

    Raises
    ------
    BadRequest : with the nearest known value
    """
    for path, who in choices_of_retailers(policy, products):
        for attribute, values in who.named().items():
            known = retailers[attribute].drop_nulls().unique().sort().to_list()
            for value in values:
                if value not in known:
                    near = nearest(value, known) or next(iter(known), None)
                    facts = {"path": path, "attribute": attribute, "value": value}
                    if near is None:
                        raise BadRequest("who-without-values", **facts)
                    raise BadRequest("who-value-unknown", nearest=near, **facts)


def with_segments(retailers: pl.DataFrame, attributes: tuple[str, ...]) -> pl.DataFrame:
    """The retailers with ``segment``, ``""`` where an attribute is missing or none is mentioned.

    retailers : the attributes, retailer_id, and ``counted`` (bool)

    Raises
    ------
    BadRequest : a counted retailer lacks an attribute, or a value that no name can hold
    """
    for name in attributes:
        lacking = retailers.filter(pl.col("counted") & pl.col(name).is_null())
        if len(lacking):
            facts: dict[str, Fact] = {
                "count": len(lacking),
                "retailer": str(lacking["retailer_id"][0]),
            }
            if name == "region":
                raise BadRequest("retailers-without-region", **facts)
            raise BadRequest("retailers-without-attribute", attribute=name, **facts)
        barred = retailers.filter(pl.col(name).str.contains(BAR, literal=True))
        if len(barred):
            raise BadRequest(
                "segment-value-barred",
                attribute=name,
                sign=BAR,
                value=str(barred[name][0]),
                retailer=str(barred["retailer_id"][0]),
            )
    return retailers.with_columns(segment=segment_name(attributes))


def segment_name(attributes: tuple[str, ...]) -> pl.Expr:
    """The values of a retailer's attributes as a name; ``""`` where one is missing."""
    if not attributes:
        return pl.lit("")
    columns = [pl.col(name) for name in attributes]
    return pl.concat_str(columns, separator=SEGMENT_SEPARATOR).fill_null("")


def named_regions(regions: Iterable[str], attributes: tuple[str, ...]) -> list[str]:
    """Segments that must exist even where nobody lives there: regions that have a supply.

    Where more than the region divides retailers, a region without any has no segment, and its
    supply stays.
    """
    return [region for region in regions if region] if attributes == ("region",) else []


def chosen(cells: Cells, attributes: tuple[str, ...], who: Who | None, region: str) -> Flags:
    """The cells of retailers that fit a choice and a region, (C,) bool.

    region : ``""`` where supply is not released by region
    """
    wanted = {} if who is None else {name: set(values) for name, values in who.named().items()}
    if region:
        wanted["region"] = wanted.get("region", {region}) & {region}
    fits = {
        # Where nobody is counted there is one segment without a name (and so without its parts):
        # it fits no choice.
        segment: (segment != "" or not wanted)
        and all(
            value in wanted[name]
            for name, value in zip(
                attributes, segment.split(SEGMENT_SEPARATOR), strict=bool(segment)
            )
            if name in wanted
        )
        for segment in (set(cells.segment) if attributes else ())
    }
    return np.array([fits.get(segment, True) for segment in cells.segment], dtype=np.bool_)
