"""Which limits hold each quota of a plan, told from the plan alone.

A quota is held by what keeps it from more without a loss for somebody no better off: a limit that
is used up, a ceiling, or a neighbouring tier that would have to rise with it and is held itself;
and it may stand above its own level because of a floor, or of a neighbour that lifts it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from allocator.allocation.leximin import Lines
from allocator.allocation.program import Program, near
from allocator.allocation.programs import components, lines_of, program_of
from allocator.allocation.reasons import Reasons
from allocator.errors import BadRequest
from allocator.records import QuotaPlan, Reals, Units

LIMITS = ("supply", "most", "least", "basket")
"""Kinds of rows that many retailers share."""


@dataclass(frozen=True, slots=True)
class Hold:
    """One limit that holds a quota.

    kind : ``supply``; ``most``, ``least`` (a group's share; with ``least`` the others have what
        it leaves); ``basket``; ``ceiling``; ``floor`` (coverage included); ``order``, ``step``
        (tier order and largest step towards a neighbouring tier)
    tier : where it bites: the own tier, the neighbour for ``order`` and ``step``, and what comes
        after one of these holds that neighbour
    number : index into ``plan.groups`` or ``plan.baskets``; -1 for the other kinds
    """

    kind: str
    tier: int
    number: int = -1


@dataclass(frozen=True, slots=True)
class Held:
    """What holds the quota of one line for one cell.

    more : what keeps it from more, the nearest first, the last one is what is used up
    less : what keeps it as high as it is, above its own level; most often nothing
    """

    line: int
    cell: int
    more: tuple[Hold, ...]
    less: tuple[Hold, ...]


def what_binds(plan: QuotaPlan, product: str) -> tuple[Held, ...]:
    """What holds the quotas of a product: one entry for each line and cell that may have it.

    Raises
    ------
    BadRequest : the product is not in the plan, or its quotas were published elsewhere
    """
    own = lines_named(plan, product)
    lines = lines_of(plan)
    return tuple(
        held
        for part in components(lines)
        if set(part) & set(own)
        for held in _Program.of(plan, lines, part).held(own)
    )


def lines_named(plan: QuotaPlan, product: str) -> list[int]:
    """The lines of a product; refused where nothing was planned."""
    if plan.source != "planned":
        raise BadRequest("plan-published")
    found = [p for p, name in enumerate(plan.product) if name == product]
    if not found:
        raise BadRequest(
            "product-not-planned", product=product, known=", ".join(sorted(set(plan.product))[:12])
        )
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Program:
    """One program of a plan and the reasons in its table.

    rows_of : numbers of the limits that are used up and take of pair k, for each k
    stops : by line, names of the rows that stop its level; only with one level per product
    """

    plan: QuotaPlan
    program: Program
    x: Reals
    reasons: Reasons | None
    rows_of: Sequence[Sequence[int]]
    stops: dict[int, tuple[str, ...]]

    @classmethod
    def of(cls, plan: QuotaPlan, lines: Lines, part: tuple[int, ...]) -> _Program:
        program = program_of(lines, part, plan.cells)
        x = plan.entitlement.ravel()[program.pair]
        size, fair = len(plan.cells.tier), plan.objective in ("leximin", "equal")
        none = np.zeros(len(x), np.bool_)
        reasons = Reasons(program, x, program.counted, none) if fair else None
        rows_of: list[list[int]] = [[] for _ in x]
        for r, row in enumerate(program.limits):
            used = sum(a * float(x[k]) for k, a in zip(row.position, row.coefficient, strict=True))
            if abs(used - row.bound) <= 1e3 * near(abs(row.bound) + abs(used)):
                for k, a in zip(row.position, row.coefficient, strict=True):
                    if a > 0:
                        rows_of[k].append(r)
        stops = {}
        if plan.objective == "proportional":
            for proof in plan.proofs:
                for stage in proof.stages:
                    stops[stage.fixed[0] // size] = tuple(stage.y)
        return cls(plan, program, x, reasons, rows_of, stops)

    def held(self, lines: Sequence[int]) -> Iterator[Held]:
        size = len(self.plan.cells.tier)
        for k, pair in enumerate(self.program.pair.tolist()):
            if pair // size in lines:
                more = tuple(dict.fromkeys(self._more(k)))
                yield Held(pair // size, pair % size, more, tuple(self._less(k)))

    def _more(self, k: int) -> Iterator[Hold]:
        """What keeps pair k from more."""
        if self.reasons is None or not self.program.counted[k]:
            yield from self._direct(k)
            return
        seen: set[int] = set()
        while k not in seen:
            seen.add(k)
            why = self.reasons.why(k)
            if why is None:
                yield from self._direct(k)
                return
            at = k
            for r in why.path:
                at, hold = self._edge(at, r)
                yield hold
            if why.rows:
                yield self._limit(why.rows[-1], why.end)
                return
            if self._at_top(why.end):
                yield Hold("ceiling", self._tier(why.end))
                return
            k = why.end

    def _direct(self, k: int) -> Iterator[Hold]:
        """What holds pair k, or the nearest neighbour that it would push, whatever its level."""
        stops = self.stops.get(int(self.program.pair[k]) // len(self.plan.cells.tier))
        if stops is None:
            found = self._nearest(k, lambda j: self._at_top(j) or bool(self.rows_of[j]))
        else:
            found = self._nearest(k, self._at_top)
        if found is not None:
            end, edges = found
            yield from edges
            if self._at_top(end):
                yield Hold("ceiling", self._tier(end))
            else:
                yield from (self._limit(r, end) for r in self.rows_of[end])
        for r, row in enumerate(self.program.limits):
            if found is None and row.name in (stops or ()):
                yield self._limit(r, k if k in row.position else row.position[0])

    def _nearest(self, k: int, ends: Callable[[int], bool]) -> tuple[int, tuple[Hold, ...]] | None:
        """The nearest pair of a kind that rises with k by tier order and steps, and the way."""
        queue: deque[tuple[int, tuple[Hold, ...]]] = deque([(k, ())])
        seen = {k}
        while queue:
            at, way = queue.popleft()
            if ends(at):
                return at, way
            for r in self._tight_edges(at):
                other, hold = self._edge(at, r)
                if other not in seen:
                    seen.add(other)
                    queue.append((other, (*way, hold)))
        return None

    def _less(self, k: int) -> Iterator[Hold]:
        """What keeps pair k as high as it is."""
        x = float(self.x[k])
        if x > 0 and x <= self.program.floor[k] + near(x):
            yield Hold("floor", self._tier(k))
        elif self.reasons is not None and self.program.counted[k]:
            lifted = self.reasons.lifted(k)
            if lifted is not None:
                kind = self.program.name(lifted[1]).partition("/")[0]
                yield Hold(kind, self._tier(lifted[0]))

    def _limit(self, r: int, k: int) -> Hold:
        kind, _, rest = self.program.limits[r].name.partition("/")
        number = -1 if kind == "supply" else int(rest.partition("/")[0])
        return Hold(kind, self._tier(k), number)

    def _edge(self, k: int, r: int) -> tuple[int, Hold]:
        """The neighbour that row r makes rise with pair k."""
        kind = self.program.name(r).partition("/")[0]
        other = k + 1 if kind == "order" else k - 1
        return other, Hold(kind, self._tier(other))

    def _tight_edges(self, k: int) -> Iterator[int]:
        """Order towards the next tier up, and the step from the next tier down, where used up."""
        first, order = len(self.program.limits), np.flatnonzero(self.program.order)
        step: Units = np.flatnonzero(self.program.step >= 0)
        for at, rows, start in ((k, order, first), (k - 1, step, first + len(order))):
            place = np.flatnonzero(rows == at)
            if len(place):
                rise, slack = float(self.x[at + 1] - self.x[at]), near(float(self.x[at + 1]))
                if rows is order and rise <= slack:
                    yield start + int(place[0])
                if rows is step and rise >= self.program.step[at] - slack:
                    yield start + int(place[0])

    def _at_top(self, k: int) -> bool:
        return bool(self.x[k] >= self.program.ceiling[k] - near(float(self.x[k])))

    def _tier(self, k: int) -> int:
        cells = self.plan.cells
        return int(cells.tier[int(self.program.pair[k]) % len(cells.tier)])
