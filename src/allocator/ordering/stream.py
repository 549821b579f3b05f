"""Order lines in, decisions out, as JSON Lines: for ordering systems in any language."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, BinaryIO, TextIO

from allocator.errors import BadRequest
from allocator.ordering.check import check_order, order_from
from allocator.ordering.limits import Limits
from allocator.wording import say

LONGEST_LINE = 65_536
"""(bytes) an order line has some hundred; more is not one, and is never held in memory whole."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Lines answered with a decision, and lines answered with an error."""

    decided: int
    refused: int


def check_stream(limits: Limits, source: BinaryIO, target: TextIO, language: str = "en") -> Tally:
    """Answer every line of ``source`` on ``target``, in order, flushed line by line.

    A line is an object with the columns of *orders* and ``already_ordered`` (cartons of the
    product, or an object of cartons by product); its answer has ``order_id``, ``at_most`` and
    ``claims``. A line that cannot be read is answered with its
    number and an ``error`` that says what to mend, and the next line is read. Empty lines are
    passed over.
    """
    decided = refused = number = 0
    while raw := source.readline(LONGEST_LINE + 1):
        number += 1
        if len(raw) > LONGEST_LINE:
            while raw and not raw.endswith(b"\n"):
                raw = source.readline(LONGEST_LINE)
            answer = _error(number, None, BadRequest("line-too-long", most=LONGEST_LINE), language)
        elif not raw.strip():
            continue
        else:
            answer = _answer(limits, raw, number, language)
        if "error" in answer:
            refused += 1
        else:
            decided += 1
        target.write(json.dumps(answer, ensure_ascii=False) + "\n")
        target.flush()
    return Tally(decided, refused)


def _answer(limits: Limits, raw: bytes, number: int, language: str) -> dict[str, Any]:
    order_id = None
    try:
        row = _row(raw)
        order_id = row.get("order_id")
        order = order_from(row)
        already = row.get("already_ordered")
        decision = check_order(limits, order, 0 if already is None else already)
    except BadRequest as fault:
        known = order_id if isinstance(order_id, str) else None
        return _error(number, known, fault, language)
    return {"order_id": order.order_id, **decision.document(language)}


def _row(raw: bytes) -> dict[str, Any]:
    """The object on one line."""
    try:
        row = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise BadRequest("line-not-utf8") from None
    except (ValueError, RecursionError):
        raise BadRequest("line-not-json") from None
    if not isinstance(row, dict):
        raise BadRequest("line-not-an-object")
    return row


def _error(number: int, order_id: str | None, fault: BadRequest, language: str) -> dict[str, Any]:
    message = say("errors", fault.code, fault.facts, language)
    return {
        "order_id": order_id,
        "line": number,
        "error": {"code": fault.code, "message": message},
    }
