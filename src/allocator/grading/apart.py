"""Many retailers, each apart buying more or less, all else equal: their tiers by columns.

What ``alone`` does for one retailer by grading the city again is done here for k of them at once.
With x_i cartons a month more (or fewer), retailer i's own score follows from the scales. Of the
others only two kinds matter: those whose score is above the own one whatever the change does to
it, who are counted from the sorted scores, and those near it, who are looked at one by one with
the points that the scales then give them. Both movements of the others are bounded: a rank at
most, or what a moved maximum takes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from allocator.grading import roll
from allocator.grading.alone import Alone, Outcome, Shop, own_tables, undamped
from allocator.grading.bands import Cells
from allocator.grading.distance import AT_LEAST, FOLD, nearest
from allocator.grading.exact import Units
from allocator.grading.movement import gates_at, held_back, within_step
from allocator.grading.settling import settle
from allocator.grading.standing import tiers_at
from allocator.records import Flags

_MOST = 1 << 61
"""No value changes by more (``distance``)."""

_PAIRS = 1 << 20
"""Pairs of retailers compared at once: bounds the memory, not the result."""


@dataclass(frozen=True, slots=True)
class Prospect:
    """What changes the tier of one retailer.

    fewer : least cartons a month fewer that cost its tier, ``None`` = nothing would
    lower : its tier by score then
    more : least cartons a month more that bring a higher one, ``None`` = none that can be told
    reached : the outcome with ``more``, else with the most that can be told; ``None`` where no rule
        after the score moves tiers: the grading itself says what the next one takes
    """

    fewer: int | None
    lower: int | None
    more: int | None
    reached: Outcome | None


def prospects(alone: Alone, retailers: Sequence[str]) -> dict[str, Prospect]:
    """The prospects of those of ``retailers`` that are graded."""
    known = [name for name in retailers if name in alone.place]
    damping = alone.policy.movement
    if not known:
        return {}
    if damping is not None and damping.hysteresis is not None and not _fixed(alone):
        # The gates of a margin lie at other shops' scores, which move with each change.
        return {name: _one_by_one(alone, name) for name in known}
    return _by_columns(alone, known)


def _fixed(alone: Alone) -> bool:
    return alone.grading.limits is not None and alone.grading.rule in ("cutoffs", "bands")


def _one_by_one(alone: Alone, name: str) -> Prospect:
    shop = Shop(alone, name)
    tier = shop.after(0).tier
    fewer, more = shop.least_fewer(tier), shop.least_more(tier)
    lower = None if fewer is None else shop.after(-fewer).by_score
    reached = shop.most_more() if more is None else shop.after(more)
    return Prospect(fewer, lower, more, reached)


def _by_columns(alone: Alone, names: list[str]) -> dict[str, Prospect]:
    who = np.array([alone.place[name] for name in names], np.int64)
    rules = _Rules(alone, names)
    tier = rules(who, np.zeros_like(who))[-1]
    bought = alone.monthly[who]

    def falls(part: Units, cartons: Units) -> Flags:
        return np.asarray(rules(who[part], -cartons, part)[-1] < tier[part])

    def rises(part: Units, cartons: Units) -> Flags:
        return np.asarray(rules(who[part], cartons, part)[-1] > tier[part])

    fewer = first(falls, bought, alone.down[who])
    lower = rules(who, -np.maximum(fewer, 0))[1]
    if not alone.policy.moving:
        return {
            name: Prospect(_figure(fewer, k), _figure(lower, k, fewer), None, None)
            for k, name in enumerate(names)
        }
    most = np.maximum(FOLD * bought, AT_LEAST)
    more = first(rises, np.where(bought > 0, most, 0), alone.up[who])
    score, by_score, *steps = rules(who, np.where(more > 0, more, most))
    texts = rules.moves(by_score, steps)
    return {
        name: Prospect(
            _figure(fewer, k),
            _figure(lower, k, fewer),
            _figure(more, k),
            Outcome(int(score[k]), int(by_score[k]), int(steps[-1][k]), texts[k]),
        )
        for k, name in enumerate(names)
    }


def _figure(values: Units, k: int, found: Units | None = None) -> int | None:
    """A value as a number; ``None`` where nothing was found."""
    return int(values[k]) if (values if found is None else found)[k] > 0 else None


class _Rules:
    """Score, tier by score, then the tier after each rule, of retailers with more cartons."""

    def __init__(self, alone: Alone, names: list[str]) -> None:
        self.alone, self.k = alone, len(names)
        if alone.policy.moving:
            self._decide(names)

    def _decide(self, names: list[str]) -> None:
        """What the rules after movement make of each tier 1..T of each retailer."""
        alone, tiers = self.alone, self.alone.grading.tiers
        city = own_tables(alone.city, alone.grading, names)
        members = roll.members(city, alone.grading.on)
        at = {name: row for row, name in enumerate(members["retailer_id"].to_list())}
        rows = np.repeat([at[name] for name in names], tiers)
        settled, _ = settle(
            city, undamped(alone.policy), members[rows], alone.grading.on,
            raw=np.tile(np.arange(1, tiers + 1), self.k), moving=np.ones(len(rows), bool),
        )  # fmt: skip
        self.before = settled.counted_from.reshape(self.k, tiers)[:, 0]
        self.final = settled.tier.reshape(self.k, tiers)
        self.text = settled.moves

    def __call__(self, who: Units, more: Units, part: Units | None = None) -> list[Units]:
        """Part : which of the names ``who`` are, all without."""
        alone = self.alone
        score, raw = graded_with(alone, who, more)
        if not alone.policy.moving:
            return [score, raw]
        rules = alone.policy.movement
        mine = np.arange(self.k) if part is None else part
        before, tier = self.before[mine], raw
        held = stepped = None
        if rules is not None and rules.hysteresis is not None and alone.grading.limits is not None:
            gates = gates_at(alone.grading.limits.least, rules.hysteresis)
            tier = held = held_back(tier, score, before, gates)
        if rules is not None and rules.max_step is not None:
            tier = stepped = within_step(tier, before, rules.max_step)
        held = raw if held is None else held
        stepped = held if stepped is None else stepped
        return [score, raw, held, stepped, self.final[mine, tier - 1]]

    def moves(self, raw: Units, steps: list[Units]) -> list[str]:
        """The rules that changed each tier, as a grading's record spells them."""
        held, stepped, _ = steps
        rows = np.arange(self.k) * self.alone.grading.tiers + stepped - 1
        after = self.text.gather(rows).to_list()
        told = []
        for a, b, c, text in zip(raw.tolist(), held.tolist(), stepped.tolist(), after, strict=True):
            links = [f"hysteresis {a}>{b}"] if a != b else []
            links += [f"max-step {b}>{c}"] if b != c else []
            told.append("; ".join([*links, *([text] if text else [])]))
        return told


def graded_with(alone: Alone, who: Units, more: Units) -> tuple[Units, Units]:
    """Score and tier by score of each of ``who`` with so many cartons a month more, (k,) int64."""
    own, fall, rise = alone.score[who], np.zeros_like(more), np.zeros_like(more)
    cartons = np.asarray(nearest(alone.months, more))
    changes = {}
    for k, item in enumerate(alone.grading.items):
        counts = item.scale != "value" or k == 0
        if not alone.gain[k].any():
            continue
        old = alone.values[item.name][who]
        most = _MOST // np.maximum(np.abs(cartons), 1)
        new = np.maximum(old + np.minimum(alone.gain[k, who], most) * cartons, np.minimum(old, 0))
        changes[k] = old, new
        if counts:
            scale = alone.scales[k]
            own = own + scale.own(old, new) - alone.points[k, who]
            fall, rise = fall + scale.fall(old, new), rise + scale.rise(old, new)
    limits = alone.grading.limits
    if limits is None:
        ranked = {k: pair for k, pair in changes.items() if alone.grading.items[k].scale != "value"}
        above = _above(alone, who, own, fall, rise, ranked)
        return own, alone.grading.tiers - np.searchsorted(alone.last, 1 + above, "left")
    if limits.table is None:
        return own, tiers_at(own, limits.least)
    second = alone.grading.items[1]
    value = changes[1][1] if 1 in changes else alone.values[second.name][who]
    return own, Cells(limits.axes, limits.table).tiers(own, alone.scales[1].points(value))


def _above(
    alone: Alone,
    who: Units,
    own: Units,
    fall: Units,
    rise: Units,
    changes: dict[int, tuple[Units, Units]],
) -> Units:
    """How many others score above ``own`` (or as much, where ties are lower) after each change."""
    n, rising = len(alone.rising), alone.rising
    bar = own - 1 if alone.policy.tiers.ties == "lower" else own
    start = np.searchsorted(rising, bar - rise, "right")
    stop = np.searchsorted(rising, bar + fall, "right")
    above = n - stop - (alone.score[who] > bar + fall)
    length = stop - start
    chunk = np.cumsum(length) // _PAIRS
    for part in np.split(np.arange(len(who)), np.flatnonzero(np.diff(chunk)) + 1):
        mine = np.repeat(part, length[part])
        offset = np.cumsum(length[part]) - length[part]
        other = alone.order[np.arange(len(mine)) + np.repeat(start[part] - offset, length[part])]
        score = alone.score[other]
        for k, (old, new) in changes.items():
            value = alone.values[alone.grading.items[k].name][other]
            then = alone.scales[k].theirs(old[mine], new[mine], value)
            score = score + then - alone.points[k, other]
        ahead = (score > bar[mine]) & (other != who[mine])
        above += np.bincount(mine[ahead], minlength=len(who))
    return np.asarray(above, np.int64)


def first(holds: Callable[[Units, Units], Flags], most: Units, guess: Units) -> Units:
    """For each of k conditions a number x of 1..most with holds(x) and not holds(x - 1).

    Parameters
    ----------
    holds : asked of some of them (indices) with a number each; 0 is taken to fail
    most, guess : (k,) int64; a guess outside 1..most is none, a good one saves halving

    Returns
    -------
    (k,) int64, -1 = not even with the most. What is found for one does not depend on the others.
    """
    found = np.full(len(most), -1, np.int64)
    low, high = np.zeros_like(most), most.copy()
    guessed = np.flatnonzero((guess > 0) & (guess < most))
    good = holds(guessed, guess[guessed])
    low[guessed[~good]] = guess[guessed[~good]]
    right = guessed[good]
    high[right] = guess[right]
    before = right[guess[right] > 1]
    still = holds(before, guess[before] - 1)
    high[before[still]] = guess[before[still]] - 1
    low[before[~still]] = guess[before[~still]] - 1
    open_ = np.setdiff1d(np.flatnonzero(most > 0), right)
    reach = np.concatenate([right, open_[holds(open_, most[open_])]])
    while len(reach):
        done = high[reach] - low[reach] <= 1
        found[reach[done]] = high[reach[done]]
        reach = reach[~done]
        middle = (low[reach] + high[reach]) // 2
        held = holds(reach, middle)
        high[reach[held]] = middle[held]
        low[reach[~held]] = middle[~held]
    return found
