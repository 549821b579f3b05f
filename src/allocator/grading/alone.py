"""One retailer buys more or less, all else equal, and the whole city is graded again.

The distances of a grading end at the score: they say what the next tier *by score* takes. What a
shopkeeper wants to know is the tier, after hysteresis, the largest step, credit levels and
sanctions. So here the score of everybody is made anew with one shop's purchases changed (a
maximum pushed up, ranks overtaken, a shop pushed below a boundary), and that shop's tier settled
by the same rules (``settling``). Boundaries of natural breaks stay as they were drawn.

The values of the items are those on record: sales are not read again, and months that were left
out or cut stay so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

import numpy as np
import polars as pl

from allocator.grading import roll
from allocator.grading.bands import Cells, monthly
from allocator.grading.distance import AT_LEAST, FOLD, nearest
from allocator.grading.exact import Units
from allocator.grading.items import gain, own_price
from allocator.grading.movement import Gates, gates_at, gates_between, held_back, within_step
from allocator.grading.past import has_earned
from allocator.grading.scales import Scale, fit
from allocator.grading.scheme import WINSORISED_AT
from allocator.grading.settling import Settled, settle
from allocator.grading.shares import boundaries
from allocator.grading.standing import tiers_at
from allocator.grading.window import rule_of, window_of
from allocator.policy.grading_models import GradingPolicy
from allocator.policy.movement_models import Margin
from allocator.records import MICRO, Grading, Item
from allocator.tables.city import City, Table


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one retailer would have been given.

    by_score : tier before all rules that change it; moves : those that did, as in ``Grading``
    """

    score: int
    by_score: int
    tier: int
    moves: str


@dataclass(frozen=True, slots=True, eq=False)
class Alone:
    """A grading laid open for changing one of its n graded retailers, with K items.

    place : retailer -> index; values : item -> (n,) int64; points : (K, n) int64, millionths
    gain : (K, n) int64, what an item grows by for each carton more; price : (n,) int64, fen
    monthly : (n,) int64, cartons a month, rounded up; months : length of the window
    scales : K, fitted to the values; score, order, rising : (n,) int64, the sums of the points, who
        has them from the lowest up, and they in that order
    last : (T,) int64, last place of each tier from the top, of rank shares
    up, down : (n,) int64, cartons a month more or fewer that would change the tier if the others'
        points stood still: where to look first; -1 = unknown
    """

    city: City
    policy: GradingPolicy
    grading: Grading
    place: Mapping[str, int]
    values: Mapping[str, Units]
    points: Units
    gain: Units
    price: Units
    monthly: Units
    months: Fraction
    scales: tuple[Scale, ...]
    score: Units
    order: Units
    rising: Units
    last: Units
    up: Units
    down: Units


def lay_open(city: City, policy: GradingPolicy, grading: Grading) -> Alone | None:
    """``None`` where cartons are not on record, so that nothing can be added to them."""
    table = grading.table.filter(pl.col("graded"))
    names = [item.name for item in grading.items]
    if "quantity" not in names or policy.tiers.by is not None:
        return None
    values = {name: table[name].to_numpy() for name in names}
    months = window_of(rule_of(policy), grading.on).months
    monthly = -(-np.maximum(values["quantity"], 0) * months.denominator // months.numerator)
    score = table["score"].to_numpy()
    order = np.argsort(score, kind="stable")
    alone = Alone(
        city=city,
        policy=policy,
        grading=grading,
        place={name: i for i, name in enumerate(table["retailer_id"])},
        values=values,
        points=np.array([table[f"{name}_points"].to_numpy() for name in names]),
        gain=np.array([gain(name, values) for name in names]),
        price=own_price(values),
        monthly=monthly,
        months=months,
        scales=tuple(
            _scale(policy, grading, item, values[item.name], months) for item in grading.items
        ),
        score=score,
        order=order,
        rising=score[order],
        last=boundaries(grading.shares, table.height),
        up=table["to_next_tier"].fill_null(-1).to_numpy(),
        down=np.full(table.height, -1),
    )
    return replace(alone, down=_about_down(alone, table))


def _about_down(alone: Alone, table: pl.DataFrame) -> Units:
    """Cartons a month fewer at which each shop's own score falls below its tier, (n,) int64."""
    spare = table["to_lower_score"].fill_null(-1).to_numpy()
    fits = [(k, alone.scales[k]) for k, item in enumerate(alone.grading.items)
            if alone.gain[k].any() and (k == 0 or item.scale != "value")]  # fmt: skip
    low, high = np.zeros_like(spare), alone.monthly
    while (high - low > 1).any():
        middle, lost = (low + high) // 2, np.zeros_like(spare)
        for k, scale in fits:
            old = alone.values[alone.grading.items[k].name]
            gone = alone.gain[k] * nearest(alone.months, middle)
            lost += alone.points[k] - scale.own(old, np.maximum(old - gone, np.minimum(old, 0)))
        falls = lost > spare
        low, high = np.where(falls, low, middle), np.where(falls, middle, high)
    return np.where(spare < 0, -1, high)


class Shop:
    """One graded retailer of a grading that was laid open."""

    def __init__(self, alone: Alone, retailer: str) -> None:
        self.alone = alone
        self.i = alone.place[retailer]
        self._decided = _decided(alone, retailer) if alone.policy.moving else None

    def after(self, more: int) -> Outcome:
        """Its outcome if it had bought so many cartons a month more (negative: fewer)."""
        score, measured = self._scores(more)
        raw = _tiers(self.alone, score, measured)
        mine, tier = int(score[self.i]), int(raw[self.i])
        if self._decided is None:
            return Outcome(mine, tier, tier, "")
        return _moved(self._decided, self.alone, raw, score, self.i)

    def least_more(self, tier: int) -> int | None:
        """Least cartons a month more that bring a tier above ``tier``.

        ``None`` where no figure that can be told a shopkeeper would (``distance``).
        """
        bought = int(self.alone.monthly[self.i])
        if bought <= 0:
            return None
        most = max(FOLD * bought, AT_LEAST)
        guess = self.alone.up[self.i]
        return _first(lambda more: self.after(more).tier > tier, most, int(guess))

    def least_fewer(self, tier: int) -> int | None:
        """Least cartons a month fewer that cost the tier; ``None`` where nothing would."""
        bought = int(self.alone.monthly[self.i])
        guess = self.alone.down[self.i]
        return _first(lambda fewer: self.after(-fewer).tier < tier, bought, int(guess))

    def most_more(self) -> Outcome:
        """The outcome with as many cartons as can be told at all: what still holds it then."""
        return self.after(max(FOLD * int(self.alone.monthly[self.i]), AT_LEAST))

    def _scores(self, more: int) -> tuple[Units, list[Units]]:
        """Scores of all, (n,) int64, and their values of each item, the shop's changed."""
        alone, points, measured = self.alone, self.alone.points.copy(), []
        cartons = int(nearest(alone.months, np.int64(more)))
        for k, item in enumerate(alone.grading.items):
            values = alone.values[item.name]
            if step := int(alone.gain[k, self.i]) * cartons:
                values = values.copy()
                old = int(values[self.i])
                values[self.i] = max(old + step, min(old, 0))
                points[k] = _points(alone, k, item, values)
            measured.append(values)
        return points.sum(axis=0), measured


def _first(holds: Callable[[int], bool], most: int, guess: int) -> int | None:
    """A number x of 1..most with holds(x) and not holds(x - 1); ``None`` = not even at the most.

    ``holds(0)`` is taken to be false. The guess is tried before halving.
    """
    low, high = 0, most
    if 0 < guess < most:
        if not holds(guess):
            low = guess
        elif guess == 1 or not holds(guess - 1):
            return guess
        else:
            high = guess - 1
    if most < 1 or (high == most and not holds(most)):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _points(alone: Alone, k: int, item: Item, values: Units) -> Units:
    """Points of an item with everybody's values, millionths."""
    if item.scale == "value" and k > 0:
        return np.zeros_like(values)
    return _scale(alone.policy, alone.grading, item, values, alone.months).points(values)


def _scale(
    policy: GradingPolicy, grading: Grading, item: Item, values: Units, months: Fraction
) -> Scale:
    """The scale of an item, fitted to the values on record."""
    if item.scale == "value":
        return monthly(item.name, months)
    rule = next(rule for name, rule in policy.items.items() if name == item.name)
    percentile = WINSORISED_AT if rule.limit is None else Fraction(rule.limit)
    return fit(item.scale, values, int(item.weight * MICRO), percentile, grading.decimals)


def _tiers(alone: Alone, score: Units, measured: list[Units]) -> Units:
    """Tiers by score of all."""
    grading, limits = alone.grading, alone.grading.limits
    if limits is None:
        rising = np.sort(score)
        side: Literal["left", "right"] = "left" if alone.policy.tiers.ties == "lower" else "right"
        place = len(score) - np.searchsorted(rising, score, side) + (side == "right")
        return grading.tiers - np.searchsorted(alone.last, place, "left")
    if limits.table is None:
        return tiers_at(score, limits.least)
    second = monthly(grading.items[1].name, alone.months).points(measured[1])
    return Cells(limits.axes, limits.table).tiers(score, second)


def _gates(alone: Alone, raw: Units, score: Units, margin: Margin) -> Gates:
    limits = alone.grading.limits
    if limits is not None and alone.grading.rule in ("cutoffs", "bands"):
        return gates_at(limits.least, margin)
    return gates_between(raw, score, alone.grading.tiers, margin)


def _decided(alone: Alone, retailer: str) -> Settled:
    """What the rules after movement make of each tier 1..T of a retailer, and its last tier."""
    city, tiers = own_tables(alone.city, alone.grading, [retailer]), alone.grading.tiers
    row = roll.members(city, alone.grading.on).filter(retailer_id=retailer)
    settled, _ = settle(
        city, undamped(alone.policy), pl.concat([row] * tiers), alone.grading.on,
        raw=np.arange(1, tiers + 1), moving=np.ones(tiers, bool),
    )  # fmt: skip
    return settled


def undamped(rules: GradingPolicy) -> GradingPolicy:
    """The rules without those of movement; that the policy moves tiers stays true."""
    if rules.movement is None:
        return rules
    bare = rules.movement.model_copy(update={"hysteresis": None, "max_step": None})
    return rules.model_copy(update={"movement": bare})


def _moved(decided: Settled, alone: Alone, raw: Units, score: Units, i: int) -> Outcome:
    """Hysteresis and the largest step, then what was decided of the tier that comes out."""
    rules, before, moves = alone.policy.movement, decided.counted_from[:1], []
    tier = raw[[i]]
    if rules is not None and rules.hysteresis is not None:
        gates = _gates(alone, raw, score, rules.hysteresis)
        held = held_back(tier, score[[i]], before, gates)
        moves += [f"hysteresis {tier[0]}>{held[0]}"] if held[0] != tier[0] else []
        tier = held
    if rules is not None and rules.max_step is not None:
        near = within_step(tier, before, rules.max_step)
        moves += [f"max-step {tier[0]}>{near[0]}"] if near[0] != tier[0] else []
        tier = near
    t = int(tier[0]) - 1
    told = "; ".join([*moves, *([decided.moves[t]] if decided.moves[t] else [])])
    return Outcome(int(score[i]), int(raw[i]), int(decided.tier[t]), told)


def own_tables(city: City, grading: Grading, retailers: Sequence[str]) -> City:
    """The city with the rows of some retailers, and those that say when anybody was last graded."""
    own = pl.col("retailer_id").is_in(retailers)
    return replace(
        city,
        retailers=replace(city.retailers, frame=city.retailers.frame.filter(own)),
        sanctions=None if city.sanctions is None else _rows(city.sanctions, own),
        tiers=None if city.tiers is None else _tiers_of(city.tiers, grading, own),
        sales=None,
        orders=None,
    )


def _rows(table: Table, which: pl.Expr) -> Table:
    return replace(table, frame=table.frame.filter(which))


def _tiers_of(tiers: Table, grading: Grading, own: pl.Expr) -> Table:
    day, told = pl.col("graded_on"), pl.col("tier").is_not_null()
    earlier = tiers.frame.filter(told & (day < grading.on))["graded_on"].max()
    last = (day == earlier).fill_null(value=False) & told
    columns = tiers.columns | ({"earned_tier"} if has_earned(tiers) else set())
    kept = pl.concat([tiers.frame.filter(own), tiers.frame.filter(last & ~own).head(1)])
    return replace(tiers, frame=kept, columns=frozenset(columns))
