"""The rule of a cycle in five sentences, for people who will not read the policy.

Tiers, what a tier has, who comes first, odd cartons, what is left. The policy in full words stands
below them in the notice (``policy.prose``).
"""

from __future__ import annotations

from collections.abc import Iterator

from allocator.policy.grading_models import GradingPolicy
from allocator.policy.window_models import Window
from allocator.records import QuotaPlan
from allocator.wording import say


def in_brief(plan: QuotaPlan, grading: GradingPolicy | None, language: str = "en") -> list[str]:
    """Five sentences; three where the quota table was published elsewhere.

    grading : how the tiers come about; ``None`` = they were given
    """
    return [say("reports", code, facts, language) for code, facts in _told(plan, grading)]


def _told(
    plan: QuotaPlan, grading: GradingPolicy | None
) -> Iterator[tuple[str, dict[str, str | int]]]:
    yield _tiers(grading)
    if plan.source == "published":
        yield "brief-published", {}
        yield "brief-same", {}
        return
    rises = bool(plan.tier_order.all())
    kept = "smooth" if plan.boundary == "smooth" else "same-rising" if rises else "same"
    yield f"brief-{kept}", {}
    yield f"brief-{plan.objective}", {}
    drawn = {"lottery", "path"}.intersection(plan.method)
    odd = "turns" if "rotate" in plan.method else "draw" if drawn else "whole"
    yield f"brief-{odd}", {}
    if plan.oversell == "share":
        yield "brief-shared", {}
    else:
        yield ("brief-second" if plan.second_round else "brief-next"), {}


def _tiers(grading: GradingPolicy | None) -> tuple[str, dict[str, str | int]]:
    if grading is None:
        return "brief-given", {}
    if grading.tiers.by is not None:
        return "brief-by", {}
    for unit in ("months", "weeks", "days") if grading.window is not None else ():
        if count := _count(grading.window, unit):
            return f"brief-{unit}", {unit: count}
    return "brief-sales", {}


def _count(window: Window | None, unit: str) -> int | None:
    count: int | None = getattr(window, unit, None)
    return count
