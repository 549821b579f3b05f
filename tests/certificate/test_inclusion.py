"""A card that was changed anywhere is refused, by its page, its JSON, and without this library."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.certificate import inclusion
from allocator.certificate.inclusion import Unusable, check, read_card, read_number
from allocator.explanation.card import Card, explain
from certificate.test_sealing import sealed_week

WEEK, SEALED = sealed_week(6)


@pytest.fixture(scope="module")
def card() -> Card:
    """The card of a shop that ordered several products."""
    rows = SEALED.results.frame()
    rows = rows.filter(rows["award"] > 0)
    busiest = rows["leaf"].mode().sort()[0]
    return explain(WEEK, SEALED.retailers[busiest])


def refused(text: str, number: str | None = None) -> bool:
    """Refused, or not even a card."""
    try:
        return bool(check(*read_card(text.encode()), number))
    except Unusable:
        return True


def numbers_in(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where numbers, texts and nothings stand in a document."""
    if isinstance(value, dict | list):
        for key, deeper in value.items() if isinstance(value, dict) else enumerate(value):
            yield from numbers_in(deeper, (*at, key))
    else:
        yield at


def test_any_change_of_the_proof_is_refused(card: Card) -> None:
    """Each number one more, each text another, each null a 0: one at a time."""
    document = card.json()
    assert not refused(json.dumps(document), SEALED.number)

    for place in list(numbers_in(document["proof"])):
        changed = json.loads(json.dumps(document))
        inner = changed["proof"]
        for key in place[:-1]:
            inner = inner[key]
        old = inner[place[-1]]
        new: Any = 0 if old is None else old + 1 if isinstance(old, int) else bent(old)
        inner[place[-1]] = new
        assert refused(json.dumps(changed), SEALED.number), (place, old, new)


def bent(text: str) -> str:
    """The text with its last sign changed, still of the same kind."""
    return text[:-1] + ("0" if text[-1:] != "0" else "1")


def test_what_a_card_says_elsewhere_has_to_fit(card: Card) -> None:
    """Shop, tier, cycle, the sums and each product of the JSON; a product more or less."""
    changes: list[Callable[[dict[str, Any]], Any]] = [
        lambda told: told.update(retailer="R999"),
        lambda told: told.update(tier=(told["tier"] or 0) + 1),
        lambda told: told.update(cycle="2026-W48"),
        lambda told: told["claims"][0]["parameters"].update(limit=999),
        lambda told: told["claims"][0]["parameters"].update(ordered=999),
    ]
    lines = [k for k, claim in enumerate(card.json()["claims"]) if claim["code"] == "product-line"]
    assert len(lines) > 1
    for k in lines:
        for name, value in (("limit", 999), ("ordered", 999), ("product", "P9")):
            changes.append(
                lambda told, k=k, name=name, value=value: told["claims"][k]["parameters"].update(
                    {name: value}
                )
            )
        changes.append(lambda told, k=k: told["claims"].pop(k))
    for change in changes:
        told = card.json()
        change(told)
        assert refused(json.dumps(told))


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_any_other_digit_on_a_page_that_was_recorded_is_refused(card: Card, language: str) -> None:
    """All that the page shows of shop, tier, cycle and cartons, and all of the proof box."""
    page = card.html(language)
    assert not refused(page, SEALED.number)
    marked = re.compile(r'(?:data-(?:proof|shown|product)="[^"]*">)(.*?)</(?:\w+)>', re.DOTALL)
    places = {
        found.start(1) + digit.start()
        for found in marked.finditer(page)
        for digit in re.finditer(r"[0-9]", found[1])
    }
    assert len(places) > 300

    for place in sorted(places)[:: max(len(places) // 40, 1)]:
        other = "0" if page[place] != "0" else "7"
        changed = page[:place] + other + page[place + 1 :]
        assert refused(changed), page[place - 30 : place + 10]


def test_the_number_of_another_notice_is_refused(card: Card) -> None:
    told = check(*read_card(card.html().encode()), "ab" * 32)

    assert [refusal.code for refusal in told] == ["not-published"]
    assert "abab abab" in told[0].message("en")
    assert "abab abab" in told[0].message("zh-CN")


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_file_makes_it_stumble(data: bytes) -> None:
    for read in (read_card, read_number):
        with pytest.raises(Unusable):
            read(data)


@given(st.data())
def test_no_document_makes_it_stumble(data: st.DataObject) -> None:
    """Any value at any place of a card: refused or unusable, never an exception of Python."""
    document = explain(WEEK, SEALED.retailers[0]).json()
    document.pop("reasons")
    place = data.draw(st.sampled_from([*numbers_in(document), ("proof",), ("claims",)]))
    inner: Any = document
    for key in place[:-1]:
        inner = inner[key]
    odd = st.sampled_from(
        [None, True, -1, 10**30, 0.5, "", "x" * 300, "\ud800", [], [[]], {}, {"a": 1}, [None] * 5]
    )
    inner[place[-1]] = data.draw(odd)

    refused(json.dumps(document), SEALED.number)


def test_unusable_files_are_told_apart(tmp_path: Path) -> None:
    """Each fault has its sentence in both languages, with the remedy."""
    cases = {
        b"%PDF": "no-proof",
        b"\xff\xfe": "not-a-card",
        b"[" * 100_000: "no-proof",
        b'{"a":' * 100_000: "not-a-card",
        b"{}": "no-proof",
        b'{"proof": "\\ud800"}': "not-a-card",
        b'{"proof": 1e999}': "not-a-card",
        b"<html><body><h1>This week</h1></body></html>": "no-proof",
        b" " * (inclusion.MOST_BYTES + 1): "too-large",
    }
    for data, code in cases.items():
        with pytest.raises(Unusable) as fault:
            read_card(data)
        assert fault.value.code == code
        assert fault.value.message("en") != fault.value.message("zh-CN")
    with pytest.raises(Unusable, match="no-file"):
        inclusion.read_bytes(tmp_path)


def test_what_people_and_programs_would_read_differently_is_unusable(card: Card) -> None:
    """A figure said twice, a key twice, a number in other signs, a card as its own notice."""
    text = json.dumps(card.json())
    document = card.json()
    line = next(c for c in document["claims"] if c["code"] in ("product-line", "product-limit"))
    twice = {**document, "claims": [*document["claims"], line]}
    page = card.html()
    number = re.search(r'(data-product="[^"]+">(?:[^<0-9]|<[^>]*>)*)([0-9])', page)
    assert number is not None

    for changed in (
        json.dumps(twice),
        text.replace('"limit": ', '"limit": 99, "limit": ', 1),
        text.replace('"claims": [', '"claims": [1, ', 1),
        text.replace('"parameters": {', '"parameters": 5, "more": {', 1),
        page.replace(number[0], number[1] + "９９ " + number[2], 1),
        page.replace(number[0], number[1] + "九十九 " + number[2], 1),
    ):
        assert changed not in (text, page)
        with pytest.raises(Unusable):
            read_card(changed.encode())
    with pytest.raises(Unusable):
        read_number(page.encode())


def test_a_number_is_read_from_what_prints_it(tmp_path: Path) -> None:
    """``root.json``, a page, or the digits alone, in groups or not."""
    number = SEALED.number
    root = {"number": number, "statement": dict(SEALED.statement)}
    page = f'<p><code data-proof="number">{inclusion.grouped(number)}</code></p>'

    for text in (json.dumps(root), page, page + page, number.upper(), inclusion.grouped(number)):
        assert read_number(text.encode()) == number
    other = page.replace(inclusion.grouped(number)[:4], "0000")
    for text in (json.dumps(root | {"number": "0" * 64}), page + other, number[:-1], ""):
        with pytest.raises(Unusable):
            read_number(text.encode())


def test_the_checker_runs_alone(card: Card, tmp_path: Path) -> None:
    """Python and nothing else: exit status 0 with the figures, 1 refused, 2 unusable."""
    program = str(Path(inclusion.__file__))
    page, notice = tmp_path / "card.html", tmp_path / "notice.html"
    page.write_text(card.html("zh-CN"), encoding="utf-8")
    notice.write_text(f'<b data-proof="number">{SEALED.number}</b>', encoding="utf-8")

    def run(*words: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-I", "-S", program, *words], capture_output=True, encoding="utf-8"
        )
        return done.returncode, done.stdout + done.stderr

    status, told = run(str(page), "--notice", str(notice))
    assert status == 0
    assert "ACCEPTED" in told
    assert inclusion.grouped(SEALED.number) in told
    for row in SEALED.proof(card.retailer).leaf.products:
        assert f"  {row[0]}: may order {row[1]}" in told
    assert run(str(page), "--root", "ab" * 32, "--lang", "zh-CN")[0] == 1
    assert "不通过" in run(str(page), "--root", "ab" * 32, "--lang", "zh-CN")[1]
    assert "without that nothing is proven" in run(str(page))[1]
    assert run(str(notice))[0] == 2
    assert run(str(tmp_path / "none"))[0] == 2
    assert run(str(page), "--root", "12")[0] == 2
