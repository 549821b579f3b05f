"""Whose turn it is: the list of a cell, the reading start of a product, credits and seats.

Counted members stand first and grouped by cell, so every cell is one slice and per-cell values
spread by ``repeat``. Whole columns at a time: many small calls would keep threads waiting.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from json.encoder import encode_basestring

import numpy as np
import polars as pl
from numpy.typing import NDArray

from allocator.allocation.rounding import Draw
from allocator.allocation.scratch import Scratch
from allocator.canonical import canonical_json
from allocator.records import MICRO, Flags, Indices, Units

Keys = NDArray[np.int64]
Ranks = NDArray[np.unsignedinteger]
Heads = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class Roster:
    """The r counted members, which come first in ``QuotaPlan.members``, grouped by cell.

    start : (C + 1,) int64, first member of each cell
    rank : (r,) zero-based place on the cell's list, shuffled once a cycle, in the shortest
        unsigned type that holds the places of every cell
    circle : (r,) int32, zero-based place in the order of the hashes of all counted members
    heads : (r,) uint64, the first 64 bits of those hashes, rising
    scratch : columns to work in, each thread its own
    starts : reading starts found so far, by what they were drawn from
    """

    start: Units
    rank: Ranks
    circle: Indices
    heads: Heads
    scratch: Scratch = field(default_factory=Scratch)
    starts: dict[Draw, Units] = field(default_factory=dict, init=False, repr=False)

    def blocks(self) -> Iterator[tuple[int, slice]]:
        """The cells that have members, each with its run of members."""
        ends = self.start.tolist()
        for c, (low, high) in enumerate(pairwise(ends)):
            if high > low:
                yield c, slice(low, high)


def list_order(retailers: Sequence[str], seed: str | None, cycle: str) -> tuple[Units, Heads]:
    """Positions of the retailers in the order of SHA-256 of [seed, cycle, retailer], (r,) int64.

    One hash for each retailer: cells and products read the same shuffle from other places. Beside
    it the first 64 bits of the hashes in this order.
    """
    # The canonical JSON of a list is its parts joined: only the identifier differs.
    head = hashlib.sha256(canonical_json([seed, cycle, ""])[:-2])
    digests = bytearray()
    for retailer in retailers:
        hashed = head.copy()
        hashed.update(f"{encode_basestring(retailer)[1:]}]".encode())
        digests += hashed.digest()
    words = np.frombuffer(bytes(digests), dtype=">u8").reshape(-1, 4)
    leading = words[:, 0].astype(np.uint64)
    order = np.argsort(leading, kind="stable")
    heads = leading[order]
    if np.any(heads[1:] == heads[:-1]):
        order = np.lexsort(words.T[::-1])
    return order, heads


def roster(members: pl.DataFrame, cells: int, seed: str | None, cycle: str) -> Roster:
    """Draw the list of every cell. members : counted first, grouped by cell."""
    cell = members["cell"].drop_nulls().to_numpy()
    order, heads = list_order(members["retailer_id"][: len(cell)].to_list(), seed, cycle)
    listed = order[np.argsort(cell[order], kind="stable")]
    size = np.bincount(cell, minlength=cells)
    start = np.concatenate([[0], np.cumsum(size)])
    rank = np.empty(len(cell), dtype=np.int32)
    rank[listed] = np.arange(len(cell), dtype=np.int32)
    rank -= np.repeat(start[:-1], size).astype(np.int32)
    shortest = np.min_scalar_type(int(size.max(initial=1)) - 1)
    circle = np.empty(len(cell), dtype=np.int32)
    circle[order] = np.arange(len(cell), dtype=np.int32)
    return Roster(start, rank.astype(shortest), circle, heads)


def reading_starts(order: Roster, draw: Draw) -> Units:
    """Zero-based place where reading a cell's list starts for a product, (C,) int64.

    SHA-256([seed, cycle, product, cell]) mod N_c; 0 for empty cells.
    """
    known = order.starts.get(draw)
    if known is not None:
        return known
    starts = np.zeros(len(order.start) - 1, dtype=np.int64)
    blocks = list(order.blocks())
    for (c, part), hashed in zip(blocks, draw.hashes(c for c, _ in blocks), strict=True):
        starts[c] = int.from_bytes(hashed, "big") % (part.stop - part.start)
    starts.flags.writeable = False
    order.starts[draw] = starts
    return starts


def places(order: Roster, start: Units) -> Units:
    """One-based place in reading order of every counted member for one product, (r,) int64."""
    size = np.diff(order.start)
    place: Units = order.rank.astype(np.int64)
    place -= np.repeat(start - 1, size)
    # Ranks before the start come after the last: adding costs less than a remainder does.
    place += np.where(place < 1, np.repeat(size, size), 0)
    return place


def circle_places(order: Roster, draw: Draw) -> Units:
    """One-based place of every counted member on the circle for a product, (r,) int64.

    The order of (hash_i - hash_product) mod 2^256, with hash_product = SHA-256([seed, cycle,
    product]). Where reading starts is told by the first 64 bits.
    """
    hashed = hashlib.sha256(canonical_json([draw.seed, draw.cycle, draw.product])).digest()
    start = int(np.searchsorted(order.heads, np.uint64(int.from_bytes(hashed[:8], "big"))))
    members = max(len(order.circle), 1)
    place: Units = (order.circle.astype(np.int64) - start) % members + 1
    return place


def first_on_circle(waiting: Flags, place: Units, odd: int) -> Flags:
    """The ``odd`` waiting members with the least places, (r,) bool; at most all who wait."""
    chosen = np.zeros_like(waiting)
    who = np.flatnonzero(waiting)
    if 0 < odd < len(who):
        who = who[np.argpartition(place[who], odd - 1)[:odd]]
    chosen[who[:odd]] = True
    return chosen


def priorities(order: Roster, start: Units, credit: Indices) -> Keys:
    """One number for each member, all different within a cell: who comes first has the largest.

    Largest credit first, ties by reading order. credit : (r,) int32 millionths of a lot. The
    numbers stand in the roster's scratch: they hold until the thread asks for another line's.
    """
    return line_up(order, start, credit)[0]


def line_up(order: Roster, start: Units, credit: Indices) -> tuple[Keys, Units]:
    """The ``priorities`` of a line and its ``credit_sums``, both from credits widened once."""
    size = np.diff(order.start)
    bits = int(size.max(initial=1)).bit_length()
    turned = order.scratch.column("step", len(order.rank), order.rank.dtype)
    np.subtract(order.rank, np.repeat(start.astype(turned.dtype), size), out=turned)
    # Ranks before the start wrap round: modulo a power of two keeps their order and costs less.
    turned &= turned.dtype.type((1 << bits) - 1)
    key: Keys = order.scratch.column("key", len(credit), np.int64)
    # Widened first: numpy computes slowly on mixed types.
    key[:] = credit
    sums = credit_sums(key, order)
    key <<= bits
    key -= turned
    return key, sums


def first_in_line(key: Keys, seats: Units, order: Roster, waiting: Flags | None = None) -> Flags:
    """The ``seats[c]`` members of each cell with the largest keys, (r,) bool.

    All of them where there are more seats. waiting : (r,) bool, who stands in line; default all
    """
    line = order.scratch.column("step", len(key), key.dtype)
    start = order.start
    if waiting is None:
        line[:] = key
    else:
        who = np.flatnonzero(waiting)
        line = np.take(key, who, out=line[: len(who)], mode="clip")
        start = np.searchsorted(who, start)
    size = np.diff(start)
    rest = np.maximum(size - seats, 0).tolist()
    first = start.tolist()
    member = order.start.tolist()
    chosen = np.zeros(len(key), dtype=np.bool_)
    for c in np.flatnonzero((seats > 0) & (size > 0)).tolist():
        of_cell, part = line[first[c] : first[c + 1]], slice(member[c], member[c + 1])
        of_cell.partition(rest[c])
        np.greater_equal(key[part], of_cell[rest[c]], out=chosen[part])
    if waiting is not None:
        chosen &= waiting
    return chosen


def holders(seated: Flags, place: Units, order: Roster) -> tuple[Indices, Indices]:
    """Who has an odd lot and the places, by cell and place."""
    who = np.flatnonzero(seated)
    cell = np.repeat(np.arange(len(order.start) - 1), np.diff(order.start))[who]
    # By cell, then by place: one number each, for sorting by two columns takes far longer.
    by_place = np.argsort(cell * (len(seated) + 1) + place[who])
    return who[by_place].astype(np.int32), place[who][by_place].astype(np.int32)


def credit_after(
    credit: Indices, withheld: Units, seated: Flags, order: Roster, out: Indices | None = None
) -> Indices:
    """Credits at the end of the cycle, (r,) int32 millionths of a lot.

    withheld : (C,) int64 millionths of a lot, entitlement less the whole lots without the seat
    out : (r,) int32, where they are written; it may be ``credit`` itself
    """
    spent = order.scratch.column("step", len(credit), np.int32)
    spent[:] = seated
    spent *= np.int32(MICRO)
    after: Indices = np.add(
        credit, np.repeat(withheld.astype(np.int32), np.diff(order.start)), out=out
    )
    after -= spent
    return after


def credit_sums(credit: Indices | Units, order: Roster) -> Units:
    """Sum of the members' credits of each cell, (C,) int64 millionths of a lot."""
    sums = np.zeros(len(order.start) - 1, dtype=np.int64)
    full = np.flatnonzero(np.diff(order.start))
    if full.size:
        sums[full] = np.add.reduceat(credit, order.start[full], dtype=np.int64)
    return sums
