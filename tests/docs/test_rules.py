"""The manual of the audit rules: complete in both languages, and as the rules are now."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from allocator.auditing.pages import SECTIONS, manual, page_of
from allocator.auditing.registry import ALL_RULES
from allocator.cli.entrance import app
from allocator.wording import LANGUAGES, catalogue

DOCS = Path(__file__).resolve().parents[2] / "docs"
FILES = {"en": DOCS / "rules.md", "zh-CN": DOCS / "rules.zh.md"}
PARTS = ("title", "finds", "why", "example", "do", "limits")


def show(*words: str) -> str:
    done = CliRunner().invoke(app, ["rules", *words])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_manual_is_as_the_rules_are_now(language: str) -> None:
    """Whoever changes a rule makes the page anew: allocator rules --markdown --lang LANG."""
    assert FILES[language].read_text(encoding="utf-8") == manual(language)
    assert show("--markdown", "--lang", language) == manual(language)


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.code)
def test_every_page_has_its_five_parts_in_order(rule: object) -> None:
    """The docstring, by a plain search; each heading is underlined and has text below it."""
    page = rule.find.__doc__  # type: ignore[attr-defined]
    found = re.findall(r"^    (\S.*)\n    (-+)\n    \S", page, re.MULTILINE)

    assert [heading for heading, _ in found] == list(SECTIONS.values())
    assert all(len(heading) == len(line) for heading, line in found)


def test_every_rule_has_a_chinese_page() -> None:
    """And no page is left of a rule that is gone."""
    codes = {message.id for message in catalogue("rules", "zh-CN") if message.id}
    shared = {message.id for message in catalogue("rules", "en") if message.id}
    wanted = {f"{rule.name}-{part}" for rule in ALL_RULES for part in PARTS}

    assert sorted(wanted - codes) == []
    assert sorted(codes - shared - wanted) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_hold_text_and_what_findings_say(language: str) -> None:
    for rule in ALL_RULES:
        page = page_of(rule, language)

        assert all(body.strip() for _, body in page.sections), rule.code
        assert page.title
        assert len(page.messages) >= 2, rule.code  # a sentence and what to do


def test_chinese_pages_are_chinese() -> None:
    """A page that was copied and not translated has hardly a Chinese sign."""
    for rule in ALL_RULES:
        for _, body in page_of(rule, "zh-CN").sections:
            signs = re.findall(r"[\u4e00-\u9fff]", body)
            assert len(signs) * 6 >= len(re.sub(r"\s", "", body)), (rule.code, body)


def test_one_page_on_the_screen_by_code_or_name() -> None:
    by_code, by_name = show("v12"), show("band-exceeded")

    assert by_code == by_name
    assert by_code.startswith("V12 band exceeded\n")
    for heading in SECTIONS.values():
        assert f"\n{heading}\n" in by_code


def test_one_page_in_chinese() -> None:
    page = show("V17", "--lang", "zh-CN")

    assert page.startswith("V17 截止后下单\n")
    assert "怎么处理" in page


def test_all_rules_on_the_screen_and_for_programs() -> None:
    listed = show()
    told = json.loads(show("--json"))["rules"]

    assert [page["code"] for page in told] == [rule.code for rule in ALL_RULES]
    for rule in ALL_RULES:
        assert f" {rule.code} " in listed
    first = told[0]
    assert first["rule"] == "over-quota"
    assert set(first["sections"]) == set(SECTIONS.values())


def test_an_unknown_rule_is_refused_with_the_nearest() -> None:
    done = CliRunner().invoke(app, ["rules", "over-qota"])

    assert done.exit_code == 2
    assert "over-quota" in done.output
