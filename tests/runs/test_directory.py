"""The run directory: names, columns, bytes."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from allocator.errors import BadRequest
from allocator.policy.models import Policy
from allocator.runs.demonstration import DRAW
from allocator.runs.directory import card_name
from allocator.runs.record import Run
from allocator.runs.week import run
from allocator.tables.city import City
from allocator.tables.reading import read_city

COLUMNS = {
    "quotas.csv": "product_id,segment,rhythm,tier,retailers,weight,entitlement,base,seats",
    "seats.csv": "cycle,product_id,segment,rhythm,tier,place,retailer_id,credit_before",
    "credits.csv": "product_id,retailer_id,credit",
    "awards.csv": "cycle,product_id,retailer_id,tier,requested,limit,round_one,round_two,award,"
    "granted",
    "summary.csv": "product_id,supply,reserve,planned,requested,awarded,left,not_told",
    "cliffs.csv": "product_id,region,retailers,pairs,largest,apart,cartons,not_computed,slope",
}
"""As in formats.md, "A run directory"."""


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "timings.json"
    }


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_are_those_of_the_contract(folder: Path, name: str) -> None:
    """Other programs read them by name."""
    first = (folder / name).read_text().splitlines()[0]

    assert first == COLUMNS[name]


def test_grading_names_the_items_after_the_fixed_columns(folder: Path, week: Run) -> None:
    """One column for each item of the policy."""
    first = (folder / "grading.csv").read_text().splitlines()[0]
    items = ",".join(item.name for item in week.grading.items)

    assert first == f"retailer_id,score,rank,tier,previous_tier,reason,to_next_tier,{items}"


def test_every_file_of_the_contract_is_there(folder: Path) -> None:
    """And what is needed to read the run back."""
    expected = {
        *COLUMNS, "grading.csv", "quotas.xlsx", "findings.csv", "findings.jsonl", "findings.html",
        "certificate.json", "certificate-orders.json", "notice.html", "notice.csv", "run.json",
        "grading.html", "verify.py", "timings.json", "policy.yaml", "inputs", "record",
    }  # fmt: skip

    assert {path.name for path in folder.iterdir()} == expected


def test_same_input_same_bytes(folder: Path, week: Run, tmp_path: Path) -> None:
    """Law L10: written twice, and run twice; timings apart."""
    again = run(week.city, week.policy, seed=DRAW).write(tmp_path / "again")

    assert contents(again) == contents(folder)


def test_the_order_of_rows_changes_nothing(
    folder: Path, city: City, policy: Policy, tmp_path: Path
) -> None:
    """Law L10: every table shuffled; only row numbers in the evidence of findings may differ."""
    shuffled = {}
    for table in city.tables():
        columns = [*table.columns]
        frame = table.frame.select(columns).sample(fraction=1, shuffle=True, seed=7)
        for money in {"amount", "wholesale_price", "retail_price"} & set(columns):
            frame = frame.with_columns((pl.col(money) / 100).round(2))
        shuffled[table.name] = frame
    done = run(read_city(shuffled), policy, seed=DRAW)
    found, expected = contents(done.write(tmp_path / "shuffled")), contents(folder)
    rows = {
        "findings.csv", "findings.jsonl", "findings.html", "record/findings.json",
        "record/files.json",
    }  # fmt: skip
    different = {name for name in expected if found.get(name) != expected[name]}

    assert different <= rows


def test_chinese_files_open_in_a_spreadsheet(week: Run, tmp_path: Path) -> None:
    """BOM on public and internal tables with ``zh-CN``, none without."""
    out = week.write(tmp_path / "zh", language="zh-CN")

    assert (out / "quotas.csv").read_bytes().startswith(b"\xef\xbb\xbfproduct_id")
    assert '<html lang="zh-CN">' in (out / "notice.html").read_text(encoding="utf-8")


def test_digests_are_those_of_the_files(folder: Path, week: Run) -> None:
    """``sha256sum`` gives what run.json says; the certificate's digest is in the notice."""
    head = json.loads((folder / "run.json").read_bytes())
    for name, stated in head["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == stated
    of_shops = json.loads((folder / "record" / "inputs.json").read_bytes())
    assert {"orders", "retailers", "sales"} <= set(of_shops).difference(head["inputs"])
    for name, stated in {**head["inputs"], **of_shops}.items():
        if name != "sales":
            data = (folder / "inputs" / f"{name}.csv").read_bytes()
            assert hashlib.sha256(data).hexdigest() == stated["sha256"]
    policy = hashlib.sha256((folder / "policy.yaml").read_bytes()).hexdigest()

    assert head["policy"]["sha256"] == policy == week.policy.digest
    assert head["certificate"] in (folder / "notice.html").read_text(encoding="utf-8")


def test_run_json_names_no_internal_file(folder: Path) -> None:
    """It is public; what names a retailer is listed in record/files.json."""
    head = json.loads((folder / "run.json").read_bytes())
    internal = json.loads((folder / "record" / "files.json").read_bytes())
    retailers = ("awards.csv", "seats.csv", "credits.csv", "grading.csv", "findings.csv",
                 "findings.jsonl", "certificate-orders.json", "inputs/retailers.csv",
                 "inputs/orders.csv", "record/members.csv")  # fmt: skip

    assert set(retailers) <= set(internal)
    assert not set(internal) & set(head["files"])


def test_the_copy_of_the_verifier_runs_alone(folder: Path) -> None:
    """Isolated, without site packages, as the notice prints it."""
    digest = json.loads((folder / "run.json").read_bytes())["certificate"]
    command = [sys.executable, "-I", "-S", "verify.py", "certificate.json", "--digest", digest]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_cards_are_written_for_those_asked_for(week: Run, tmp_path: Path) -> None:
    """By identifiers joined by commas; an unknown one stops before anything is written."""
    first, second = week.plan.members["retailer_id"][:2].to_list()
    out = week.write(tmp_path / "cards", cards=f"{first}, {second}")
    with pytest.raises(BadRequest) as refused:
        week.write(tmp_path / "none", cards=["../../etc/passwd"])

    assert {path.name for path in (out / "cards").iterdir()} == {f"{first}.html", f"{second}.html"}
    assert refused.value.code == "unknown-cards"
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("retailer", ["../up", "a/b", "", ".", "con:", "客户", "x" * 65, "\x00"])
def test_no_identifier_becomes_a_path(retailer: str) -> None:
    """What is not plainly a name is written under its hash."""
    name = card_name(retailer)

    assert name.startswith("id-")
    assert len(name) == 19


def test_an_unknown_language_is_refused_before_writing(week: Run, tmp_path: Path) -> None:
    """Nothing appears."""
    with pytest.raises(BadRequest):
        week.write(tmp_path / "out", language="fr")

    assert not (tmp_path / "out").exists()


def test_a_run_without_orders_stops_after_the_quotas(
    city: City, policy: Policy, tmp_path: Path
) -> None:
    """No awards, no findings; left is what the quotas leave."""
    done = run(replace(city, orders=None), policy, seed=DRAW)
    out = done.write(tmp_path / "plan")
    summary = pl.read_csv(out / "summary.csv", infer_schema_length=None)
    rest = summary["supply"] - summary["reserve"] - summary["planned"]

    assert not {"awards.csv", "findings.csv", "certificate-orders.json"} & set(contents(out))
    assert summary["left"].to_list() == rest.to_list()
    assert summary["awarded"].null_count() == len(summary)


def test_another_day_than_the_policys_is_refused(city: City, policy: Policy) -> None:
    """Dated values were resolved for the policy's day."""
    with pytest.raises(BadRequest) as refused:
        run(city, policy, seed=DRAW, on=date(2020, 1, 1))

    assert refused.value.code == "day-differs"
