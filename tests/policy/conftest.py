"""A policy that uses most of the format, and how its faults are told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from allocator.errors import BadPolicy
from allocator.policy.reading import policy_from

Told = list[tuple[int | None, str | None, str]]


@pytest.fixture(scope="session")
def sample() -> str:
    return Path(__file__).with_name("sample.yaml").read_text(encoding="utf-8")


@pytest.fixture
def faults() -> Callable[[str], Told]:
    """Line, path and code of every fault of a text; none where it is a policy."""

    def tell(text: str) -> Told:
        try:
            policy_from(text, "2026-06-01")
        except BadPolicy as refused:
            return [(fault.row, fault.column, fault.code) for fault in refused.refusals]
        return []

    return tell
