"""The examples run as a stranger would run them, and say what they promise."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def run(name: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-X", "utf8", EXAMPLES / name],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_an_example_is_short(path: Path) -> None:
    """Under sixty lines, or it is no example."""
    assert len(path.read_text(encoding="utf-8").splitlines()) < 60


def test_an_ordering_system_answers_every_line() -> None:
    """All lines of the example week, with a reason in two languages."""
    done = run("ordering_system.py")

    assert done.returncode == 0, done.stderr
    first, *rest = done.stdout.splitlines()
    counts = [int(line.split()[0]) for line in rest if line[:1] == " "]
    assert int(first.split()[0]) == sum(counts) > 3_000
    assert "within-limit" in done.stdout
    assert "最多可录入" in done.stdout
    assert "can be entered" in done.stdout


def test_the_audit_names_the_two_order_takers() -> None:
    """周丽 entered less, 何军 more; the others are as the standard; status 1."""
    done = run("audit_phone_orders.py")

    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    by_clerk = {line.split(":")[0]: line for line in lines if " lines; " in line}
    assert len(by_clerk) == 6
    assert "below-standard" in by_clerk.pop("周丽")
    assert "over-quota" in by_clerk.pop("何军")
    assert all(line.endswith("as the standard") for line in by_clerk.values())
    assert sum(line.startswith("LY") for line in lines) == 5


def test_the_what_if_counts_every_shop_once() -> None:
    """A line for each scenario of the bundled city; gainers, same and losers are all its shops."""
    done = run("what_if.py")

    assert done.returncode == 0, done.stderr
    head, *rows = done.stdout.splitlines()
    assert head.split()[:3] == ["gain", "same", "lose"]
    assert [row[:14].strip() for row in rows] == ["olive", "twenty tiers", "smooth", "rotation"]
    counts = [[int(word) for word in row[14:].replace("->", " ").split()[:3]] for row in rows]
    assert len({sum(three) for three in counts}) == 1
    for row in rows:
        up, down = re.findall(r"(\d+) (?:up|down)", row)
        assert int(up) == int(down)  # the supply is the same
