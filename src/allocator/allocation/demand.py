"""What lines of a policy ask of the quotas of some products, as exact numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from allocator.allocation.clauses import SHARE_DIGITS, Clause
from allocator.allocation.limits import whole_reserve
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


class Asked:
    """What clauses ask of one demand, in cartons for each retailer or together.

    tier : of each cell; cells : of each line, those that may have it; chains : the same, by chain
    """

    def __init__(self, demand: Demand) -> None:
        self.demand = demand
        self.tier = [c % demand.tiers + 1 for c in range(len(demand.count))]
        self.chains = [
            [
                [c for c in range(start, start + demand.tiers) if may[c]]
                for start in range(0, len(may), demand.tiers)
            ]
            for may in demand.allowed.tolist()
        ]
        self.cells = [[c for chain in chains for c in chain] for chains in self.chains]
        self.visits: list[list[int]] = demand.visits.tolist()
        self._count: list[int] = demand.count.tolist()
        self._mass: list[list[int]] = demand.mass.tolist()
        self._lot: list[int] = demand.lot.tolist()
        self._supply: list[int] = demand.supply.tolist()

    def least(self, p: int, c: int, kind: str, value: int) -> Fraction:
        """Cartons that a floor or coverage asks for each retailer of a cell; others none."""
        lot, count = self._lot[p], self._count[c]
        if kind == "floor":
            return Fraction(-(-value // lot) * lot * self.visits[p][c])
        if kind == "coverage" and count:
            return Fraction(count * value // 10**SHARE_DIGITS * lot, count)
        return Fraction(0)

    def ceilings(self, clauses: Sequence[Clause]) -> list[dict[int, tuple[int, Clause]]]:
        """The lowest ceiling of each cell that has one, whole lots, and its clause."""
        found: list[dict[int, tuple[int, Clause]]] = [{} for _ in self.cells]
        for clause in clauses:
            for span in clause.spans if clause.kind == "ceiling" else ():
                p, lot = span.p, self._lot[span.p]
                for c in self.cells[p]:
                    most = clause.value // lot * lot * self.visits[p][c]
                    if span.low <= self.tier[c] <= span.high and (
                        c not in found[p] or most < found[p][c][0]
                    ):
                        found[p][c] = most, clause
        return found

    def rows(self, clauses: Sequence[Clause]) -> Iterator[Row]:
        """The limits on sums; supplies and shares in whole lots."""
        for _, row in self.supplies(clauses):
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
                    for c in self.cells[span.p]:
                        if span.low <= self.tier[c] <= span.high:
                            cells.setdefault(c, {})[span.p, c] = MICRO
                yield from (Row(clause, terms, clause.value) for terms in cells.values())

    def supplies(self, clauses: Sequence[Clause]) -> Iterator[tuple[int, Row]]:
        """The supply rows by line."""
        for clause in clauses:
            if clause.kind == "supply":
                p = clause.spans[0].p
                terms = {(p, c): self._mass[p][c] for c in self.cells[p]}
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
