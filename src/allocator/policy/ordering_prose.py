"""What a policy says of the order day, in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from allocator.policy.ordering_models import OrderingPolicy
from allocator.policy.phrases import phrase

STEPS = ("order", "remind", "call", "cancel")
"""Cut-offs in the order of the day."""


def ordering_rules(ordering: OrderingPolicy, language: str) -> Iterator[str]:
    """One sentence for each cut-off; none where the policy has none."""
    for step in STEPS:
        moment = getattr(ordering.cutoffs, step)
        if moment is not None:
            yield phrase(language, f"prose-cutoff-{step}", time=f"{moment:%H:%M}")
    if ordering.cutoffs.timezone is not None:
        yield phrase(language, "prose-cutoff-zone", zone=ordering.cutoffs.timezone)
