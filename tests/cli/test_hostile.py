"""A city of hostile names on the command line: terminals, tables and workbooks stay harmless."""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pytest
from typer.testing import CliRunner

from allocator.cli.entrance import app
from allocator.cli.explain import SPOKEN
from allocator.explanation.card import explain_each
from allocator.runs.reading import read_run
from hostile import CODES, SHOP, TEXTS, write_hostile_city

SHOPS = (SHOP, CODES["990130000208"])

SHEET = re.compile(r"xl/worksheets/.*\.xml")
TURNING = set("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def call(*words: object) -> str:
    """What a command prints; an audit that finds something ends with 1."""
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code in (0, 1), done.output
    return done.output


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """The folder of all outputs, and what the commands printed."""
    base = tmp_path_factory.mktemp("hostile")
    city, out = write_hostile_city(base / "city"), base / "out"
    on, lang = ("--on", "2026-11-16"), ("--lang", "zh-CN")
    printed = {
        "run": call("run", city, *on, "--seed", "draw 1", "--cards", SHOP, "--out", out, *lang),
        "audit": call("audit", out, "--orders", city / "orders.csv", "--out", base / "audit"),
        "policy": call("policy", "check", city / "policy.yaml", *on),
        "customers": call("customers", city, *on, "--out", base / "customers", *lang),
        "verify": call("verify", out),
    }
    printed["check"] = call("explain", out, SHOPS[1], "--check")
    for card in explain_each(read_run(out), SHOPS):
        for form, spoken in SPOKEN.items():
            printed[f"{form} {card.retailer}"] = spoken(card, "zh-CN")
        printed[f"json {card.retailer}"] = json.dumps(card.json("zh-CN"), ensure_ascii=False)
    return base, printed


def test_no_terminal_is_steered(told: tuple[Path, dict[str, str]]) -> None:
    """No escape sequence, no mark that turns a line round, in anything printed for people."""
    for name, text in told[1].items():
        wrong = {sign for sign in text if unicodedata.category(sign) == "Cc" and sign != "\n"}
        assert wrong == set(), name
        if not name.startswith("json"):
            assert not TURNING & set(text), name


def test_every_form_names_the_shop_as_it_is(told: tuple[Path, dict[str, str]]) -> None:
    """Braces are no places, quotation marks no ends; JSON is JSON."""
    name = TEXTS[3]  # of the shop in line 208 of the table
    for form in ("text", "phone"):
        assert name in told[1][f"{form} {SHOPS[1]}"]
    document = json.loads(told[1][f"json {SHOPS[1]}"])
    assert (document["retailer"], document["name"]) == (SHOPS[1], name)


def test_no_cell_is_a_formula(told: tuple[Path, dict[str, str]]) -> None:
    """CSV cells start with an apostrophe where a spreadsheet would count; workbooks hold text."""
    runs = re.compile(r"\s*[=+\-@\t\r＝＋－＠]")
    number = re.compile(r"-?\d+(\.\d+)?")
    books = 0
    for file in sorted(told[0].rglob("*")):
        if file.suffix == ".csv" and "city" not in file.parts:
            with file.open(encoding="utf-8-sig", newline="") as lines:
                cells = {cell for row in csv.reader(lines) for cell in row}
            wrong = [cell for cell in cells if runs.match(cell) and not number.fullmatch(cell)]
            assert wrong == [], file.name
        elif file.suffix == ".xlsx":
            books += 1
            with ZipFile(file) as book:
                for sheet in filter(SHEET.match, book.namelist()):
                    content = book.read(sheet)
                    assert b"<f" not in content, (file.name, sheet)
                    assert b"<hyperlink" not in content, (file.name, sheet)
    assert books == 2  # quota table, findings


def test_texts_come_out_as_they_went_in(told: tuple[Path, dict[str, str]]) -> None:
    """Product names in the workbook and the public CSV; SARIF and JSON Lines can be read."""
    base = told[0]
    book = openpyxl.load_workbook(base / "out" / "quotas.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {TEXTS[0], TEXTS[2], TEXTS[3], TEXTS[8], CODES["101103"]} <= {c.value for c in cells}
    assert {cell.data_type for cell in cells} <= {"n", "s"}
    with (base / "out" / "notice.csv").open(encoding="utf-8-sig", newline="") as lines:
        names = {row["name"] for row in csv.DictReader(lines)}
    assert {TEXTS[0], "'" + TEXTS[2], TEXTS[3], TEXTS[8]} <= names
    sarif = json.loads((base / "audit" / "findings.sarif").read_text(encoding="utf-8"))
    messages = " ".join(result["message"]["text"] for result in sarif["runs"][0]["results"])
    assert "=cmd|' /C calc'!A0" in messages
    found = (base / "audit" / "findings.jsonl").read_text(encoding="utf-8").split("\n")
    documents = [json.loads(line) for line in found if line]
    assert any("=cmd|' /C calc'!A0" in document["message"] for document in documents)
