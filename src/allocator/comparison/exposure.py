"""Complaint exposure: how many retailers could justly complain, and who they are (``model.md`` 9).

Of the retailers present, with the baseline's rule for new shops as the published one:

``less_than_equal`` (N1) : for some product an equal, a retailer of its cell whom the rule lets have
    as much of it, was given two lots or more beyond this one, which had ordered that much: the
    least of its order and of the most that any equal was given, less its own award, holds two
    whole lots, and the baskets and bands of the plan have room for them beside what it was given.
``turn`` (N1) : the same with one whole lot, and not ``less_than_equal``: it waits for its turn.
``less_than_similar`` (N2) : a retailer of its segment with nearly the same sales, ``|a - b| <=
    0.05 max(a, b)``, is entitled to a carton or more beyond it, over all products together, before
    rounding and orders.
``tier_down`` (N9) : it has a lower tier than at the last grading, or none any more. Where the
    number of tiers differs, tier t of T is the part (t - 1, t] / T of the shops from the bottom,
    and it is lower when its part lies wholly below the former one.
``less_than_before`` (down against the last cycle) : it was given a carton or more less than in the
    cycle before, over all released products together, though it ordered more than it was given.
``new_below_rule`` (N12) : it is new and has no tier, or a lower one (as above) than that in which
    the published rule starts it.
``long_without`` (N14) : it ordered a product (where orders are not known: the rule lets it have
    some, by a turn at least) and was given none, and none in the ``LONG - 1``
    cycles before in which others were given some and it ordered anything.
``any`` : any of these but ``turn``, which evens out over the cycles. Two outcomes are compared by
    the kinds known of both.

Where orders are not known, everybody is taken to want all it may have.
Sorted once each, never pair by pair: O(P n + n log n).
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from allocator.comparison.behind import (
    TOGETHER,
    Exposed,
    best_within,
    less_than_equals,
    near_on_both_sides,
)
from allocator.comparison.outcome import Outcome
from allocator.comparison.standing import Standing
from allocator.records import MICRO, Flags, Indices, Units

LONG: Final = 4
"""(cycles) Without a product for so long, this one included, is long."""

NOBODY: Final = 0
"""Stands for no tier in columns of tiers."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of complaint. need : of ``needs.md``; unit : cartons, tiers or cycles."""

    name: str
    need: str
    unit: str


KINDS: Final = (
    Kind("less_than_equal", "N1", "cartons"),
    Kind("turn", "N1", "cartons"),
    Kind("less_than_similar", "N2", "cartons"),
    Kind("tier_down", "N9", "tiers"),
    Kind("less_than_before", "", "cartons"),
    Kind("new_below_rule", "N12", "tiers"),
    Kind("long_without", "N14", "cycles"),
    Kind("any", "", ""),
)
"""Every kind, in the order in which they are shown."""

ANY: Final = "any"
EVENS_OUT: Final = "turn"


@dataclass(frozen=True, slots=True, eq=False)
class Published:
    """What the published rule says of new shops, for n retailers of an outcome.

    new : (n,) bool; start : (n,) int64 tier, ``NOBODY`` = the rule has none; tiers : T of it
    missing : why it is not known, "" = it is
    """

    new: Flags
    start: Units
    tiers: int
    missing: str = ""


def published(baseline: Outcome, outcome: Outcome) -> Published:
    """The baseline's rule for the retailers of an outcome; who is not in the baseline has its own.

    A new shop of the scenario only is one that the scenario invents: its own rule starts it.
    """
    mine, theirs = outcome.retailers, baseline.retailers
    if mine["new"].null_count() == len(mine) and len(mine):
        nothing = np.zeros(len(mine), np.int64)
        return Published(nothing.astype(bool), nothing, baseline.tiers, "joined_on")
    if outcome is baseline or mine["retailer_id"].equals(theirs["retailer_id"]):
        rows = theirs
    else:
        rule = theirs.select("retailer_id", "new", "start_tier", known=True)
        rows = mine.select("retailer_id", own_new="new", own_start="start_tier").join(
            rule, on="retailer_id", how="left", maintain_order="left"
        )
        own = rows["known"].is_null()
        rows = rows.with_columns(
            new=rows["own_new"].zip_with(own, rows["new"]),
            start_tier=rows["own_start"].zip_with(own, rows["start_tier"]),
        )
    new = rows["new"].fill_null(value=False).to_numpy()
    return Published(new, rows["start_tier"].fill_null(NOBODY).to_numpy(), baseline.tiers)


def exposure(outcome: Outcome, rule: Published) -> dict[str, Exposed]:
    """Who is exposed to what, by kind."""
    here = outcome.retailers["present"].to_numpy()
    found: dict[str, Exposed] = {}
    beyond, waiting = less_than_equals(outcome)
    for name, who in (("less_than_equal", beyond), (EVENS_OUT, waiting)):
        found[name] = Exposed(np.where(here, who.short, 0), who.product)
    for name, ask in _ASKS.items():
        found[name] = ask(outcome, rule, here)
    found[ANY] = anything(found, found)
    return {kind.name: found[kind.name] for kind in KINDS}


def anything(found: Mapping[str, Exposed], known: Container[str]) -> Exposed:
    """Who is exposed to any of the kinds that are known, turns left out."""
    kinds = [who.short > 0 for name, who in found.items()
             if name not in (ANY, EVENS_OUT) and name in known]  # fmt: skip
    any_of = np.logical_or.reduce(kinds).astype(np.int64)
    return Exposed(any_of, _together(any_of))


def alike(*sides: dict[str, Exposed]) -> list[dict[str, Exposed]]:
    """The same with ``any`` over the kinds known on all sides, so that they can be compared."""
    known = set.intersection(*(known_kinds(found) for found in sides))
    return [{**found, ANY: anything(found, known)} for found in sides]


def known_kinds(found: Mapping[str, Exposed]) -> set[str]:
    """Kinds that could be computed."""
    return {name for name, who in found.items() if not who.missing}


def _less_than_similar(outcome: Outcome, rule: Published, here: Flags) -> Exposed:
    rows = outcome.retailers
    known = here & rows["sales"].is_not_null().to_numpy() & rows["cell"].is_not_null().to_numpy()
    if not known.any():
        return _unknown(here, "sales")
    sales, entitled = rows["sales"].fill_null(0).to_numpy(), rows["entitlement"].to_numpy()
    segment = rows["segment"].rank("dense").fill_null(0).to_numpy().astype(np.int64)
    who = np.flatnonzero(known)
    # One number each, segment first: sorting by two columns takes far longer.
    sold = sales[who] - sales[who].min()
    who = who[np.argsort(segment[who] * (int(sold.max()) + 1) + sold)]
    short = np.zeros(len(here), np.int64)
    edges = np.flatnonzero(np.diff(segment[who], prepend=-1))
    for part in np.split(who, edges[1:]):
        best = best_within(*near_on_both_sides(sales[part]), entitled[part])
        short[part] = np.maximum(best - entitled[part], 0) // MICRO
    return Exposed(short, _together(short))


def _tier_down(outcome: Outcome, rule: Published, here: Flags) -> Exposed:
    before = outcome.retailers["previous_tier"].fill_null(NOBODY).to_numpy()
    if not before.any():
        return _unknown(here, "tiers")
    lost = below(outcome, before, outcome.previous_tiers)
    short = np.where(here & (before > NOBODY), lost, 0)
    return Exposed(short, _together(short))


def below(outcome: Outcome, tier: Units, tiers: int) -> Units:
    """How many tiers each retailer stands below another tier of a grading of ``tiers``, (n,) >= 0.

    The lowest tier that is not lower than tier t of T' is 1 + floor((t - 1) T / T').
    """
    now = outcome.retailers["tier"].fill_null(NOBODY).to_numpy()
    least = (np.maximum(tier, 1) - 1) * outcome.tiers // max(tiers, 1) + 1
    lost: Units = np.maximum(least - now, 0)
    return lost


def _less_than_before(outcome: Outcome, rule: Published, here: Flags) -> Exposed:
    rows = outcome.retailers
    known = here & rows["last"].is_not_null().to_numpy()
    if not known.any():
        return _unknown(here, "last-cycle")
    award = rows["award"].to_numpy()
    wanted_more = rows["requested"].to_numpy() > award if outcome.ordered else known
    fell = rows["last"].fill_null(0).to_numpy() - award
    short = np.where(known & wanted_more, np.maximum(fell, 0), 0)
    return Exposed(short, _together(short))


def _new_below_rule(outcome: Outcome, rule: Published, here: Flags) -> Exposed:
    if rule.missing:
        return _unknown(here, rule.missing)
    # Where the rule names no starting tier, any tier at all is enough.
    short = np.where(here & rule.new, below(outcome, np.maximum(rule.start, 1), rule.tiers), 0)
    return Exposed(short, _together(short))


def _long_without(outcome: Outcome, rule: Published, here: Flags) -> Exposed:
    if outcome.waited is None or outcome.past < LONG - 1:
        return _unknown(here, "history")
    if outcome.ordered:
        wants = outcome.order > 0
    else:
        standing = Standing(outcome)
        wants = np.zeros(outcome.order.shape, np.bool_)
        for k in range(len(wants)):
            wants[k] = standing.most(k) > 0
    none = wants & (outcome.award == 0) & here
    cycles = np.where(none, outcome.waited.astype(np.int64) + 1, 0)
    if not len(cycles):
        return Exposed(np.zeros(len(here), np.int64), np.zeros(len(here), np.int32))
    longest = cycles.max(axis=0)
    return Exposed(np.where(longest >= LONG, longest, 0), cycles.argmax(axis=0).astype(np.int32))


_ASKS: Final[dict[str, Callable[[Outcome, Published, Flags], Exposed]]] = {
    "less_than_similar": _less_than_similar,
    "tier_down": _tier_down,
    "less_than_before": _less_than_before,
    "new_below_rule": _new_below_rule,
    "long_without": _long_without,
}


def _together(short: Units) -> Indices:
    return np.full(len(short), TOGETHER, np.int32)


def _unknown(here: Flags, missing: str) -> Exposed:
    nothing = np.zeros(len(here), np.int64)
    return Exposed(nothing, _together(nothing), missing)


def counts(found: dict[str, Exposed]) -> Iterator[tuple[str, int | None]]:
    """Retailers exposed by kind; ``None`` = not computed."""
    for name, who in found.items():
        yield name, None if who.missing else int((who.short > 0).sum())
