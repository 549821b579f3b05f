"""Order lines in and decisions out, as JSON Lines."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from allocator.ordering.stream import LONGEST_LINE, Tally, check_stream
from ordering.test_check import BANDED, LIMITS


def answers(text: bytes, language: str = "en") -> tuple[list[dict[str, Any]], Tally]:
    target = io.StringIO()
    tally = check_stream(LIMITS, io.BytesIO(text), target, language)
    return [json.loads(line) for line in target.getvalue().splitlines()], tally


def line(**fields: Any) -> bytes:
    return json.dumps(fields).encode() + b"\n"


def test_each_line_has_its_answer() -> None:
    """order_id, at_most and claims, in the order of the lines."""
    text = line(order_id="1", retailer_id="A", product_id="one", requested=5) + line(
        order_id="2", retailer_id="A", product_id="one", requested=5, already_ordered=2
    )
    found, tally = answers(text)

    assert [(a["order_id"], a["at_most"], a["claims"][0]["code"]) for a in found] == [
        ("1", 3, "over-limit"),
        ("2", 1, "over-limit"),
    ]
    assert tally == Tally(decided=2, refused=0)


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (b"{not json\n", "line-not-json"),
        (b"[1, 2]\n", "line-not-an-object"),
        (b"\xff\xfe{}\n", "line-not-utf8"),
        (b"[" * 60_000 + b"\n", "line-not-json"),
        (b"1" * 5_000 + b"\n", "line-not-json"),
        (b" " * (LONGEST_LINE + 5) + b"\n", "line-too-long"),
        (b"{}\n", "order-field-missing"),
        (line(retailer_id=1, product_id="one", requested=1), "order-field-not-text"),
        (
            line(retailer_id="A", product_id="one", requested=1, already_ordered="2"),
            "already-ordered-not-whole",
        ),
    ],
)
def test_a_bad_line_is_answered_and_the_next_one_is_read(bad: bytes, code: str) -> None:
    """One line's fault says what to mend, in both languages, and stops nothing."""
    good = line(order_id="9", retailer_id="A", product_id="one", requested=1)
    english, tally = answers(bad + good)
    chinese, _ = answers(bad + good, "zh-CN")

    assert english[0]["line"] == 1
    assert english[0]["error"]["code"] == code
    assert english[0]["error"]["message"] != chinese[0]["error"]["message"]
    assert (english[1]["order_id"], english[1]["at_most"]) == ("9", 1)
    assert tally == Tally(decided=1, refused=1)


def test_what_was_ordered_can_be_told_by_product() -> None:
    """already_ordered as an object; a number where a band needs more is answered with a remedy."""
    text = line(
        order_id="1", retailer_id="B", product_id="one", requested=9, already_ordered={"two": 4}
    ) + line(order_id="2", retailer_id="B", product_id="one", requested=9)
    target = io.StringIO()
    check_stream(BANDED, io.BytesIO(text), target)
    found = [json.loads(answer) for answer in target.getvalue().splitlines()]

    assert (found[0]["at_most"], found[0]["claims"][0]["code"]) == (5, "over-band")
    assert (found[1]["line"], found[1]["error"]["code"]) == (2, "already-ordered-by-product")


def test_an_endless_line_is_not_held_in_memory() -> None:
    """A line of many megabytes is read in pieces and dropped."""

    class Counting(io.BytesIO):
        longest = 0

        def readline(self, size: int | None = -1, /) -> bytes:
            piece = super().readline(size)
            Counting.longest = max(Counting.longest, len(piece))
            return piece

    target = io.StringIO()
    check_stream(LIMITS, Counting(b"x" * 5_000_000), target)

    assert json.loads(target.getvalue())["error"]["code"] == "line-too-long"
    assert Counting.longest <= LONGEST_LINE + 1


def test_empty_lines_and_a_byte_order_mark_are_passed_over() -> None:
    """Files written by Windows programs can be read; the last line needs no line end."""
    text = b"\xef\xbb\xbf" + line(retailer_id="A", product_id="one", requested=1).strip()
    found, tally = answers(text + b"\r\n\r\n\n" + text)

    assert [answer["at_most"] for answer in found] == [1, 1]
    assert found[0]["order_id"] is None
    assert tally.decided == 2


def test_an_answer_is_out_before_the_next_line_is_read() -> None:
    """An ordering system that waits for the answer gets it at once."""
    seen: list[str] = []

    class Source(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            seen.append("read")
            return super().readline(size)

    class Target(io.StringIO):
        def flush(self) -> None:
            seen.append("flush")

    text = line(retailer_id="A", product_id="one", requested=1) * 2
    check_stream(LIMITS, Source(text), Target())

    assert seen == ["read", "flush", "read", "flush", "read"]
