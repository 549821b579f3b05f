"""The supply notice: public, self-contained, the same facts for all."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import numpy as np
import polars as pl
import pytest

from allocator.records import JointLimit
from allocator.reports.notice import Bulletin, notice_page, notice_table
from reports.plans import plan_of

BULLETIN = Bulletin("Rules of <b>X</b>", ["One rule.", "- a part of it"], "cd" * 32)


def products(name: str = "中华(软)", cause: str | None = "厂家检修") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "product_id": ["P0001", "S1"],
            "name": [name, "玉溪"],
            "cause": [cause, None],
            "expected_on": [date(2026, 12, 10), None],
            "substitutes": [["S1", "S2"], None],
            "measures": ["调拨", None],
        }
    )


class Page(HTMLParser):
    """Words and tags of a page; every tag that opens must close."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words = ""
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it; all but those without content must close."""
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "wbr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """It closes the last that opened."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """What people read."""
        self.words += data


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_notice_holds_what_must_be_told(language: str) -> None:
    """Rule, supply, quotas, cause, end, substitutes, measures, digests, seed, how to check."""
    plan = plan_of([[1, 2]], [[3, 0]], [1234, 5], supply=[2000], reserve=40)
    words = Page(notice_page(plan, products(), BULLETIN, language)).words
    ends = {"en": "10 December 2026", "zh-CN": "2026年12月10日"}
    spoken = {"en": "", "zh-CN": " --lang zh-CN"}[language]

    for told in (
        "One rule.", "a part of it", "2,000", "40", "1,247", "1,234", "+3", "厂家检修", "玉溪",
        "S2", "调拨", ends[language], plan.policy_digest, plan.seed or "",
        f"python -I -S verify.py certificate.json{spoken} --digest {'cd' * 32}",
    ):  # fmt: skip
        assert told in words, told


def test_the_page_is_whole_and_needs_nothing_from_elsewhere() -> None:
    """Tags close; no address, no request; the only script is the one that the page allows."""
    page = notice_page(plan_of([[1, 2]], [[3, 0]], [7, 5]), products(), BULLETIN)
    parsed = Page(page)

    assert parsed.open == []
    assert not re.search(r"https?:|src=|@import|url\(", page)
    assert {tag for tag, _ in parsed.tags}.isdisjoint({"img", "iframe", "object", "embed"})
    assert [facts["href"] for tag, facts in parsed.tags if tag == "link"] == ["data:,"]
    (script,) = re.findall(r"<script>(.*?)</script>", page, flags=re.S)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}';" in page


def test_texts_from_tables_are_escaped() -> None:
    """Titles, names and causes come from files."""
    evil = '<img src=x onerror="alert(1)">'
    page = notice_page(plan_of([[1]], [[0]], [7]), products(evil, evil), BULLETIN)

    assert "<img" not in page
    assert "<b>X" not in page
    assert "&lt;img" in page


def test_no_retailer_is_named() -> None:
    """The notice is public."""
    plan = plan_of([[1, 2]], [[3, 0]], [7, 5])
    page, table = notice_page(plan, None, BULLETIN), notice_table(plan, None)

    assert not any(name in page for name in plan.members["retailer_id"])
    assert "retailer_id" not in table.columns


def test_what_is_not_known_is_said() -> None:
    """No products table: nothing is invented."""
    words = Page(notice_page(plan_of([[1]], [[0]], [7]), None, BULLETIN)).words

    assert words.count("not stated") == 4
    assert "P0001" in words


def test_what_is_left_goes_where_the_policy_says() -> None:
    """To the second round, or to the next cycle."""
    plan = plan_of([[1]], [[0]], [7], supply=[10])
    second = Page(notice_page(plan, None, BULLETIN)).words
    following = Page(notice_page(replace(plan, second_round=False), None, BULLETIN)).words

    assert "3 no quota can take; they are offered again in the second round" in second
    assert "3 no quota can take; they stay for the next cycle" in following


def test_tiers_without_retailers_have_no_column() -> None:
    """Nobody would look there; the table stays narrow."""
    page = notice_page(plan_of([[1, 2, 3]], [[0] * 3], [7, 0, 5]), None, BULLETIN)
    heads = re.findall(r'<th scope="col" data-tier="\d+">(\d+)</th>', page)

    assert heads == ["3", "1"]


def test_the_table_has_a_row_for_each_cell_that_may_have_the_product() -> None:
    """Long form, the same figures."""
    plan = plan_of([[1, 2], [0, 4]], [[3, 0], [0, 0]], [7, 5], closed=((1, 0),), supply=[50, -1])
    table = notice_table(plan, products())
    columns = ["product_id", "tier", "retailers", "quota", "turns", "supply", "cause"]

    assert table.select(columns).rows() == [
        ("P0001", 1, 7, 1, 3, 50, "厂家检修"),
        ("P0001", 2, 5, 2, 0, 50, "厂家检修"),
        ("P0002", 2, 5, 4, 0, None, None),
    ]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_what_counts_together_is_told_in_words(language: str) -> None:
    """Names, cartons and tiers of bands and baskets; and that a quota may be no promise."""
    plan = plan_of([[1, 2, 3], [1, 2, 3]], [[0] * 3] * 2, [4, 4, 4], supply=[24, 20])
    band = JointLimit("<top>", np.array([0, 1], np.int32), np.array([-1, 5, 5]))
    basket = JointLimit("all", np.array([1], np.int32), np.array([7, 7, 7]))
    bound = replace(plan, bands=(band,), baskets=(basket,), oversell="share")

    words = Page(notice_page(bound, products(), BULLETIN, language)).words
    told = {
        "en": ["5 cartons (tiers 2 to 3)", "allow (tier 1)", "7 cartons (tiers 1 to 3)",
               "are 24 cartons, and 20 are released", "not a guarantee"],
        "zh-CN": ["5 条（2 至 3 档）", "（1 档）", "7 条（1 至 3 档）",
                  "合计 24 条，投放 20 条", "不是保证"],
    }[language]  # fmt: skip
    assert [text for text in ["<top>", "中华(软)", *told] if text not in words] == []
    plain = Page(notice_page(plan, products(), BULLETIN, language)).words
    assert [text for text in told if text in plain] == []
