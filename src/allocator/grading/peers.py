"""Groups of retailers of one kind and size, and what is usual among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from allocator.grading.usual import BITS, Logs, middle_of_groups
from allocator.records import Flags, Indices

_SIZES = 64
"""More than there are doublings of whole numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class Peers:
    """Peers of n retailers: of the same kind and size, of the same kind, and all.

    group : (n,) place of a retailer's kind and size among those that occur
    levels : for each of the three, from the narrowest, the groups of the narrowest that make up
        one of it, (groups,) each
    least : retailers without whom a group tells nothing
    """

    group: Indices
    levels: tuple[Indices, Indices, Indices]
    least: int

    def middle(self, values: Logs, present: Flags) -> tuple[Logs, Indices]:
        """Medians among the peers of each group in each column, and of how many retailers.

        values, present : (n, U). Where the group is too small the next wider one counts; where
        all are, both are 0.

        Returns
        -------
        (groups, U) each
        """
        shape = len(self.levels[0]), values.shape[1]
        middle, size = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
        for wider in self.levels:
            open_ = size == 0
            if not open_.any():
                break
            mine = wider[self.group]
            medians, counts = middle_of_groups(values, present, mine, int(wider.max(initial=0)) + 1)
            found = open_ & (counts[wider] >= self.least)
            middle = np.where(found, medians[wider], middle)
            size = np.where(found, counts[wider], size)
        return middle, size


def peers_of(kind: Indices, own: Logs, least: int) -> Peers:
    """Groups by kind and by size: usual sales within the same doubling.

    kind : (n,) number of a retailer's kind; own : (n,) median logarithm of its sales
    """
    both = kind.astype(np.int64) * _SIZES + (own >> BITS)
    each, group = np.unique(both, return_inverse=True)
    narrow = np.arange(len(each), dtype=np.int32)
    of_kind = np.unique(each // _SIZES, return_inverse=True)[1].astype(np.int32)
    return Peers(group.astype(np.int32), (narrow, of_kind, np.zeros_like(narrow)), least)


def kinds(members: pl.DataFrame, columns: Sequence[str]) -> Indices:
    """A number for each retailer, the same for those with the same values in all columns.

    An unknown value is a value of its own.
    """
    if not columns:
        return np.zeros(members.height, np.int32)
    return members.select(pl.struct(columns).rank("dense")).to_series().to_numpy().astype(np.int32)
