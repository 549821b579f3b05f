"""What the values of a policy must be to each other; each check finds all its faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import pairwise

from allocator.policy.document import Path
from allocator.policy.fields import MAX_TIERS
from allocator.policy.limits import line_limits
from allocator.policy.models import PolicyFile
from allocator.policy.words import CLASS_ITEMS
from allocator.wording import Fact

Finding = tuple[Path, str, dict[str, Fact]]
Check = Callable[[PolicyFile], Iterator[Finding]]


def _tiers(file: PolicyFile) -> int | None:
    return None if file.grading is None else len(file.grading.tiers.shares)


def shares_sum_to_hundred(file: PolicyFile) -> Iterator[Finding]:
    """The shares of tiers are per cent of all graded retailers."""
    if file.grading is not None:
        total = sum(file.grading.tiers.shares, Decimal(0))
        if total != 100:
            facts: dict[str, Fact] = {"total": total, "difference": abs(100 - total)}
            code = "shares-below-hundred" if total < 100 else "shares-above-hundred"
            yield ("grading", "tiers", "shares"), code, facts


def items_fit(file: PolicyFile) -> Iterator[Finding]:
    """``classes`` belong to items of price classes, ``limit`` to winsorised scales."""
    if file.grading is None:
        return
    for name, item in file.grading.items.items():
        path: Path = ("grading", "items", name)
        if name in CLASS_ITEMS and not item.classes:
            yield path, "classes-missing", {"item": name}
        if name not in CLASS_ITEMS and item.classes:
            facts: dict[str, Fact] = {"item": name, "items": ", ".join(CLASS_ITEMS)}
            yield (*path, "classes"), "classes-without-use", facts
        if len(set(item.classes)) < len(item.classes):
            yield (*path, "classes"), "named-twice", {}
        if item.limit is not None and item.scale != "winsorised":
            yield (*path, "limit"), "limit-without-use", {"scale": item.scale}


def newcomers_start_within(file: PolicyFile) -> Iterator[Finding]:
    """New retailers start in a tier that exists."""
    tiers = _tiers(file)
    if file.grading is None or file.grading.newcomers is None or tiers is None:
        return
    if file.grading.newcomers.start_tier > tiers:
        facts: dict[str, Fact] = {"tier": file.grading.newcomers.start_tier, "tiers": tiers}
        yield ("grading", "newcomers", "start_tier"), "tier-above-top", facts


def weights_rise(file: PolicyFile) -> Iterator[Finding]:
    """Weights are complete and never fall as the tier rises."""
    weights, path = file.allocation.weights, ("allocation", "weights")
    if weights.kind == "sales":
        yield from _by_sales(file)
        return
    if weights.table is None:
        yield from _linear(file)
        return
    if weights.kind == "linear" or weights.bottom is not None or weights.top is not None:
        yield path, "weights-mixed", {}
    if not weights.table:
        yield (*path, "table"), "needs-entries", {"number": 1}
        return
    tiers = _tiers(file) or max(weights.table)
    for tier in range(1, tiers + 1):
        if tier not in weights.table:
            yield (*path, "table"), "weight-missing", {"tier": tier, "tiers": tiers}
    for tier in weights.table:
        if tier > tiers:
            facts: dict[str, Fact] = {"tier": tier, "tiers": tiers}
            yield (*path, "table", str(tier)), "tier-above-top", facts
    for lower, upper in pairwise(sorted(weights.table)):
        if weights.table[upper] < weights.table[lower]:
            facts = {"tier": upper, "lower": lower, "least": weights.table[lower]}
            yield (*path, "table", str(upper)), "weight-falls", facts


def _by_sales(file: PolicyFile) -> Iterator[Finding]:
    """Weights by sales need the cartons of each retailer, which the item ``quantity`` counts."""
    weights, path = file.allocation.weights, ("allocation", "weights")
    if weights.table is not None or weights.bottom is not None or weights.top is not None:
        yield path, "weights-mixed-sales", {}
    if file.grading is None or "quantity" not in file.grading.items:
        yield (*path, "kind"), "weights-need-quantity", {}


def _linear(file: PolicyFile) -> Iterator[Finding]:
    weights, path = file.allocation.weights, ("allocation", "weights")
    if weights.kind == "table":
        yield (*path, "table"), "missing-key", {"key": "table"}
        return
    if weights.kind is None:
        yield path, "weights-incomplete", {}
        return
    for key in ("bottom", "top"):
        if getattr(weights, key) is None:
            yield (*path, key), "missing-key", {"key": key}
    if weights.bottom is not None and weights.top is not None and weights.top < weights.bottom:
        yield (*path, "top"), "needs-at-least", {"number": weights.bottom}


def limits_leave_room(file: PolicyFile) -> Iterator[Finding]:
    """No floor above a ceiling (f <= m), for the defaults and for every product and tier."""
    defaults = file.allocation.defaults
    if defaults.floor > defaults.ceiling:
        facts: dict[str, Fact] = {"floor": defaults.floor, "ceiling": defaults.ceiling}
        yield ("allocation", "defaults", "floor"), "floor-above-ceiling", facts
        return
    tiers = _tiers(file) or MAX_TIERS
    for product, own in file.allocation.products.items():
        limits = line_limits(file.allocation, product, tiers)
        allowed = range(limits.lowest, min(limits.highest, tiers) + 1)
        low = [tier for tier in allowed if limits.floor > limits.ceiling[tier - 1]]
        if low:
            key = "ceiling" if own.floor is None else "floor"
            facts = {
                "floor": limits.floor,
                "ceiling": limits.ceiling[low[0] - 1],
                "tier": low[0],
            }
            path: Path = ("allocation", "products", product, key)
            yield path, "product-floor-above-ceiling", facts


def product_tiers_exist(file: PolicyFile) -> Iterator[Finding]:
    """Ranges of tiers run upwards, and tiers that products name exist."""
    tiers = _tiers(file) or MAX_TIERS
    for product, own in file.allocation.products.items():
        path: Path = ("allocation", "products", product)
        if own.tiers is not None:
            low, high = own.tiers
            if low > high:
                yield (*path, "tiers"), "range-backwards", {"low": high, "high": low}
            if max(low, high) > tiers:
                facts: dict[str, Fact] = {"tier": max(low, high), "tiers": tiers}
                yield (*path, "tiers"), "tier-above-top", facts
        if isinstance(own.ceiling, dict):
            if not own.ceiling:
                yield (*path, "ceiling"), "needs-entries", {"number": 1}
            for tier in own.ceiling:
                if tier > tiers:
                    facts = {"tier": tier, "tiers": tiers}
                    yield (*path, "ceiling", str(tier)), "tier-above-top", facts


def somebody_is_chosen(file: PolicyFile) -> Iterator[Finding]:
    """A choice of retailers mentions at least one attribute, and no value twice."""
    for product, own in file.allocation.products.items():
        if own.who is None:
            continue
        path: Path = ("allocation", "products", product, "who")
        if not own.who.named():
            yield path, "needs-entries", {"number": 1}
        for name, values in own.who.named().items():
            if not values:
                yield (*path, name), "needs-entries", {"number": 1}
            if len(set(values)) < len(values):
                yield (*path, name), "named-twice", {}


def words_once(file: PolicyFile) -> Iterator[Finding]:
    """Lists of words name nothing twice."""
    lists: list[tuple[Path, tuple[str, ...]]] = [
        (("audit", "rules", "select"), file.audit.rules.select),
        (("audit", "rules", "ignore"), file.audit.rules.ignore),
    ]
    if file.grading is not None:
        lists.append((("grading", "exclude", "kinds"), file.grading.exclude.kinds))
    for path, words in lists:
        if len(set(words)) < len(words):
            yield path, "named-twice", {}


def path_keeps_limits(file: PolicyFile) -> Iterator[Finding]:
    """``path`` knows weights, ceilings and floors: no step, no ceiling that breaks tier order.

    Tier order comes out by itself where neither weights nor ceilings fall as the tier rises.
    """
    allocation, units = file.allocation, file.allocation.whole_units
    if "path" not in (units.at_least_one, units.below_one):
        return
    if allocation.defaults.step is not None:
        facts: dict[str, Fact] = {"step": allocation.defaults.step}
        yield ("allocation", "defaults", "step"), "path-with-step", facts
    tiers = _tiers(file) or MAX_TIERS
    for product, own in allocation.products.items():
        path: Path = ("allocation", "products", product)
        if own.step is not None:
            yield (*path, "step"), "path-with-step", {"step": own.step}
        fall = _falling_ceiling(file, product, tiers)
        if fall is not None:
            yield (*path, "ceiling"), "path-with-falling-ceiling", fall


def _falling_ceiling(file: PolicyFile, product: str, tiers: int) -> dict[str, Fact] | None:
    """The lowest tiers between which a product's ceiling falls although its tier order holds."""
    limits = line_limits(file.allocation, product, tiers)
    if not limits.tier_order:
        return None
    allowed = range(limits.lowest, min(limits.highest, tiers) + 1)
    for lower, upper in pairwise(allowed):
        if limits.ceiling[upper - 1] < limits.ceiling[lower - 1]:
            return {
                "product": product,
                "lower": lower,
                "upper": upper,
                "most": limits.ceiling[upper - 1],
                "ceiling": limits.ceiling[lower - 1],
            }
    return None


CHECKS: tuple[Check, ...] = (
    shares_sum_to_hundred,
    items_fit,
    newcomers_start_within,
    weights_rise,
    limits_leave_room,
    product_tiers_exist,
    somebody_is_chosen,
    words_once,
    path_keeps_limits,
)


def ceilings_fall(file: PolicyFile) -> Iterator[Finding]:
    """A warning: tier order holds lower tiers down to the smallest ceiling above them."""
    tiers = _tiers(file) or MAX_TIERS
    for product in file.allocation.products:
        fall = _falling_ceiling(file, product, tiers)
        if fall is not None:
            yield ("allocation", "products", product, "ceiling"), "ceiling-falls", fall


WARNINGS: tuple[Check, ...] = (ceilings_fall,)
