"""Findings as people and programs read them."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from allocator.auditing.findings import Findings, worst
from allocator.auditing.inspection import audit
from allocator.auditing.output import (
    COLUMNS,
    summary,
    tell,
    write_findings_csv,
    write_findings_jsonl,
)
from allocator.auditing.registry import ALL_RULES
from allocator.auditing.screen import screen
from allocator.wording import LANGUAGES, catalogue
from strategies import small_plan, table_of

LINES = [
    # order, retailer, product, clerk, requested, granted
    ("D0012", "R1", "P0103", "C03", 10, 5),
    ("D0013", "R2", "P0103", "C01", 10, 10),
    ("D0014", "=R3()", "P0103", None, 12, 12),
]


def found(file: str | None = "orders.xlsx", sheet: str | None = "电访") -> Findings:
    names = ("order_id", "retailer_id", "product_id", "clerk", "requested", "granted")
    orders = table_of("orders", [dict(zip(names, line, strict=True)) for line in LINES])
    retailers = table_of("retailers", [{"retailer_id": name, "tier": 17} for name in ("R1", "R2")])
    return audit(
        replace(orders, file=file, sheet=sheet),
        small_plan({"P0103": {17: 10}}, {"R1": 17, "R2": 17, "=R3()": 17}),
        retailers=replace(retailers, file="retailers.csv"),
    )


@pytest.mark.parametrize(
    ("language", "message", "remedy"),
    [
        (
            "en",
            "Order D0012, product P0103: tier 17 may order 10 cartons and retailer R1 asked for 10;"
            " order-taker C03 entered 5. Owed: 5 cartons.",
            "Give retailer R1 5 cartons by a make-up order from the reserve; listen to the"
            " recording of the call and ask why (order-taker C03).",
        ),
        (
            "zh-CN",
            "订单 D0012，品规 P0103：17 档标准可订 10 条，零售户 R1 要 10 条，"
            "电访员 C03 录入 5 条，少给 5 条。",
            "从预留货源为零售户 R1 补订 5 条；调听该次电访录音并核实原因（电访员 C03）。",
        ),
    ],
)
def test_a_message_names_order_standard_person_and_what_is_owed(
    language: str, message: str, remedy: str
) -> None:
    told = tell(found(), language).filter(rule="below-standard").row(0, named=True)

    assert (told["message"], told["remedy"]) == (message, remedy)


def test_evidence_names_file_sheet_and_every_row() -> None:
    told = tell(found()).filter(rule="below-standard")

    assert told["evidence"].to_list() == ["orders.xlsx[电访]:2; retailers.csv:2"]


def test_csv_has_the_columns_of_the_contract_and_no_formula(tmp_path: Path) -> None:
    write_findings_csv(found(), tmp_path / "findings.csv", "zh-CN")

    data = (tmp_path / "findings.csv").read_bytes()
    rows = list(csv.DictReader(data.decode("utf-8-sig").splitlines()))
    assert data.startswith(b"\xef\xbb\xbf")
    assert tuple(rows[0]) == COLUMNS
    assert [row["rule"] for row in rows] == ["over-quota", "below-standard", "unequal-treatment"]
    assert rows[0]["retailer_id"] == "'=R3()"


def test_json_lines_hold_what_the_csv_holds_and_the_rows_as_numbers(tmp_path: Path) -> None:
    findings = found()
    write_findings_jsonl(findings, tmp_path / "findings.jsonl")

    text = (tmp_path / "findings.jsonl").read_text(encoding="utf-8")
    read = [json.loads(line) for line in text.splitlines()]
    table = tell(findings)
    for entry, row in zip(read, table.iter_rows(named=True), strict=True):
        for column in set(COLUMNS) - {"evidence", "as_of"}:
            assert entry[column] == row[column], column
        assert entry["as_of"] == row["as_of"].isoformat()
    below = next(entry for entry in read if entry["rule"] == "below-standard")
    assert below["evidence"][0] == {
        "table": "orders",
        "file": "orders.xlsx",
        "sheet": "电访",
        "rows": [2],
    }
    assert below["facts"]["owed"] == 5


def shown(findings: Findings, language: str = "en", width: int = 200, **options: int) -> str:
    console = Console(width=width)
    with console.capture() as capture:
        console.print(screen(findings, language, **options))
    return capture.get()


def test_the_screen_shows_findings_and_what_was_not_checked() -> None:
    """Columns that are absent, with the rules that each would let run."""
    text = shown(found())

    assert "3 order lines were audited." in text
    assert "3 violations, 0 alerts to look at." in text
    gaps = text[text.index("Not checked, and the column") :]
    assert re.search(r"orders\.tier +│ V10 wrong tier", gaps)
    assert re.search(r"supply\.quantity +│ V09 above supply", gaps)
    assert "V05 unknown retailer (3)" in text[text.index("found everything in order") :]


def test_a_rule_shows_its_largest_cases_and_counts_the_rest() -> None:
    """Twelve lines over the limit by 1 to 12 cartons: the three largest, and nine more."""
    lines = [
        {"order_id": f"D{n:02}", "retailer_id": "R1", "product_id": f"P{n:02}", "granted": n}
        for n in range(1, 13)
    ]
    plan = small_plan({f"P{n:02}": {17: 0} for n in range(1, 13)}, {"R1": 17})
    text = shown(audit(table_of("orders", lines), plan))

    told = re.findall(r"• Order (D\d\d), product", text[text.index("V04") :])
    assert told == ["D12", "D11", "D10"]
    assert "9 more; --out DIR writes them all" in text


def test_control_characters_of_an_export_do_not_reach_the_terminal() -> None:
    findings = found()
    hostile = findings.frame.with_columns(pl.lit("R\x1b[31m[bold]").alias("subject_id"))

    text = shown(replace(findings, frame=hostile.with_columns(order_id=pl.lit("D\x1b[31m[bold]"))))
    assert "\x1b" not in text
    assert "[bold]" in text


def test_a_clean_audit_says_so_and_counts_what_passed() -> None:
    orders = table_of(
        "orders",
        [{"order_id": "D1", "retailer_id": "R1", "product_id": "P1", "granted": 3}],
    )
    findings = audit(orders, small_plan({"P1": {17: 10}}, {"R1": 17}))

    assert "没有发现问题。" in shown(findings, "zh-CN", 120)
    entry = summary(findings)["rules"][0]
    assert (entry["checked"], entry["passed"], entry["found"]) == (1, 1, 0)
    assert json.loads(json.dumps(summary(findings)))["findings"]["violation"] == 0


def test_every_rule_has_a_name_and_a_remedy_in_both_languages_with_the_same_places() -> None:
    """A text that asks for a fact the other language does not know would fail for its readers."""
    places = []
    for language in LANGUAGES:
        texts = catalogue("findings", language)
        known = {message.id if isinstance(message.id, str) else message.id[0] for message in texts}
        for rule in ALL_RULES:
            assert {f"{rule.name}-remedy", f"rule-{rule.name}"} <= known
        places.append(known)

    assert places[0] == places[1]


def test_a_long_list_of_orders_is_cut_in_the_sentence_but_not_in_its_column() -> None:
    rows = [
        {"order_id": f"D{n}", "retailer_id": "R1", "product_id": "P1", "granted": 3}
        for n in range(9)
    ]
    findings = audit(table_of("orders", rows), small_plan({"P1": {17: 10}}, {"R1": 17}))

    told = tell(findings).row(0, named=True)
    assert re.match(r"Orders D0, D1, D2, D3, D4, \.\.\., product P1: ", told["message"])
    assert told["order_id"].count(",") == 8


def test_the_screen_names_the_order_takers_with_what_they_withheld() -> None:
    """5 cartons of order D0012 were withheld by C03; C02 gave 4 too many of his own accord."""
    names = ("order_id", "retailer_id", "product_id", "clerk", "requested", "granted")
    lines = [*LINES, ("D0015", "R4", "P0103", "C02", 14, 14)]
    findings = audit(
        table_of("orders", [dict(zip(names, line, strict=True)) for line in lines]),
        small_plan({"P0103": {17: 10}}, {"R1": 17, "R2": 17, "=R3()": 17, "R4": 17}),
    )
    told = {entry["clerk"]: entry for entry in summary(findings)["clerks"]}

    assert (told["C03"]["short"], told["C03"]["short_cartons"]) == (1, 5)
    assert told["C03"]["short_retailers"] == 1
    assert (told["C02"]["over"], told["C02"]["over_cartons"]) == (1, 4)
    assert told[None]["over_cartons"] == 2  # 12 of 10, no order-taker on record
    assert [entry["clerk"] for entry in summary(findings)["clerks"]] == ["C03", "C02", None]


def test_no_rule_hides_the_others_on_the_screen() -> None:
    """The largest of each rule are shown first, however long the list of one rule is."""
    findings = found()
    rules = findings.frame["code"].unique()
    shown = worst(findings, len(rules))

    assert set(shown["code"]) == set(rules)
    assert worst(findings, 1).height == 1
