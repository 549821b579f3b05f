"""Pages of what-ifs in the browser: readable by all, on a phone and a desk, in light and dark."""

from __future__ import annotations

import pytest

from allocator.reports.what_if.page import what_if_page
from allocator.reports.what_if.suite import suite_page
from pages.conftest import Look
from pages.test_access import looked_at
from reports.what_ifs import ORIGIN, compared


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_page_of_a_scenario(language: str, look: Look) -> None:
    """No fault of axe, no console error, no request, nothing wider than the screen."""
    looked_at(look, what_if_page(compared()[1], "Rules", ORIGIN, language), f"what-if-{language}")


def test_the_page_of_several_scenarios(look: Look) -> None:
    looked_at(look, suite_page(compared(), {}, "Rules", ORIGIN, "zh-CN"), "what-ifs-zh-CN")


def test_everything_unfolded_is_as_readable(look: Look) -> None:
    """Tables behind the charts, shops to visit: open at once, on a phone."""
    with look(what_if_page(compared()[0], "Rules", ORIGIN), "phone") as screen:
        screen.page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")

        assert screen.sideways() <= 0
        assert screen.faults() == []
