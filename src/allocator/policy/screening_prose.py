"""What a policy says of screening, in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from allocator.policy.grading_models import GradingPolicy
from allocator.policy.phrases import listed, number, phrase


def screening_rules(grading: GradingPolicy, language: str) -> Iterator[str]:
    """The rules of ``screening``, one sentence each; none where the policy does not screen."""
    rules = grading.screening
    if rules is None or grading.window is None:
        return
    unit = phrase(language, f"prose-unit-{grading.window.unit}")
    yield phrase(
        language,
        "prose-screening",
        unit=unit,
        threshold=number(rules.threshold),
        history=rules.history,
    )
    if rules.peers is None:
        yield phrase(language, "prose-peers-default")
    elif rules.peers:
        columns = listed(language, (phrase(language, f"peer-{name}") for name in rules.peers))
        yield phrase(language, "prose-peers", columns=columns)
    else:
        yield phrase(language, "prose-peers-size")
    yield phrase(
        language,
        "prose-screening-floors",
        least=rules.least_history,
        unit=unit,
        spread=number(rules.least_spread * 100),
        peers=rules.least_peers,
    )
    if rules.sides != "both":
        yield phrase(language, f"prose-sides-{rules.sides}")
    yield phrase(language, f"prose-action-{rules.action}")
