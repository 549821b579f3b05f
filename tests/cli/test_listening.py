"""An inspector with forty minutes: plan, public number, sheet, result."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from typer.testing import CliRunner, Result

import allocator as al
from allocator.cli.entrance import app
from allocator.errors import BrokenRun
from allocator.runs.sampling import read_sample

SEED = "draw 2026-11-22 513077"


def typed(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of the demo: a week with recordings and findings."""
    out = tmp_path_factory.mktemp("listening") / "week"
    assert typed("demo", "--out", out, "--json").exit_code == 0
    return out


def drawn(run: Path, out: Path, *more: object) -> Path:
    done = typed("sample", run, "--minutes", 40, "--seed", SEED, "--out", out, *more)
    assert done.exit_code == 0, done.output
    return out


def filled(folder: Path, results: dict[int, str], rest: str) -> Path:
    """The sheet with results by place; ``rest`` for all others."""
    sheet = pl.read_csv(folder / "sample.csv", infer_schema=False)
    told = [results.get(int(place), rest) for place in sheet["place"]]
    sheet.with_columns(result=pl.Series(told)).write_csv(folder / "sample.csv")
    return folder / "sample.csv"


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_first_the_digest_then_the_draw(run: Path, tmp_path: Path, language: str) -> None:
    """Without a seed nothing is drawn; with one the digest is the same as published."""
    out = tmp_path / "listening"
    first = typed("sample", run, "--minutes", 40, "--out", out, "--json")
    told = json.loads(first.stdout)

    assert told["size"] == 13
    assert told["sample"] == []
    assert not (out / "sample.csv").exists()
    again = typed("sample", run, "--minutes", 40, "--out", out, "--lang", language)
    assert told["digest"] in again.stdout

    drawn(run, out, "--lang", language)
    assert read_sample(out).digest == told["digest"]
    assert len(pl.read_csv(out / "sample.csv")) == 13


def test_the_same_number_draws_the_same_files(run: Path, tmp_path: Path) -> None:
    """Byte for byte, the workbook too."""
    one, two = drawn(run, tmp_path / "one"), drawn(run, tmp_path / "two")

    for name in ("sample.csv", "sample.xlsx", "recordings.csv", "strata.csv", "run.json"):
        assert (one / name).read_bytes() == (two / name).read_bytes(), name


def test_the_workbook_offers_the_results_and_reads_back(run: Path, tmp_path: Path) -> None:
    """Chinese headings, a list to pick from; filled in Excel it is understood."""
    out = drawn(run, tmp_path / "out", "--lang", "zh-CN")
    book = openpyxl.load_workbook(out / "sample.xlsx")
    sheet = book.active
    assert sheet is not None
    head = next(row for row in sheet.iter_rows() if row[0].value == "听取顺序")
    column = next(cell.column for cell in head if cell.value == "结果")
    choices = sheet.data_validations.dataValidation[0].formula1
    for row in range(head[0].row + 1, sheet.max_row + 1):
        sheet.cell(row, column).value = "无偏离"
    book.save(tmp_path / "filled.xlsx")

    done = typed("estimate", tmp_path / "filled.xlsx", "--sample", out, "--json")

    assert choices == '"有偏离,无偏离,未听"'
    told = json.loads(done.stdout)
    assert (told["heard"], told["departures"], told["missing"]) == (13, 0, [])
    planned = typed("sample", run, "--minutes", 40, "--out", tmp_path / "x", "--json")
    assert told["at_most"] == json.loads(planned.stdout)["proves_at_most"]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_what_was_heard_is_told_with_its_limits(run: Path, tmp_path: Path, language: str) -> None:
    """Three departures, one not heard: the sentence names it; nothing is decided for 5 %."""
    results = {3: "departure", 8: "有偏离", 12: "y", 5: ""}
    sheet = filled(drawn(run, tmp_path / "out"), results, "ok")

    done = typed("estimate", sheet, "--lang", language)
    told = json.loads(typed("estimate", sheet, "--json").stdout)

    assert done.exit_code == 0, done.output
    assert told["missing"][0] in done.stdout
    assert (told["heard"], told["departures"], told["verdict"]) == (12, 3, "open")
    assert told["at_least"] >= 3
    assert told["tolerated"] == 8


def test_a_sheet_that_was_begun_is_not_overwritten(run: Path, tmp_path: Path) -> None:
    out = drawn(run, tmp_path / "out")
    sheet = filled(out, {}, "ok")
    before = sheet.read_bytes()

    done = typed("sample", run, "--size", 20, "--out", out)

    assert done.exit_code == 2
    assert "begun to fill it in" in done.stderr
    assert sheet.read_bytes() == before


def test_a_changed_list_or_draw_is_refused(run: Path, tmp_path: Path) -> None:
    """Taking one recording out, or moving the draw to another, both show."""
    for name, old, new in (("recordings.csv", ",13\n", ",\n"), ("run.json", "513077", "513078")):
        out = drawn(run, tmp_path / name)
        path = out / name
        path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")

        with pytest.raises(BrokenRun, match="not what its digest and seed give"):
            read_sample(out)
        assert typed("estimate", out / "sample.csv").exit_code == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--size", 5, "--minutes", 40), "give one of them"),
        (("--minutes", 2), "not enough for one recording of 3 minutes"),
        (("--tolerable", "many"), "--tolerable: many is no share"),
        (("--tolerable", "0%"), "above 0 % and below 100 %"),
        (("--confidence", "100%"), "below 100 %"),
        (("--weight", 0), "--weight 1 or more"),
    ],
)
def test_what_does_not_fit_is_refused(
    run: Path, tmp_path: Path, words: tuple[object, ...], said: str
) -> None:
    done = typed("sample", run, "--out", tmp_path / "out", *words)

    assert done.exit_code == 2
    assert said in done.stderr
    assert not (tmp_path / "out").exists()


def test_results_nobody_understands_are_refused_with_row_and_words(
    run: Path, tmp_path: Path
) -> None:
    sheet = filled(drawn(run, tmp_path / "out"), {4: "perhaps"}, "ok")

    done = typed("estimate", sheet)

    assert done.exit_code == 2
    assert "row 5" in done.stderr
    assert "perhaps" in done.stderr
    assert "departure, in_order, unheard" in done.stderr


def test_a_folder_of_something_else_is_no_sample(run: Path) -> None:
    done = typed("estimate", run / "awards.csv")

    assert done.exit_code == 2
    assert "no output of allocator sample" in done.stderr


def test_a_run_keeps_its_order_takers(run: Path) -> None:
    """The league is kept with the findings and says the same as one made anew."""
    kept = al.read_run(run)
    assert kept.findings is not None
    assert kept.findings.clerks is not None

    anew = al.clerks(kept.findings, kept.city.orders, kept.plan, calendar=kept.city.calendar)

    assert kept.findings.clerks.frame.equals(anew.frame)
    assert kept.findings.clerks.indicators == anew.indicators
    assert set(anew.frame.filter("outside")["clerk"]) == {"周丽", "何军"}
