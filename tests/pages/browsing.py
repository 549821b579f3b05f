"""Pages in a real browser: how they are opened, and what none of them may do.

The browser is the system's Chromium, driven by Playwright; nothing is downloaded. A page that asks
for anything but itself, writes an error to the console, opens a dialog or is wider than its screen
fails the test that opened it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SHOTS: Final = Path(__file__).resolve().parents[2] / "out" / "pages"
"""Where pictures of the pages are kept; git ignores it."""

SIZES: Final = {"phone": (390, 844), "desktop": (1280, 900)}

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

QUIET: Final = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--hide-scrollbars"),
)

TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice")
"""Of axe-core: WCAG 2.1 AA, and headings in order, landmarks, labels that say something."""


@dataclass
class Screen:
    """A page as somebody has it before them, and what it did that it must not."""

    page: Page
    wrong: list[str] = field(default_factory=list)

    def shot(self, name: str, whole: bool = True) -> None:
        """Keep a picture of it among the test's artefacts."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png", full_page=whole, animations="disabled")

    def wear(self, scheme: str) -> None:
        """Light or dark, or paper."""
        paper = scheme == "print"
        self.page.emulate_media(
            media="print" if paper else "screen", color_scheme="light" if paper else scheme
        )

    def resize(self, size: str) -> None:
        """Another screen, as large as ``SIZES`` says."""
        width, height = SIZES[size]
        self.page.set_viewport_size({"width": width, "height": height})

    def faults(self, *rules: str) -> list[str]:
        """What axe-core finds against WCAG 2.1 AA and good practice, with the elements.

        With ``rules``, only these: after a change of colours ``color-contrast`` alone.
        """
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(axe())
        only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": TAGS}
        asked: dict[str, Any] = {"runOnly": only, "resultTypes": ["violations"]}
        found = self.page.evaluate("(asked) => axe.run(document, asked)", asked)["violations"]
        return [
            f"{rule['id']}: {rule['help']}: {node['html'][:160]} {node['failureSummary'][:300]}"
            for rule in found
            for node in rule["nodes"]
        ]

    def sideways(self) -> int:
        """Pixels by which the page is wider than the screen."""
        return self.page.evaluate(
            "document.scrollingElement.scrollWidth - document.documentElement.clientWidth"
        )


@lru_cache
def axe() -> str:
    """The script of axe-core, as its package brings it."""
    from axe_playwright_python.base import AXE_FILE_PATH

    return Path(AXE_FILE_PATH).read_text(encoding="utf-8")


def chromium() -> str | None:
    """The system's Chromium; ``CHROMIUM`` names another one."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def started() -> Iterator[Browser]:
    """The browser, one for all tests of a session."""
    driver = pytest.importorskip("playwright.sync_api", reason="install the extra dev")
    found = chromium()
    if found is None:
        pytest.skip("no Chromium is installed: apt install chromium, or name one with CHROMIUM=")
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=[*QUIET])
        yield browser
        browser.close()


@contextmanager
def opened(
    browser: Browser,
    address: str,
    size: str = "phone",
    scheme: str = "light",
    script: bool = True,
    bypass: bool = False,
) -> Iterator[Screen]:
    """A page on a screen of its own, as large as ``SIZES`` says, in light or dark.

    What it did wrong fails the test at the end. Without ``script`` the page's own scripts are
    off, as in the viewer of a mail program.
    """
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,  # type: ignore[arg-type]
        java_script_enabled=script,
        service_workers="block",
        bypass_csp=bypass,
        reduced_motion="reduce",
    )
    context.set_default_timeout(120_000)  # milliseconds; a busy host is slow, not wrong
    page = context.new_page()
    screen = Screen(page)
    wrong = screen.wrong
    page.on("console", lambda told: wrong.append(told.text) if told.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    page.on("dialog", lambda shown: (wrong.append(f"dialog: {shown.message}"), shown.dismiss()))
    context.on("page", lambda other: wrong.append(f"a page more: {other.url}"))
    context.on(
        "request",
        lambda sent: (
            None
            if sent.url.startswith("data:")
            or (sent.is_navigation_request() and sent.url == address)
            else wrong.append(f"request: {sent.url}")
        ),
    )
    try:
        page.goto(address)
        yield screen
        assert screen.sideways() <= 0, "the page is wider than the screen"
        assert wrong == []
    finally:
        context.close()
