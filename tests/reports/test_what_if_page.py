"""Pages, workbooks and documents of what-ifs: whole, escaped, and the numbers of the records."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.comparison.brief import spell_change, spell_figure
from allocator.comparison.record import Comparison
from allocator.reports.what_if import sheets
from allocator.reports.what_if.page import what_if_page
from allocator.reports.what_if.suite import suite_page
from allocator.reports.what_if.telling import signed, told, told_change
from allocator.reports.what_if.workbook import write_what_if_workbook
from allocator.reports.what_if.writing import write_what_if
from allocator.wording import LANGUAGES, catalogue, spell
from reports.test_findings_page import ratio, rows
from reports.test_notice import Page
from reports.what_ifs import ORIGIN, compared

HOSTILE = "<script>alert(1)</script>=1+1"


def cards_of(text: str) -> dict[str, str]:
    found = re.findall(r'<dt>([^<]+)</dt><dd class="value">([^<]+)</dd>', text)
    return {label: value.replace(",", "") for label, value in found}


@pytest.mark.parametrize(("place", "language"), [(0, "en"), (1, "zh-CN"), (2, "en"), (3, "zh-CN")])
def test_a_page_is_whole_and_needs_nothing_from_elsewhere(place: int, language: str) -> None:
    """Tags close, anchors lead somewhere, every picture has words, every table its headings."""
    comparison = compared()[place]
    text = what_if_page(comparison, "Rules of <b>X</b>", ORIGIN, language)
    page = Page(text)
    anchors = {str(a["href"]) for tag, a in page.tags if tag == "a"}
    names = [str(a["id"]) for _, a in page.tags if "id" in a]

    assert not page.open
    assert "<b>X</b>" not in text
    assert len(names) == len(set(names))
    assert {anchor[1:] for anchor in anchors} <= set(names)
    tags = {tag for tag, _ in page.tags}
    assert tags.isdisjoint({"script", "link", "img", "iframe", "object", "form"})
    assert not any("http" in str(v) for _, a in page.tags for v in a.values() if v != "http-equiv")
    for tag, a in page.tags:
        if tag == "svg":
            assert a["role"] == "img"
            assert set(str(a["aria-labelledby"]).split()) <= set(names)
        if tag == "th":
            assert a["scope"] in ("col", "row")
    assert {"en": "internal", "zh-CN": "内部资料"}[language] in page.words
    assert ORIGIN.command in page.words
    assert all(digest in page.words for digest in ORIGIN.digests().values())
    assert not re.findall(r'class="(?:better|worse)">0<', text)
    assert what_if_page(comparison, "Rules of <b>X</b>", ORIGIN, language) == text


def test_the_cards_say_what_a_count_of_the_retailers_says() -> None:
    """Olive, retailer by retailer in plain loops."""
    comparison = compared()[0]
    one, other = (
        dict(side.retailers.filter("present").select("retailer_id", "award").iter_rows())
        for side in (comparison.baseline, comparison.scenario)
    )
    changes = [other[who] - one[who] for who in one]
    exposed = {
        (side, who)
        for kind, who, before, after in comparison.exposed.select(
            "kind", "retailer_id", "baseline", "scenario"
        ).iter_rows()
        for side, is_ in (("before", before), ("after", after))
        if is_ and kind != "turn"
    }
    cards = cards_of(what_if_page(comparison, "", ORIGIN))
    supply = comparison.scenario.products.select("supply", "reserve").sum().row(0)

    assert cards["Shops that gain"] == str(sum(c > 0 for c in changes))
    assert cards["Shops that lose"] == str(sum(c < 0 for c in changes))
    assert cards["Shops that could complain"] == str(sum(side == "after" for side, _ in exposed))
    part = 100 * sum(other.values()) / (supply[0] - supply[1])
    assert abs(float(cards["Supply given out"].split()[0]) - part) < 0.06


@pytest.mark.parametrize("place", range(4))
def test_the_chart_by_tier_counts_every_retailer_once(place: int) -> None:
    """Gainers, losers and same of its groups, against the retailers with that tier today."""
    comparison = compared()[place]
    text = what_if_page(comparison, "", ORIGIN)
    pattern = r"<title>(\d+): (\d+) gain, (\d+) lose, (\d+) the same</title>"
    chart = text.split('aria-labelledby="by-tier-t')[1].split("</svg>")[0]
    counts: dict[int, list[int]] = {}
    for tier, change in (
        comparison.changes_by_retailer.filter(
            pl.col("status") == "both", pl.col("tier_before").is_not_null()
        )
        .select("tier_before", "change")
        .iter_rows()
    ):
        own = counts.setdefault(tier, [0, 0, 0])
        own[0 if change > 0 else 1 if change < 0 else 2] += 1

    told_ = {int(t): [int(a), int(b), int(c)] for t, a, b, c in re.findall(pattern, chart)}

    assert told_ == counts


def test_what_people_wrote_is_escaped_and_never_a_formula(tmp_path: Path) -> None:
    """Title, description, changes, names of products and ids of shops."""
    comparison = hostile()
    page = what_if_page(comparison, HOSTILE, replace(ORIGIN, command=HOSTILE))
    suite = suite_page([comparison], {}, HOSTILE, ORIGIN, refused=[(HOSTILE, HOSTILE)])
    write_what_if_workbook(tmp_path / "w.xlsx", comparison, HOSTILE, ORIGIN)

    for text in (page, suite):
        assert "<script" not in text
        assert HOSTILE in Page(text).words
    for sheet in openpyxl.load_workbook(tmp_path / "w.xlsx"):
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" and cell.hyperlink is None for cell in row)


def hostile() -> Comparison:
    comparison = compared()[0]
    named = pl.lit(HOSTILE)
    shop = pl.lit(HOSTILE) + pl.col("retailer_id")
    return replace(
        comparison,
        title=HOSTILE,
        describe=HOSTILE,
        changes=((HOSTILE, HOSTILE),),
        products=comparison.products.with_columns(name=named),
        changes_by_retailer=comparison.changes_by_retailer.with_columns(retailer_id=shop),
        exposed=comparison.exposed.with_columns(retailer_id=shop),
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_scenarios_compares_them_with_today(language: str) -> None:
    """A row each; linked; refused ones with the reason; marks of the trade-off as defined."""
    found = compared()
    pages = {c.scenario.name: f"scenario-{k:03}.html" for k, c in enumerate(found, start=1)}
    text = suite_page(found, pages, "Rules", ORIGIN, language, refused=[("impossible", "why")])
    page = Page(text)

    assert not page.open
    links = [a["href"] for tag, a in page.tags if tag == "a" and "#" not in str(a["href"])]
    assert links == list(pages.values())
    assert "impossible" in page.words
    for comparison in found:
        assert told(comparison.figure("gini"), "index", language) in page.words
        assert comparison.title in page.words
    assert text.count("<svg") == 2


def test_the_folder_has_a_page_and_a_workbook_for_each_scenario(tmp_path: Path) -> None:
    """The same bytes each time; the document holds every figure as the record has it."""
    for name in ("a", "b", "one"):
        (tmp_path / name).mkdir()
    for name in ("a", "b"):
        refused = [("impossible", "why")]
        write_what_if(compared()[:1], tmp_path / name, "Rules", ORIGIN, refused=refused)
    write_what_if(compared()[:1], tmp_path / "one", "Rules", ORIGIN, "zh-CN")
    folder = {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()}

    assert sorted(folder) == [
        "scenario-001.html", "scenario-001.xlsx", "what-if.html", "what-if.json"
    ]  # fmt: skip
    assert folder == {path.name: path.read_bytes() for path in (tmp_path / "b").iterdir()}
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == [
        "what-if.html", "what-if.json", "what-if.xlsx"
    ]  # fmt: skip
    document = json.loads(folder["what-if.json"])
    assert [one["name"] for one in document["scenarios"]] == ["olive"]
    assert document["refused"] == [{"name": "impossible", "reason": "why"}]
    for one, comparison in zip(document["scenarios"], compared(), strict=False):
        assert one["figures"] == comparison.figures.to_dicts()
        assert one["groups"] == comparison.groups.to_dicts()
    assert document["digests"]["table orders"] == "ef" * 32


def test_the_workbook_holds_every_retailer_to_be_filtered(tmp_path: Path) -> None:
    """Ten sheets with filters and frozen headers; parts of a change add up; who to visit."""
    comparison = compared()[0]
    write_what_if_workbook(tmp_path / "w.xlsx", comparison, "规则", ORIGIN, "zh-CN")
    book: dict[str, Any] = {
        sheet.title: sheet for sheet in openpyxl.load_workbook(tmp_path / "w.xlsx")
    }

    assert list(book) == [
        "概览", "指标", "分组增减", "档位去向", "零售户", "预计投诉", "走访名单", "品规", "限量",
        "说明",
    ]  # fmt: skip
    for sheet in book.values():
        assert sheet.auto_filter.ref.startswith("A3:")
        assert sheet.freeze_panes.endswith("4")
    listed = rows(book["零售户"])
    head = {label: place for place, label in enumerate(listed[2])}
    moved = [
        who
        for who, status, before, after, change in comparison.changes_by_retailer.select(
            "retailer_id", "status", "tier_before", "tier_after", "change"
        ).iter_rows()
        if change or before != after or status != "both"
    ]
    assert sorted(row[0] for row in listed[3:]) == sorted(moved)
    changes = [row[head["增减"]] for row in listed[3:]]
    assert changes == sorted(changes, key=int)
    parts = [head[label] for label in ("因档位", "因限量表", "因轮次", "因订单")]
    parts.append(head["因后续轮次及合计限量"])
    assert all(sum(row[p] for p in parts) == row[head["增减"]] for row in listed[3:])
    visits = comparison.exposed.filter("scenario")
    assert len(rows(book["走访名单"])) == 3 + visits.height


def test_the_workbook_is_bounded_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 5)
    write_what_if_workbook(tmp_path / "w.xlsx", compared()[0], "Rules", ORIGIN)
    shops = rows(openpyxl.load_workbook(tmp_path / "w.xlsx")["Shops"])

    assert len(shops) == 3 + 5
    assert "first 5 rows" in str(shops[1][0])


def test_numbers_are_said_with_sign_and_unit() -> None:
    """Rounded half up at the last step only; a share's change in percentage points."""
    assert told(0.4125, "share", "en") == "41.3 %"
    assert told(None, "index", "en") == "–"
    assert told(1234.0, "cartons", "en") == "1,234"
    assert told_change(0.0125, 0.0, "share", "en") == "−1.3 points"
    assert told_change(0.2, 0.2001, "index", "en") == "0"
    assert told_change(3.0, 5.0, "retailers", "zh-CN") == "+2"
    assert signed(-3, "en") == "−3"
    assert spell(-3, "en") == "-3"


@given(
    st.floats(0, 1000, allow_nan=False), st.floats(0, 1000, allow_nan=False),
    st.sampled_from(["cartons", "share", "index", "ratio", "retailers", "pairs"]),
)  # fmt: skip
def test_a_change_is_the_difference_of_the_figures_beside_it(
    before: float, after: float, unit: str
) -> None:
    """12.345 -> 12.355 is read as 12.35 -> 12.36: the change is 0.01, whatever was rounded away."""

    def number(text: str) -> Decimal:
        bare = text.replace(",", "").replace("−", "-").replace("points", "").replace("%", "")
        return Decimal(bare.strip().removeprefix("+"))

    for figure, change in ((told, told_change), (spell_figure, spell_change)):
        one, other = (number(figure(value, unit, "en")) for value in (before, after))
        assert number(change(before, after, unit, "en")) == other - one


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_enough_to_read_and_to_see(scheme: str) -> None:
    """WCAG AA: 4.5 to 1 for text, 3 to 1 for what charts draw, in light and dark."""
    text = what_if_page(compared()[0], "Rules", ORIGIN)
    style = text.split("<style>")[1].split("</style>")[0].split("@media print")
    colours: dict[str, str] = {}
    for sheet in style:
        for block in re.findall(r":root \{([^}]*)\}", sheet):
            found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", block))
            dark = "prefers-color-scheme: dark" in sheet.split(block)[0].rsplit("}\n", 1)[-1]
            if scheme == "dark" or not dark:
                colours |= found if found.get("ink") != "#000" else {}
    words = ("ink", "soft", "accent", "good", "bad", "far-less")
    for front in words:
        for back in ("paper", "plain-tint"):
            assert ratio(colours[front], colours[back]) >= 4.5, (scheme, front, back)
    for front, back in (("good", "good-tint"), ("bad", "bad-tint"), ("soft", "good-tint"),
                        ("soft", "bad-tint"), ("code-ink", "code")):  # fmt: skip
        assert ratio(colours[front], colours[back]) >= 4.5, (scheme, front, back)
    for mark in ("far-more", "more", "same", "less", "far-less", "before", "after", "good"):
        assert ratio(colours[mark], colours["paper"]) >= 3, (scheme, mark)
        assert ratio(colours[mark], colours["field"]) >= 2.8, (scheme, mark)
    assert ratio("#ffffff", colours["banner"]) >= 4.5


def test_both_languages_say_the_same_codes_with_the_same_facts() -> None:
    """Nothing is left over: every code is used somewhere in the package."""
    english, chinese = (catalogue("whatif", language) for language in LANGUAGES)
    codes = {message.id for message in english if message.id}

    assert codes == {message.id for message in chinese if message.id}
    for code in codes:
        one, other = (
            set(re.findall(r"{(\w+)}", str(c.get(code).string))) for c in (english, chinese)
        )
        assert one == other, code
