"""The page about complaints: every kind, and commands that run as they stand."""

from __future__ import annotations

import re
from pathlib import Path

from typer.testing import CliRunner

from allocator.auditing.registry import ALL_RULES
from allocator.cli.entrance import app
from allocator.complaints.complaint import KINDS
from allocator.wording import say

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "complaints.md").read_text(encoding="utf-8")
TABLE = "客户编码,投诉类别,品规编码,投诉日期\n990110000063,少给,107103,2026-11-20\n"


def test_every_kind_stands_in_the_table_with_its_chinese_name() -> None:
    rows = [line.split("|") for line in PAGE.splitlines() if line.startswith("| `")]
    named = [kind for row in rows for kind in re.findall("`([a-z-]+)`", row[1])]

    assert tuple(named) == KINDS
    for row in rows[:-1]:
        (kind,) = re.findall("`([a-z-]+)`", row[1])
        assert row[2].strip() == say("complaints", f"kind-{kind}", {}, "zh-CN")


def test_the_rules_it_names_are_violations() -> None:
    kinds = {rule.code: rule.kind for rule in ALL_RULES}
    assert {kinds[code] for code in re.findall(r"\bV\d\d\b", PAGE)} == {"violation"}


def test_its_commands_run(tmp_path: Path) -> None:
    """In a folder with the output of the demonstration and a register of one complaint."""
    demo = tmp_path / "out" / "demo"
    runner = CliRunner()
    assert runner.invoke(app, ["demo", "--out", str(demo)]).exit_code == 0
    (tmp_path / "register.csv").write_text(TABLE, encoding="utf-8")
    (block,) = re.findall("```sh\n(.*?)```", PAGE, re.DOTALL)
    said = []
    for line in block.strip().splitlines():
        words = line.split()[1:]
        words = [word.replace("out/", f"{tmp_path}/out/") for word in words]
        words = [word.replace("投诉登记.xlsx", str(tmp_path / "register.csv")) for word in words]
        done = runner.invoke(app, words)
        assert done.exit_code == 0, done.output
        said.append(done.stdout)
    assert "founded" in said[0]
    assert "内部" not in said[1]
    assert (tmp_path / "out" / "complaints" / "complaints.csv").is_file()
    assert said[3].startswith("INTERNAL")
