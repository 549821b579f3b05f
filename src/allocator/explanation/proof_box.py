"""The box of a page that proves the card to be among the published results, and checks it there.

``proof.js`` is the same on all pages. It computes the leaf from the figures that stand in the box,
compares them with those of the rest of the page, and needs no network. Words are set once for all
cards of a run; only figures differ.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from allocator.certificate.inclusion import UNKNOWN, Figures, Proof, compact, grouped

if TYPE_CHECKING:
    from jinja2 import Template

PLACE: Final = "\0"
"""Where a figure will stand; no page holds this sign."""

FIGURE: Final = '<td data-proof="figure">{}</td>'


def words_around(proof: Proof, word: Callable[[str], str], template: Template) -> str:
    """The box with ``PLACE`` for what differs between cards: see ``filled``.

    word : heading or label -> its text
    """
    return template.render(
        place=PLACE,
        number=grouped(proof.number),
        ordered=proof.statement["stage"] == "orders",
        rows=bool(proof.leaf.products),
        statement=compact(dict(proof.statement)).decode(),
        word=word,
    )


def filled(around: str, proof: Proof, names: Mapping[str, str]) -> str:
    """The box of one card. names : product -> name"""
    leaf = proof.leaf
    width = 5 if proof.statement["stage"] == "orders" else 2
    rows = [_row(row, names.get(row[0], ""), width) for row in leaf.products]
    figures = [
        *(["\n".join(rows)] if rows else []),
        escape(leaf.retailer), _cell(leaf.tier), str(leaf.index), leaf.salt, " ".join(proof.path),
    ]  # fmt: skip
    pieces = around.split(PLACE)
    told = [text for pair in zip(pieces, figures, strict=False) for text in pair]
    return "".join([*told, pieces[-1]])


def _row(row: Figures, name: str, width: int) -> str:
    cells = "".join([FIGURE.format(_cell(figure)) for figure in row[1:width]])
    return f"<tr>{_heading(row[0], name)}{cells}</tr>"


@lru_cache(maxsize=1 << 14)
def _heading(product: str, name: str) -> str:
    return (
        f'<th scope="row"><bdi>{escape(name)}</bdi> '
        f'<code data-proof="product">{escape(product)}</code></th>'
    )


def _cell(figure: int | str | None) -> str:
    return UNKNOWN if figure is None else str(figure)


@lru_cache
def script() -> str:
    """The program of the page; it holds nothing that HTML would read."""
    source = files("allocator.explanation") / "templates" / "proof.js"
    return source.read_text(encoding="utf-8")


@lru_cache
def script_digest() -> str:
    """What the page's Content-Security-Policy allows to run: this program and no other."""
    text = "\n" + script() + "\n"
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
