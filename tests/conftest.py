"""Shared by all tests: where the design's data lie, and how hypothesis runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

SHARED = Path(__file__).resolve().parents[2] / "shared"

settings.register_profile(
    "allocator", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("allocator")


@pytest.fixture
def shared() -> Path:
    """The folder of design cases and data; tests that need it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the design folder ../shared is not beside this checkout")
    return SHARED
