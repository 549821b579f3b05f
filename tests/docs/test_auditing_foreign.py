"""The worked example of docs/auditing-foreign.md is what the program says."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

import allocator as al
from allocator.auditing.findings import Findings, worst
from allocator.auditing.output import tell
from allocator.policy.reading import policy_from
from allocator.runs.exports import audit_exports
from allocator.tables.reading import read_city, read_table

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data" / "iowa"
PAGE = (ROOT / "docs" / "auditing-foreign.md").read_text(encoding="utf-8")
SHOWN = ("product_id", "granted", "shops", "equals_apart", "tiers_falling")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    if not DATA.is_dir():
        pytest.skip("the data of Iowa are not here")
    block = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert block is not None
    policy = policy_from(block.group(1), "2021-08-01")
    city = read_city(DATA)
    city = replace(city, supply=read_table("supply", DATA / "released.csv"))
    run = al.run(city, policy, cycle="2021-08", seed="draw 083412")
    out = tmp_path_factory.mktemp("iowa") / "tiers"
    run.write(out)
    foreign = replace(
        city,
        retailers=read_table("retailers", out / "grading.csv"),
        quotas=read_table("quotas", out / "quotas.csv"),
    )
    return audit_exports(foreign, cycle="2021-08", policy=policy)


def test_the_table_of_the_example_is_what_is_found(found: Findings) -> None:
    rows = re.findall(r"^\| (\d{5,6}) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", PAGE, re.MULTILINE)
    assert found.allocation is not None

    actual = [tuple(map(str, row)) for row in found.allocation.select(SHOWN).rows()]
    assert actual == rows
    assert len(rows) == 9


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_ten_largest_findings_can_be_understood_alone(found: Findings, language: str) -> None:
    """Each names product and shop, says how many, and what to do."""
    told = tell(replace(found, frame=worst(found, 20)), language)

    told = told.head(10)
    assert len(told) == 10
    for row in told.iter_rows(named=True):
        assert row["product_id"] is None or row["product_id"] in row["message"]
        assert row["retailer_id"] is None or row["retailer_id"] in row["message"]
        assert re.search(r"\d", row["message"])
        assert row["remedy"]
        assert "{" not in row["message"] + row["remedy"]


def test_a_table_of_ours_keeps_its_own_rules(found: Findings) -> None:
    """No violation of the table itself: only orders depart from it."""
    codes = set(found.frame.filter(found.frame["kind"] == "violation")["code"])

    assert not codes & {"V30", "V31", "V32", "V33", "V34", "V36"}
