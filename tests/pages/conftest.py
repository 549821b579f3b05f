"""The browser and the pages that it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from allocator.cli.demo import telling_cards
from allocator.cli.entrance import app
from allocator.policy.reading import read_policy
from allocator.runs.demonstration import DRAW, SECRET, bundled_city
from allocator.runs.record import Run
from allocator.runs.week import run
from allocator.tables.reading import read_city
from allocator.tables.synthetic import CYCLE, first_day
from pages.browsing import Screen, opened, started

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Look = Callable[..., AbstractContextManager[Screen]]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium; without one the test skips."""
    with started() as chromium:
        yield chromium


@pytest.fixture
def look(browser: Browser, tmp_path: Path) -> Look:
    """Open a page: ``with look(page, "phone", scheme="dark") as screen``.

    The page is its text, the file that holds it, or an address.
    """

    def opens(page: str | Path, size: str = "phone", **how: str | bool) -> object:
        if isinstance(page, str) and "\n" in page:
            file = tmp_path / "page.html"
            file.write_text(page, encoding="utf-8")
            page = file
        address = page.resolve().as_uri() if isinstance(page, Path) else page
        return opened(browser, address, size, **how)

    return opens


@pytest.fixture(scope="session")
def week(browser: Browser) -> Run:
    """A week of the bundled city; made only where there is a browser to show it."""
    folder = bundled_city()
    policy = read_policy(folder / "policy.yaml", first_day(CYCLE))
    return run(read_city(folder, policy.tables), policy, seed=DRAW, secret=SECRET)


@pytest.fixture(scope="session")
def written(week: Run, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The run directory in a language, with the four cards of the demo."""
    made: dict[str, Path] = {}

    def writes(language: str) -> Path:
        if language not in made:
            folder = tmp_path_factory.mktemp("pages") / language
            made[language] = week.write(folder, cards=telling_cards(week), language=language)
        return made[language]

    return writes


@pytest.fixture(scope="session")
def command(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Run a command of the program on the bundled city; the folder that it wrote."""
    base = tmp_path_factory.mktemp("commands")

    def runs(name: str, *words: str) -> Path:
        out = base / name
        done = CliRunner().invoke(app, [name, str(bundled_city()), *words, "--out", str(out)])
        assert done.exit_code == 0, done.output
        return out

    return runs
