"""The box of a page that proves the card to be among the published results, and checks it there.

``proof.js`` is the same on all pages. It computes the leaf from the figures that stand in the box,
compares them with those of the rest of the page, and needs no network.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from allocator.certificate.inclusion import UNKNOWN, Proof, compact, grouped

if TYPE_CHECKING:
    from jinja2 import Template


def proof_box(
    proof: Proof, names: Mapping[str, str], word: Callable[[str], str], template: Template
) -> str:
    """The section of the page.

    names : product -> name; word : heading or label -> its text
    """
    ordered = proof.statement["stage"] == "orders"
    rows = [
        f'<tr><th scope="row"><bdi>{escape(names.get(row[0], ""))}</bdi> '
        f'<code data-proof="product">{escape(row[0])}</code></th>'
        + "".join([FIGURE.format(_cell(figure)) for figure in (row[1:] if ordered else row[1:2])])
        + "</tr>"
        for row in proof.leaf.products
    ]
    return template.render(
        leaf=proof.leaf,
        number=grouped(proof.number),
        ordered=ordered,
        path=" ".join(proof.path),
        rows="\n".join(rows),
        statement=compact(dict(proof.statement)).decode(),
        word=word,
    )


FIGURE: Final = '<td data-proof="figure">{}</td>'


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
