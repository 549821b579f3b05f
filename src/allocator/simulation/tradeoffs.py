"""Which scenarios of a sweep are not beaten: more of one figure costs some of the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby
from typing import Final

from allocator.errors import BadRequest
from allocator.policy.nearest import nearest
from allocator.simulation.scenario import DATA
from allocator.simulation.trials import BETTER, EXPOSED, Changes, Trial

Pair = tuple[str, str]

FAIRNESS_VOLUME: Final = ("gini", "awarded")
"""How evenly the cartons lie over the shops, whatever the weights, against cartons given."""

CLIFF_STABILITY: Final = ("cliff", "volatility")
"""What near-equal shops are apart, against what changes from the cycle before."""

WITHOUT_PAST: Final = ("cliff", f"{EXPOSED}tier_down")
"""The same where no cycle before is known: stability is then that of the tiers."""


def usual_pairs(trials: Sequence[Trial]) -> tuple[Pair, ...]:
    """Fairness against volume, cliff against stability."""
    known = any(trial.figures.get(CLIFF_STABILITY[1]) is not None for trial in trials)
    return FAIRNESS_VOLUME, CLIFF_STABILITY if known else WITHOUT_PAST


def check_pair(pair: Pair) -> None:
    """Refuse figures that there are not, or of which neither more nor less is better.

    Raises
    ------
    BadRequest : with the nearest figure, and all that there are
    """
    for name in pair:
        if name not in BETTER:
            known = [figure for figure, better in BETTER.items() if better]
            facts = {"figure": name[:80], "known": ", ".join(known)}
            if (near := nearest(name, known)) is not None:
                raise BadRequest("sweep-figure-unknown-near", nearest=near, **facts)
            raise BadRequest("sweep-figure-unknown", **facts)
        if not BETTER[name]:
            raise BadRequest("sweep-figure-neither", figure=name)


def circumstances(trial: Trial) -> Changes:
    """What of a trial nobody chooses by a rule: supply, products, demand, shops; () = as it is."""
    return tuple((key, value) for key, value in trial.changes if key in DATA)


def undominated(trials: Sequence[Trial], pair: Pair) -> list[bool | None]:
    """For each trial whether no other is as good in both figures and better in one of them.

    Only trials under the same circumstances are compared: that more supply gives out more is no
    merit of a rule. Compared exactly; trials that tie are kept together. ``None`` : a figure is not
    known, or the scenario cannot hold.
    """
    found: list[bool | None] = [None] * len(trials)
    alike: dict[Changes, list[tuple[Fraction, Fraction, int]]] = {}
    for place, trial in enumerate(trials):
        values = [trial.figures.get(name) for name in pair]
        costs = [
            -value if BETTER[name] == "more" else value
            for name, value in zip(pair, values, strict=True)
            if value is not None
        ]
        if len(costs) == len(pair):
            alike.setdefault(circumstances(trial), []).append((costs[0], costs[1], place))
    for points in alike.values():
        for place, best in _least(points):
            found[place] = best
    return found


def _least(points: Sequence[tuple[Fraction, Fraction, int]]) -> Iterator[tuple[int, bool]]:
    """Of points of two costs and a place: the place, and whether no other point beats it."""
    least = None
    for _, same in groupby(sorted(points), key=lambda point: point[0]):
        tied = list(same)
        best = tied[0][1]
        better = least is None or best < least
        yield from ((place, better and cost == best) for _, cost, place in tied)
        least = best if better else least
