"""A run comes back from its directory as it was."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from polars.testing import assert_frame_equal

from allocator.certificate.document import certify
from allocator.errors import BrokenRun
from allocator.explanation.card import explain
from allocator.records import QuotaPlan
from allocator.runs.reading import read_run
from allocator.runs.record import Run

ARRAYS = (
    "lot", "supply", "reserve", "step", "tier_order", "allowed", "floor", "ceiling",
    "entitlement", "base", "seats", "credit_before", "credit_after",
)  # fmt: skip


@pytest.fixture(scope="module")
def back(folder: Path) -> Run:
    """The run, read."""
    return read_run(folder)


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    """A copy of the directory to damage."""
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def test_the_grading_comes_back(back: Run, week: Run) -> None:
    """Scores, points and distances to the millionth, the scheme as well."""
    assert_frame_equal(back.grading.table, week.grading.table)
    assert [asdict(i) for i in back.grading.items] == [asdict(i) for i in week.grading.items]
    assert back.grading.shares == week.grading.shares
    assert back.grading.window == week.grading.window
    assert back.grading.warnings == week.grading.warnings
    assert np.array_equal(back.grading.cut_score, week.grading.cut_score)
    assert np.array_equal(back.grading.last_rank, week.grading.last_rank)


@pytest.mark.parametrize("name", ARRAYS)
def test_every_array_of_the_plan_comes_back(back: Run, week: Run, name: str) -> None:
    """To the last bit, so that the proof stays a proof."""
    found, expected = getattr(back.plan, name), getattr(week.plan, name)

    assert found.dtype == expected.dtype
    assert np.array_equal(found, expected)


def test_turns_members_and_proof_come_back(back: Run, week: Run) -> None:
    """The certificate made from what was read is the one that was written."""
    found, expected = back.plan, week.plan
    assert_frame_equal(found.members, expected.members)
    for axis in ("line", "retailer", "place"):
        assert np.array_equal(getattr(found.turns, axis), getattr(expected.turns, axis))
    assert len(found.turns.line) > 0
    assert certify(found) == dict(week.certificate)
    assert scalars(found) == scalars(expected)


def scalars(plan: QuotaPlan) -> tuple[object, ...]:
    return (
        plan.cycle, plan.on, plan.seed, plan.source, plan.policy_digest, plan.tiers,
        plan.product, plan.region, plan.method, plan.second_round, plan.cells.segment,
        plan.cells.rhythm, plan.cells.weight_unit,
    )  # fmt: skip


def test_awards_and_findings_come_back(back: Run, week: Run) -> None:
    """Lines, levels of the second round, coverage of the audit."""
    assert back.allocation is not None
    assert week.allocation is not None
    assert back.findings is not None
    assert week.findings is not None
    assert_frame_equal(back.allocation.lines, week.allocation.lines)
    assert np.array_equal(back.allocation.left, week.allocation.left)
    assert back.allocation.level == week.allocation.level
    assert_frame_equal(back.findings.frame, week.findings.frame)
    assert back.findings.coverage == week.findings.coverage
    assert back.findings.aside == week.findings.aside


def test_cards_from_the_directory_say_the_same(back: Run, week: Run) -> None:
    """In both languages, for a shop at each end of the list."""
    members = week.plan.members["retailer_id"]
    for retailer in (members[0], members[-1]):
        for language in ("en", "zh-CN"):
            assert explain(back, retailer).text(language) == explain(week, retailer).text(language)


def test_a_run_that_was_read_writes_the_same_directory(
    back: Run, folder: Path, tmp_path: Path
) -> None:
    """All but the run's own timings."""
    again = back.write(tmp_path / "again")
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "timings.json":
            name = path.relative_to(folder)
            assert (again / name).read_bytes() == path.read_bytes(), name


NEEDED = (
    "run.json", "policy.yaml", "grading.csv", "record/grading.csv", "record/grading.json",
    "record/members.csv", "record/plan.json", "seats.csv", "credits.csv", "certificate.json",
    "record/allocation.json", "record/findings.json", "inputs/retailers.csv",
)  # fmt: skip


@pytest.mark.parametrize("name", [name for name in NEEDED if name != "record/findings.json"])
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    """Never a traceback."""
    (copy / name).unlink()
    with pytest.raises(BrokenRun) as broken:
        read_run(copy)

    assert Path(name).name in str(broken.value) or "inputs" in str(broken.value)
    assert broken.value.message("zh-CN") != str(broken.value)


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff\xfe", b"{}", b"[[[", b'{"lines":[{}]}', b"a,b\n1,2\n", b"\xff" * 99]
)
def test_a_damaged_file_is_refused_in_words(copy: Path, name: str, content: bytes) -> None:
    """Whatever stands in it."""
    (copy / name).write_bytes(content)
    with pytest.raises(BrokenRun) as broken:
        read_run(copy)

    assert str(broken.value)
    assert broken.value.message("zh-CN")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("seats.csv", None, "2026-W47,nothing,,weekly,3,1,nobody,0"),
        ("grading.csv", None, "only-here,1.000000,1,2,3,rank,4,1,1.00,1.00,0.100000,1.00"),
        ("record/plan.json", '"allowed":[0', '"allowed":[99999'),
        ("record/plan.json", '"count":[', '"count":["x",'),
        ("record/plan.json", '"base":[', '"base":[1.5,'),
        ("record/grading.json", '"weight":"', '"weight":"1/0","was":"'),
        ("run.json", '"on": "', '"on": "x'),
    ],
)
def test_a_number_out_of_place_is_refused(copy: Path, name: str, old: str | None, new: str) -> None:
    """Indices, retailers and dates that cannot be."""
    text = (copy / name).read_text()
    assert old is None or old in text
    (copy / name).write_text(f"{text}{new}\n" if old is None else text.replace(old, new, 1))
    with pytest.raises(BrokenRun):
        read_run(copy)


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    """And so is one that is not there."""
    for place in (tmp_path, tmp_path / "absent"):
        with pytest.raises(BrokenRun) as broken:
            read_run(place)
        assert broken.value.code == "not-a-run"
