"""Whole lots for cells (``model.md`` 4): ``rotate`` shares odd lots, ``equal`` gives one number.

Everything here counts lots. Entitlements are snapped to millionths of a lot first, so that what
follows is integer arithmetic: 300,000 shops at one third make 100,000 lots, not 99,999.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from json.encoder import encode_basestring

import numpy as np

from allocator.canonical import canonical_json
from allocator.holdings import snap as snap
from allocator.records import MICRO, Units


@dataclass(frozen=True, slots=True)
class Draw:
    """What public hashes of cells are made from: seed, cycle, product and the cells' labels."""

    seed: str | None
    cycle: str
    product: str
    labels: tuple[str, ...]

    def hashes(self, cells: Iterable[int]) -> list[bytes]:
        """SHA-256 of the canonical JSON of [seed, cycle, product, cell], for each cell."""
        # The canonical JSON of a list is its parts joined: only the label differs.
        head = hashlib.sha256(canonical_json([self.seed, self.cycle, self.product, ""])[:-2])
        digests = []
        for c in cells:
            hashed = head.copy()
            hashed.update(f"{encode_basestring(self.labels[c])[1:]}]".encode())
            digests.append(hashed.digest())
        return digests


def share_out(exact: Units, whole: int, credit: Units, draw: Draw) -> Units:
    """Cell totals in whole lots: each gets floor or ceiling of ``exact``, together ``whole``.

    exact : (C,) int64 millionths of a lot, N_c q_c
    whole : lots to share out, between the sum of floors and the sum of ceilings
    credit : (C,) int64 millionths, the sum of the credits of the cell's members

    The odd lots go to the largest (credit + fraction), ties by hash: without the credits a cell
    can starve for ever, with them it is never a whole lot behind.
    """
    totals, fraction = np.divmod(exact, MICRO)
    open_cells = np.flatnonzero(fraction)
    extra = min(max(whole - int(totals.sum()), 0), len(open_cells))
    if extra:
        claim = (credit + fraction)[open_cells]
        first = np.argsort(-claim, kind="stable")
        if extra < len(first) and claim[first[extra - 1]] == claim[first[extra]]:
            # Only a tie across the last odd lot needs the draw.
            hashed = np.array(draw.hashes(open_cells.tolist()), dtype="S32")
            first = np.lexsort((hashed, -claim))
        totals[open_cells[first[:extra]]] += 1
    return totals
