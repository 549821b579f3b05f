"""The cut-offs of the order day come one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from allocator.policy.checks.finding import Finding
from allocator.policy.models import PolicyFile

STEPS = ("order", "call", "cancel")
"""A reminder may go out before orders close or after."""


def cutoffs_rise(file: PolicyFile) -> Iterator[Finding]:
    """Nobody is called before orders close, and no order falls before the call."""
    cutoffs = file.ordering.cutoffs
    steps = [(step, getattr(cutoffs, step)) for step in STEPS]
    for (before, earlier), (step, later) in pairwise([s for s in steps if s[1] is not None]):
        if later < earlier:
            facts = {"time": f"{later:%H:%M}", "before": before, "earlier": f"{earlier:%H:%M}"}
            yield ("ordering", "cutoffs", step), "cutoff-too-early", dict(facts)
    remind, cancel = cutoffs.remind, cutoffs.cancel
    if remind is not None and cancel is not None and remind > cancel:
        facts = {"time": f"{remind:%H:%M}", "after": "cancel", "later": f"{cancel:%H:%M}"}
        yield ("ordering", "cutoffs", "remind"), "cutoff-too-late", dict(facts)
