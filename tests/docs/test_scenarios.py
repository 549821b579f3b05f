"""The page on scenarios: its changes are read, its figures, kinds and files are all there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from allocator.comparison.exposure import KINDS
from allocator.comparison.figures import FIGURES
from allocator.policy.reading import read_policy
from allocator.simulation.output import told, write_simulation
from allocator.simulation.scenario import Scenario
from allocator.simulation.scenario_files import scenarios_from
from allocator.simulation.simulating import simulate_all
from allocator.simulation.suite import Comparisons
from allocator.tables.reading import read_city
from allocator.wording import say

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `([a-z_.0-9]+)`[^|]*\| (.*) \|$", PAGE, re.MULTILINE))


@pytest.fixture(scope="module")
def done() -> Comparisons:
    """The scenarios of the page's file on the bundled city."""
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    policy = read_policy(ROOT / "examples" / "city" / "policy.yaml", on="2026-11-16")
    city = read_city(ROOT / "examples" / "city", policy.tables)
    return simulate_all(city, policy, scenarios_from(text).scenarios, seed="draw 083412")


def test_every_figure_and_kind_is_explained_in_the_words_of_the_program() -> None:
    for figure in FIGURES:
        assert ROWS[figure.name] == say("comparison", f"formula-{figure.name}", {})
    for kind in KINDS:
        what = say("comparison", f"kind-{kind.name}-what", {})
        assert ROWS[kind.name] == f"{kind.need or '–'} | {what}"


def test_every_word_is_there_in_both_languages() -> None:
    for language in ("en", "zh-CN"):
        for figure in FIGURES:
            for code in (f"figure-{figure.name}", f"formula-{figure.name}", f"unit-{figure.unit}"):
                assert say("comparison", code, {}, language)
        for kind in KINDS:
            assert say("comparison", f"kind-{kind.name}", {}, language)


def test_every_table_is_on_the_page_with_its_columns(done: Comparisons, tmp_path: Path) -> None:
    policy = read_policy(ROOT / "examples" / "city" / "policy.yaml", on="2026-11-16")
    out = write_simulation(done, policy, {}, tmp_path / "out", command="allocator simulate ...")
    listed = {name: re.findall(r"`(\w+)`", row) for name, row in ROWS.items() if "." in name}

    assert {path.name for path in out.glob("*.csv")} == set(listed)
    for name, columns in listed.items():
        header = (out / name).read_text(encoding="utf-8").split("\n", 1)[0].split(",")
        assert header == ["title", *columns], name
    assert told(done, "zh-CN").columns == ["title", "code", "text"]


def test_the_changes_of_the_page_are_changes() -> None:
    """Every change in a table is read as one; values are those of a policy file."""
    from allocator.cli.simulate import _change

    found = re.findall(r"^\| `([^`]+=[^`]+)`", PAGE, re.MULTILINE)
    assert len(found) == 11
    for text in found:
        assert Scenario(dict([_change(text)])).spelt()
