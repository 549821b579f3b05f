"""What a check finds, and how many tiers a policy has."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from allocator.policy.document import Path
from allocator.policy.fields import MAX_TIERS
from allocator.policy.models import PolicyFile
from allocator.wording import Fact

Finding = tuple[Path, str, dict[str, Fact]]
"""Where the fault stands, the code of its sentence, and the facts of the sentence."""

Check = Callable[[PolicyFile], Iterator[Finding]]


def tiers_of(file: PolicyFile) -> int | None:
    """How many tiers the policy grades into; ``None`` where it leaves tiers to the tables."""
    return None if file.grading is None else file.grading.tiers.count or None


def top_tier(file: PolicyFile) -> int:
    """The highest tier that there may be."""
    return tiers_of(file) or MAX_TIERS
