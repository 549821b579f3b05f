"""What a policy says of several lines or cells together: groups, baskets and bands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import combinations

import numpy as np

from allocator.allocation.limits import Released
from allocator.allocation.segments import chosen
from allocator.errors import BadRequest, InfeasiblePolicy
from allocator.policy.allocation_models import AllocationPolicy, GroupPolicy, Together
from allocator.policy.choices import ProductChoice, chosen_products
from allocator.policy.limits import by_tier_down
from allocator.policy.nearest import nearest
from allocator.records import Cells, Flags, Group, JointLimit, Units
from allocator.tables.city import City


def group_shares(
    released: Released,
    cells: Cells,
    policy: AllocationPolicy,
    attributes: tuple[str, ...],
    masses: Callable[[Flags], Units],
    supply: Units,
) -> tuple[Group, ...]:
    """The groups of the policy, one for each line in which any of its retailers takes part.

    masses : what the quotas of all cells take for the retailers of some, (P, C) int64 millionths
    supply : (P,) int64 cartons, S

    Least shares go up to whole lots, largest shares down.
    """

    def found() -> Iterator[Group]:
        for rule, group in enumerate(policy.groups):
            inside = cells_of(group, cells, attributes)
            mass = masses(inside)
            for p in lines_of(group.products, released):
                own = np.flatnonzero(mass[p])
                home = np.flatnonzero(inside & (mass[p] > 0))
                # Where none of the group may have a product, or none takes part, it has no share.
                if len(own):
                    lot, whole = int(released.lot[p]), int(supply[p])
                    yield Group(
                        rule,
                        p,
                        own.astype(np.int32),
                        mass[p, own],
                        _least(group.at_least, whole, lot),
                        _most(group.at_most, whole, lot),
                        None if len(home) == len(own) else home.astype(np.int32),
                    )

    return tuple(found())


def cells_of(group: GroupPolicy, cells: Cells, attributes: tuple[str, ...]) -> Flags:
    """The cells whose retailers are in a group, (C,) bool."""
    inside = chosen(cells, attributes, group.who, "")
    if group.who.tier is not None:
        low, high = group.who.tier
        inside &= (cells.tier >= low) & (cells.tier <= high)
    return inside


def _least(part: Decimal | None, supply: int, lot: int) -> int:
    if part is None:
        return -1
    top, bottom = part.as_integer_ratio()
    return -(-supply * top // (bottom * lot)) * lot


def _most(part: Decimal | None, supply: int, lot: int) -> int:
    if part is None:
        return -1
    top, bottom = part.as_integer_ratio()
    return supply * top // (bottom * lot) * lot


def baskets_of(
    released: Released, cells: Cells, policy: AllocationPolicy, tiers: int
) -> tuple[JointLimit, ...]:
    """The baskets of the policy that hold any released line.

    Raises
    ------
    InfeasiblePolicy : two baskets share some lines but neither is inside the other: no whole
        cartons could be promised
    """
    found = _together(policy.baskets, released, cells, tiers)
    for one, other in combinations(found, 2):
        a, b = set(one.lines.tolist()), set(other.lines.tolist())
        if a & b and not a <= b and not b <= a:
            raise InfeasiblePolicy(
                "baskets-cross",
                basket=one.name,
                other=other.name,
                both=released.product[min(a & b)],
                only=released.product[min(a - b)],
                rest=released.product[min(b - a)],
            )
    return found


def bands_of(
    released: Released, cells: Cells, policy: AllocationPolicy, tiers: int
) -> tuple[JointLimit, ...]:
    """The bands of the policy that hold any released line."""
    return _together(policy.bands, released, cells, tiers)


def _together(
    rules: Sequence[Together], released: Released, cells: Cells, tiers: int
) -> tuple[JointLimit, ...]:
    found = []
    for rule in rules:
        lines = lines_of(rule.products, released)
        most = np.array(by_tier_down(rule.at_most, tiers), np.int64)[cells.tier - 1]
        if len(lines) and (most >= 0).any():
            found.append(JointLimit(rule.name, np.array(lines, np.int32), most))
    return tuple(found)


def lines_of(choice: ProductChoice, released: Released) -> list[int]:
    """The released lines of the products that a choice means."""
    bands = dict(zip(released.product, released.price_band, strict=True))
    classes = dict(zip(released.product, released.price_class, strict=True))
    means = chosen_products(choice, released.product, bands, classes)
    return [p for p, fits in enumerate(means) if fits and released.supply[p] > 0]


def check_choices(city: City, policy: AllocationPolicy, released: Released) -> None:
    """Refuse a choice of products by an id or price that no product has.

    Raises
    ------
    BadRequest : with the nearest known one
    """
    rules = [
        *((f"allocation.groups.{k}", rule.products) for k, rule in enumerate(policy.groups)),
        *((f"allocation.baskets.{k}", rule.products) for k, rule in enumerate(policy.baskets)),
        *((f"allocation.bands.{k}", rule.products) for k, rule in enumerate(policy.bands)),
    ]
    for path, choice in rules:
        for name, values in (
            ("product_id", choice.ids),
            ("price_band", choice.price_band),
            ("price_class", tuple(map(str, choice.price_class))),
        ):
            if values:
                _check_values(f"{path}.products", name, values, _known(city, released, name))


def _known(city: City, released: Released, name: str) -> list[str]:
    listed = set(released.product) if name == "product_id" else set()
    if city.products is not None and name in city.products.frame.columns:
        column = city.products.frame[name].drop_nulls().unique().to_list()
        listed |= {str(value) for value in column}
    return sorted(listed)


def _check_values(path: str, name: str, values: Sequence[str], known: list[str]) -> None:
    for value in values:
        if value in known:
            continue
        near = nearest(value, known) or next(iter(known), None)
        if near is None:
            raise BadRequest("choice-without-values", path=path, attribute=name, value=value)
        raise BadRequest(
            "choice-value-unknown", path=path, attribute=name, value=value, nearest=near
        )
