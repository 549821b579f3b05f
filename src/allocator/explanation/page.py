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
from allocator.explanation.frame import MOST_SHAPES, Shape, frame, joined
from allocator.explanation.letter import contact
from allocator.explanation.proof_box import PLACE, filled, words_around
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
        self._frames: dict[Shape, tuple[str, ...]] = {}

    def page(self, card: Card) -> str:
        """The page; names and quotes are escaped, nothing is fetched, no script is needed."""
        first, *notes = [self._spoken(claim, card) for claim in card.first]
        reasons = [self._reason(claim, card) for claim in card.reasons]
        own = "\n".join([self._answer(answer, 3, card) for answer in card.answers])
        proof = self._proof(card)
        shape = Shape(
            card.cycle, card.policy_digest, bool(card.name), card.tier is not None, len(notes),
            tuple([(kept, bool(about)) for kept, about, _ in reasons]),
            bool(own), bool(card.parts), bool(proof),
        )  # fmt: skip
        named = escaped(card.name or card.retailer)
        told = [named, strong(first), *map(escaped, notes), *([named] if card.name else ())]
        told.append(escape(card.retailer))
        if card.tier is not None:
            told.append(str(card.tier))
        for _, about, spoken in reasons:
            told += (about, spoken) if about else (spoken,)
        told += filter(None, (own, self._parts(card), proof))
        told.append(escaped(contact(card, self.language)))
        return joined(self._around(shape), told)

    def _around(self, shape: Shape) -> tuple[str, ...]:
        """The pieces around all this; a city has few shapes."""
        found = self._frames.get(shape)
        if found is None:
            if len(self._frames) >= MOST_SHAPES:
                self._frames.clear()
            found = frame(shape, self.language, self.word, self._labelled)
            self._frames[shape] = found
        return found

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

    def _labelled(self, code: str, name: str, value: str) -> str:
        """A label around a value that ``proof.js`` compares with what was recorded."""
        shown = f'<span data-shown="{name}">{escape(value)}</span>'
        return escape(title(code, self.language, **{name: PLACE})).replace(PLACE, shown)

    def _reason(self, claim: Claim, card: Card) -> tuple[bool, str, str]:
        """Whether it was kept back, the product's name, the sentence."""
        product = claim.product
        if not product:
            return False, "", escaped(self._spoken(claim, card))
        key = ("reason", id(claim))
        spoken = self._kept(key)
        if spoken is None:
            spoken = self._keep(key, claim, escaped(self._spoken(claim, card)))
        return claim.code in KEPT_BACK, escaped(card.names.get(product, product)), spoken

    def _parts(self, card: Card) -> str:
        """Each product: its name and numbers, unfolded its answers."""
        told: list[str] = []
        for k, part in enumerate(card.parts):
            opened = " open" if k < OPEN_PARTS else ""
            head = self._kept(id(part.line)) or self._head(part, card)
            told += (f'<details class="sheet part"{opened}>', head)
            for answer in part.answers:
                told.append(self._kept(id(answer)) or self._answer(answer, 4, card))
            if not part.answers:
                told.append("")
            told.append("</div>\n</details>")
        return "\n".join(told)

    def _head(self, part: Part, card: Card) -> str:
        """Name and numbers of a product."""
        name = escape(card.names.get(part.product, part.product))
        numbers = strong(self._spoken(part.line, card))
        head = (
            f"<summary><h3><bdi>{name}</bdi></h3>\n"
            f'<span class="numbers" data-product="{escape(part.product)}">{numbers}</span>'
            '</summary>\n<div class="body">'
        )
        return self._keep(id(part.line), part.line, head)

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


@lru_cache(maxsize=1 << 14)
def escaped(text: str) -> str:
    """A text as templates escape it."""
    from markupsafe import escape as marked

    return str(marked(text))


@lru_cache
def _box() -> Template:
    return templates("allocator.explanation").get_template("proof.html")
