"""The tour for planners: its commands run as they stand, and give what it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

ROOT = Path(__file__).resolve().parents[2]
TOUR = (ROOT / "docs" / "first-week.md").read_text(encoding="utf-8")


def commands(page: str) -> list[str]:
    """The lines of a page that a reader types."""
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


COMMANDS = commands(TOUR)


def typed(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """One line as a reader types it, with the environment of these tests on the path."""
    scripts = Path(sys.executable).parent
    path = os.pathsep.join([str(scripts), os.environ.get("PATH", "")])
    return subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the whole tour was typed."""
    folder = tmp_path_factory.mktemp("tour")
    shutil.copytree(ROOT / "examples", folder / "examples")
    for command in COMMANDS:
        done = typed(command, folder)
        assert done.returncode == 0, (command, done.stdout[-800:], done.stderr)
    return folder


def test_every_command_of_the_tour_runs(walked: Path) -> None:
    """And leaves the two plans and the week that the text speaks of."""
    assert len(COMMANDS) > 10
    for made in ("plan47/notice.html", "week47/awards.csv", "plan48/quotas.xlsx"):
        assert (walked / "out" / made).is_file()
    assert (walked / "out" / "week47" / "cards" / "990130000208.html").is_file()


def test_the_second_week_takes_the_credits_of_the_first(walked: Path) -> None:
    """What a shop on the list brought along is what the first week left it, 0 where it left none;
    without the file nobody brings anything.
    """
    left = pl.read_csv(walked / "out/week47/credits.csv", infer_schema=False)
    seats = pl.read_csv(walked / "out/plan48/seats.csv", infer_schema=False)
    found = seats.join(left, on=["product_id", "retailer_id"], how="left")

    assert (found["credit_before"] == found["credit"].fill_null("0")).all()
    assert (found["credit_before"] != "0").sum() > 100

    (walked / "week48" / "credits.csv").unlink()
    again = COMMANDS[-2].replace("out/plan48", "out/bare48")
    assert "plan week48" in again
    assert typed(again, walked).returncode == 0
    bare = pl.read_csv(walked / "out/bare48/seats.csv", infer_schema=False)
    assert (bare["credit_before"] == "0").all()


def test_one_command_gives_the_quotas_of_plan_and_allocate(walked: Path) -> None:
    """As the tour promises: the certificates are the same, byte for byte."""
    (told,) = re.findall(r"`(allocator run week47 [^`]*)`", TOUR)
    assert typed(told.replace("out/week47", "out/once"), walked).returncode == 0

    for name in ("certificate.json", "quotas.csv", "awards.csv"):
        once, steps = (walked / "out" / folder / name for folder in ("once", "week47"))
        assert once.read_bytes() == steps.read_bytes(), name
