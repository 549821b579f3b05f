"""The cards of many shops in one form, written one after the other: no two pages are in memory."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final, Literal

import polars as pl

from allocator.errors import BadRequest
from allocator.explanation.brief import brief_each
from allocator.explanation.card import Card, explain_each
from allocator.explanation.page import Press
from allocator.explanation.sentences import known_language
from allocator.explanation.sheet import sheet
from allocator.explanation.sms import Clerk
from allocator.runs.directory import card_name
from allocator.runs.heads import package_version
from allocator.runs.placing import MARK, whole_folder
from allocator.runs.record import Run
from allocator.tables.writing import csv_bytes

Form = Literal["text", "sms", "phone", "html", "a5", "json"]

SHEETS_AT_ONCE: Final = 200
"""Sheets of a file for the printer: a browser opens no more with ease."""

ROWS_AT_ONCE: Final = 4096
"""Rows of a table written together."""

Counted = Callable[[int, int], None]
"""Told how many cards are done, and of how many."""

Index = Iterator[tuple[str, str, str, int]]
"""For each card: retailer, manager, the file it is in, its place there from 1."""


def write_cards(
    run: Run,
    folder: str | Path,
    form: Form,
    *,
    language: str = "en",
    done: Counted = lambda count, of: None,
) -> Path:
    """Write the card of every retailer of the plan; the folder appears whole or not at all.

    ``text``, ``phone`` and ``html`` are a file for each shop, ``a5`` files of 200 sheets by
    manager; ``index.csv`` says which file is whose. ``sms`` is one table ``sms.csv`` with a row
    for each part, ``json`` one file ``cards.jsonl`` with a line for each shop.

    Raises
    ------
    BadRequest : the folder holds something else or cannot be written; no such language
    """
    spoken = known_language(language)
    members = run.plan.members["retailer_id"].sort().to_list()
    with whole_folder(folder) as beside, _settled():
        write, wanted = FORMS[form], members
        if form == "a5":
            wanted = _by_manager(run, members)
        rows: list[tuple[str, str, str, int]] = []
        for count, row in enumerate(write(run, wanted, beside, spoken), start=1):
            rows.append(row)
            if count % 100 == 0 or count == len(members):
                done(count, len(members))
        if form not in ("sms", "json"):
            columns = ["retailer_id", "manager", "file", "place"]
            index = pl.DataFrame(rows, schema=columns, orient="row")
            (beside / "index.csv").write_bytes(csv_bytes(index.sort("retailer_id"), spoken))
        head = {"allocator": package_version(), "form": form, "language": spoken,
                "cards": len(members), "certificate": run.certificate["digest"]}  # fmt: skip
        text = json.dumps(head, ensure_ascii=False, indent=2, sort_keys=True)
        (beside / MARK).write_text(text + "\n", encoding="utf-8", newline="\n")
    return Path(folder)


def check_beside(run_folder: Path, out: Path) -> None:
    """Refuse to put cards in the place of the run they are made from."""
    run, target = run_folder.resolve(), out.resolve()
    if target == run or target in run.parents:
        raise BadRequest("cards-over-run", path=str(out)[:200])


@contextmanager
def _settled() -> Iterator[None]:
    """The run stays as it is while cards come and go: the collector need not look at it again."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _by_manager(run: Run, members: list[str]) -> list[str]:
    """So that each manager has its sheets in one heap."""
    frame = run.city.retailers.frame
    if "manager" not in frame.columns:
        return members
    whose = dict(frame.select("retailer_id", "manager").iter_rows())
    return sorted(members, key=lambda name: (whose.get(name) or "", name))


def _each(
    ending: str, make: Callable[[Card, str], str]
) -> Callable[[Run, Iterable[str], Path, str], Index]:
    """A file for each shop."""

    def write(run: Run, wanted: Iterable[str], folder: Path, language: str) -> Index:
        for card in explain_each(run, wanted):
            name = f"{card_name(card.retailer)}.{ending}"
            (folder / name).write_bytes(make(card, language).encode())
            yield card.retailer, card.manager, name, 1

    return write


def _pages(run: Run, wanted: Iterable[str], folder: Path, language: str) -> Index:
    press = Press(language)
    return _each("html", lambda card, _: press.page(card))(run, wanted, folder, language)


def _sheets(run: Run, wanted: Iterable[str], folder: Path, language: str) -> Index:
    cards = explain_each(run, wanted)
    number = 0
    while heap := list(islice(cards, SHEETS_AT_ONCE)):
        number += 1
        name = f"sheets-{number:04d}.html"
        (folder / name).write_bytes(sheet(heap, language).encode())
        for place, card in enumerate(heap, start=1):
            yield card.retailer, card.manager, name, place


def _messages(run: Run, wanted: Iterable[str], folder: Path, language: str) -> Index:
    briefs, clerk = brief_each(run, wanted), Clerk(language)
    with (folder / "sms.csv").open("wb") as file:
        first = True
        while heap := list(islice(briefs, ROWS_AT_ONCE)):
            rows = []
            for brief in heap:
                sent = clerk.message(brief)
                for number, part in enumerate(sent, start=1):
                    rows.append((brief.retailer, brief.phone, number, len(sent), part))
            frame = pl.DataFrame(rows, schema=SMS, orient="row")
            lines = csv_bytes(frame, language if first else "en")
            file.write(lines if first else lines.partition(b"\n")[2])
            first = False
            yield from ((brief.retailer, brief.manager, "sms.csv", 1) for brief in heap)


SMS = {"retailer_id": pl.String, "phone": pl.String, "part": pl.Int64, "parts": pl.Int64,
       "text": pl.String}  # fmt: skip


def _lines(run: Run, wanted: Iterable[str], folder: Path, language: str) -> Index:
    with (folder / "cards.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        for place, card in enumerate(explain_each(run, wanted), start=1):
            file.write(json.dumps(card.json(language), ensure_ascii=False) + "\n")
            yield card.retailer, card.manager, "cards.jsonl", place


FORMS: Final[Mapping[str, Callable[[Run, Iterable[str], Path, str], Index]]] = {
    "text": _each("txt", Card.text),
    "phone": _each("txt", Card.call),
    "html": _pages,
    "a5": _sheets,
    "sms": _messages,
    "json": _lines,
}
"""Form -> how the cards of many shops are written."""
