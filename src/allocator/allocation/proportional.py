"""One level per product for everybody: quotas that keep the proportion of the weights.

With M the greatest table that ceilings, tier order and steps allow, the quotas of a line are

    q(L) = the least table above max(f, min(L kappa, M)) that keeps tier order and steps

and L is the largest level at which every row of the line holds. Lines joined by baskets rise
together; one stops where a row in which it would take more is used up, the others go on. Nobody is
raised beyond the level when a group or a basket stops it: that is what ``leximin`` does, which is
the same table where a line has no groups and baskets. Quotas depart from the proportion at floors,
ceilings, order and steps only.

A least share of a group is kept where the level gives it; to lift the group alone would be a
second level, so it is refused then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from allocator.allocation.entries import Entries
from allocator.allocation.leximin import (
    BISECTIONS,
    Lines,
    greatest_table,
    least_table,
    proportional_share,
)
from allocator.allocation.program import Program, matrix
from allocator.allocation.programs import components, program_of
from allocator.allocation.tolerances import LEVEL_PROBE, TIGHT
from allocator.errors import InfeasiblePolicy, NotProvenOptimal
from allocator.records import Cells, Flags, Proof, Reals, Stage, Units

Stops = dict[int, list[str]]
"""Names of the rows that stop each line."""

TableOf = Callable[[Reals], Reals]
"""Levels of all lines, (P,), to quotas, (P, C) cartons, that rise with them."""


def level_tables(
    lines: Lines, cells: Cells, product: Sequence[str]
) -> tuple[Reals, tuple[Proof, ...]]:
    """Quotas at one level per line, (P, C) cartons, and the rows that keep each level.

    product : name of each line, for refusals

    Raises
    ------
    InfeasiblePolicy : a group has less than its least share
    """
    parts = components(lines)
    if not parts:
        return np.zeros(lines.allowed.shape), ()
    rise = _Rise.of(lines, parts, cells)
    kappa = proportional_share(lines)
    counted = lines.allowed & (lines.use > 0)
    most = np.where(lines.allowed, greatest_table(lines, lines.ceiling.astype(float)), 0.0)

    def table(level: Reals) -> Reals:
        share = np.minimum(level[:, None] * kappa, most)
        return least_table(lines, np.where(counted, np.maximum(lines.low, share), lines.low))

    ratio = np.divide(most, kappa, out=np.zeros_like(kappa), where=kappa > 0)
    someone = counted.any(axis=1, keepdims=True)
    highest = np.where(counted | ~someone, ratio, 0.0).max(axis=1, initial=0.0)
    level, own = rise.apart(table, highest)
    level, joined = rise.together(table, level)
    fixed = table(level)
    rise.check_least(lines, fixed, product)
    # Pairs that nobody has follow the level of their line as far as the others let them.
    held = np.where(counted, fixed, lines.ceiling.astype(float))
    top = np.where(lines.allowed, greatest_table(lines, held), 0.0)

    def rest(level: Reals) -> Reals:
        share = np.minimum(level[:, None] * kappa, top)
        return least_table(lines, np.where(counted, fixed, np.maximum(fixed, share)))

    last, _ = rise.together(rest, level)
    # A line that baskets stop below its own limits is not held by those.
    by = [joined.get(p, own.get(p, [])) for p in range(len(level))]
    size = len(cells.tier)
    proofs = []
    for part in parts:
        stages = [
            Stage(
                level=float(level[p]),
                fixed=tuple((p * size + np.flatnonzero(counted[p])).tolist()),
                alpha={},
                y=dict.fromkeys(by[p], 1.0),
            )
            for p in part
            if counted[p].any()
        ]
        proofs.append(Proof(part, tuple(sorted(stages, key=lambda stage: stage.level))))
    return rest(last), tuple(proofs)


@dataclass(frozen=True, slots=True, eq=False)
class _Rise:
    """The limits of all programs, and how far levels rise under them.

    program : of all lines; its first R rows are the limits
    line : (K,) int64, line of each pair; owner : (R,) int64, a line of each row
    joint, least : (R,) bool, baskets and least shares; the others are rows of one line
    part : (P,) int64, number of each line's program, -1 = nobody may have it; parts : how many
    """

    program: Program
    entries: Entries
    line: Units
    owner: Units
    joint: Flags
    least: Flags
    part: Units
    parts: int

    @classmethod
    def of(cls, lines: Lines, parts: tuple[tuple[int, ...], ...], cells: Cells) -> _Rise:
        program = program_of(lines, tuple(sorted(p for part in parts for p in part)), cells)
        size, part = len(cells.tier), np.full(len(lines.supply), -1)
        for k, members in enumerate(parts):
            part[list(members)] = k
        kinds = np.array([row.name.partition("/")[0] for row in program.limits])
        first = [row.position[0] if row.position else 0 for row in program.limits]
        line = program.pair // size
        return cls(
            program,
            matrix(program),
            line,
            line[first],
            kinds == "basket",
            kinds == "least",
            part,
            len(parts),
        )

    def over(self, table: Reals) -> Flags:
        """Limits that a table breaks, (R,) bool; least shares apart."""
        limits = len(self.owner)
        used = self.entries.sums(table.ravel()[self.program.pair])[:limits]
        bound = self.entries.bound[:limits]
        broken: Flags = (used > bound + TIGHT * (1.0 + np.abs(bound))) & ~self.least
        return broken

    def apart(self, table: TableOf, highest: Reals) -> tuple[Reals, Stops]:
        """The level of each line under its own rows, and the rows that stop it."""

        def broken(level: Reals) -> Units:
            return np.flatnonzero(self.over(table(level)) & ~self.joint)

        def stuck(level: Reals) -> Flags:
            found = np.zeros(len(level), np.bool_)
            found[self.owner[broken(level)]] = True
            return found

        level, probe = _highest(stuck, np.zeros(len(highest)), highest)
        stops: Stops = {}
        for r in broken(probe).tolist():
            stops.setdefault(int(self.owner[r]), []).append(self.program.limits[r].name)
        return level, stops

    def together(self, table: TableOf, highest: Reals) -> tuple[Reals, Stops]:
        """Levels under baskets: the lines of a program rise as one until rows stop some."""
        level, rising = np.where(self.part < 0, highest, 0.0), self.part >= 0
        stops: Stops = {}
        reached = np.zeros(self.parts)

        def at(common: Reals) -> Reals:
            return np.where(rising, np.minimum(common[self.part], highest), level)

        def broken(common: Reals) -> Units:
            return np.flatnonzero(self.over(table(at(common))) & self.joint)

        def stuck(common: Reals) -> Flags:
            found = np.zeros(self.parts, np.bool_)
            found[self.part[self.owner[broken(common)]]] = True
            return found

        while rising.any():
            top = reached.copy()
            np.maximum.at(top, self.part[rising], highest[rising])
            reached, probe = _highest(stuck, reached, top)
            rises = (table(at(probe)) > table(at(reached))).ravel()[self.program.pair]
            stopped = rising & (highest <= reached[self.part])
            for r in broken(probe).tolist():
                row = self.program.limits[r]
                members = [k for k in row.position if rises[k] and rising[self.line[k]]]
                for p in dict.fromkeys(self.line[members].tolist()):
                    stops.setdefault(p, []).append(row.name)
                    stopped[p] = True
            if not stopped.any():
                raise NotProvenOptimal("level-not-found")
            level = np.where(stopped, at(reached), level)
            rising = rising & ~stopped
        return level, stops

    def check_least(self, lines: Lines, table: Reals, product: Sequence[str]) -> None:
        """Refuse where one level gives a group less than it must have."""
        sums = self.entries.sums(table.ravel()[self.program.pair])
        for r in np.flatnonzero(self.least).tolist():
            row = self.program.limits[r]
            if sums[r] > row.bound + TIGHT * (1.0 + abs(row.bound)):
                group = lines.groups[int(row.name.partition("/")[2])]
                raise InfeasiblePolicy(
                    "level-below-share",
                    product=product[group.line],
                    path=f"allocation.groups.{group.rule}.at_least",
                    least=group.least,
                    has=int(-sums[r]),
                )


def _highest(stuck: Callable[[Reals], Flags], low: Reals, high: Reals) -> tuple[Reals, Reals]:
    """The largest levels between ``low``, which hold, and ``high``, each found by halving.

    Beside them levels just above, at which those that are stuck are so.
    """
    low = np.where(stuck(high), low, high)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        if np.all((middle <= low) | (middle >= high)):
            break
        bad = stuck(middle)
        low, high = np.where(bad, low, middle), np.where(bad, middle, high)
    return low, np.maximum(high, low * (1 + LEVEL_PROBE))
