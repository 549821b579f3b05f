"""The pages on screening and on scales say what comes out, on the city they name."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from pathlib import Path

import pytest

from allocator.grading.scheme import grade
from allocator.policy.reading import policy_from, read_policy
from allocator.policy.screening_models import ScreeningPolicy
from allocator.tables.reading import read_city
from docs.test_first_week import ROOT

PAGE = (ROOT / "docs" / "grading.md").read_text(encoding="utf-8")
SCREENING = PAGE.split("\n## Screening\n")[1].split("\n## ")[0]
SCALES = PAGE.split("\n## Scales and effective weights\n")[1].split("\n## ")[0]


def table(part: str, first: str) -> list[list[str]]:
    """Rows of the table whose header begins with a word."""
    block = part.split(f"| {first} |")[1].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in block]


def test_the_table_of_keys_names_them_all_with_their_defaults() -> None:
    """Key by key, as the policy reads them."""
    defaults = ScreeningPolicy().model_dump()
    said = {row[0].strip("`"): row[1].strip("`") for row in table(SCREENING, "key")}

    assert said.keys() == defaults.keys()
    assert (said.pop("peers"), defaults.pop("peers")) == ("market, format", None)
    assert (said.pop("least_spread"), float(defaults.pop("least_spread"))) == ("15%", 0.15)
    assert said == {key: str(value) for key, value in defaults.items()}


def test_the_rules_on_the_page_are_rules() -> None:
    """The example stands in a policy."""
    (block,) = re.findall(r"```yaml\n(.*?)```", SCREENING, re.DOTALL)
    text = (ROOT / "examples" / "qujing.yaml").read_text(encoding="utf-8")
    rule = block.split("\n", 1)[1]
    policy = policy_from(text.replace("  window:", f"{rule}  window:", 1), "2026-11-16")

    assert policy.grading is not None
    assert policy.grading.screening == ScreeningPolicy()


@lru_cache
def whole(folder: Path):
    """The city, and the policy of the example on the day of the page."""
    example = ROOT / "examples" / "policies" / "qujing-months.yaml"
    policy = read_policy(example, on=date(2021, 10, 1))
    return read_city(folder, policy.tables), policy.grading


@pytest.fixture
def iowa(shared: Path):
    """Read once for all tests."""
    return whole(shared / "data" / "iowa")


def test_effective_weights_of_iowa_are_those_of_the_page(iowa) -> None:
    """Per cent, over all shops and over the middle, under each scale."""
    city, rules = iowa
    columns: dict[str, list[str]] = {}
    for scale in ("max", "rank", "log", "winsorised"):
        items = {
            name: item.model_copy(update={"scale": scale}) for name, item in rules.items.items()
        }
        for item in grade(city, rules.model_copy(update={"items": items}), date(2021, 10, 1)).items:
            shares = item.effective, item.effective_middle
            columns.setdefault(item.name, []).extend(f"{share / 1e4:.0f}" for share in shares)

    assert {row[0].strip("`"): row[2:] for row in table(SCALES, "item")} == columns


@pytest.mark.parametrize("row", table(SCREENING, "threshold"), ids=lambda row: row[0])
def test_months_out_of_the_usual_in_iowa_are_those_of_the_page(iowa, row) -> None:
    """Months and shops by threshold, with peers by size and by region and size."""
    city, rules = iowa
    found = []
    for peers in ((), ("region",)):
        screening = ScreeningPolicy.model_validate({"threshold": int(row[0]), "peers": peers})
        screened = grade(
            city,
            rules.model_copy(
                update={
                    "window": type(rules.window)(months=12),
                    "missing_month": "exclude",
                    "screening": screening,
                }
            ),
            date(2021, 11, 1),
        ).screened
        part = f"{100 * screened.height / 20_079:.1f}"
        found += [f"{screened.height:,}", part, str(screened["retailer_id"].n_unique())]

    assert found == row[1:]
