"""From the tier by score to the tier: every rule that can change it, in one order.

    1. hysteresis   a score near a boundary does not cross it          (``movement``)
    2. max-step     nobody moves further than the largest step         (``movement``)
    3. first-tier   the first score of a newcomer lifts it only so far
       = the *earned* tier, which the next grading starts from
    4. credit       promote, demote, cap by the credit level
    5. demote       sanctions in force, added up                       (``sanctions``)
    6. cap          the lowest cap in force
       = the tier

Why in this order. Movement damps what sales do; a sanction is a decision, and damping it would
stretch it beyond its dates: so sanctions come last and the largest step does not soften them.
For the same reason the next grading counts its steps from the earned tier: a demotion ends with
its last day, is not applied again to a tier that holds it already, and cannot be undone by
hysteresis, which knows nothing of it. The margin comes before the step, since the step limits
what the margin lets through. A cap is a ceiling on the outcome, so it follows the demotion. No
rule after the credit level raises a tier, and a promotion by credit leaves out whoever is under
a sanction: nothing lifts a sanctioned shop.

A stop of supply changes no tier; an exempt month took effect before, in the sales.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from allocator.grading.exact import Units
from allocator.grading.movement import NOBODY, Gates, held_back, within_step
from allocator.grading.newcomers import first_scored
from allocator.grading.past import Past, past_of
from allocator.grading.refusals import Warnings
from allocator.grading.sanctions import InForce, in_force
from allocator.policy.grading_models import GradingPolicy
from allocator.policy.movement_models import CreditRule, Margin
from allocator.records import Flags, Grading
from allocator.tables.city import City

RULES: Final = (
    "hysteresis", "max-step", "first-tier", "credit-promote", "credit-demote", "credit-cap",
    "demote", "cap",
)  # fmt: skip
"""Codes of the rules in their order, as ``moves`` names them."""


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """Tiers of n retailers after all rules.

    tier : (n,) int64, ``NOBODY`` = none; earned : (n,) int64, what the next grading starts from
    counted_from : (n,) int64, earned tier of the last grading that movement counted from
    moves : (n,) str, ``hysteresis 14>15; max-step 15>17``
    previous : (n,) int64, final tier of the last grading
    stopped : (n,) bool, whose supply a sanction stops
    """

    tier: Units
    earned: Units
    counted_from: Units
    moves: pl.Series
    previous: Units
    stopped: Flags


_BASE: Final = 1 << 10
"""More than any tier."""


@dataclass(slots=True)
class _Chain:
    """The tiers as they are, and each rule that changed any."""

    tier: Units
    links: list[pl.Series] = field(default_factory=list)

    def then(self, rule: str, tier: Units) -> None:
        changed = np.flatnonzero((tier != self.tier) & (self.tier != NOBODY))
        if not len(changed):
            return
        # Few different moves: each is spelled once.
        moves, which = np.unique(self.tier[changed] * _BASE + tier[changed], return_inverse=True)
        pairs = [divmod(move, _BASE) for move in moves.tolist()]
        texts = pl.Series([f"{rule} {before}>{after}" for before, after in pairs])
        place = np.full(len(tier), len(texts))
        place[changed] = which
        self.links.append(
            texts.extend(pl.Series([None], dtype=pl.String)).gather(place).alias(rule)
        )
        self.tier = self.tier.copy()
        self.tier[changed] = tier[changed]

    def text(self) -> pl.Series:
        if not self.links:
            return pl.repeat("", len(self.tier), dtype=pl.String, eager=True).alias("moves")
        joined = pl.concat_str(self.links, separator="; ", ignore_nulls=True)
        return pl.select(joined.alias("moves")).to_series()


def settle(
    city: City,
    policy: GradingPolicy,
    members: pl.DataFrame,
    on: date,
    *,
    raw: Units,
    moving: Flags,
    exempt: Flags | None = None,
    score: Units | None = None,
    gates: Callable[[Margin], Gates] | None = None,
    window: tuple[date, date] | None = None,
) -> tuple[Settled, Warnings]:
    """Apply the rules to the n retailers ``members`` on a day.

    Parameters
    ----------
    raw : (n,) int64 tiers 1..T before any rule, ``NOBODY`` = has none
    moving : (n,) bool, whose tier comes from sales or attributes, so that it moves from grading
        to grading; exempt : (n,) bool, none of whose sales count: they keep their tier
    score : (n,) int64, -1 = has none, so no margin holds it; gates : those of a margin
    window : first and last day of the sales that count

    Raises
    ------
    BadTable : a sanction in force cannot be followed
    """
    names, tiers = members["retailer_id"], policy.tiers.count
    sanctions, told = in_force(city, names, policy.sanctions, on, tiers, window)
    past = past_of(city, names, on)
    known = past.earned != NOBODY
    kept = np.where(known, past.earned, past.tier)
    kept = np.minimum(np.where(kept == NOBODY, 1, kept), tiers)
    spared = np.zeros(len(raw), bool) if exempt is None else exempt
    chain = _Chain(np.where(spared, kept, raw))
    first = first_scored(members, policy.newcomers, past.graded_on) & moving
    counts = known & (past.earned <= tiers) & ~first & moving & policy.moving
    before = np.where(counts, past.earned, NOBODY)
    damping = policy.movement
    if damping is not None and damping.hysteresis is not None and gates and score is not None:
        own = np.where(score >= 0, before, NOBODY)
        chain.then("hysteresis", held_back(chain.tier, score, own, gates(damping.hysteresis)))
    if damping is not None and damping.max_step is not None:
        chain.then("max-step", within_step(chain.tier, before, damping.max_step))
    if policy.newcomers is not None and policy.newcomers.at_most is not None:
        most = np.where(first, policy.newcomers.at_most, tiers)
        chain.then("first-tier", np.minimum(chain.tier, most))
    ours = (moving | (spared & known)) & policy.moving
    earned = np.where(ours, chain.tier, NOBODY)
    _decide(chain, members, policy, sanctions, tiers, np.ones(len(raw), bool))
    settled = Settled(chain.tier, earned, before, chain.text(), past.tier, sanctions.stopped)
    return settled, told + _unchecked(policy, members, past, moving) + _lost(spared & ~known)


def settle_given(
    city: City, policy: GradingPolicy | None, members: pl.DataFrame, on: date, tiers: int
) -> tuple[Settled, Warnings]:
    """Tiers that were given: of the retailers table, else the last ones of the tiers table.

    What a grading of ours earned is followed by the credit level and the sanctions of the day.
    A tier given elsewhere is final: it must hold them already, and that is told.
    """
    names = members["retailer_id"]
    rules = None if policy is None else policy.sanctions
    top = tiers if policy is None else max(tiers, policy.tiers.count)
    sanctions, told = in_force(city, names, rules, on, top, None)
    latest = past_of(city, names, on + timedelta(days=1))
    closed = (members["status"] == "closed").to_numpy()
    stated = members["tier"].fill_null(NOBODY).to_numpy()
    given = np.where(closed, NOBODY, np.where(stated == NOBODY, latest.tier, stated))
    nowhere = np.full(len(names), NOBODY)
    ours = (stated == NOBODY) & (latest.earned != NOBODY) & latest.told_apart & ~closed
    earned = np.where(ours, latest.earned, NOBODY)
    chain = _Chain(given)
    if policy is not None and (policy.credit or policy.sanctions):
        chain = _Chain(np.where(ours, earned, given))
        _decide(chain, members, policy, sanctions, tiers, ours)
        told += _given_lost(members, policy, sanctions, ~ours & (given != NOBODY))
    previous = past_of(city, names, on).tier
    settled = Settled(chain.tier, earned, nowhere, chain.text(), previous, sanctions.stopped)
    return settled, told


def with_stops(grading: Grading, city: City, policy: GradingPolicy | None, on: date) -> Grading:
    """An earlier grading with the stops of supply of a later day; its tiers stay.

    Demotions and caps belong to a grading and hold until the next one; supply stops on the day on
    which the sanctions table says so.
    """
    table = grading.table
    rules = None if policy is None else policy.sanctions
    sanctions, _ = in_force(city, table["retailer_id"], rules, on, grading.tiers, None)
    bare = pl.col("reason").str.replace(" stopped", "", literal=True)
    now = pl.Series(sanctions.stopped) & table["tier"].is_not_null()
    reason = pl.when(now).then(bare + pl.lit(" stopped")).otherwise(bare)
    return replace(grading, table=table.with_columns(reason.alias("reason")))


def movers(grading: Grading) -> dict[str, int]:
    """How many retailers each rule changed the tier of, and whose supply a sanction stops.

    In the order of the rules; those that changed nobody are there with 0.
    """
    table = grading.table
    links = table.select(pl.col("moves").str.split("; ").explode().str.split(" ").list.first())
    counts = dict(links.to_series().value_counts().iter_rows())
    stops = table["reason"].str.split(" ").list.contains("stopped").sum()
    return {**{rule: counts.get(rule, 0) for rule in RULES}, "stopped": int(stops)}


def _decide(
    chain: _Chain,
    members: pl.DataFrame,
    policy: GradingPolicy,
    sanctions: InForce,
    tiers: int,
    whose: Flags,
) -> None:
    """Credit levels, then sanctions, of those marked; tiers stay within 1..T."""
    if policy.credit:
        up, down, cap = _credit(members, policy.credit)
        open_ = whose & ~sanctions.any
        chain.then("credit-promote", np.minimum(chain.tier + np.where(open_, up, 0), tiers))
        chain.then("credit-demote", np.maximum(chain.tier - np.where(whose, down, 0), 1))
        chain.then("credit-cap", _capped(chain.tier, np.where(whose, cap, NOBODY)))
    chain.then("demote", np.maximum(chain.tier - np.where(whose, sanctions.down, 0), 1))
    chain.then("cap", _capped(chain.tier, np.where(whose, sanctions.cap, NOBODY)))


def _capped(tier: Units, cap: Units) -> Units:
    return np.where(cap == NOBODY, tier, np.minimum(tier, cap))


def _credit(members: pl.DataFrame, credit: dict[str, CreditRule]) -> tuple[Units, Units, Units]:
    """Tiers up, tiers down and highest tier by credit level, (n,) int64 each."""
    rules = pl.DataFrame(
        {
            "credit": list(credit),
            "up": [rule.promote or 0 for rule in credit.values()],
            "down": [rule.demote or 0 for rule in credit.values()],
            "cap": [NOBODY if rule.cap is None else rule.cap for rule in credit.values()],
        },
        schema_overrides={"up": pl.Int64, "down": pl.Int64, "cap": pl.Int64},
    )
    mine = members.select("credit").join(rules, on="credit", how="left", maintain_order="left")
    up, down = (mine[name].fill_null(0).to_numpy() for name in ("up", "down"))
    return up, down, mine["cap"].fill_null(NOBODY).to_numpy()


def _unchecked(policy: GradingPolicy, members: pl.DataFrame, past: Past, moving: Flags) -> Warnings:
    """What the rules could not look at."""
    told: Warnings = []
    known, tiers = past.tier != NOBODY, policy.tiers.count
    if policy.movement is not None:
        if not known.any():
            told.append(("grading-movement-without-past", {}))
        if above := int(((past.earned > tiers) & moving).sum()):
            told.append(("grading-previous-above-top", {"retailers": above, "tiers": tiers}))
        if (policy.credit or policy.sanctions) and not past.told_apart and known.any():
            told.append(("grading-earned-unknown", {"retailers": int(known.sum())}))
    if policy.credit and members["credit"].null_count() == len(members):
        told.append(("grading-credit-unchecked", {}))
    elif unmet := sorted(set(policy.credit or {}) - set(members["credit"].drop_nulls())):
        told.append(("grading-credit-unmet", {"levels": ", ".join(unmet), "number": len(unmet)}))
    return told


def _lost(exempt: Flags) -> Warnings:
    """Retailers none of whose sales count and who have no tier to keep."""
    retailers = int(exempt.sum())
    return [("grading-exempt-without-tier", {"retailers": retailers})] if retailers else []


def _given_lost(
    members: pl.DataFrame, policy: GradingPolicy, sanctions: InForce, final: Flags
) -> Warnings:
    """Credit levels and sanctions that do not touch a tier because it was given as it is."""
    touched = (sanctions.down > 0) | (sanctions.cap != NOBODY)
    touched |= members["credit"].is_in(list(policy.credit)).fill_null(value=False).to_numpy()
    retailers = int((touched & final).sum())
    return [("grading-sanctions-of-given-tiers", {"retailers": retailers})] if retailers else []
