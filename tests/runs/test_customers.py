"""The lists for customer managers as a folder: what is in it, whose it is, and that it repeats."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from allocator.customers.output import CHANGES
from allocator.errors import BadRequest
from allocator.policy.reading import read_policy
from allocator.runs.customers import Review, of_manager, review_customers, write_review
from allocator.tables.city import City
from allocator.tables.synthetic import POLICY, make_city

ON = date(2026, 11, 16)


def flawed() -> City:
    """Ten months of a synthetic city; one shop stops, one loses its phone, two share one."""
    city = make_city(120, months=10)
    files = city.retailers.frame.sort("retailer_id")
    active = files.filter(pl.col("status") == "active")["retailer_id"]
    gone, bare, one, other = (active[i] for i in (3, 20, 40, 80))
    name = pl.col("retailer_id")
    shared = files.filter(name == one)["phone"][0]
    phone = pl.when(name == bare).then(None).when(name == other).then(pl.lit(shared))
    retailers = files.with_columns(phone=phone.otherwise(pl.col("phone")))
    sales = city.sales.frame.filter(
        (pl.col("retailer_id").cast(pl.String) != gone) | (pl.col("month") < date(2026, 9, 1))
    )
    return replace(
        city,
        retailers=replace(city.retailers, frame=retailers),
        sales=replace(city.sales, frame=sales),
    )


@pytest.fixture(scope="module")
def review() -> Review:
    return review_customers(flawed(), ON)


def manager_of(review: Review, retailer: str) -> str:
    return review.files.filter(pl.col("retailer_id") == retailer)["manager"][0]


def test_a_stopped_shop_an_empty_phone_and_a_shared_one_are_found(review) -> None:
    rules = dict(review.findings.frame.group_by("rule").len().iter_rows())
    new = review.changes.frame.filter(pl.col("state") == "new")

    assert rules["missing-details"] == rules["shared-phone"] == 1
    assert new.filter(pl.col("silent_months") == 2)["direction"].to_list() == ["fall"]


def test_counts_of_shops_and_managers_agree_with_the_lists(review) -> None:
    shared = review.findings.frame.filter(pl.col("rule") == "shared-phone").row(0, named=True)
    both = [shared["retailer_id"], shared["others"]]
    files = review.files.filter(pl.col("retailer_id").is_in(both))

    assert (files["findings"] >= 1).all()
    assert review.managers["shops"].sum() == review.files.height
    assert review.managers["duplicate"].sum() >= 2
    moved = review.managers["falls"].sum() + review.managers["rises"].sum()
    assert moved == review.changes.frame.height == review.files["changes"].sum()


def test_one_manager_sees_its_shops_and_what_concerns_them(review) -> None:
    """A finding about a shop of its own and one of a colleague is on both lists."""
    shared = review.findings.frame.filter(pl.col("rule") == "shared-phone").row(0, named=True)
    for retailer in (shared["retailer_id"], shared["others"]):
        own = of_manager(review, manager_of(review, retailer))
        assert "shared-phone" in own.findings.frame["rule"].to_list()
        assert own.managers.height == 1
        assert own.files["manager"].n_unique() == 1
        assert own.changes.frame["manager"].is_in(own.files["manager"].implode()).all()
    with pytest.raises(BadRequest, match="customer manager nobody"):
        of_manager(review, "nobody")


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_folder_holds_what_the_page_says(review, tmp_path: Path, language: str) -> None:
    """Every column of every file is on the page, in the order of the file."""
    out = write_review(review, tmp_path / "out", language)
    page = (Path(__file__).parents[2] / "docs" / "customers.md").read_text(encoding="utf-8")
    for name in ("changes.csv", "findings.csv", "completeness.csv", "managers.csv"):
        text = (out / name).read_bytes()
        header = text.decode("utf-8-sig").splitlines()[0].split(",")
        section = page.split(f"### `{name}`")[1].split("\n#")[0]
        listed = [part.split("`")[1] for part in section.splitlines() if part.startswith("| `")]
        assert header == listed, name
        assert text.startswith(b"\xef\xbb\xbf") == (language == "zh-CN")
    lines = (out / "findings.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(review.findings)
    assert all(json.loads(line)["kind"] == "data" for line in lines)
    head = json.loads((out / "run.json").read_bytes())
    assert (head["step"], head["files"]) == ("customers", {})


def test_the_same_city_gives_the_same_bytes_whatever_the_order_of_sales(tmp_path: Path) -> None:
    city = flawed()
    turned = city.sales.frame.drop("row").reverse().with_row_index("row", offset=2)
    turned = turned.select(city.sales.frame.columns)
    other = replace(city, sales=replace(city.sales, frame=turned))
    for name, made in (("one", city), ("other", other)):
        write_review(review_customers(made, ON), tmp_path / name)
    for path in sorted((tmp_path / "one").rglob("*.csv")):
        twin = tmp_path / "other" / path.relative_to(tmp_path / "one")
        assert path.read_bytes() == twin.read_bytes(), path.name


def test_months_that_the_policy_screens_are_visits(tmp_path: Path) -> None:
    """The list of the grading, with a sentence for whoever visits."""
    text = POLICY.read_text(encoding="utf-8")
    screened = text.replace(
        "  window:", "  screening: {method: mad, threshold: 3, action: flag}\n  window:", 1
    )
    path = tmp_path / "policy.yaml"
    path.write_text(screened, encoding="utf-8")
    policy = read_policy(path, on=ON)
    city = flawed()

    review = review_customers(city, ON, policy)
    out = write_review(review, tmp_path / "out")

    assert review_customers(city, ON, read_policy(POLICY, on=ON)).visits is None
    visits = pl.read_csv(out / "visits.csv", infer_schema=False)
    assert visits.height == review.visits.height > 0
    assert visits["message"].str.len_chars().min() > 20
    assert review.files["visits"].sum() == review.visits["retailer_id"].n_unique()


def test_a_city_without_sales_has_files_to_look_at(tmp_path: Path) -> None:
    review = review_customers(replace(flawed(), sales=None), ON)
    out = write_review(review, tmp_path / "out")

    assert review.changes is None
    assert not (out / "changes.csv").exists()
    assert len(review.findings) >= 2
    assert CHANGES[0] == "retailer_id"
