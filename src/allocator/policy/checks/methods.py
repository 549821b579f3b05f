"""What a way to whole cartons, a boundary or an expected take-up cannot be combined with."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from allocator.policy.checks.finding import Finding, top_tier
from allocator.policy.checks.limits import falling_ceiling
from allocator.policy.document import Path
from allocator.policy.models import PolicyFile
from allocator.wording import Fact

UNITS: Path = ("allocation", "whole_units")


def _methods(file: PolicyFile) -> tuple[str, ...]:
    """The ways to whole cartons that the policy may use, by the size of the share."""
    units = file.allocation.whole_units
    return tuple(dict.fromkeys((units.at_least_one, units.below_one)))


def path_keeps_limits(file: PolicyFile) -> Iterator[Finding]:
    """``path`` knows weights, ceilings and floors: no step, no ceiling that breaks tier order.

    Tier order comes out by itself where neither weights nor ceilings fall as the tier rises.
    """
    allocation = file.allocation
    if "path" not in _methods(file):
        return
    if allocation.defaults.step is not None:
        facts: dict[str, Fact] = {"step": allocation.defaults.step}
        yield ("allocation", "defaults", "step"), "path-with-step", facts
    tiers = top_tier(file)
    for product, own in allocation.products.items():
        path: Path = ("allocation", "products", product)
        if own.step is not None:
            yield (*path, "step"), "path-with-step", {"step": own.step}
        fall = falling_ceiling(file, product, tiers)
        if fall is not None:
            yield (*path, "ceiling"), "path-with-falling-ceiling", fall


def path_stands_alone(file: PolicyFile) -> Iterator[Finding]:
    """``path`` has its own objective, and knows no groups, no baskets and no expected take-up."""
    allocation = file.allocation
    if "path" not in _methods(file):
        return
    if allocation.objective != "leximin":
        facts: dict[str, Fact] = {"objective": allocation.objective}
        yield ("allocation", "objective"), "path-with-objective", facts
    for index in range(len(allocation.groups)):
        yield ("allocation", "groups", index), "path-with-group", {"number": index + 1}
    for index, basket in enumerate(allocation.baskets):
        yield ("allocation", "baskets", index), "path-with-basket", {"name": basket.name}
    if allocation.take_up is not None:
        yield ("allocation", "take_up"), "path-with-take-up", {}


def coverage_goes_round(file: PolicyFile) -> Iterator[Finding]:
    """A part of a tier can have a lot only where lots go round: ``rotate`` or ``lottery``."""
    fixed = [method for method in _methods(file) if method in ("equal", "path")]
    if not fixed:
        return
    places: list[tuple[Path, Decimal | None]] = [
        (("allocation", "defaults", "coverage"), file.allocation.defaults.coverage)
    ]
    for product, own in file.allocation.products.items():
        places.append((("allocation", "products", product, "coverage"), own.coverage))
    for path, coverage in places:
        if coverage:
            yield path, "coverage-without-turns", {"method": fixed[0]}


def smooth_has_its_needs(file: PolicyFile) -> Iterator[Finding]:
    """``smooth`` needs scores and a largest step, and neither ``equal``, ``path`` nor take-up."""
    if file.allocation.boundary != "smooth":
        return
    path: Path = ("allocation", "boundary")
    if file.grading is None:
        yield path, "smooth-needs-grading", {}
    elif file.grading.tiers.rule in ("grid", "by"):
        yield path, f"smooth-with-{file.grading.tiers.rule}", {}
    if file.allocation.defaults.step is None:
        yield path, "smooth-needs-step", {}
    for method in _methods(file):
        if method in ("equal", "path"):
            yield UNITS, f"smooth-with-{method}", {}
    if file.allocation.take_up is not None:
        yield ("allocation", "take_up"), "smooth-with-take-up", {}


def reserve_covers_take_up(file: PolicyFile) -> Iterator[Finding]:
    """A warning: without a reserve nothing covers what is ordered beyond what was expected."""
    take_up = file.allocation.take_up
    if take_up is not None and take_up.oversell == "refuse" and not file.allocation.reserve:
        yield ("allocation", "take_up"), "take-up-without-reserve", {}
