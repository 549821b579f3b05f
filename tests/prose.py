"""The texts of a catalogue and the facts that they name."""

from __future__ import annotations

from string import Formatter

from allocator.wording import catalogue


def texts(domain: str, language: str) -> dict[str, tuple[str, ...]]:
    """Code -> its text, or all its forms where something is counted."""
    return {
        message.id if isinstance(message.id, str) else message.id[0]: (
            (message.string,) if isinstance(message.string, str) else tuple(message.string)
        )
        for message in catalogue(domain, language)
        if message.id
    }


def places(text: str) -> set[str]:
    """The facts that a text names."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def same_in_both_languages(domain: str) -> bool:
    """Whether both have the same codes, and every form of each names the same facts."""
    english, chinese = texts(domain, "en"), texts(domain, "zh-CN")
    return english.keys() == chinese.keys() and all(
        places(form) == places(forms[-1])
        for code, forms in english.items()
        for form in (*forms, *chinese[code])
    )
