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


def lots_to_share(exact: int, supply: int | None) -> tuple[int, int]:
    """Whole lots that all cells of a line share out, and the most they may have.

    exact : millionths of a lot, sum N_c q_c; supply : lots, ``None`` where nothing is carried on

    Where the supply is used up, ``exact`` is whole. Where limits hold a line back it need not be:
    to leave its odd part away in every cycle would withhold it for ever, so one lot more may be
    given as far as there is supply, when the credits of a cell ask for it (``share_out``).
    """
    whole, most = exact // MICRO, -(-exact // MICRO)
    return whole, whole if supply is None or most > supply else most


def share_out(
    exact: Units, whole: int, credit: Units, draw: Draw, most: int | None = None
) -> Units:
    """Cell totals in whole lots: each gets floor or ceiling of ``exact``, together ``whole``.

    exact : (C,) int64 millionths of a lot, N_c q_c
    whole : lots to share out, between the sum of floors and the sum of ceilings
    credit : (C,) int64 millionths, the sum of the credits of the cell's members
    most : lots that may be given where a cell's credit and fraction are above 0; default ``whole``

    The odd lots go to the largest (credit + fraction), ties by hash: without the credits a cell
    can starve for ever, with them it is never a whole lot behind.
    """
    totals, fraction = np.divmod(exact, MICRO)
    open_cells = np.flatnonzero(fraction)
    floors = int(totals.sum())
    extra = min(max(whole - floors, 0), len(open_cells))
    room = min(max((whole if most is None else most) - floors, extra), len(open_cells))
    if room:
        claim = (credit + fraction)[open_cells]
        first = np.argsort(-claim, kind="stable")
        extra += int(np.count_nonzero(claim[first[extra:room]] > 0))
        if 0 < extra < len(first) and claim[first[extra - 1]] == claim[first[extra]]:
            # Only a tie across the last odd lot needs the draw.
            hashed = np.array(draw.hashes(open_cells.tolist()), dtype="S32")
            first = np.lexsort((hashed, -claim))
        totals[open_cells[first[:extra]]] += 1
    return totals
