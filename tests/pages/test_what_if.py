"""Pages of what-ifs in the browser: readable by all, on a phone and a desk, in light and dark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from allocator.cli.entrance import app
from allocator.reports.what_if.page import what_if_page
from allocator.reports.what_if.suite import suite_page
from allocator.runs.demonstration import bundled_city
from pages.conftest import Look
from pages.test_access import looked_at
from reports.what_ifs import ORIGIN, compared


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_page_of_a_scenario(language: str, look: Look) -> None:
    """No fault of axe, no console error, no request, nothing wider than the screen."""
    looked_at(look, what_if_page(compared()[1], "Rules", ORIGIN, language), f"what-if-{language}")


def test_the_page_of_several_scenarios(look: Look) -> None:
    looked_at(look, suite_page(compared(), {}, "Rules", ORIGIN, "zh-CN"), "what-ifs-zh-CN")


@pytest.mark.parametrize(("language", "least"), [("zh-CN", "9000"), ("en", "90000")])
def test_the_page_of_a_search(
    language: str, least: str, played: Callable[..., Path], look: Look
) -> None:
    """With a best, and with none: nobody gives out 90,000 cartons."""
    file = played(
        "search.yaml",
        "search: {minimise: exposed_any, runs: 6}\n"
        "over:\n  allocation.weights.top: {from: 2, to: 4, step: 0.5}\n"
        "  allocation.objective: [leximin, equal]\n"
        f"keep: {{awarded: {{at_least: {least}}}, gini: {{at_most: 0.3}}}}\n",
    )
    page = wrote("search", file, language) / "search.html"

    looked_at(look, page, f"search-{language}")


def test_the_page_of_a_sweep(played: Callable[..., Path], look: Look) -> None:
    """Two circumstances, each with its drawings and its part of the table."""
    grid = "title: 陡一点还是平一点\ngrid: {allocation.weights.top: [4, 8], supply: [-10%, +10%]}\n"
    page = wrote("sweep", played("grid.yaml", grid), "zh-CN") / "sweep.html"

    looked_at(look, page, "sweep-zh-CN")


def wrote(verb: str, file: Path, language: str) -> Path:
    """The folder that a command writes of a file, over the bundled city."""
    out = file.parent / f"{verb}-{language}"
    words = ("--on", "2026-11-16", "--seed", "1", "--workers", "1", "--lang", language)
    done = CliRunner().invoke(
        app, [verb, str(bundled_city()), str(file), *words, "--out", str(out)]
    )
    assert done.exit_code == (0 if (out / "best.yaml").is_file() else 2), done.output
    return out


@pytest.fixture
def played(browser: object, tmp_path: Path) -> Callable[[str, str], Path]:
    """Write a file to be played; only where there is a browser to show what comes of it."""

    def writes(name: str, text: str) -> Path:
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        return file

    return writes


def test_everything_unfolded_is_as_readable(look: Look) -> None:
    """Tables behind the charts, shops to visit: open at once, on a phone."""
    with look(what_if_page(compared()[0], "Rules", ORIGIN), "phone") as screen:
        screen.page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")

        assert screen.sideways() <= 0
        assert screen.faults() == []
