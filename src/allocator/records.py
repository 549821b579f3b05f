"""Frozen records that pass between the floors. Arrays and columns are never changed in place.

Axes, as in ``model.md``: p = 0..P-1 released lines (one row of the supply table: a product, or a
product in a region), c = 0..C-1 cells, i = 0..n-1 retailers in the order of their frame.
Quantities are whole cartons, seats and credits are counted in lots (millionths for credits).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

import numpy as np
import polars as pl
from numpy.typing import NDArray

Units = NDArray[np.int64]
Indices = NDArray[np.int32]
Reals = NDArray[np.float64]
Flags = NDArray[np.bool_]

SEGMENT_SEPARATOR = " | "
"""Stands between the attributes of a segment's name; a value that holds ``|`` is refused."""

MICRO = 1_000_000
"""Parts of one lot in credits, and of one point in scores: what is smaller is not counted."""

DECIMALS = 6
"""Digits of a point that are kept: millionths."""


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One item of the score and how it was scaled.

    name : as in the policy (``quantity``, ``class_quantity_share``, ...)
    weight : (points) most points the item can give
    scale : max, rank, log or winsorised; ``value`` for an item of bands, which gives no points
    reference : largest value after scaling rules, in the unit of the item's values; for ``rank``
        the number of graded retailers
    unit : cartons, fen, fen-per-carton, millionths, products, points (a manager's score, kept in
        millionths of a point)
    effective : millionths of the differences between the scores that the item makes
        (``grading/effective.py``); below 0 where it works against the score; ``None`` where all
        score the same, or where there are no points
    effective_middle : the same among the middle nine tenths of the graded by score
    """

    name: str
    weight: Fraction
    scale: str
    reference: int
    unit: str
    effective: int | None = None
    effective_middle: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """An item whose bands decide the tier.

    item : as in the policy; classes : price classes that count, for items of classes
    unit : cartons, yuan, yuan-per-carton, percent, products or points
    per_month : whether it is what the retailer sold in the window, divided by its months
    least : (B,) int64, millionths of the unit, where each band begins, rising; the lowest at 0
    """

    item: str
    classes: tuple[int, ...]
    unit: str
    per_month: bool
    least: Units


@dataclass(frozen=True, slots=True, eq=False)
class TierLimits:
    """What a tier takes, where ranks do not decide: all that is needed to find it again.

    least : (T,) int64, the least score of tier t at entry t-1, millionths (with ``bands`` the
        least value a month); 0 for tier 1; -1 = a tier that nobody can reach; empty for ``grid``
        and ``by``. With ``breaks`` the lowest score of the tier, as this grading drew it
    months : months of the window, by which values are divided to be "a month"
    axes : one item for ``bands``, two for ``grid``
    table : (B1, B2) int64 tiers by the bands of the two items, from the lowest; ``None`` = no grid
    attribute : column of the retailers table that decides; values : tier of each of its values;
        otherwise : tier of everybody else, -1 = there is nobody else
    """

    least: Units
    months: Fraction = Fraction(1)
    axes: tuple[Axis, ...] = ()
    table: Units | None = None
    attribute: str = ""
    values: Mapping[str, int] = field(default_factory=dict)
    otherwise: int = -1


@dataclass(frozen=True, slots=True, eq=False)
class Grading:
    """Tiers of n retailers and how each came about.

    on : grading date
    tiers : number of tiers T; T is the top
    window : months (``YYYY-MM``) whose sales count
    items : items of the score in the order of the policy; empty when tiers were given
    last_rank, cut_score : (T,) int64, entry t-1 is for tier t: the last rank of tier t and the
        score (millionths of a point) of the retailer at that rank; -1 where no retailer stands,
        and always for ``grid`` and ``by``
    shares : per cent from tier T down to tier 1; empty unless tiers go by rank shares
    table : n rows by retailer_id, columns
        retailer_id str; graded bool (scored and inside the shares); score i64 (millionths of a
        point), rank i64 (1 + number of graded that score strictly higher); tier_by_score i64
        (before rules that change it); tier i64 (final; null = has no tier, receives nothing);
        previous_tier i64; reason str (codes joined by a space: ``rank``, ``cutoffs``, ``bands``,
        ``grid``, ``breaks``, ``by``, ``newcomer``, ``given``,
        ``no-sales``, ``exempt``, ``stopped``, ...); moves str (each rule that changed the tier, in
        order: ``hysteresis 14>15; max-step 15>17; cap 17>12``; the first number is tier_by_score,
        or where one without a score starts, the last is tier; empty: none); earned_tier i64
        (before credit levels and sanctions, what the next grading counts from; null: newcomers);
        previous_earned i64 (what this one counted from); to_next_score i64 (millionths of a point
        from tier_by_score up to the next one); to_lower_score i64 (how far the score may fall);
        to_next_tier i64 (cartons a month more to reach the next tier up, null when no figure
        would do); then for each item
        ``<item>`` (value, i64 in the item's unit) and ``<item>_points`` (i64, millionths)
    warnings : (code, facts) for the planner, texts in ``wording/*/grading.po``
    rule : how tiers came about: ``shares``, ``cutoffs``, ``bands`` of one item, ``grid`` of the
        bands of two, ``breaks``, ``by`` an attribute, or ``given`` elsewhere
    limits : what a tier takes; ``None`` for ``shares`` and ``given``
    moving : whether the policy has rules that change a tier after the score (movement, credit
        levels, sanctions, a highest first tier); without any, earned_tier and previous_earned are
        null
    decimals : digits to which the points of each item are rounded; the columns stay in millionths
    screened : months out of the usual, columns ``grading.screening.SCREENED``, those to look at
        first at the top; ``None`` where the policy does not screen

    With ``bands`` and ``grid`` the score is what the (first) item is a month, in millionths of its
    unit, rounded down; the item's points are the score and the second item's points are 0. With
    ``by`` nobody is graded: there is no score.
    """

    on: date
    tiers: int
    window: tuple[str, ...]
    items: tuple[Item, ...]
    last_rank: Units
    cut_score: Units
    shares: tuple[Fraction, ...]
    table: pl.DataFrame
    warnings: tuple[tuple[str, Mapping[str, str | int]], ...] = ()
    rule: str = "shares"
    limits: TierLimits | None = None
    moving: bool = False
    decimals: int = DECIMALS
    screened: pl.DataFrame | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The C cells: every tier of every segment and rhythm, empty ones included.

    Sorted by segment, rhythm, tier, so that each chain (segment, rhythm) is a block of T cells
    with tiers 1..T rising.

    tier : (C,) int64, 1..T
    segment : C names, the values of the attributes that the policy mentions in the order of
        ``allocation.segments.ATTRIBUTES`` with ``SEGMENT_SEPARATOR`` between; the region is first
        where supply is released by region; ``""`` where no attribute is mentioned
    rhythm : C of ``weekly``, ``fortnightly``
    count : (C,) int64, retailers that are active and due in the cycle
    weight : (C,) int64, tier weight over ``weight_unit`` (one common denominator)
    """

    tier: Units
    segment: tuple[str, ...]
    rhythm: tuple[str, ...]
    count: Units
    weight: Units
    weight_unit: int

    def label(self, c: int) -> str:
        """Name of a cell in hashes and documents: ``tier/segment/rhythm``."""
        return f"{self.tier[c]}/{self.segment[c]}/{self.rhythm[c]}"

    def labels(self) -> tuple[str, ...]:
        """The names of all C cells."""
        rows = zip(self.tier.tolist(), self.segment, self.rhythm, strict=True)
        return tuple(f"{tier}/{segment}/{rhythm}" for tier, segment, rhythm in rows)

    def visits(self, double: bool) -> Units:
        """How often a retailer of each cell counts, (C,) int64: 2 for doubled fortnightly shops."""
        twice = np.array([double and rhythm == "fortnightly" for rhythm in self.rhythm], np.int64)
        return 1 + twice


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """One stage of leximin for one program (``model.md`` 2 and 6).

    A pair of line p and cell c is the number ``p C + c``.

    level : satisfaction L_k, 1 = the proportional share
    fixed : pairs fixed at this stage
    alpha : multipliers of the open pairs, {pair: alpha > 0}
    y : multipliers of rows by row name, only those > 0; the names are those of
        ``allocation.program.Program.name``

    Two kinds of stages have no alpha. With the objective ``volume`` the first one fixes nothing:
    its level is the greatest ``sum n x`` of the program, cartons, and y proves that none is
    greater. With ``proportional`` each fixes a whole line at its one level, and y names the rows
    that keep it from rising (none: each quota is the greatest that ceilings and steps allow).
    """

    level: float
    fixed: tuple[int, ...]
    alpha: Mapping[int, float]
    y: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Proof:
    """The stages of one program: a line, or the lines that baskets join.

    lines : indices p, rising
    """

    lines: tuple[int, ...]
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """A share of the supply of one line for some cells: at least, at most, or both.

    rule : index of the group in the policy; line : p
    cells : (k,) int32, rising; mass : (k,) int64 millionths, what one carton for each retailer of
        the cell that is in the group takes from the supply
    least, most : cartons, whole lots, ``sum mass x`` in between; -1 = no such limit
    own : (m,) int32, cells whose retailers are in the group; ``None`` = ``cells``, which hold
        their neighbours too where boundaries are smooth
    """

    rule: int
    line: int
    cells: Indices
    mass: Units
    least: int
    most: int
    own: Indices | None = None

    @property
    def home(self) -> Indices:
        """The cells whose retailers are in the group."""
        return self.cells if self.own is None else self.own


@dataclass(frozen=True, slots=True, eq=False)
class JointLimit:
    """Most cartons of several lines together for one retailer: a basket or a band.

    lines : (k,) int32 indices p, rising
    most : (C,) int64 cartons for a retailer of each cell; -1 = no limit
    """

    name: str
    lines: Indices
    most: Units


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What a line could not keep in whole cartons, because other limits stood in the way.

    row : ``supply/{p}``, whole lots that nobody could be given, or ``least/{g}``, the minimum of a
        group that is missed; as in the proofs
    line : p; lots : how many
    """

    line: int
    row: str
    lots: int


@dataclass(frozen=True, slots=True, eq=False)
class Turns:
    """Odd lots offered (seats), one entry each, ordered by line, cell, place on the cell's list.

    line, retailer : (S,) int32, indices p and i (row of ``QuotaPlan.members``)
    place : (S,) int32, 1-based place in reading order of the cell's list for this product; with
        ``path`` on the product's circle of all counted retailers
    """

    line: Indices
    retailer: Indices
    place: Indices

    def of(self, p: int) -> Indices:
        """Who has an odd lot of line p, (s,) int32."""
        # Of the kind of the lines, or all of them would be converted first.
        low, high = np.searchsorted(self.line, np.array([p, p + 1], self.line.dtype))
        return self.retailer[low:high]


@dataclass(frozen=True, slots=True, eq=False)
class Between:
    """Where the r counted members stand between the knots of tiers, with smooth boundaries.

    knot : (T,) int64, median score of each tier, millionths of a point; -1 = the tier has none
    below, above : (C,) int32, the cell of the next knot down and up in the cell's chain; the cell
        itself where there is none
    part : (r,) int32, millionths of the way to the knot above (> 0) or below (< 0) the own one;
        that knot has this weight, the own one the rest
    down, up : (C,) int64 millionths, sums of the parts of a cell's members in each direction
    """

    knot: Units
    below: Indices
    above: Indices
    part: Indices
    down: Units
    up: Units


@dataclass(frozen=True, slots=True, eq=False)
class QuotaPlan:
    """Who may order how much in round one of a cycle: planned here, or published elsewhere.

    source : ``planned`` or ``published`` (a quota table that was given: entitlement = base)
    members : n rows, the r counted ones first, grouped by cell and then by retailer_id, so that a
        cell is one slice: retailer_id str, status str (of the retailers table; ``stopped`` for an
        active one whose supply a sanction stops), tier i64 (null: none), segment str,
        rhythm str, due bool, cell i32 (null: not counted in this cycle)
    product, region : P ids; region is "" where the supply has none
    lot, supply, reserve : (P,) int64 cartons; supply is -1 where none is known (published)
    method : P of ``rotate``, ``equal``, ``lottery``, ``path``, ``published``
    step : (P,) int64 cartons, -1 = none; tier_order : (P,) bool
    allowed : (P, C) bool; floor, ceiling : (P, C) int64 cartons, whole lots
    entitlement : (P, C) float64 cartons per retailer, q of the program
    base : (P, C) int64 cartons per retailer; seats : (P, C) int64 lots per cell
    credit_before, credit_after : (P, n) int32, millionths of a lot
    second_round : whether what is left is offered again
    double : lines whose fortnightly shops count twice and have twice the limits; floor, ceiling
        and entitlement are what one retailer has, so they are doubled already
    proofs : the proofs of the programs, by first line; none when published, or where supply is 0
    mass : (P, C) int64 millionths, what one carton for each retailer of a cell takes from the
        supply: N_c times the expected take-up
    groups : shares of supply; baskets : quotas that must fit together; bands : what binds orders
        beside the quotas
    covered : (P, C) int64, retailers of each cell of whom each must be able to have a lot
    oversell : what holds where the quotas of a line, counted in full, exceed its supply, because
        less was expected to be ordered: ``refuse`` (only the reserve may cover it) or ``share``
        (the orders are then cut to a common level); "" = nothing of the kind was planned
    shortfalls : whole supplies and group minima that whole cartons could not keep
    objective : ``leximin``, ``volume``, ``proportional`` or ``equal``
    boundary : ``step``, or ``smooth``: entitlements between the tiers are interpolated, and
        ``entitlement`` and ``base`` are those of a retailer that stands on its tier's knot
    between : where retailers stand with smooth boundaries
    """

    cycle: str
    on: date
    seed: str | None
    source: str
    policy_digest: str
    tiers: int
    cells: Cells
    members: pl.DataFrame
    product: tuple[str, ...]
    region: tuple[str, ...]
    lot: Units
    supply: Units
    reserve: Units
    method: tuple[str, ...]
    step: Units
    tier_order: Flags
    allowed: Flags
    floor: Units
    ceiling: Units
    entitlement: Reals
    base: Units
    seats: Units
    turns: Turns
    credit_before: Indices
    credit_after: Indices
    second_round: bool
    proofs: tuple[Proof, ...]
    mass: Units
    covered: Units
    double: frozenset[int] = frozenset()
    groups: tuple[Group, ...] = ()
    baskets: tuple[JointLimit, ...] = ()
    bands: tuple[JointLimit, ...] = ()
    oversell: str = ""
    shortfalls: tuple[Shortfall, ...] = ()
    objective: str = "leximin"
    boundary: str = "step"
    between: Between | None = None

    def proof_of(self, p: int) -> Proof | None:
        """The proof of the program that line p is in."""
        return next((proof for proof in self.proofs if p in proof.lines), None)

    def pair(self, p: int, c: int) -> int:
        """Number of the pair of line p and cell c in proofs and certificates."""
        return p * len(self.cells.tier) + c

    def visits(self, p: int) -> Units:
        """How often a retailer of each cell counts for line p, (C,) int64: 1 or 2."""
        return self.cells.visits(p in self.double)

    def weight(self, p: int) -> Units:
        """Weight of one retailer of each cell for line p, (C,) int64 over ``weight_unit``.

        Where the objective is ``equal`` the weights of tiers do not count.
        """
        visits = self.visits(p)
        weight: Units = visits if self.objective == "equal" else self.cells.weight * visits
        return weight


def region_of(segment: str) -> str:
    """The region of a segment's name, where supply is released by region."""
    return segment.partition(SEGMENT_SEPARATOR)[0]


def region_column(segment: str = "segment") -> pl.Expr:
    """The same for a column of segments."""
    return pl.col(segment).str.split(SEGMENT_SEPARATOR).list.first()


@dataclass(frozen=True, slots=True, eq=False)
class Allocation:
    """What the rules give for the orders of a cycle.

    lines : one row for each retailer and product ordered, by product_id and retailer_id:
        line i32 (p; null: product not released), product_id, retailer_id, tier i64, requested,
        limit, round_one, round_two, award, granted (i64 cartons; requested null where only one
        ``quantity`` is known, then granted is taken as the order; granted null where the orders
        tell only what was asked), order i64 (what the award was computed from); where the plan
        has bands also band_room i64 (cartons left in the line's tightest band when round one came
        to it; null: in no band)
    left : (P,) int64 cartons that no order claimed, reserve apart; below 0 they are drawn from the
        reserve, which a plan with ``oversell: refuse`` allows
    level : P exact levels of the second round as (numerator, denominator): a retailer of weight w
        may have up to w x level lots, with ``path`` round(w x level); ``None`` = no second round
        or all orders met. Where round one was shared out (``oversell: share``), the level of that
    group_level : the same for groups that bound, {index into ``QuotaPlan.groups``: level}: a
        retailer has the least of its line's level and of those of the groups it is in
    """

    cycle: str
    lines: pl.DataFrame
    left: Units
    level: tuple[tuple[int, int] | None, ...]
    group_level: Mapping[int, tuple[int, int]] = field(default_factory=dict)
