"""The card as one self-contained HTML page for a phone's screen.

A press prints many cards in one language. What it has set for one shop it keeps for the next:
claims that are made once for many shops (``books.once``) are the same object on each card. Answers
are set by hand, each text escaped, for calls of a template would take most of the time; the page
around them is a template, which takes them as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from decimal import Decimal
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Final

from allocator.explanation.claims import Answer, Claim, Part, Place
from allocator.explanation.letter import contact
from allocator.explanation.proof_box import PLACE, filled, script, script_digest, words_around
from allocator.explanation.reasons import KEPT_BACK
from allocator.explanation.sentences import evidence, sentence, title

if TYPE_CHECKING:
    from jinja2 import Environment, Template

    from allocator.explanation.card import Card

NUMBER: Final = re.compile(r"\d[\d,.]*\d|\d")

UNIT: Final = re.compile(r"(?<=\d) (?=\S)")
"""The space between a number and its unit, where a line must not break."""

OPEN_PARTS: Final = 3
"""Parts that stand unfolded: the most urgent ones."""

OWN: Final = ("grade", "advance", "keep", "new", "penalty", "turn")
"""Questions whose answers no two shops share."""

BAR: Final = '\n<span class="bar" aria-hidden="true"><i style="width: {}%"></i></span>'

MOST_KEPT: Final = 50_000
"""Pieces of pages kept for the next card: bounds the memory, not the result."""


class Press:
    """Prints cards in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._set: dict[Hashable, tuple[object, str]] = {}
        self._words: dict[str, str] = {}

    def page(self, card: Card) -> str:
        """The page; names and quotes are escaped, nothing is fetched, no script is needed."""
        parts = []
        for k, part in enumerate(card.parts):
            opened = " open" if k < OPEN_PARTS else ""
            parts.append(f'<details class="sheet part"{opened}>\n{self._part(part, card)}')
        return _template().render(
            card=card,
            language=self.language,
            style=_style(),
            word=self.word,
            first=strong(self._spoken(card.first[0], card)),
            notes=[self._spoken(claim, card) for claim in card.first[1:]],
            reasons=[self._reason(claim, card) for claim in card.reasons],
            answers=self._told(card.answers, 3, card),
            parts="\n".join(parts),
            contact=contact(card, self.language),
            labelled=self._labelled,
            proof=self._proof(card),
            script=script(),
            script_digest=script_digest(),
        )

    def word(self, code: str, **facts: str | int) -> str:
        """A heading or label."""
        if facts:
            return title(code, self.language, **facts)
        if code not in self._words:
            self._words[code] = title(code, self.language)
        return self._words[code]

    def _proof(self, card: Card) -> str:
        """The box that proves the card, where the run had a secret; its words are set once."""
        proof = card.proof
        if proof is None:
            return ""
        key = ("proof", proof.number, bool(proof.leaf.products))
        around = self._kept(key, proof, lambda: words_around(proof, self.word, _box()))
        return filled(around, proof, card.names)

    def _labelled(self, code: str, name: str, value: str | int) -> str:
        """A label around a value that ``proof.js`` compares with what was recorded."""
        around = self._kept(
            ("label", code), code, lambda: escape(title(code, self.language, **{name: PLACE}))
        )
        shown = f'<span data-shown="{name}">{escape(str(value))}</span>'
        return around.replace(PLACE, shown)

    def _reason(self, claim: Claim, card: Card) -> tuple[bool, str, str]:
        """Whether it was kept back, the product's name, the sentence."""
        product = claim.product or ""
        about = card.names.get(product, product)
        if not product:
            return False, "", self._spoken(claim, card)
        spoken = self._kept(id(claim), claim, lambda: self._spoken(claim, card))
        return claim.code in KEPT_BACK, about, spoken

    def _part(self, part: Part, card: Card) -> str:
        """A product: its name and numbers, unfolded its answers."""
        if any(answer.question in OWN for answer in part.answers):
            return self._set_part(part, card)
        return self._kept(id(part), part, lambda: self._set_part(part, card))

    def _set_part(self, part: Part, card: Card) -> str:
        name = escape(card.names.get(part.product, part.product))
        numbers = self._kept(
            id(part.line), part.line, lambda: strong(self._spoken(part.line, card))
        )
        told = self._told(part.answers, 4, card)
        product = escape(part.product)
        return (
            f"<summary><h3><bdi>{name}</bdi></h3>\n"
            f'<span class="numbers" data-product="{product}">{numbers}</span></summary>\n'
            f'<div class="body">\n{told}\n</div>\n</details>'
        )

    def _told(self, answers: Sequence[Answer], level: int, card: Card) -> str:
        """Questions, their claims, and where the numbers stand."""
        return "\n".join([self._answer(answer, level, card) for answer in answers])

    def _answer(self, answer: Answer, level: int, card: Card) -> str:
        if answer.question in OWN:
            return self._set_answer(answer, level, card)
        return self._kept(id(answer), answer, lambda: self._set_answer(answer, level, card))

    def _set_answer(self, answer: Answer, level: int, card: Card) -> str:
        lines = []
        for claim in answer.claims:
            kept = ' class="kept"' if claim.code in KEPT_BACK else ""
            bar = BAR.format(_filled(claim)) if claim.code.startswith("tier-item-") else ""
            lines.append(f"<li{kept}>{escape(self._spoken(claim, card))}{bar}</li>")
        sources = self._sources([place for claim in answer.claims for place in claim.evidence])
        question = escape(self.word(f"question-{answer.question}"))
        return (
            f'<section class="answer">\n<h{level}>{question}</h{level}>\n<ul>\n'
            + "\n".join(lines)
            + f'\n</ul>\n<details class="sources">\n{sources}\n</details>\n</section>'
        )

    def _sources(self, places: Sequence[Place]) -> str:
        """Where numbers stand; own rows are not named after the reader, so shops share them."""

        def listed() -> str:
            spelt = dict.fromkeys(evidence(place, self.language) for place in places)
            items = "\n".join(f"<li>{escape(place)}</li>" for place in spelt)
            label = escape(self.word("label-sources"))
            return f"<summary>{label}</summary>\n<ul>\n{items}\n</ul>"

        return self._kept(tuple(map(id, places)), places, listed)

    def _spoken(self, claim: Claim, card: Card) -> str:
        return UNIT.sub("\u00a0", sentence(claim, card.names, self.language))

    def _kept(self, key: Hashable, made_of: object, make: Callable[[], str]) -> str:
        """What was set before; ``made_of`` is held, so that no other object takes its identity."""
        found = self._set.get(key)
        if found is None:
            if len(self._set) >= MOST_KEPT:
                self._set.clear()
            found = self._set[key] = made_of, make()
        return found[1]


def _filled(claim: Claim) -> int:
    """Part of the most points of an item that was reached, in whole per cent."""
    points, weight = claim.parameters["points"], claim.parameters["weight"]
    if not isinstance(points, Decimal) or not isinstance(weight, Decimal) or not weight:
        return 0
    return int(100 * points / weight)


def strong(text: str) -> str:
    """A sentence, escaped, its numbers set off."""
    between = [escape(piece) for piece in NUMBER.split(text)]
    numbers = [f"<b>{number}</b>" for number in NUMBER.findall(text)]
    told = zip(between, [*numbers, ""], strict=True)
    return "".join(piece for pair in told for piece in pair)


@lru_cache
def environment() -> Environment:
    """Templates with every value escaped and every name known."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("allocator.explanation"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@lru_cache
def _template() -> Template:
    return environment().get_template("card.html")


@lru_cache
def _box() -> Template:
    return environment().get_template("proof.html")


@lru_cache
def _style() -> str:
    return environment().get_template("card.css").render()
