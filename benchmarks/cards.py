"""(f) The cards of a whole city in every form, one core, streamed; two forms have limits."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial
from itertools import islice
from time import process_time

from allocator.explanation.brief import brief_each
from allocator.explanation.card import Card, explain_each
from allocator.explanation.dossier import Dossier
from allocator.explanation.page import Press
from allocator.explanation.sheet import sheet
from allocator.explanation.sms import Clerk
from allocator.policy.reading import read_policy
from allocator.runs.cards import SHEETS_AT_ONCE
from allocator.runs.demonstration import DRAW, demonstration
from allocator.runs.week import run
from allocator.tables.synthetic import CYCLE, POLICY, first_day
from benchmarks.clock import SEED, peak_memory, phase, verdict


def main(retailers: int = 20_000) -> bool:
    """Time both forms over all shops, the opening of the run included, and print."""
    on: date = first_day(CYCLE)
    week = run(demonstration(retailers, SEED), read_policy(POLICY, on), seed=DRAW)
    lines = 0 if week.allocation is None else week.allocation.lines.height
    print(f"(f) cards: {retailers:,} retailers, {lines:,} order lines, processor time of one core")
    ids = week.plan.members["retailer_id"].to_list()
    before, _ = peak_memory()
    pages = _seconds(lambda: _pages(week, ids))
    texts = _seconds(lambda: _texts(week, ids))
    _, most = peak_memory()
    phase(f"{retailers:,} pages of HTML in Chinese", pages)
    phase(f"{retailers:,} text messages in Chinese", texts)
    for name, make in FORMS.items():
        took = _seconds(partial(_length, make, week, ids))
        phase(f"{retailers:,} cards as {name}", took)
    print(f"  most memory beside the run itself {(most - before) / 1e6:.0f} MB")
    kept = [
        verdict("pages a second", retailers / pages, 2000, at_least=True),
        verdict("messages a second", retailers / texts, 10_000, at_least=True),
    ]
    return all(kept)


def _pages(week: Dossier, ids: Iterable[str]) -> int:
    press = Press("zh-CN")
    return sum(len(press.page(card).encode()) for card in explain_each(week, ids))


def _texts(week: Dossier, ids: Iterable[str]) -> int:
    clerk = Clerk("zh-CN")
    return sum(len(clerk.message(brief)) for brief in brief_each(week, ids))


def _each(make: Callable[[Card], str]) -> Callable[[Dossier, Iterable[str]], Iterator[str]]:
    return lambda week, ids: map(make, explain_each(week, ids))


def _length(
    make: Callable[[Dossier, Iterable[str]], Iterator[str]], week: Dossier, ids: Iterable[str]
) -> int:
    return sum(map(len, make(week, ids)))


def _sheets(week: Dossier, ids: Iterable[str]) -> Iterator[str]:
    cards = explain_each(week, ids)
    while heap := list(islice(cards, SHEETS_AT_ONCE)):
        yield sheet(heap, "zh-CN")


FORMS = {
    "text": _each(lambda card: card.text("zh-CN")),
    "scripts for the phone": _each(lambda card: card.call("zh-CN")),
    "A5 sheets": _sheets,
    "JSON": _each(lambda card: json.dumps(card.json("zh-CN"), ensure_ascii=False)),
}
"""Forms without a limit of their own."""


def _seconds(work: Callable[[], int]) -> float:
    """Processor seconds of one call; the run itself is left to no collector (``runs.cards``)."""
    gc.collect()
    gc.freeze()
    start = process_time()
    work()
    took = process_time() - start
    gc.unfreeze()
    return took
