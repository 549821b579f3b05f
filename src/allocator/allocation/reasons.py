"""Why no retailer of a pair can have more: multipliers read off a leximin table, without a solver.

Two kinds of tight neighbours carry every reason. Where x_k = x_(k+1) under tier order, or
x_(k+1) - x_k is the whole step, raising the one pushes the other, so whatever holds the other
holds the one; and the quota of the other is no lower only because of the one, its *source*.

- A pair is held by *bounds* if pushing on from it ends at a ceiling or at a pair fixed before.
- A limit that is used up (supply, group, basket) *holds* from the level on at which all its
  members have their least possible quota: each is at its floor, is fixed, stands at the level
  itself, or has a source that does. Its price then runs from every member to its source.

Both give multipliers in closed form; ``stages`` tests each like those of a solver.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from allocator.allocation.program import Program, near
from allocator.allocation.tolerances import TIGHT
from allocator.records import Flags, Reals

Terms = tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Multipliers:
    """alpha by pair k and y by row r of one stage, not yet on a common scale; only those > 0."""

    alpha: dict[int, float]
    y: dict[int, float]


@dataclass(frozen=True, slots=True)
class _Cause:
    """A limit that is used up.

    members : (k, a), a > 0; rows : what its price is put on
    since : the level from which it holds
    """

    members: Terms
    rows: tuple[int, ...]
    since: float


@dataclass(slots=True)
class _Targets:
    """Pairs of one level that one cause holds: the member each pushes, and the rows between."""

    cause: _Cause
    through: dict[int, list[tuple[int, tuple[int, ...]]]] = field(default_factory=dict)


class Reasons:
    """The reasons in a table, level by level.

    Parameters
    ----------
    x : (K,) float64, cartons; meant to be leximin
    first : (K,) bool, the pairs whose levels are told; the others that count are fixed before
    """

    def __init__(self, program: Program, x: Reals, first: Flags, fixed: Flags) -> None:
        self._program = program
        self._kappa = program.kappa.tolist()
        level = np.where(first, x / program.kappa, np.where(fixed, -np.inf, np.inf))
        self._level: list[float] = level.tolist()
        slack = TIGHT * (1.0 + np.abs(x))
        self._at_floor: list[bool] = (x <= program.floor + slack).tolist()
        self._at_top: list[bool] = (x >= program.ceiling - slack).tolist()
        self._push_up, self._push_down = _edges(program, x)
        self._source, self._from = self._sources()
        self._causes = list(self._used_up(x.tolist()))
        self._causes_of: list[list[_Cause]] = [[] for _ in self._kappa]
        for cause in self._causes:
            for k, _ in cause.members:
                self._causes_of[k].append(cause)

    def levels(self) -> Iterator[tuple[float, list[int]]]:
        """The pairs by rising level; levels that differ by rounding only are one."""
        told = [(level, k) for k, level in enumerate(self._level) if math.isfinite(level)]
        told.sort()
        start = 0
        while start < len(told):
            level, end = told[start][0], start
            while end < len(told) and told[end][0] <= _just_above(level):
                end += 1
            yield level, [k for _, k in told[start:end]]
            start = end

    def at(self, level: float, targets: list[int]) -> Iterator[Multipliers]:
        """Multipliers that hold ``targets``, all at ``level``, as far as there are reasons."""
        held: dict[int, tuple[int, ...]] = {}
        limited: dict[int, _Targets] = {}
        for j in targets:
            found = self._reason(j, level)
            if found is None:
                continue
            cause, member, path = found
            if cause is None:
                held[j] = path
            else:
                group = limited.setdefault(id(cause), _Targets(cause))
                group.through.setdefault(member, []).append((j, path))
        if held:
            yield self._by_bounds(held)
        for group in limited.values():
            found_by_limit = self._by_limit(group, level)
            if found_by_limit is not None:
                yield found_by_limit

    def _sources(self) -> tuple[list[float], list[tuple[int, int] | None]]:
        """Lowest level that each pair's quota can be put down to, and the step towards it."""
        source = [
            -math.inf if low else level
            for low, level in zip(self._at_floor, self._level, strict=True)
        ]
        towards: list[tuple[int, int] | None] = [None] * len(source)
        for k in range(len(source) - 1):
            row = self._push_up[k]
            if row >= 0 and source[k] < _just_below(source[k + 1]):
                source[k + 1], towards[k + 1] = source[k], (k, row)
        for k in range(len(source) - 2, -1, -1):
            row = self._push_down[k + 1]
            if row >= 0 and source[k + 1] < _just_below(source[k]):
                source[k], towards[k] = source[k + 1], (k + 1, row)
        return source, towards

    def _used_up(self, x: list[float]) -> Iterator[_Cause]:
        """The limits that are used up; a least share of a group counts as a most of the rest."""
        supplies: dict[str, int] = {}
        for r, row in enumerate(self._program.limits):
            kind, _, rest = row.name.partition("/")
            terms: Terms = tuple(zip(row.position, row.coefficient, strict=True))
            bound = row.bound
            rows: tuple[int, ...] = (r,)
            if kind == "supply":
                supplies[rest] = r
            elif kind == "least" and terms:
                whole = self._program.limits[supplies[self._line(row.position[0])]]
                others = dict(zip(whole.position, whole.coefficient, strict=True))
                for k, a in terms:
                    others[k] = others.get(k, 0.0) + a
                terms = tuple((k, a) for k, a in others.items() if a > 0)
                bound, rows = whole.bound + row.bound, (supplies[self._line(row.position[0])], r)
            used = math.fsum(a * x[k] for k, a in terms)
            if terms and abs(used - bound) <= near(abs(bound) + abs(used)):
                since = max(self._source[k] for k, _ in terms)
                if since < math.inf:
                    yield _Cause(terms, rows, since)

    def _line(self, k: int) -> str:
        return self._program.label[k].partition("/")[0]

    def _reason(self, j: int, level: float) -> tuple[_Cause | None, int, tuple[int, ...]] | None:
        """The nearest reason: a cause and its member, or no cause (bounds), and the rows to it."""
        queue: deque[tuple[int, tuple[int, ...]]] = deque([(j, ())])
        seen = {j}
        while queue:
            k, path = queue.popleft()
            if self._at_top[k] or (k != j and self._level[k] < _just_below(level)):
                return None, k, path
            for cause in self._causes_of[k]:
                if cause.since <= _just_above(level):
                    return cause, k, path
            for row, other in ((self._push_up[k], k + 1), (self._push_down[k], k - 1)):
                if row >= 0 and other not in seen:
                    seen.add(other)
                    queue.append((other, (*path, row)))
        return None

    def _by_bounds(self, held: dict[int, tuple[int, ...]]) -> Multipliers:
        """Equal multipliers for all; each passes its price on along its path."""
        y: dict[int, float] = {}
        for j, path in held.items():
            for r in path:
                y[r] = y.get(r, 0.0) + 1.0 / self._kappa[j]
        return Multipliers(dict.fromkeys(held, 1.0), y)

    def _by_limit(self, targets: _Targets, level: float) -> Multipliers | None:
        """The price of a used-up limit, spread over members and on to their sources."""
        alpha: dict[int, float] = {}
        y = dict.fromkeys(targets.cause.rows, 1.0)
        open_to = _just_above(level)
        for k, price in targets.cause.members:
            pushed = targets.through.get(k, [])
            # A member that is itself among those held takes its part of its own price.
            parts = price / len(pushed) if pushed else 0.0
            for j, path in pushed:
                for r in path:
                    y[r] = y.get(r, 0.0) + parts
                alpha[j] = alpha.get(j, 0.0) + parts * self._kappa[j]
            if pushed:
                continue
            while self._level[k] > open_to and not self._at_floor[k]:
                step = self._from[k]
                if step is None:
                    return None
                k, r = step
                y[r] = y.get(r, 0.0) + price
            if _just_below(level) <= self._level[k] <= open_to:
                alpha[k] = alpha.get(k, 0.0) + price * self._kappa[k]
        return Multipliers(alpha, y)


def _edges(program: Program, x: Reals) -> tuple[list[int], list[int]]:
    """Row by which raising pair k pushes k + 1, and by which it pushes k - 1; -1 = it does not."""
    size = len(x)
    slack = TIGHT * (1.0 + np.abs(x[:-1]) + np.abs(x[1:]))
    rise = x[1:] - x[:-1]
    up, down = np.full(size, -1), np.full(size, -1)
    order, step = np.flatnonzero(program.order), np.flatnonzero(program.step >= 0)
    first = len(program.limits)
    level = rise[order] <= slack[order]
    up[order[level]] = first + np.flatnonzero(level)
    whole = rise[step] >= program.step[step] - slack[step]
    down[step[whole] + 1] = first + len(order) + np.flatnonzero(whole)
    return up.tolist(), down.tolist()


def _just_above(level: float) -> float:
    return level + TIGHT * abs(level)


def _just_below(level: float) -> float:
    return level - TIGHT * abs(level)
