"""How many seats of a line may go to which members, so that every later line still finds room.

Baskets of lots of one size that are nested or disjoint make each member a tree: a basket takes at
most its room, and at most what its lines and the baskets within it bring. Later lines all find
their seats if and only if, for every choice of them,

    sum of their seats  <=  sum over members of what the member's tree takes of these lines

(the cut that limits the flow from lines to members; for one basket that is the theorem of Gale and
Ryser: ``m_1 + ... + m_k <= sum_i min(room_i, k)``). Lines directly in one basket differ by their
seats alone, so of each only the largest so many have to be looked at. A seat now takes one lot off
the right side of a choice where the member's tree is full under it: of the members for whom that
is so, no more may have a seat than the two sides are apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from allocator.records import Flags, Units

CHOICES = 4096
"""Choices of later lines that are looked at; 15 lines in one basket are 16, in three baskets of
one 216. Beyond it fewer are, which keeps every limit true but may leave a dead end."""


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """Baskets within one another as one line sees them, the innermost first.

    basket : T baskets; parent : T positions of the next basket around, -1 for the outermost
    holds : T, whether the line is in it
    needed : for each basket (k + 1,) int64, seats of the 0, 1, .. k largest later lines that are
        in it and in none within it
    """

    basket: tuple[int, ...]
    parent: tuple[int, ...]
    holds: tuple[bool, ...]
    needed: tuple[Units, ...]

    def choices(self) -> list[Units]:
        """Numbers of later lines chosen from each basket, T of (M,) int64."""
        numbers = [range(len(seats)) for seats in self.needed]
        for t in sorted(range(len(numbers)), key=lambda t: -len(numbers[t])):
            if np.prod([len(some) for some in numbers], dtype=np.float64) > CHOICES:
                numbers[t] = range(0, len(numbers[t]), max(len(numbers[t]) - 1, 1))
        return list(np.array(list(product(*numbers)), dtype=np.int64).T)

    def takes(self, chosen: Sequence[Units], room: Units) -> Units:
        """What each kind of member takes of each choice, (M, U) int64. room : (T, U) lots."""
        brought = [np.repeat(some[:, None], room.shape[1], axis=1) for some in chosen]
        for t, parent in enumerate(self.parent):
            held: Units = np.minimum(brought[t], room[t])
            if parent < 0:
                return held
            brought[parent] += held
        raise ValueError("a tree of baskets has an outermost one")


def trees_of(p: int, later: Sequence[int], seats: Units, size: Units) -> list[Tree]:
    """The trees that line p stands in, of baskets that count lots.

    later : lines that are served after p; seats : (L,) and size : (B, L) as in ``SeatsWanted``

    One tree where the baskets are nested or disjoint; else each basket by itself, whose limits
    still hold, though they may not be enough.
    """
    inside = {
        b: frozenset(np.flatnonzero(row).tolist()) for b, row in enumerate(size) if row.max() <= 1
    }
    outward = sorted(inside, key=lambda b: (len(inside[b]), b))
    nested = all(
        not inside[a] & inside[b] or inside[a] <= inside[b] for a, b in combinations(outward, 2)
    )
    holding = [b for b in outward if p in inside[b]]
    if not holding:
        return []
    families = (
        [[b for b in outward if inside[b] <= inside[holding[-1]]]]
        if nested
        else [[b] for b in holding]
    )
    return [_tree(p, later, seats, family, inside) for family in families]


def _tree(
    p: int,
    later: Sequence[int],
    seats: Units,
    family: list[int],
    inside: dict[int, frozenset[int]],
) -> Tree:
    parent, needed = [], []
    for t, b in enumerate(family):
        around = (u for u in range(t + 1, len(family)) if inside[b] <= inside[family[u]])
        parent.append(next(around, -1))
        own = inside[b].difference(*(inside[a] for a in family[:t]))
        wanted = np.sort(seats[[line for line in later if line in own]])[::-1]
        needed.append(np.concatenate([[0], np.cumsum(wanted)]).astype(np.int64))
    holds = tuple(p in inside[b] for b in family)
    return Tree(tuple(family), tuple(parent), holds, tuple(needed))


def seat_limits(tree: Tree, left: Units, open_to: Flags) -> Iterator[tuple[Flags, int]]:
    """Sets of members and how many of each may have a seat; only limits that bind.

    left : (B, n) lots of room of each member; open_to : (n,) bool, who has room at all
    """
    lines = sum(len(seats) - 1 for seats in tree.needed) + 1
    room = np.minimum(left[list(tree.basket)], lines)
    kind = np.zeros(left.shape[1], dtype=np.int64)
    for row in room:
        _, first, kind = np.unique(kind * (lines + 1) + row, return_index=True, return_inverse=True)
    number, room = np.bincount(kind), room[:, first]
    chosen = tree.choices()
    takes = tree.takes(chosen, room)
    full = tree.takes(chosen, room - np.array(tree.holds)[:, None]) < takes
    needed = sum(seats[some] for seats, some in zip(tree.needed, chosen, strict=True))
    spare = np.maximum(takes @ number - needed, 0)
    waiting = np.bincount(kind, open_to, len(number))
    for m in np.flatnonzero(full @ waiting > spare).tolist():
        yield full[m][kind], int(spare[m])
