"""All prose in both languages: the same texts, told the same facts."""

from __future__ import annotations

from importlib.resources import files

import pytest

from allocator.wording import LANGUAGES, LOCALES, listed, paragraph
from prose import places, texts

DOMAINS = sorted(
    file.name.removesuffix(".po")
    for file in (files("allocator.wording") / LOCALES["en"]).iterdir()
    if file.name.endswith(".po") and file.name not in ("findings.po", "rules.po")
)
"""English tells rules in their docstrings, and findings count people and cartons in words of their
own; both have tests in ``tests/auditing``."""


def facts(domain: str, language: str) -> dict[str, set[str]]:
    """Code -> the facts that any of its forms names."""
    found = texts(domain, language)
    assert all(form for forms in found.values() for form in forms)
    return {code: set().union(*map(places, forms)) for code, forms in found.items()}


@pytest.mark.parametrize("domain", DOMAINS)
def test_languages_say_the_same_with_the_same_facts(domain: str) -> None:
    english = facts(domain, "en")
    for language in LANGUAGES:
        other = facts(domain, language)
        assert other.keys() == english.keys()
        assert {code for code in english if other[code] != english[code]} == set()


@pytest.mark.parametrize(
    ("language", "told", "names"),
    [("en", "One is. Two are.", "P1, P2, P3"), ("zh-CN", "One is.Two are.", "P1、P2、P3")],
)
def test_sentences_and_names_stand_beside_each_other(language: str, told: str, names: str) -> None:
    assert paragraph(["", "One is.", "", "Two are."], language) == told
    assert listed(["P1", "P2", "P3"], language) == names
    assert (paragraph([], language), listed([], language)) == ("", "")
