"""Whatever is changed in a run directory is found, and named."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from allocator.canonical import digest
from allocator.errors import BrokenRun
from allocator.policy.reading import policy_from
from allocator.runs.demonstration import DRAW
from allocator.runs.verifying import verify_run
from allocator.runs.week import run
from allocator.tables.city import City
from allocator.tables.synthetic import CYCLE, POLICY, first_day


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    """A copy of the directory to tamper with."""
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def refit(root: Path) -> None:
    """What a forger does: make every digest of a file fit again."""
    head = json.loads((root / "run.json").read_bytes())
    for name in head["files"]:
        head["files"][name] = hashlib.sha256((root / name).read_bytes()).hexdigest()
    (root / "run.json").write_text(json.dumps(head))
    listed = json.loads((root / "record" / "files.json").read_bytes())
    for name in listed:
        listed[name] = hashlib.sha256((root / name).read_bytes()).hexdigest()
    (root / "record" / "files.json").write_text(json.dumps(listed))


def bump(path: Path, row: int, column: str, by: int = 1) -> None:
    """Add to one whole number of a table."""
    lines = path.read_text().split("\n")
    index = lines[0].split(",").index(column)
    cells = lines[row - 1].split(",")
    cells[index] = str(int(cells[index]) + by)
    lines[row - 1] = ",".join(cells)
    path.write_text("\n".join(lines))


def test_an_untouched_run_is_accepted(folder: Path) -> None:
    """With and without the digest of the notice; every kind of thing was looked at."""
    own = json.loads((folder / "run.json").read_bytes())["certificate"]
    plain, known = verify_run(folder), verify_run(folder, own.upper())

    assert plain.accepted
    assert known.accepted
    assert plain.digest == own
    assert min(plain.checked.values()) > 0
    assert set(plain.checked) == {"cells", "lines", "stages", "seats", "awards", "files"}


@pytest.mark.parametrize(
    ("file", "row", "column", "by"),
    [
        ("quotas.csv", 9, "base", 1),
        ("quotas.csv", 400, "retailers", 1),
        ("quotas.csv", 31, "seats", 1),
        ("seats.csv", 3, "place", 1),
        ("seats.csv", 3, "credit_before", 5),
        ("credits.csv", 4, "credit", 1),
        ("awards.csv", 12, "award", 1),
        ("awards.csv", 12, "limit", 1),
        ("awards.csv", 20, "granted", 1),
        ("summary.csv", 2, "left", 1),
        ("summary.csv", 5, "supply", 1),
        ("cliffs.csv", 3, "apart", 1),
        ("notice.csv", 5, "quota", 1),
        ("grading.csv", 7, "tier", -1),
        ("record/members.csv", 7, "tier", -1),
        ("inputs/supply.csv", 2, "quantity", 10),
    ],
)
def test_a_changed_number_is_found_though_all_digests_fit(
    copy: Path, file: str, row: int, column: str, by: int
) -> None:
    """The refusal names the file (or the one that no longer follows from it)."""
    bump(copy / file, row, column, by)
    refit(copy)
    verdict = verify_run(copy)
    told = " ".join(found.message() for found in verdict.discrepancies)

    assert not verdict.accepted
    assert file in told or "certificate.json" in told
    assert re.search(r"expected|grading\.csv", told)


def test_the_row_and_both_values_are_told(copy: Path) -> None:
    """So that whoever looks finds it at once."""
    before = (copy / "awards.csv").read_text().split("\n")[11].split(",")
    bump(copy / "awards.csv", 12, "award")
    verdict = verify_run(copy)
    award = int(before[8])
    expected = f"awards.csv, row 12, column award: expected {award}, found {award + 1}"

    assert expected in [found.message() for found in verdict.discrepancies]


def shortened(path: Path) -> None:
    path.write_text("\n".join(path.read_text().split("\n")[:-2]) + "\n")


def swapped_turns(path: Path) -> None:
    """Two retailers of one cell exchange their place: as many seats, not by the list."""
    lines = path.read_text().split("\n")
    cells = [line.split(",") for line in lines[1:-1]]
    for first, second in pairwise(cells):
        if first[1:5] == second[1:5]:
            first[6], second[6] = second[6], first[6]
            break
    path.write_text("\n".join([lines[0], *(",".join(row) for row in cells), ""]))


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("awards.csv", shortened),
        ("seats.csv", shortened),
        ("seats.csv", swapped_turns),
        ("quotas.csv", shortened),
        ("certificate-orders.json", lambda path: path.write_text("{}")),
        ("notice.html", lambda path: path.write_text("all is well")),
        ("verify.py", lambda path: path.write_text("print('accepted')")),
        ("policy.yaml", lambda path: path.write_text(path.read_text() + "# note\n")),
        ("findings.csv", shortened),
        ("quotas.xlsx", lambda path: path.unlink()),
        ("awards.csv", lambda path: path.unlink()),
        ("certificate.json", lambda path: path.unlink()),
        ("certificate.json", lambda path: path.write_text("{")),
        ("record/files.json", lambda path: path.unlink()),
    ],
)
def test_every_other_change_is_found(
    copy: Path, file: str, change: Callable[[Path], object]
) -> None:
    """Rows cut, turns swapped, files replaced or gone."""
    change(copy / file)
    if change in (shortened, swapped_turns) and file != "findings.csv":
        refit(copy)
    verdict = verify_run(copy)

    assert not verdict.accepted
    assert file in {found.file for found in verdict.discrepancies}
    assert all(found.message("zh-CN") for found in verdict.discrepancies)


def test_a_certificate_made_to_fit_is_caught_by_the_notices_digest(copy: Path) -> None:
    """A slack ceiling enters no proof; only what was published guards it (``model.md`` 6)."""
    path = copy / "certificate.json"
    document = json.loads(path.read_bytes())
    published = document.pop("digest")
    # The ceiling of the lowest tier, far above what it gets.
    document["lines"][-1]["ceiling"][0] += 1
    path.write_text(json.dumps({**document, "digest": digest(document)}))
    refit(copy)
    verdict = verify_run(copy, published)

    assert not verdict.accepted
    assert verdict.discrepancies[0].file == "certificate.json"
    assert not verify_run(copy).accepted


def test_what_is_no_run_is_bad_input_not_a_verdict(tmp_path: Path) -> None:
    """The command line tells the two apart by its exit status."""
    with pytest.raises(BrokenRun):
        verify_run(tmp_path)


COUPLED = """allocation:
  baskets: [{name: scarce, products: all, at_most: {30: 6, 20: 4, 10: 2, 1: 1}}]
  groups:
    - {who: {market: rural}, products: all, at_most: 50%}
    - {who: {tier: [26, 30]}, products: all, at_most: 60%}
"""


def test_a_run_under_baskets_and_groups_is_accepted(city: City, tmp_path: Path) -> None:
    """Names of seats are drawn again as they were, room in baskets taken into account."""
    text = POLICY.read_text(encoding="utf-8").replace("allocation:", COUPLED.rstrip(), 1)
    rules = policy_from(text, first_day(CYCLE))

    verdict = verify_run(run(city, rules, seed=DRAW).write(tmp_path / "week"))

    assert [told.message() for told in verdict.discrepancies] == []
    assert verdict.checked["seats"] > 0
