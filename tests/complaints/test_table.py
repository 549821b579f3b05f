"""A table of complaints in either language, on the command line, and what is written."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from allocator.cli.entrance import app
from allocator.complaints.complaint import KINDS
from allocator.complaints.reading import read_complaints
from allocator.errors import BadTable
from allocator.runs.reading import read_run
from allocator.wording import say

ENGLISH = (
    "number,received_on,retailer_id,kind,product_id,about,said,text\n"
    "T2,2026-11-20,{a},not-got,{p},,4,he said so\n"
    "T1,2026-11-19,{a},less-than-equal,{p},{b},,=1+1\n"
    "T3,,{b},counterfeit,,,,\n"
)
CHINESE = (
    "投诉登记表,,,,,,,\n"
    "投诉编号,投诉日期,客户编码,投诉类别,品规编码,对比客户,店方说要,投诉内容\n"
    "T2,2026/11/20,{a},订了没拿到,{p},,4,he said so\n"
    "T1,2026年11月19日,{a},同档不同量,{p},{b},,=1+1\n"
    "T3,,{b},假烟,,,,\n"
)


@pytest.fixture
def names(folder: Path) -> dict[str, str]:
    run = read_run(folder)
    assert run.allocation is not None
    line = run.allocation.lines.filter(pl.col("award") > 0).row(0, named=True)
    other = run.plan.members["retailer_id"].to_list()[0]
    return {"a": line["retailer_id"], "b": other, "p": line["product_id"]}


def typed(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_headers_and_kinds_in_either_language_say_the_same(
    names: dict[str, str], tmp_path: Path
) -> None:
    """The earliest first; a complaint without a day last."""
    (tmp_path / "en.csv").write_text(ENGLISH.format(**names), encoding="utf-8")
    (tmp_path / "zh.csv").write_text(CHINESE.format(**names), encoding="gb18030")

    english, chinese = (read_complaints(tmp_path / f"{lang}.csv") for lang in ("en", "zh"))

    assert english == chinese
    assert [each.number for each in english] == ["T1", "T2", "T3"]
    assert [each.row for each in chinese] == [4, 3, 5]
    assert (english[0].about, english[1].said) == (names["b"], 4)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_what_a_kind_is_called_is_read_back(language: str, tmp_path: Path) -> None:
    """Staff may copy the words that the program prints."""
    rows = "".join(
        f'R{k},"{say("complaints", f"kind-{kind}", {}, language)}",P1\n'
        for k, kind in enumerate(KINDS)
    )
    (tmp_path / "c.csv").write_text(f"retailer_id,kind,product_id\n{rows}", encoding="utf-8")

    assert tuple(each.kind for each in read_complaints(tmp_path / "c.csv")) == KINDS


def test_rows_that_cannot_be_examined_are_refused_all_at_once(
    folder: Path, names: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "c.csv"
    path.write_text(
        "retailer_id,kind,product_id,about\n"
        f"{names['a']},never-available,,\n{names['a']},new,,{names['a']}\n",
        encoding="utf-8",
    )
    with pytest.raises(BadTable) as refused:
        read_complaints(path)
    assert [fault.row for fault in refused.value.refusals] == [2, 3]

    path.write_text("retailer_id,kind\nnobody,new\nnoone,not-got\n", encoding="utf-8")
    done = typed("examine", folder, "--complaints", path, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "row 2" in done.output
    assert "row 3" in done.output
    assert not (tmp_path / "out").exists()


def test_the_examined_table_appears_whole_and_the_same_each_time(
    folder: Path, names: dict[str, str], tmp_path: Path
) -> None:
    """Formula-safe; the JSON lines hold the same verdicts; a run is never written over."""
    path = tmp_path / "c.csv"
    path.write_text(ENGLISH.format(**names), encoding="utf-8")
    for name in ("one", "two"):
        done = typed("examine", folder, "--complaints", path, "--out", tmp_path / name)
        assert done.exit_code == 0, done.output
    written = [(tmp_path / name / "complaints.csv").read_bytes() for name in ("one", "two")]
    assert written[0] == written[1]
    rows = pl.read_csv(written[0], infer_schema=False)
    lines = (tmp_path / "one" / "complaints.jsonl").read_text(encoding="utf-8").splitlines()
    told = [json.loads(line) for line in lines]

    assert rows["number"].to_list() == ["T1", "T2", "T3"]
    assert rows["text"][0] == "'=1+1"
    assert rows["verdict"].to_list() == [each["verdict"] for each in told]
    assert typed("examine", folder, "--complaints", path, "--out", folder).exit_code == 2


def test_one_complaint_on_the_command_line(folder: Path, names: dict[str, str]) -> None:
    words = ("examine", folder, "--retailer", names["a"], "--kind", "not-got",
             "--product", names["p"])  # fmt: skip
    text, reply, plain = (typed(*words, *more) for more in ((), ("--reply",), ("--json",)))

    assert (text.exit_code, reply.exit_code, plain.exit_code) == (0, 0, 0)
    assert text.stdout.startswith("INTERNAL")
    assert "INTERNAL" not in reply.stdout
    assert all(line.strip() in text.stdout for line in reply.stdout.splitlines())
    assert json.loads(plain.stdout)["verdict"] in ("founded", "unfounded", "undecidable")


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--retailer", "R1"),
        ("--retailer", "R1", "--kind", "new", "--complaints", "x.csv"),
        ("--complaints", "x.csv"),
        ("--retailer", "R1", "--kind", "new", "--out", "o"),
        ("--retailer", "R1", "--kind", "angry"),
    ],
)
def test_examine_refuses_what_is_not_clear(folder: Path, words: tuple[str, ...]) -> None:
    done = typed("examine", folder, *words)
    assert done.exit_code == 2
    assert "Traceback" not in done.output


def test_side_by_side_is_for_staff_only(folder: Path, names: dict[str, str]) -> None:
    """Refused without --for staff, and in every form that goes to a shop."""
    words = ("explain", folder, names["a"], "--against", names["b"])
    assert typed(*words).exit_code == 2
    assert "--for staff" in typed(*words).output
    for form in ("sms", "phone", "a5"):
        assert typed(*words, "--for", "staff", "--as", form).exit_code == 2
    assert typed("explain", folder, names["a"], "--for", "staff").exit_code == 2
    done = typed(*words, "--for", "staff", "--product", names["p"], "--check")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("INTERNAL")
    assert json.loads(typed(*words, "--for", "staff", "--json").stdout)["for"] == "staff"
