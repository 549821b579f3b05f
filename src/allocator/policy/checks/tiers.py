"""How tiers come about: one kind, complete, rising, and nothing that has no use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise

from allocator.policy.checks.finding import Finding
from allocator.policy.document import Path
from allocator.policy.fields import MAX_TIERS
from allocator.policy.models import PolicyFile
from allocator.policy.tier_models import BandItem, Bands, TierPolicy
from allocator.policy.words import CLASS_ITEMS
from allocator.wording import Fact

TIERS: Path = ("grading", "tiers")
BY_SCORE = ("shares", "cutoffs", "breaks")
"""Kinds that need a score."""


def tiers_come_one_way(file: PolicyFile) -> Iterator[Finding]:
    """Exactly one kind is given, and ``ties`` only where ranks decide."""
    if file.grading is None:
        return
    tiers = file.grading.tiers
    kinds = tiers.named()
    if not kinds:
        yield TIERS, "tiers-without-rule", {}
    for kind in kinds[1:]:
        yield (*TIERS, kind), "tiers-two-rules", {"first": kinds[0], "second": kind}
    if "ties" in tiers.model_fields_set and kinds and "shares" not in kinds:
        yield (*TIERS, "ties"), "ties-without-use", {"rule": kinds[0]}
    if tiers.count > MAX_TIERS:
        yield TIERS, "too-many-tiers", {"tiers": tiers.count, "most": MAX_TIERS}


def rule_has_its_needs(file: PolicyFile) -> Iterator[Finding]:
    """Scores need items, and whatever counts sales needs to know which."""
    if file.grading is None or not file.grading.tiers.named():
        return
    kind = file.grading.tiers.named()[0]
    needed = () if kind == "by" else ("window", "missing_month")
    for key in (*needed, *(("items",) if kind in BY_SCORE else ())):
        if not getattr(file.grading, key):
            yield ("grading", key), "missing-key", {"key": key}


def unused_parts(file: PolicyFile) -> Iterator[Finding]:
    """A warning: what is given but changes nothing under this kind."""
    if file.grading is None or not file.grading.tiers.named():
        return
    kind = file.grading.tiers.named()[0]
    idle = {
        "bands": ("items", "decimals"),
        "by": ("window", "exclude", "items", "missing_month", "decimals"),
    }
    for key in idle.get(kind, ()):
        if key in file.grading.model_fields_set:
            yield ("grading", key), "part-without-use", {"key": key, "rule": kind}


def limits_rise(file: PolicyFile) -> Iterator[Finding]:
    """Cut-offs and bands of one item name each tier, rise with it, and can be reached."""
    tiers = _tiers(file)
    if tiers is None or file.grading is None:
        return
    if tiers.cutoffs is not None:
        path: Path = (*TIERS, "cutoffs")
        yield from _rising(path, tiers.cutoffs)
        top = max(tiers.cutoffs, default=0)
        points = sum((item.weight for item in file.grading.items.values()), Decimal(0))
        if top and points and tiers.cutoffs[top] > points:
            facts: dict[str, Fact] = {"tier": top, "from": tiers.cutoffs[top], "points": points}
            yield (*path, str(top)), "cutoff-above-points", facts
    if tiers.bands is not None and tiers.bands.from_ is not None:
        yield from _rising((*TIERS, "bands", "from"), tiers.bands.from_)


def _rising(path: Path, least: Mapping[int, Decimal]) -> Iterator[Finding]:
    if not least:
        yield path, "needs-entries", {"number": 1}
        return
    top = max(least)
    missing = [str(tier) for tier in range(top, 1, -1) if tier not in least]
    if missing:
        yield path, "cutoff-missing", {"tiers": ", ".join(missing), "top": top}
    if least.get(1):
        yield (*path, "1"), "cutoff-of-the-lowest", {"from": least[1]}
    named = {1: Decimal(0), **{tier: limit for tier, limit in least.items() if tier > 1}}
    for lower, upper in pairwise(sorted(named)):
        if named[upper] <= named[lower]:
            facts: dict[str, Fact] = {"tier": upper, "from": named[upper], "lower": lower}
            yield (*path, str(upper)), "cutoff-not-rising", {**facts, "least": named[lower]}


def bands_fit(file: PolicyFile) -> Iterator[Finding]:
    """Bands are of one item, with a limit for each tier, or of two, with lists of limits."""
    tiers = _tiers(file)
    if tiers is None or tiers.bands is None:
        return
    bands, path = tiers.bands, (*TIERS, "bands")
    if bands.items is None:
        for key, given in (("item", bands.item), ("from", bands.from_)):
            if given is None:
                yield (*path, key), "missing-key", {"key": key}
        if bands.table is not None:
            yield (*path, "table"), "table-without-items", {}
        yield from _classes(path, bands.item, bands.classes)
        return
    if bands.item is not None or bands.from_ is not None or bands.classes:
        yield path, "bands-mixed", {}
    if bands.items[0].item == bands.items[1].item:
        yield (*path, "items"), "named-twice", {}
    for index, item in enumerate(bands.items):
        place = (*path, "items", index)
        yield from _classes(place, item.item, item.classes)
        yield from _falling(place, item)
    if bands.table is not None:
        yield from _table((*path, "table"), bands, bands.table)


def _falling(path: Path, item: BandItem) -> Iterator[Finding]:
    limits = [*item.from_, Decimal(0)]
    for index, (upper, lower) in enumerate(pairwise(limits)):
        if upper <= lower:
            facts: dict[str, Fact] = {"upper": upper, "lower": lower, "item": item.item}
            yield (*path, "from", index), "band-limits-not-falling", facts


def _classes(path: Path, item: str | None, classes: Sequence[int]) -> Iterator[Finding]:
    if item is None:
        return
    if item in CLASS_ITEMS and not classes:
        yield path, "classes-missing", {"item": item}
    if item not in CLASS_ITEMS and classes:
        facts: dict[str, Fact] = {"item": item, "items": ", ".join(CLASS_ITEMS)}
        yield (*path, "classes"), "classes-without-use", facts
    if len(set(classes)) < len(classes):
        yield (*path, "classes"), "named-twice", {}


def _table(path: Path, bands: Bands, table: Sequence[Sequence[int]]) -> Iterator[Finding]:
    """As many rows and columns as there are bands; never a higher tier in a lower band."""
    rows, columns = (len(item.from_) + 1 for item in bands.both)
    if len(table) != rows:
        yield path, "table-rows-differ", {"rows": len(table), "bands": rows}
        return
    odd = [index for index, row in enumerate(table) if len(row) != columns]
    for index in odd:
        facts: dict[str, Fact] = {"row": index + 1, "entries": len(table[index]), "bands": columns}
        yield (*path, index), "table-row-differs", facts
    if odd:
        return
    for r, row in enumerate(table):
        for c, tier in enumerate(row):
            beside = row[c - 1] if c else tier
            over = table[r - 1][c] if r else tier
            if tier > min(beside, over):
                facts = {"row": r + 1, "column": c + 1, "tier": tier, "most": min(beside, over)}
                yield (*path, r, c), "table-rises", facts
    present = {tier for row in table for tier in row}
    missing = [str(tier) for tier in range(max(present), 0, -1) if tier not in present]
    if missing:
        yield path, "table-tiers-missing", {"tiers": ", ".join(missing)}


def breaks_fit(file: PolicyFile) -> Iterator[Finding]:
    """A wanted shape has a share for each tier and a tolerance; least shares leave room."""
    tiers = _tiers(file)
    if tiers is None or tiers.breaks is None:
        return
    breaks, path = tiers.breaks, (*TIERS, "breaks")
    if breaks.shape is not None:
        if len(breaks.shape) != breaks.tiers:
            facts: dict[str, Fact] = {"entries": len(breaks.shape), "tiers": breaks.tiers}
            yield (*path, "shape"), "shape-length-differs", facts
        yield from hundred((*path, "shape"), breaks.shape)
        if breaks.within is None:
            yield (*path, "within"), "missing-key", {"key": "within"}
    elif breaks.within is not None:
        yield (*path, "within"), "within-without-use", {}
    if breaks.at_least is not None and breaks.at_least * breaks.tiers > 1:
        facts = {"share": 100 * breaks.at_least, "tiers": breaks.tiers}
        yield (*path, "at_least"), "at-least-too-much", facts


def hundred(path: Path, shares: Sequence[Decimal]) -> Iterator[Finding]:
    """Shares of tiers are per cent of all graded retailers."""
    total = sum(shares, Decimal(0))
    if total != 100:
        facts: dict[str, Fact] = {"total": total, "difference": abs(100 - total)}
        yield path, "shares-below-hundred" if total < 100 else "shares-above-hundred", facts


def attribute_is_one(file: PolicyFile) -> Iterator[Finding]:
    """Tiers go by one attribute that names at least one value."""
    tiers = _tiers(file)
    if tiers is None or tiers.by is None:
        return
    path = (*TIERS, "by")
    named = tiers.by.named()
    if not named:
        yield path, "by-without-attribute", {}
    for attribute in list(named)[1:]:
        facts: dict[str, Fact] = {"first": next(iter(named)), "second": attribute}
        yield (*path, attribute), "by-two-attributes", facts
    for attribute, values in named.items():
        if not values:
            yield (*path, attribute), "needs-entries", {"number": 1}


def _tiers(file: PolicyFile) -> TierPolicy | None:
    return None if file.grading is None else file.grading.tiers
