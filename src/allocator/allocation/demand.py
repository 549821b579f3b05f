"""Whether any table of quotas keeps some lines of a policy, in exact arithmetic.

Floors, coverage, tier order and steps demand a *least table*: every table that keeps them is
nowhere below it, and it keeps them itself. All other limits but least shares of groups only ask
for little, so that they hold for some table just if they hold for the least one. A least share
asks for much: what the others of its line have at least must leave room for it, and beyond that a
linear program says whether all least shares can be had (``shortage``), believed only with a proof.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import numpy as np

from allocator.allocation.clauses import SHARE_DIGITS, Clause
from allocator.allocation.limits import whole_reserve
from allocator.allocation.shortage import Packing, missing
from allocator.records import MICRO, Flags, Units

Terms = dict[tuple[int, int], int]
"""What one carton for each retailer of cell c takes of a limit: {(p, c): millionths}."""


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """What the clauses are about: P lines over the C cells.

    tiers : T; chains are blocks of T cells with tiers 1..T rising
    allowed : (P, C) bool; count : (C,) int64, retailers
    visits : (P, C) int64, 2 where limits are doubled; mass : (P, C) int64 millionths
    lot, supply : (P,) int64 cartons; the supply as in its table, the reserve included
    shares : by group of the policy and line, the mass of its members in each cell, {c: millionths}
    """

    tiers: int
    allowed: Flags
    count: Units
    visits: Units
    mass: Units
    lot: Units
    supply: Units
    shares: Mapping[tuple[int, int], Mapping[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """One limit on a sum: ``sum mass q`` at most, or for ``group_least`` at least, ``cartons``."""

    clause: Clause
    terms: Terms
    cartons: int


@dataclass(frozen=True, slots=True)
class Excess:
    """What the least table breaks: it needs ``needed`` cartons where there is room for ``room``.

    lines : those concerned; cell : of a ceiling or basket, else -1
    """

    clause: Clause
    needed: Fraction
    room: int
    lines: tuple[int, ...]
    cell: int = -1


class Judge:
    """Tells of any clauses on one demand whether a table keeps them all."""

    def __init__(self, demand: Demand) -> None:
        self.demand = demand
        self._count: list[int] = demand.count.tolist()
        self._visits: list[list[int]] = demand.visits.tolist()
        self._mass: list[list[int]] = demand.mass.tolist()
        self._lot: list[int] = demand.lot.tolist()
        self._supply: list[int] = demand.supply.tolist()
        self._chains = [
            [
                [c for c in range(start, start + demand.tiers) if may[c]]
                for start in range(0, len(may), demand.tiers)
            ]
            for may in demand.allowed.tolist()
        ]
        self._cells = [[c for chain in chains for c in chain] for chains in self._chains]
        self._known: dict[tuple[object, ...], dict[int, Fraction]] = {}

    def has_table(self, clauses: Sequence[Clause]) -> bool:
        """Whether any table of quotas keeps the clauses; ``False`` only with a proof."""
        return self.excess(clauses) is None and self.missing(clauses) is None

    def missing(self, clauses: Sequence[Clause]) -> Fraction | None:
        """Cartons of the least shares that cannot be had, if it is proven that some cannot.

        The least table must keep the other clauses.
        """
        if not any(clause.kind == "group_least" for clause in clauses):
            return None
        return missing(self._packing(clauses))

    def excess(self, clauses: Sequence[Clause]) -> Excess | None:
        """What breaks in the least table, if anything."""
        least = self.least(clauses)
        for p, ceilings in enumerate(self._ceilings(clauses)):
            for c, (most, clause) in ceilings.items():
                if least[p][c] > most:
                    return Excess(clause, least[p][c], most, (p,), c)
        supplied = dict(self._supplies(clauses))
        for row in self.rows(clauses):
            lines = tuple(dict.fromkeys(p for p, _ in row.terms))
            needed = _total(row.terms, least)
            if row.clause.kind == "group_least":
                # What the rest of the line has at least must leave room for the share.
                p = lines[0]
                if p not in supplied:
                    continue
                whole = supplied[p]
                rest = _total(whole.terms, least) - needed
                if row.cartons > whole.cartons - rest:
                    return Excess(row.clause, rest, whole.cartons, (p,))
            elif needed > row.cartons:
                cell = next(c for _, c in row.terms) if row.clause.kind == "basket" else -1
                return Excess(row.clause, needed, row.cartons, lines, cell)
        return None

    def least(self, clauses: Sequence[Clause]) -> list[dict[int, Fraction]]:
        """The least table that floors, coverage, tier order and steps demand, {c: cartons}."""
        own: list[list[tuple[str, int, int, int]]] = [[] for _ in self._cells]
        for clause in clauses:
            if clause.kind in ("floor", "coverage", "step", "tier_order"):
                for span in clause.spans:
                    own[span.p].append((clause.kind, clause.value, span.low, span.high))
        tables = []
        for p, told in enumerate(own):
            key = (p, *sorted(told))
            if key not in self._known:
                self._known[key] = self._least_of(p, told)
            tables.append(self._known[key])
        return tables

    def _least_of(self, p: int, told: list[tuple[str, int, int, int]]) -> dict[int, Fraction]:
        low = dict.fromkeys(self._cells[p], Fraction(0))
        steps = [value for kind, value, _, _ in told if kind == "step"]
        for kind, value, first, last in told:
            for c in low:
                if first <= self._tier(c) <= last:
                    low[c] = max(low[c], self._demanded(p, c, kind, value))
        for chain in self._chains[p]:
            if any(kind == "tier_order" for kind, *_ in told):
                for c, above in pairwise(chain):
                    low[above] = max(low[above], low[c])
            for step in steps:
                for c, above in zip(chain[-2::-1], chain[:0:-1], strict=True):
                    low[c] = max(low[c], low[above] - step * self._visits[p][c])
        return low

    def _demanded(self, p: int, c: int, kind: str, value: int) -> Fraction:
        """Cartons that a floor or coverage asks for each retailer of a cell."""
        lot, count = self._lot[p], self._count[c]
        if kind == "floor":
            return Fraction(-(-value // lot) * lot * self._visits[p][c])
        if kind == "coverage" and count:
            return Fraction(-(-count * value // 10**SHARE_DIGITS) * lot, count)
        return Fraction(0)

    def _ceilings(self, clauses: Sequence[Clause]) -> list[dict[int, tuple[int, Clause]]]:
        """The lowest ceiling of each cell that has one, whole lots, and its clause."""
        found: list[dict[int, tuple[int, Clause]]] = [{} for _ in self._cells]
        for clause in clauses:
            for span in clause.spans if clause.kind == "ceiling" else ():
                p, lot = span.p, self._lot[span.p]
                for c in self._cells[p]:
                    most = clause.value // lot * lot * self._visits[p][c]
                    if span.low <= self._tier(c) <= span.high and (
                        c not in found[p] or most < found[p][c][0]
                    ):
                        found[p][c] = most, clause
        return found

    def rows(self, clauses: Sequence[Clause]) -> Iterator[Row]:
        """The limits on sums; supplies and shares in whole lots."""
        for _, row in self._supplies(clauses):
            yield row
        for clause in clauses:
            if clause.kind in ("group_most", "group_least"):
                for span in clause.spans:
                    inside = self.demand.shares[clause.rule, span.p].items()
                    terms = {(span.p, c): mass for c, mass in inside}
                    yield Row(clause, terms, self.share(span.p, clause, clauses))
            elif clause.kind == "basket":
                cells: dict[int, Terms] = {}
                for span in clause.spans:
                    for c in self._cells[span.p]:
                        if span.low <= self._tier(c) <= span.high:
                            cells.setdefault(c, {})[span.p, c] = MICRO
                yield from (Row(clause, terms, clause.value) for terms in cells.values())

    def _supplies(self, clauses: Sequence[Clause]) -> Iterator[tuple[int, Row]]:
        for clause in clauses:
            if clause.kind == "supply":
                p = clause.spans[0].p
                terms = {(p, c): self._mass[p][c] for c in self._cells[p]}
                yield p, Row(clause, terms, self.released(p, clauses))

    def share(self, p: int, clause: Clause, clauses: Sequence[Clause]) -> int:
        """Cartons of a least or largest share of a line: up, or down, to whole lots."""
        lot, parts = self._lot[p], clause.value * self.released(p, clauses)
        if clause.kind == "group_least":
            return -(-parts // (10**SHARE_DIGITS * lot)) * lot
        return parts // (10**SHARE_DIGITS * lot) * lot

    def released(self, p: int, clauses: Sequence[Clause]) -> int:
        """Supply of a line less reserve in whole lots, what shares are of; a supply that is not
        among the clauses bounds nothing, but shares are still of it.
        """
        supply, lot, part = self._supply[p], self._lot[p], 0
        for clause in clauses:
            if clause.kind == "reserve":
                part = clause.value
            elif clause.kind == "supply" and clause.spans[0].p == p:
                supply = clause.value
        kept = whole_reserve(supply, lot, Decimal(part).scaleb(-SHARE_DIGITS))
        return (supply - kept) // lot * lot

    def enough(self, clauses: Sequence[Clause]) -> int:
        """Cartons that no quota need exceed: a table cut off there keeps all that it kept.

        Cut off, order and steps hold as before, and a group one of whose cells was cut has its
        share from that cell alone.
        """
        most = max((q for table in self.least(clauses) for q in table.values()), default=Fraction())
        for row in self.rows(clauses):
            parts = [mass for mass in row.terms.values() if mass]
            if row.clause.kind == "group_least" and parts:
                most = max(most, Fraction(row.cartons * MICRO, min(parts)))
        return -(-most.numerator // most.denominator)

    def _packing(self, clauses: Sequence[Clause]) -> Packing:
        """The program of the lines of which anything is demanded; the others can have nothing."""
        asked = ("floor", "coverage", "group_least")
        lines = {span.p for clause in clauses if clause.kind in asked for span in clause.spans}
        least, ceilings = self.least(clauses), self._ceilings(clauses)
        top = self.enough(clauses)
        at = {pair: k for k, pair in enumerate((p, c) for p in sorted(lines) for c in least[p])}
        differences = []
        for clause in clauses:
            for span in clause.spans if clause.kind in ("step", "tier_order") else ():
                for chain in self._chains[span.p] if span.p in lines else ():
                    for c, above in pairwise(chain):
                        low, high = at[span.p, c], at[span.p, above]
                        if clause.kind == "step":
                            rise = clause.value * self._visits[span.p][c]
                            differences.append((high, low, rise))
                        else:
                            differences.append((low, high, 0))
        rows = [
            (
                row.clause.kind == "group_least",
                {at[pair]: mass for pair, mass in row.terms.items() if mass and pair in at},
                row.cartons,
            )
            for row in self.rows(clauses)
        ]
        return Packing(
            [least[p][c] for p, c in at],
            [ceilings[p].get(c, (top,))[0] for p, c in at],
            differences,
            [(terms, cartons) for wanted, terms, cartons in rows if not wanted and terms],
            [(terms, cartons) for wanted, terms, cartons in rows if wanted],
        )

    def tier(self) -> Units:
        """Tier of each cell, (C,) int64."""
        return np.arange(len(self._count), dtype=np.int64) % self.demand.tiers + 1

    def _tier(self, c: int) -> int:
        return c % self.demand.tiers + 1


def _total(terms: Terms, table: Sequence[Mapping[int, Fraction]]) -> Fraction:
    """``sum mass q``, cartons."""
    had = (mass * q for (p, c), mass in terms.items() if (q := table[p][c]))
    return sum(had, Fraction(0)) / MICRO
