"""The cells of a plan as people read them: one table of tiers for each segment and rhythm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from allocator.records import QuotaPlan, Units
from allocator.wording import say


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """The T cells of one segment and rhythm, from the top tier down as notices print them.

    segment, rhythm : as in ``Cells``
    cell : (T,) int64, indices into the C cells, tier T first
    tier, count : (T,) int64
    lines : released lines that some cell of the chain may have
    named : whether the rhythm must be said, because there is more than one
    """

    segment: str
    rhythm: str
    cell: Units
    tier: Units
    count: Units
    lines: Units
    named: bool

    def title(self, language: str) -> str:
        """Segment and rhythm in words; the whole city where neither divides it."""
        names = [self.segment] if self.segment else []
        if self.named:
            names.append(say("reports", f"rhythm-{self.rhythm}", {}, language))
        separator = "，" if language.startswith("zh") else ", "
        return separator.join(names) or say("reports", "all-retailers", {}, language)


def chains(plan: QuotaPlan) -> tuple[Chain, ...]:
    """The chains that have retailers in this cycle, in the order of the cells.

    A plan without any retailer keeps its first chain, so that a table can still be printed.
    """
    cells = plan.cells
    keys = list(zip(cells.segment, cells.rhythm, strict=True))
    named = len({rhythm for (_, rhythm), n in zip(keys, cells.count, strict=True) if n}) > 1
    found = []
    for segment, rhythm in dict.fromkeys(keys):
        cell = np.array([c for c, key in enumerate(keys) if key == (segment, rhythm)][::-1])
        lines = np.flatnonzero(plan.allowed[:, cell].any(axis=1))
        found.append(
            Chain(segment, rhythm, cell, cells.tier[cell], cells.count[cell], lines, named)
        )
    return tuple(chain for chain in found if chain.count.sum()) or tuple(found[:1])
