"""What a retailer was to be expected to sell in a month, and how far off is still usual.

With x the logarithm of its cartons in a month (``usual.py``), and m the median of its own x over
the history,

    s = median of x - m among its peers in the month       what the month did to all of them
    e = x - m - s, less the median of its own e            what is left is its own

Expected is what makes e = 0. Still usual is |e| up to the threshold times the scatter of its own
e over the months, and up to the threshold times the scatter of its peers' e in that month.
Months without a sale teach nothing: they are no part of any median.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from allocator.grading import usual
from allocator.grading.exact import Units
from allocator.grading.ledger import Ledger
from allocator.grading.peers import peers_of
from allocator.grading.usual import Logs
from allocator.policy.screening_models import ScreeningPolicy
from allocator.records import Flags, Indices


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """Of n retailers in the W months that are screened; logarithms in parts of 2**-BITS.

    x : (n, W) what they sold; middle : (n, W) what was to be expected, at least 0
    own_reach, peer_reach : (n, W) int64, how far from the middle is still usual by the
        retailer's own months and by its peers
    peers : (n, W) retailers of the group that was compared with; 0 = too few anywhere
    """

    x: Logs
    middle: Logs
    own_reach: Units
    peer_reach: Units
    peers: Indices


def expect(
    ledger: Ledger,
    history: Flags,
    screened: Sequence[int],
    kind: Indices,
    rules: ScreeningPolicy,
) -> Expected:
    """What was usual for retailers that all have enough history.

    history : (U,) months that show the usual; screened : W of the U months
    kind : (n,) number of the retailer's kind
    """
    x = usual.logs(ledger.cartons)
    counts = ledger.traded & history
    own = usual.middle_of_rows(x, counts)
    peers = peers_of(kind, own, rules.least_peers)
    moved, size = peers.middle(x - own[:, None], counts)
    expected = own[:, None] + moved[peers.group]
    expected += usual.middle_of_rows(x - expected, counts)[:, None]
    away = np.abs(x - expected)

    floor = usual.least(own, Fraction(rules.least_spread))
    of_own = usual.scatter(usual.middle_of_rows(away, counts))
    among = usual.scatter(peers.middle(away[:, screened], counts[:, screened])[0])
    threshold = Fraction(rules.threshold)
    own_reach = usual.allowed(np.maximum(of_own, floor), threshold)
    peer_reach = usual.allowed(np.maximum(among[peers.group], floor[:, None]), threshold)
    return Expected(
        x=x[:, screened],
        middle=np.maximum(expected[:, screened], 0),
        own_reach=np.broadcast_to(own_reach[:, None], peer_reach.shape),
        peer_reach=peer_reach,
        peers=size[:, screened][peers.group],
    )
