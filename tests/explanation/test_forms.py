"""The card read aloud, on a sheet of paper, and for a whole city: what each form must keep."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

from allocator.errors import BadRequest
from allocator.explanation.card import Card, explain, explain_each
from allocator.explanation.page import Press
from allocator.explanation.sheet import sheet
from allocator.explanation.sms import shortened
from allocator.policy.reading import read_policy
from allocator.runs.cards import write_cards
from allocator.runs.demonstration import DRAW, demonstration
from allocator.runs.record import Run
from allocator.runs.week import run as run_week
from allocator.tables.synthetic import CYCLE, POLICY, first_day
from strategies import joined_week, ruled_week, small_week, smooth_week

MAKES = [small_week, smooth_week, joined_week, ruled_week]

FORBIDDEN = (
    *("权益", "席位", "哈希", "约束", "最优", "线性规划", "对偶", "算法", "种子", "权重", "参数"),
    *("阈值", "迭代", "熵", "单元格", "基数", "余数", "LP", "dual", "SHA", "hash", "leximin"),
    *("constraint", "optimal", "objective", "cohort", "None", "nan"),
)
"""Words of the workshop, in either language."""

HOSTILE = (
    "<script>alert(1)</script>\"'> =cmd|' /C calc'!A0 {{7*7}} {period} \u202eevil 😀" + "长" * 260
)


class Reading(HTMLParser):
    """What a browser would see."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an opening tag; no attribute may act."""
        self.tags.append(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        self.texts.append(data)


def forms(card: Card, language: str) -> dict[str, str]:
    """The card in every form that people read."""
    return {
        "text": card.text(language),
        "sms": "\n".join(card.sms(language)),
        "phone": card.call(language),
        "html": card.html(language),
        "a5": card.sheet(language),
    }


@pytest.mark.parametrize("make", MAKES)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_no_form_speaks_of_the_workshop(make, language) -> None:
    """What a shopkeeper reads or hears, over random cities; where numbers stand is apart."""
    for seed in range(2):
        run = make(seed)
        for card in explain_each(run, run.plan.members["retailer_id"].to_list()[:15]):
            for name, told in forms(card, language).items():
                if name in ("html", "a5"):
                    told = re.sub(r"<style>.*?</style>|<details class=\"sources\">.*?</details>",
                                  "", told, flags=re.S)  # fmt: skip
                    told = " ".join(Reading(told).texts)
                assert not [word for word in FORBIDDEN if word in told], (name, card.retailer)


def test_the_script_greets_waits_tells_the_number_and_answers() -> None:
    """In this order; what is not said aloud stands in brackets; sentences are short."""
    run = small_week(1)
    for card in explain_each(run, run.plan.members["retailer_id"].to_list()):
        lines = card.call("zh-CN").splitlines()
        first = card.text("zh-CN").splitlines()[0]

        assert lines[0] == f"您好，我是烟草公司的。请问是{card.name}吗？"
        assert lines[1] == "（等对方回答。）"
        assert lines.index(first) == 3
        assert lines[-1] == "谢谢您，再见。"
        assert "0874-000001" in lines[-2]
        asked = [line for line in lines if line.startswith("（对方问：")]
        assert len(asked) >= len(card.answers)
        for line in lines:
            if "manager" not in line and not line.startswith("（") and "：" not in line:
                for part in re.split("[。？]", line.replace(" ", "")):
                    assert len(part) <= 25, part


def test_the_script_reads_out_what_can_still_be_had() -> None:
    """The products with fewer cartons ordered than allowed, each with both numbers."""
    run = small_week(1)
    for card in explain_each(run, run.plan.members["retailer_id"].to_list()):
        room = [
            part
            for part in card.parts
            if part.line.parameters["ordered"] < part.line.parameters["limit"]
        ]
        script = card.call("en")
        read = script.split("(Read out what follows")[0]

        assert ("have not ordered all" in read) == bool(room)
        for part in room[:8]:
            name = card.names[part.product]
            limit, got = part.line.parameters["limit"], part.line.parameters["ordered"]
            assert f"{name}: You may order {limit:,}, you have ordered {got:,}." in read


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_sheets_are_a5_one_for_each_card(language: str) -> None:
    """A section for each card, of 18 px; nothing fetched; what does not fit is counted."""
    run = small_week(2)
    cards = list(explain_each(run, run.plan.members["retailer_id"].to_list()))
    page = sheet(cards, language)
    reading = Reading(page)

    assert "@page { size: A5" in page
    assert "html { font-size: 18px" in page
    assert reading.tags.count("section") == reading.tags.count("h1") == len(cards)
    assert not {"script", "img", "iframe", "object", "form"} & set(reading.tags)
    assert not re.search(r"https?:|url\(|@import", page)
    for card in cards:
        told = Reading(card.sheet(language))
        shown = told.tags.count("td") // 2
        left = len(card.parts) - shown
        assert any(str(left) in text for text in told.texts) if left else True
        assert "0874-000001" in " ".join(told.texts)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_hostile_names_are_harmless_in_every_form(language: str) -> None:
    """Markup, formulas, places, direction marks, emoji and 300 signs; shown as they are."""
    run = small_week(1, R000=HOSTILE, P0=HOSTILE)
    card = explain(run, "R000")
    for name, told in forms(card, language).items():
        assert "\u202e" not in told
        if name in ("html", "a5"):
            reading = Reading(told)
            assert "script" not in reading.tags
            assert any("<script>alert(1)</script>\"'>" in text for text in reading.texts)
        elif name != "sms":
            assert "<script>alert(1)</script>\"'> =cmd|' /C calc'!A0 {{7*7}} {period}" in told
    assert shortened(HOSTILE).startswith("<script>")


@lru_cache
def week() -> Run:
    """A finished week whose shops have hostile names and numbers."""
    city = demonstration(60)
    frame = city.retailers.frame.with_columns(
        name=pl.when(pl.int_range(pl.len()) == 0).then(pl.lit(HOSTILE)).otherwise("name"),
        phone=pl.lit("=1+1"),
    )
    city = replace(city, retailers=replace(city.retailers, frame=frame))
    return run_week(city, read_policy(POLICY, first_day(CYCLE)), seed=DRAW)


@pytest.mark.parametrize("form", ["text", "phone", "html"])
def test_a_city_in_files_is_each_card_alone(form: str, tmp_path: Path) -> None:
    """What many shops share is made once; no card may be another's: byte for byte."""
    run, counted = week(), []
    out = write_cards(run, tmp_path / "out", form, language="zh-CN",
                      done=lambda count, of: counted.append((count, of)))  # fmt: skip
    ids = sorted(run.plan.members["retailer_id"].to_list())
    with (out / "index.csv").open(encoding="utf-8-sig", newline="") as file:
        index = list(csv.DictReader(file))
    assert [row["retailer_id"] for row in index] == ids
    assert counted[-1] == (len(ids), len(ids))
    for row in index[:1] + index[5::18]:
        card = explain(run, row["retailer_id"])
        alone = {"text": card.text, "phone": card.call, "html": card.html}[form]
        assert (out / row["file"]).read_text(encoding="utf-8") == alone("zh-CN")


@pytest.mark.parametrize("make", MAKES)
def test_a_press_sets_each_page_as_if_it_were_the_first(make) -> None:
    """Over random cities with bands, baskets, smooth boundaries and movement."""
    for seed in range(2):
        run = make(seed)
        press = Press("en")
        for card in explain_each(run, run.plan.members["retailer_id"].to_list()[:16]):
            alone = explain(run, card.retailer)
            assert alone == card
            assert press.page(card) == alone.html("en")


def test_a_city_in_tables_is_each_card_alone(tmp_path: Path) -> None:
    """Messages by part, formula-safe; cards as JSON Lines; sheets by manager."""
    run = week()
    ids = sorted(run.plan.members["retailer_id"].to_list())
    sent = write_cards(run, tmp_path / "sms", "sms", language="zh-CN")
    with (sent / "sms.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["phone"] for row in rows} == {"'=1+1"}
    assert list(dict.fromkeys(row["retailer_id"] for row in rows)) == ids
    for retailer in ids[:4]:
        mine = [row for row in rows if row["retailer_id"] == retailer]
        assert tuple(row["text"] for row in mine) == explain(run, retailer).sms("zh-CN")
        assert {row["parts"] for row in mine} == {str(len(mine))}
    lines = write_cards(run, tmp_path / "json", "json", language="en") / "cards.jsonl"
    documents = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    assert [document["retailer"] for document in documents] == ids
    assert documents[3] == json.loads(json.dumps(explain(run, ids[3]).json("en")))
    heaps = write_cards(run, tmp_path / "a5", "a5", language="zh-CN")
    page = Reading((heaps / "sheets-0001.html").read_text(encoding="utf-8"))
    assert page.tags.count("section") == len(ids)
    assert "script" not in page.tags


def test_cards_replace_only_what_is_ours(tmp_path: Path) -> None:
    """A folder with somebody's files is left alone."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")

    with pytest.raises(BadRequest):
        write_cards(week(), tmp_path / "mine", "sms")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]
