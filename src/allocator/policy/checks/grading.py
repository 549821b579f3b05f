"""Items, shares and newcomers of the grading, and lists of plain words."""

from __future__ import annotations

from collections.abc import Iterator

from allocator.policy.checks.finding import Finding, tiers_of
from allocator.policy.checks.tiers import TIERS, hundred
from allocator.policy.document import Path
from allocator.policy.models import PolicyFile
from allocator.policy.words import CLASS_ITEMS
from allocator.wording import Fact


def shares_sum_to_hundred(file: PolicyFile) -> Iterator[Finding]:
    """The shares of tiers are per cent of all graded retailers."""
    if file.grading is not None and file.grading.tiers.shares is not None:
        yield from hundred((*TIERS, "shares"), file.grading.tiers.shares)


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


def weights_fit_the_decimals(file: PolicyFile) -> Iterator[Finding]:
    """Most points of an item are a figure that can be published: no more decimals than points."""
    if file.grading is None:
        return
    decimals = file.grading.decimals
    for name, item in file.grading.items.items():
        if item.weight != round(item.weight, decimals):
            facts: dict[str, Fact] = {"weight": item.weight, "decimals": decimals}
            yield ("grading", "items", name, "weight"), "weight-finer-than-points", facts


def newcomers_start_within(file: PolicyFile) -> Iterator[Finding]:
    """New retailers start in a tier that exists."""
    tiers = tiers_of(file)
    if file.grading is None or file.grading.newcomers is None or tiers is None:
        return
    if file.grading.newcomers.start_tier > tiers:
        facts: dict[str, Fact] = {"tier": file.grading.newcomers.start_tier, "tiers": tiers}
        yield ("grading", "newcomers", "start_tier"), "tier-above-top", facts


def words_once(file: PolicyFile) -> Iterator[Finding]:
    """Lists of words name nothing twice."""
    lists: list[tuple[Path, tuple[str, ...]]] = [
        (("audit", "rules", "select"), file.audit.rules.select),
        (("audit", "rules", "ignore"), file.audit.rules.ignore),
    ]
    if file.grading is not None:
        exclude, place = file.grading.exclude, ("grading", "exclude")
        lists += [((*place, "kinds"), exclude.kinds), ((*place, "products"), exclude.products)]
        lists.append(((*place, "classes"), tuple(map(str, exclude.classes))))
    for path, words in lists:
        if len(set(words)) < len(words):
            yield path, "named-twice", {}
