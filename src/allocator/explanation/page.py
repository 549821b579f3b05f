"""The card as one self-contained HTML page for a phone's screen.

A press prints many cards in one language. What it has set for one shop it keeps for the next:
claims that are made once for many shops (``books.once``) are the same object on each card. Answers
are set by hand, each text escaped, for calls of a template would take most of the time; the page
around them is a template, which takes them as they are.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from decimal import Decimal
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Final

from allocator.explanation.claims import Answer, Claim, Part, Place
from allocator.explanation.letter import contact
from allocator.explanation.proof_box import PLACE, filled, script, script_digest, words_around
from allocator.explanation.reasons import KEPT_BACK
from allocator.explanation.sentences import evidence, sentence, title
from allocator.pages import templates

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

    from allocator.explanation.card import Card

NUMBER: Final = re.compile(r"\d[\d,.]*\d|\d")

UNIT: Final = re.compile(r"(?<=\d) (?=\S)")
"""The space between a number and its unit, where a line must not break."""

OPEN_PARTS: Final = 3
"""Parts that stand unfolded: the most urgent ones."""

OWN: Final = ("grade", "advance", "keep", "new", "penalty", "turn")
"""Questions whose answers no two shops share."""

SHARED: Final = ("tier-boundary", "tier-window", "tier-window-days", "turn-owed")
"""Claims of such answers that many shops share nevertheless (``books.once``)."""

BAR: Final = '\n<span class="bar" aria-hidden="true"><i style="width: {}%"></i></span>'

MOST_KEPT: Final = 50_000
"""Pieces of pages kept for the next card: bounds the memory, not the result."""


class Press:
    """Prints cards in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._set: dict[Hashable, tuple[object, str]] = {}
        self._words: dict[str, Markup] = {}

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
            answers="\n".join([self._answer(answer, 3, card) for answer in card.answers]),
            parts="\n".join(parts),
            contact=contact(card, self.language),
            labelled=self._labelled,
            proof=self._proof(card),
            script=script(),
            script_digest=script_digest(),
        )

    def word(self, code: str, **facts: str | int) -> str:
        """A heading or label; escaped once where it is always the same."""
        if facts:
            return title(code, self.language, **facts)
        found = self._words.get(code)
        if found is None:
            from markupsafe import escape as marked

            found = self._words[code] = marked(title(code, self.language))
        return found

    def _proof(self, card: Card) -> str:
        """The box that proves the card, where the run had a secret; its words are set once."""
        proof = card.proof
        if proof is None:
            return ""
        key = ("proof", proof.number, bool(proof.leaf.products))
        around = self._kept(key)
        if around is None:
            around = self._keep(key, proof, words_around(proof, self.word, _box()))
        return filled(around, proof, card.names)

    def _labelled(self, code: str, name: str, value: str | int) -> str:
        """A label around a value that ``proof.js`` compares with what was recorded."""
        key = ("label", code)
        around = self._kept(key)
        if around is None:
            label = title(code, self.language, **{name: PLACE})
            around = self._keep(key, code, escape(label))
        shown = f'<span data-shown="{name}">{escape(str(value))}</span>'
        return around.replace(PLACE, shown)

    def _reason(self, claim: Claim, card: Card) -> tuple[bool, str, str]:
        """Whether it was kept back, the product's name, the sentence."""
        product = claim.product
        if not product:
            return False, "", self._spoken(claim, card)
        spoken = self._kept((id(claim),))
        if spoken is None:
            spoken = self._keep((id(claim),), claim, self._spoken(claim, card))
        return claim.code in KEPT_BACK, card.names.get(product, product), spoken

    def _part(self, part: Part, card: Card) -> str:
        """A product: its name and numbers, unfolded its answers."""
        line = part.line
        head = self._kept(id(line))
        if head is None:
            name = escape(card.names.get(part.product, part.product))
            numbers = strong(self._spoken(line, card))
            head = (
                f"<summary><h3><bdi>{name}</bdi></h3>\n"
                f'<span class="numbers" data-product="{escape(part.product)}">{numbers}</span>'
                '</summary>\n<div class="body">\n'
            )
            self._keep(id(line), line, head)
        told = [head]
        for answer in part.answers:
            told += (self._answer(answer, 4, card), "\n")
        if not part.answers:
            told.append("\n")
        told.append("</div>\n</details>")
        return "".join(told)

    def _answer(self, answer: Answer, level: int, card: Card) -> str:
        if answer.question in OWN:
            return self._set_answer(answer, level, card)
        key = id(answer)
        return self._kept(key) or self._keep(key, answer, self._set_answer(answer, level, card))

    def _set_answer(self, answer: Answer, level: int, card: Card) -> str:
        """A question, the claims that answer it, and where their numbers stand."""
        lines = []
        places: list[Place] = []
        for claim in answer.claims:
            places += claim.evidence
            if claim.code in SHARED:
                key = ("li", id(claim))
                lines.append(self._kept(key) or self._keep(key, claim, self._item(claim, card)))
            else:
                lines.append(self._item(claim, card))
        sources = self._sources(tuple(places))
        question = self.word(f"question-{answer.question}")
        return (
            f'<section class="answer">\n<h{level}>{question}</h{level}>\n<ul>\n'
            + "\n".join(lines)
            + f'\n</ul>\n<details class="sources">\n{sources}\n</details>\n</section>'
        )

    def _item(self, claim: Claim, card: Card) -> str:
        kept = ' class="kept"' if claim.code in KEPT_BACK else ""
        bar = BAR.format(_filled(claim)) if claim.code.startswith("tier-item-") else ""
        return f"<li{kept}>{escape(self._spoken(claim, card))}{bar}</li>"

    def _sources(self, places: tuple[Place, ...]) -> str:
        """Where numbers stand; own rows are not named after the reader, so shops share them."""
        key = tuple(map(id, places))
        found = self._kept(key)
        if found is None:
            spelt = dict.fromkeys(evidence(place, self.language) for place in places)
            items = "\n".join(f"<li>{escape(place)}</li>" for place in spelt)
            label = self.word("label-sources")
            found = self._keep(key, places, f"<summary>{label}</summary>\n<ul>\n{items}\n</ul>")
        return found

    def _spoken(self, claim: Claim, card: Card) -> str:
        return UNIT.sub("\u00a0", sentence(claim, card.names, self.language))

    def _kept(self, key: Hashable) -> str | None:
        """What was set before of the same object; ``None`` where nothing was."""
        found = self._set.get(key)
        return None if found is None else found[1]

    def _keep(self, key: Hashable, made_of: object, text: str) -> str:
        """Keep what was set; ``made_of`` is held, so that no other object takes its identity."""
        if len(self._set) >= MOST_KEPT:
            self._set.clear()
        self._set[key] = made_of, text
        return text


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
def _template() -> Template:
    return templates("allocator.explanation").get_template("card.html")


@lru_cache
def _box() -> Template:
    return templates("allocator.explanation").get_template("proof.html")


@lru_cache
def _style() -> str:
    return templates("allocator.explanation").get_template("card.css").render()
