"""The page and the workbook of an audit: whole, bounded, escaped, the same bytes each time."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from allocator.auditing.baseline import compare_findings
from allocator.auditing.findings import Findings
from allocator.auditing.inspection import audit
from allocator.auditing.output import tell
from allocator.auditing.registry import ALL_RULES
from allocator.auditing.sampling.drawing import draw
from allocator.auditing.suppression import Suppression, suppress_findings
from allocator.reports import findings_sheets
from allocator.reports.findings_page import MOST_CASES, findings_page
from allocator.reports.findings_workbook import write_findings_workbook
from allocator.reports.sheets import MOST_LETTERS
from allocator.tables.schemas import SCHEMAS
from allocator.wording import LANGUAGES, say
from auditing.sampling.test_drawing import FIGURES, recordings
from auditing.test_output import LINES, found
from reports.test_notice import Page
from strategies import small_plan, table_of


def many(count: int) -> Findings:
    """So many lines over the limit, by 1, 2, 3, ... cartons."""
    lines = [
        {"order_id": f"D{n:03}", "retailer_id": f"R{n:03}", "product_id": "P1", "granted": 10 + n}
        for n in range(1, count + 1)
    ]
    tiers = {f"R{n:03}": 17 for n in range(1, count + 1)}
    return audit(table_of("orders", lines), small_plan({"P1": {17: 10}}, tiers))


def answered() -> Findings:
    """The finding V02 suppressed, V01 known, one of the baseline gone."""
    findings = found()
    prints = dict(findings.frame.select("code", "fingerprint").iter_rows())
    then = findings.frame.with_columns(
        pl.col("fingerprint").replace({prints["V02"]: "0" * 32, prints["V03"]: "1" * 32})
    )
    compared = compare_findings(findings, replace(findings, frame=then))
    entry = Suppression("<i>agreed</i>", "Li", date(2026, 12, 31), fingerprint=prints["V02"])
    return suppress_findings(compared, [entry])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_tells_every_finding_with_its_remedy_and_place(language: str) -> None:
    findings = found()
    text = findings_page(findings, "Rules of <b>X</b>", language)
    page = Page(text)

    assert not page.open
    assert findings_page(findings, "Rules of <b>X</b>", language) == text
    assert "<b>X</b>" not in text
    for row in tell(findings, language).iter_rows(named=True):
        for name in ("message", "remedy", "evidence", "fingerprint"):
            assert row[name] in page.words, name
    assert "=R3()" in page.words


def test_the_page_needs_nothing_from_elsewhere() -> None:
    """No script, no link but to places of the page, no address."""
    page = Page(findings_page(answered(), "Rules"))
    anchors = {str(a["href"]) for tag, a in page.tags if tag == "a"}
    named = {str(a["id"]) for _, a in page.tags if "id" in a}

    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "link", "img", "iframe", "object"})
    assert {anchor[1:] for anchor in anchors} <= named
    assert not any("http" in str(v) for _, a in page.tags for v in a.values() if v != "http-equiv")


def test_the_page_is_bounded_and_says_where_the_rest_is() -> None:
    """60 lines over the limit: the 20 largest on the page, 40 in the file."""
    text = findings_page(many(60), "Rules")
    told = re.findall(r"<p>Order (D\d+), product P1", text)

    assert told == [f"D{n:03}" for n in range(60, 60 - MOST_CASES, -1)]
    assert "40 more in findings.csv" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_tells_what_was_passed_and_what_lacks(language: str) -> None:
    """V05 looked at 3 lines, all in order; V10 lacks a column of the orders."""
    page = Page(findings_page(found(), "Rules", language))
    lacks = {"en": "orders.tier", "zh-CN": "档位（orders.tier）"}[language]

    assert f"V05 {say('findings', 'rule-unknown-retailer', {}, language)}0330" in re.sub(
        r"\n\s*", "", page.words
    )
    assert lacks in page.words


def test_the_page_tells_baseline_and_suppressions_escaped() -> None:
    text = findings_page(answered(), "Rules")
    words = Page(text).words

    assert "<i>agreed" not in text
    assert "suppressed until 31 December 2026: <i>agreed</i> (approved by Li)" in words
    assert "2 findings of the baseline are gone" in words
    tiles = re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", text)
    assert dict(tiles) == {
        "violations": "1", "alerts to look at": "0", "known before": "1",
        "gone since the baseline": "2", "suppressed": "1",
        "rules without a finding": dict(tiles)["rules without a finding"],
        "rules not checked": dict(tiles)["rules not checked"],
    }  # fmt: skip


def test_a_clean_audit_has_a_page() -> None:
    orders = [{"order_id": "D1", "retailer_id": "R1", "product_id": "P1", "granted": 3}]
    findings = audit(table_of("orders", orders), small_plan({"P1": {17: 10}}, {"R1": 17}))
    page = Page(findings_page(findings, ""))

    assert "No findings." in page.words


def ratio(one: str, other: str) -> float:
    """Contrast of two colours as WCAG 2.1 defines it."""

    def light(colour: str) -> float:
        letters = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
        parts = [int(letters[k : k + 2], 16) / 255 for k in (0, 2, 4)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_enough_to_read(scheme: str) -> None:
    """WCAG AA: 4.5 to 1 for every pair of text and ground, in light and dark."""
    text = findings_page(found(), "Rules")
    colours: dict[str, str] = {}
    day = re.sub(r"@media.*?\n\}", "", text, flags=re.S)
    night = r"@media \(prefers-color-scheme: dark\) \{\s*:root \{([^}]*)\}"
    found_in = re.findall(r":root \{([^}]*)\}", day)
    for block in found_in + (re.findall(night, text) if scheme == "dark" else []):
        colours |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", block))
    pairs = [(name, "paper") for name in ("ink", "soft", "accent", "bad", "look", "good", "data")]
    pairs += [("soft", "wash"), ("ink", "wash")]
    pairs += [(name, f"{name}-tint") for name in ("bad", "look", "good", "data")]
    pairs += [("soft", f"{name}-tint") for name in ("bad", "look", "good", "data")]
    for front, back in pairs:
        assert ratio(colours[front], colours[back]) >= 4.5, (scheme, front, back)
    assert ratio("#ffffff", colours["banner"]) >= 4.5
    assert ratio("#d5e7eb", colours["banner"]) >= 4.5


def sheets(path: Path) -> dict[str, Any]:
    return {sheet.title: sheet for sheet in openpyxl.load_workbook(path)}


def rows(sheet: Any) -> list[tuple[object, ...]]:
    return [tuple(row) for row in sheet.iter_rows(values_only=True)]


def orders_table() -> Any:
    names = ("order_id", "retailer_id", "product_id", "clerk", "requested", "granted")
    return table_of("orders", [dict(zip(names, line, strict=True)) for line in LINES])


def test_the_workbook_has_a_sheet_for_each_question(tmp_path: Path) -> None:
    """Filters, frozen headers, localised headings; the evidence shows the order line itself."""
    write_findings_workbook(
        tmp_path / "f.xlsx", found(), "规则", "zh-CN",
        tables={"orders": orders_table()},
        sample=draw(recordings({("C03", False): 3}), 0, seed="draw 1", size=2, **FIGURES),
    )  # fmt: skip
    book = sheets(tmp_path / "f.xlsx")

    assert list(book) == ["汇总", "问题", "证据", "电访员", "电访员合计", "抽查名单", "不计清单"]
    for sheet in book.values():
        assert sheet.auto_filter.ref.startswith("A3:")
        assert sheet.freeze_panes.endswith("4")
    assert rows(book["问题"])[2][:4] == ("序号", "代码", "规则", "性质")
    evidence = rows(book["证据"])
    place = evidence[2].index("订单号")
    short = next(row for row in evidence if row[1] == "V02" and row[3] == "订单")
    assert short[4:7] == ("orders.xlsx", "电访", 2)
    assert short[place] == "D0012"
    assert ("C03", 1, 5, 1, 0, 0) in rows(book["电访员合计"])
    assert any(row[1] == "C03" and row[3] == 1 for row in rows(book["电访员"]))
    assert rows(book["抽查名单"])[2][:2] == ("听取顺序", "录音编号")
    assert {row[4] for row in rows(book["抽查名单"])[3:]} == {"C03"}
    assert len(rows(book["抽查名单"])) == 3 + 2
    told = {row[0]: row for row in rows(book["汇总"])}
    assert told["V02"][3:8] == (1, 1, 3, 2, 0)


def test_no_cell_of_the_workbook_is_a_formula(tmp_path: Path) -> None:
    """The retailer is called =R3(), an order-taker like an address."""
    findings = found()
    hostile = findings.frame.with_columns(clerk=pl.lit("http://evil.example"))
    write_findings_workbook(tmp_path / "f.xlsx", replace(findings, frame=hostile), "=1+1")

    for sheet in sheets(tmp_path / "f.xlsx").values():
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" and cell.hyperlink is None for cell in row)
    assert any("=R3()" in row for row in rows(sheets(tmp_path / "f.xlsx")["findings"]))


def test_the_workbook_is_the_same_each_time_and_dated_by_the_audit(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        write_findings_workbook(tmp_path / name, answered(), "Rules")

    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    created = openpyxl.load_workbook(tmp_path / "a.xlsx").properties.created
    assert created is not None
    assert created.date() == date(2026, 11, 16)


def test_the_workbook_is_bounded_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """5 of 12 findings and 3 rows of evidence fit; the numbers are those of findings.csv."""
    monkeypatch.setattr(findings_sheets, "MOST_FINDINGS", 5)
    monkeypatch.setattr(findings_sheets, "MOST_EVIDENCE", 3)
    write_findings_workbook(tmp_path / "f.xlsx", many(12), "Rules")
    book = sheets(tmp_path / "f.xlsx")

    listed = rows(book["findings"])
    assert [row[0] for row in listed[3:]] == [1, 2, 3, 4, 5]
    assert "7 more findings are in findings.csv only." in str(listed[1][0])
    assert len(rows(book["evidence"])) == 3 + 3


def test_a_long_list_of_orders_fits_a_cell(tmp_path: Path) -> None:
    """5,000 orders of one retailer: Excel holds 32,767 letters in a cell."""
    lines = [
        {"order_id": f"D{n:06}", "retailer_id": "R1", "product_id": "P1", "granted": 1}
        for n in range(5000)
    ]
    findings = audit(table_of("orders", lines), small_plan({"P1": {17: 10}}, {"R1": 17}))
    write_findings_workbook(tmp_path / "f.xlsx", findings, "Rules")

    longest = max(
        len(str(cell)) for row in rows(sheets(tmp_path / "f.xlsx")["findings"]) for cell in row
    )
    assert longest == MOST_LETTERS


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_has_words_for_its_unit_and_tables(language: str) -> None:
    """Tables and units of the rules there are."""
    for rule in ALL_RULES:
        assert say("audit", f"unit-{rule.unit}", {}, language)
    for table in SCHEMAS:
        assert say("audit", f"table-{table}", {}, language)
