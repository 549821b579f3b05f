"""The answers that cycles to come give: codes and facts, with words of the domain ``cycles``."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Final

import polars as pl

from allocator.reports.figures import percent, rounded
from allocator.simulation.behaviour import HOARDING, INFLATING, SLEEPING
from allocator.simulation.cycles import (
    ASKED,
    OTHER_GRADING,
    PROPORTIONAL,
    PROPORTIONAL_UNINFLATED,
    TRUTHFUL,
    UNINFLATED,
    Cycles,
)
from allocator.wording import Fact, say

NO_MATTER: Final = Fraction(1, 200)
"""Part of all cartons: a smaller difference is not called one. Half a per cent is less than what
one grading moves by chance on the cities at hand."""

Answer = tuple[str, dict[str, Fact]]

AGAINST: Final = {ASKED: UNINFLATED, PROPORTIONAL: PROPORTIONAL_UNINFLATED}
"""Each rule's world with inflating shops, and the same without."""

RULES: Final = {ASKED: "policy", PROPORTIONAL: "proportional"}
"""What each of these worlds is called in the codes of sentences."""


def answers(cycles: Cycles) -> list[Answer]:
    """What happened, in the order in which a planner asks."""
    return [
        *_inflating(cycles),
        *_feedback(cycles),
        *_others(cycles),
        *_turns(cycles),
        *_waits(cycles),
        *_moves(cycles),
        *_change(cycles),
        *_exposed(cycles),
    ]


def told(cycles: Cycles, language: str) -> list[str]:
    """The same in words."""
    return [say("cycles", code, facts, language) for code, facts in answers(cycles)]


def limits(cycles: Cycles) -> list[Answer]:
    """What these cycles cannot tell."""
    known: list[Answer] = [("limit-repeats", {}), ("limit-policy", {"on": cycles.on})]
    if not cycles.demand_given:
        known.insert(0, ("limit-demand", {}))
    if cycles.past_months:
        known.append(("limit-months", {"months": cycles.past_months}))
    hoards = any(each.kind == HOARDING for each in cycles.behaviours)
    if hoards and sum(turn.regrades for turn in cycles.turns) < 2:  # the first is the tiers before
        known.insert(0, ("limit-hoarding", {}))
    return known


def paid(cycles: Cycles) -> dict[str, dict[str, int]]:
    """By rule (``policy``, ``proportional``): what inflating brought, single and together.

    tried, gained, lost : lines awarded twice; cartons : sum of their gains, most : the largest
    own, others : cartons within true demand of the inflating shops and of all others, less those
    of the world in which nobody inflates
    """
    found = {}
    for world, rule in RULES.items():
        if not (cycles.world(world) and cycles.world(AGAINST[world])):
            continue
        rows = cycles.deviations.filter(pl.col("world") == world)
        gain = rows["gain"]
        within = {
            name: cycles.retailers.filter(pl.col("world") == name)
            .group_by(own=pl.col("behaviour") == INFLATING)
            .agg(pl.col("within").sum())
            for name in (world, AGAINST[world])
        }
        sums = {
            name: dict(frame.select("own", "within").iter_rows()) for name, frame in within.items()
        }
        found[rule] = {
            "tried": len(rows),
            "gained": int((gain > 0).sum()),
            "lost": int((gain < 0).sum()),
            "cartons": int(gain.sum()),
            "most": max(gain.to_list(), default=0),
            "own": sums[world].get(True, 0) - sums[AGAINST[world]].get(True, 0),
            "others": sums[world].get(False, 0) - sums[AGAINST[world]].get(False, 0),
        }
    return found


def _inflating(cycles: Cycles) -> Iterator[Answer]:
    for rule, figures in paid(cycles).items():
        if figures["tried"]:
            facts: dict[str, Fact] = {
                name: figures[name] for name in ("tried", "gained", "lost", "cartons")
            }
            yield f"paid-{rule}", facts
        yield f"together-{rule}", {"own": figures["own"], "others": figures["others"]}


def last_value(cycles: Cycles, world: str, figure: str) -> Fraction | None:
    """A figure of the last cycle in which it arises."""
    rows = cycles.figures.filter(
        (pl.col("world") == world) & (pl.col("figure") == figure) & pl.col("value").is_not_null()
    )
    return Fraction(rows["value"][-1]) if len(rows) else None


def mean_value(cycles: Cycles, world: str, figure: str) -> Fraction | None:
    """Its mean over the cycles in which it arises."""
    rows = cycles.figures.filter((pl.col("world") == world) & (pl.col("figure") == figure))[
        "value"
    ].drop_nulls()
    return sum(map(Fraction, rows), Fraction(0)) / len(rows) if len(rows) else None


def _feedback(cycles: Cycles) -> Iterator[Answer]:
    if not cycles.world(OTHER_GRADING):
        return
    does = dict(cycles.worlds.select("world", "scarce").iter_rows())
    counted = ASKED if does[ASKED] == "counted" else OTHER_GRADING
    excluded = OTHER_GRADING if counted == ASKED else ASKED
    shares = [last_value(cycles, world, "largest_tenth_so_far") for world in (counted, excluded)]
    ginis = [last_value(cycles, world, "gini_so_far") for world in (counted, excluded)]
    if None in (*shares, *ginis):
        return
    tenth = [percent(share or Fraction(0), 2) for share in shares]
    apart = (shares[0] or Fraction(0)) - (shares[1] or Fraction(0))
    way = "same" if abs(apart) < NO_MATTER else "more" if apart > 0 else "less"
    yield (
        f"feedback-{way}",
        {
            "counted": tenth[0],
            "excluded": tenth[1],
            "gini_counted": rounded(ginis[0] or Fraction(0), 4),
            "gini_excluded": rounded(ginis[1] or Fraction(0), 4),
        },
    )


def _others(cycles: Cycles) -> Iterator[Answer]:
    """Hoarding and sleeping shops, all of them together, against all shops truthful."""
    if not cycles.world(TRUTHFUL):
        return
    base = UNINFLATED if cycles.world(UNINFLATED) else ASKED
    for kind in (HOARDING, SLEEPING):
        mine = cycles.retailers.filter(pl.col("behaviour") == kind)
        if mine.is_empty():
            continue
        of = dict(mine.group_by("world").agg(pl.col("within").sum()).iter_rows())
        shops = mine["retailer_id"].n_unique()
        yield (
            f"group-{kind}",
            {"shops": shops, "cartons": of[base], "change": of[base] - of[TRUTHFUL]},
        )


def _turns(cycles: Cycles) -> Iterator[Answer]:
    mine = cycles.turns_kept.filter((pl.col("world") == ASKED) & pl.col("promised"))
    if mine.is_empty():
        return
    apart = max(mine["apart"].drop_nulls().to_list(), default=0)
    code = "turns-kept" if apart <= 1 else "turns-broken"
    yield code, {"products": len(mine), "apart": apart, "cycles": len(cycles.turns)}


def _waits(cycles: Cycles) -> Iterator[Answer]:
    mine = cycles.waits.filter((pl.col("world") == ASKED) & pl.col("below_one"))
    if mine.is_empty():
        return
    done = mine["had_all"].drop_nulls()
    facts: dict[str, Fact] = {"products": len(mine), "done": len(done), "cycles": len(cycles.turns)}
    if len(done):
        facts["longest"] = max(done.to_list())
        yield ("waits-all" if len(done) == len(mine) else "waits-some"), facts
    else:
        yield "waits-none", facts


def _moves(cycles: Cycles) -> Iterator[Answer]:
    mine = cycles.tiers.filter(pl.col("world") == ASKED)
    shops = int(mine["retailers"].sum())
    if shops:
        yield (
            "moves",
            {
                "gradings": len(mine),
                "moved": percent(Fraction(int(mine["moved"].sum()), shops)),
                "two": percent(Fraction(int(mine["two_or_more"].sum()), shops)),
            },
        )


def _change(cycles: Cycles) -> Iterator[Answer]:
    mean, part = (mean_value(cycles, ASKED, name) for name in ("volatility", "volatile"))
    if mean is not None and part is not None:
        yield "change", {"cartons": rounded(mean, 2), "part": percent(part)}


def exposed_mean(cycles: Cycles, world: str) -> Decimal | None:
    """Retailers that could justly complain in a cycle, on average."""
    rows = cycles.exposure.filter((pl.col("world") == world) & (pl.col("kind") == "any"))
    known = rows["retailers"].drop_nulls()
    return rounded(Fraction(int(known.sum()), len(known)), 1) if len(known) else None


def _exposed(cycles: Cycles) -> Iterator[Answer]:
    mean = exposed_mean(cycles, ASKED)
    if mean is None:
        return
    kinds = (
        cycles.exposure.filter((pl.col("world") == ASKED) & ~pl.col("kind").is_in(["any", "turn"]))
        .group_by("kind", maintain_order=True)
        .agg(pl.col("retailers").sum())
        .sort("retailers", descending=True, maintain_order=True)
    )
    facts: dict[str, Fact] = {"shops": mean, "of": cycles.retailers_counted}
    if len(kinds) and kinds["retailers"][0]:
        yield f"exposed-{kinds['kind'][0]}", facts
    else:
        yield "exposed", facts
