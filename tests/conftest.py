"""Shared by all tests: where the design's data lie, and how hypothesis runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

SHARED = Path(__file__).resolve().parents[2] / "shared"

# How many examples a property tries is the profile's to say (``--hypothesis-profile``, which ``make
# test PROFILE=...`` passes on), so a law pins no number of its own. Every run but the nightly one
# tries the same examples; that one tries others each night and prints how to repeat a failure.
settings.register_profile(
    "quick",
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("smoke", settings.get_profile("quick"), max_examples=10)
settings.register_profile("ci", settings.get_profile("quick"), max_examples=200)
settings.register_profile(
    "nightly",
    settings.get_profile("quick"),
    max_examples=2_000,
    derandomize=False,
    print_blob=True,
)
settings.load_profile("quick")


@pytest.fixture
def shared() -> Path:
    """The folder of design cases and data; tests that need it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the design folder ../shared is not beside this checkout")
    return SHARED
