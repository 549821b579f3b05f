"""``verify`` over all leaves: each shop once, totals, and the number of the notice."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from allocator.certificate.inclusion import check, grouped, read_card
from allocator.certificate.sealing import salts_of
from allocator.cli.entrance import app
from allocator.errors import BadRequest
from allocator.policy.models import Policy
from allocator.policy.reading import read_policy
from allocator.runs.heads import write_head
from allocator.runs.reading import read_run
from allocator.runs.record import Run
from allocator.runs.secret import read_secret
from allocator.runs.verifying import verify_run
from allocator.runs.week import run, with_orders
from allocator.tables.city import City
from allocator.tables.synthetic import CYCLE, POLICY, first_day

SECRET = bytes(range(40, 72))


@pytest.fixture(scope="module")
def sealed(week: Run) -> Run:
    """The week as it is with a secret."""
    return replace(week, salts=salts_of(SECRET, week.cycle, week.plan.members["retailer_id"]))


@pytest.fixture(scope="module")
def root(sealed: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its directory, with two cards."""
    some = sealed.plan.members["retailer_id"].sort().to_list()[:2]
    return sealed.write(tmp_path_factory.mktemp("sealed") / "week", cards=some, language="zh-CN")


def refit(root: Path) -> None:
    """Write the lists of files again, so that only what the files say can give a change away."""
    head = json.loads((root / "run.json").read_bytes())
    head.pop("files")
    write_head(root, head)


def test_all_leaves_of_a_run_are_accepted(sealed: Run, root: Path) -> None:
    number = sealed.sealed().number  # type: ignore[union-attr]
    verdict = verify_run(root, number=grouped(number).upper())

    assert verdict.accepted
    assert verdict.number == number
    assert verdict.checked["leaves"] == sealed.plan.members.height
    assert not verify_run(root, number="ab" * 32).accepted
    assert not verify_run(root, number="12").accepted
    for card in (root / "cards").iterdir():
        assert check(*read_card(card.read_bytes()), number) == []


def text_swap(name: str, old: str, new: str) -> Callable[[Path], None]:
    """Replace a text of a file once."""

    def change(root: Path) -> None:
        path = root / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8", newline="\n")

    return change


def salt(root: Path) -> None:
    """Another salt for the first shop."""
    path = root / "record/salts.csv"
    lines = path.read_text().split("\n")
    lines[1] = lines[1][:-1] + ("0" if lines[1][-1] != "0" else "1")
    path.write_text("\n".join(lines))


def same_salt(root: Path) -> None:
    """Two shops with one salt."""
    path = root / "record/salts.csv"
    lines = path.read_text().split("\n")
    lines[2] = lines[2].split(",")[0] + "," + lines[1].split(",")[1]
    path.write_text("\n".join(lines))


def twice(root: Path) -> None:
    """One shop twice, another not at all."""
    path = root / "record/salts.csv"
    lines = path.read_text().split("\n")
    lines[2] = lines[1]
    path.write_text("\n".join(lines))


def gone(*names: str) -> Callable[[Path], None]:
    """Without some files."""

    def change(root: Path) -> None:
        for name in names:
            (root / name).unlink()

    return change


@pytest.mark.parametrize(
    ("change", "file"),
    [
        (salt, "root.json"),
        (same_salt, "record/salts.csv"),
        (twice, "record/salts.csv"),
        (text_swap("root.json", '"leaves": 90', '"leaves": 91'), "root.json"),
        (text_swap("notice.html", 'data-proof="number">', 'data-proof="number">0'), "notice.html"),
        (text_swap("run.json", '"results": "', '"results": "0'), "run.json"),
        (gone("root.json"), "root.json"),
        (gone("record/salts.csv"), "record/salts.csv"),
        (gone("record/salts.csv", "root.json"), "record/salts.csv"),
    ],
)
def test_every_change_is_found_though_all_digests_fit(
    change: Callable[[Path], None], file: str, root: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(root, copy)
    change(copy)
    refit(copy)
    verdict = verify_run(copy)

    assert file in {found.file for found in verdict.discrepancies}
    for found in verdict.discrepancies:
        assert found.message("en") != found.message("zh-CN")


def test_without_a_secret_there_is_no_number_and_nothing_speaks_of_one(
    folder: Path, tmp_path: Path
) -> None:
    assert not {"root.json", "inclusion.py"} & {path.name for path in folder.iterdir()}
    assert "data-proof" not in (folder / "notice.html").read_text(encoding="utf-8")
    assert verify_run(folder).accepted
    refused = verify_run(folder, number="ab" * 32)
    assert [found.code for found in refused.discrepancies] == ["no-results"]


def test_orders_keep_the_salts_of_their_plan(city: City, policy: Policy, tmp_path: Path) -> None:
    """The plan is published with a number over the quotas; the orders then have their own."""
    planned = run(replace(city, orders=None), policy, seed="draw 1", secret=SECRET)
    planned.write(tmp_path / "plan")
    done = with_orders(read_run(tmp_path / "plan"), city.orders)
    done.write(tmp_path / "done")

    before, after = verify_run(tmp_path / "plan"), verify_run(tmp_path / "done")
    assert before.accepted
    assert after.accepted
    assert before.number != after.number
    assert done.salts.equals(planned.salts)  # type: ignore[union-attr, arg-type]


def test_the_totals_hold_with_smooth_boundaries(city: City, tmp_path: Path) -> None:
    """Sums of all leaves against ``summary.csv``, which counts cells; shops of a cell differ."""
    text = POLICY.read_text(encoding="utf-8")
    rules = tmp_path / "policy.yaml"
    for old, new in (
        ("boundary: step", "boundary: smooth"),
        ("whole_units: {at_least_one: equal, below_one: rotate}", "whole_units: rotate"),
    ):
        assert old in text
        text = text.replace(old, new)
    rules.write_text(text, encoding="utf-8")
    done = run(city, read_policy(rules, first_day(CYCLE)), seed="draw 2", secret=SECRET)
    sealed = done.sealed()
    assert sealed is not None
    sums = sealed.results.frame().group_by("product_id").agg(pl.col("limit", "award").sum())
    done.write(tmp_path / "out")
    told = pl.read_csv(tmp_path / "out/summary.csv", schema_overrides={"product_id": pl.String})
    both = told.join(sums, on="product_id")

    assert both.height == told.height
    assert both["limit"].to_list() == both["planned"].to_list()
    assert both["award"].to_list() == both["awarded"].to_list()
    assert verify_run(tmp_path / "out").accepted


def test_secrets_that_could_be_guessed_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "secret.txt"
    wrong = {
        "": "secret-not-hex", "correct horse": "secret-not-hex", "abc": "secret-not-hex",
        "密": "secret-not-hex", "ab" * 31: "secret-short", "00" * 32: "secret-short",
    }  # fmt: skip
    for text, code in wrong.items():
        file.write_text(text, encoding="utf-8")
        with pytest.raises(BadRequest) as refused:
            read_secret(file)
        assert refused.value.code == code
        assert refused.value.message("en") != refused.value.message("zh-CN")
    with pytest.raises(BadRequest, match="cannot be read"):
        read_secret(tmp_path)
    file.write_text(f"{SECRET.hex().upper()}\n")
    assert read_secret(file) == SECRET


def test_the_command_checks_a_card_and_its_status_says_so(root: Path, tmp_path: Path) -> None:
    """0 among the results, 1 refused, 2 not a card or not a question."""
    card = next((root / "cards").iterdir())
    notice = str(root / "notice.html")
    changed = tmp_path / "changed.html"
    page = card.read_text(encoding="utf-8")
    first = re.search(r'data-shown="total">[^<]*<b>([0-9]+)', page)
    assert first is not None
    changed.write_text(page[: first.end()] + "0" + page[first.end() :], encoding="utf-8")
    other = ["verify", "--card", str(card), "--root", "ab" * 32]
    asked = {
        ("verify", "--card", str(card), "--notice", notice): 0,
        ("verify", "--card", str(card)): 0,
        tuple(other): 1,
        (*other, "--json", "--lang", "zh-CN"): 1,
        ("verify", "--card", notice): 2,
        ("verify", "--card", str(card), "--notice", str(card.parent)): 2,
        ("verify", "--card", str(card), "--digest", "ab"): 2,
        ("verify", str(root), "--notice", notice): 2,
        ("verify", str(root), "--card", str(card)): 2,
        ("verify",): 2,
        (*other, "--notice", notice): 2,
    }
    for words, status in asked.items():
        done = CliRunner().invoke(app, list(words))
        assert done.exit_code == status, (words, done.output)
    done = CliRunner().invoke(app, ["verify", "--card", str(card), "--notice", notice, "--json"])
    told = json.loads(done.output)
    assert told["accepted"]
    assert told["compared"]
    assert told["proof"]["leaf"]["retailer"] == card.stem
    assert CliRunner().invoke(app, ["verify", "--card", str(changed)]).exit_code == 1
