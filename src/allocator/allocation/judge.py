"""Whether any table of quotas keeps some lines of a policy, in exact arithmetic.

Floors, coverage, tier order and steps demand a *least table*: every table that keeps them is
nowhere below it, and it keeps them itself. All other limits but least shares of groups only ask
for little, so that they hold for some table just if they hold for the least one. A least share
asks for much: what the others of its line have at least must leave room for it, and beyond that a
linear program says whether all least shares can be had (``shortage``), believed only with a proof.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from allocator.allocation.clauses import Clause
from allocator.allocation.demand import Asked, Demand, Terms
from allocator.allocation.shortage import Packing, missing
from allocator.records import MICRO


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
        self.asked = Asked(demand)
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
        for p, ceilings in enumerate(self.asked.ceilings(clauses)):
            for c, (most, clause) in ceilings.items():
                if least[p][c] > most:
                    return Excess(clause, least[p][c], most, (p,), c)
        supplied = dict(self.asked.supplies(clauses))
        for row in self.asked.rows(clauses):
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
        own: list[list[tuple[str, int, int, int]]] = [[] for _ in self.asked.cells]
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
        low = dict.fromkeys(self.asked.cells[p], Fraction(0))
        steps = [value for kind, value, _, _ in told if kind == "step"]
        for kind, value, first, last in told:
            for c in low:
                if first <= self.asked.tier[c] <= last:
                    low[c] = max(low[c], self.asked.least(p, c, kind, value))
        for chain in self.asked.chains[p]:
            if any(kind == "tier_order" for kind, *_ in told):
                for c, above in pairwise(chain):
                    low[above] = max(low[above], low[c])
            for step in steps:
                for c, above in zip(chain[-2::-1], chain[:0:-1], strict=True):
                    low[c] = max(low[c], low[above] - step * self.asked.visits[p][c])
        return low

    def enough(self, clauses: Sequence[Clause]) -> int:
        """Cartons that no quota need exceed: a table cut off there keeps all that it kept.

        Cut off, order and steps hold as before, and a group one of whose cells was cut has its
        share from that cell alone.
        """
        most = max((q for table in self.least(clauses) for q in table.values()), default=Fraction())
        for row in self.asked.rows(clauses):
            parts = [mass for mass in row.terms.values() if mass]
            if row.clause.kind == "group_least" and parts:
                most = max(most, Fraction(row.cartons * MICRO, min(parts)))
        return -(-most.numerator // most.denominator)

    def _packing(self, clauses: Sequence[Clause]) -> Packing:
        """The program of the lines of which anything is demanded; the others can have nothing."""
        asked = ("floor", "coverage", "group_least")
        lines = {span.p for clause in clauses if clause.kind in asked for span in clause.spans}
        least, ceilings = self.least(clauses), self.asked.ceilings(clauses)
        top = self.enough(clauses)
        at = {pair: k for k, pair in enumerate((p, c) for p in sorted(lines) for c in least[p])}
        differences = []
        for clause in clauses:
            for span in clause.spans if clause.kind in ("step", "tier_order") else ():
                for chain in self.asked.chains[span.p] if span.p in lines else ():
                    for c, above in pairwise(chain):
                        low, high = at[span.p, c], at[span.p, above]
                        if clause.kind == "step":
                            rise = clause.value * self.asked.visits[span.p][c]
                            differences.append((high, low, rise))
                        else:
                            differences.append((low, high, 0))
        rows = [
            (
                row.clause.kind == "group_least",
                {at[pair]: mass for pair, mass in row.terms.items() if mass and pair in at},
                row.cartons,
            )
            for row in self.asked.rows(clauses)
        ]
        return Packing(
            [least[p][c] for p, c in at],
            [ceilings[p].get(c, (top,))[0] for p, c in at],
            differences,
            [(terms, cartons) for wanted, terms, cartons in rows if not wanted and terms],
            [(terms, cartons) for wanted, terms, cartons in rows if wanted],
        )


def _total(terms: Terms, table: Sequence[Mapping[int, Fraction]]) -> Fraction:
    """``sum mass q``, cartons."""
    had = (mass * q for (p, c), mass in terms.items() if (q := table[p][c]))
    return sum(had, Fraction(0)) / MICRO
