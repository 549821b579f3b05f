"""The page of each rule: in English its docstring, in Chinese the catalogue ``rules``.

``docs/rules.md`` and ``docs/rules.zh.md`` are all pages in one; ``allocator rules CODE`` shows one.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

from allocator.auditing.output import column_names
from allocator.auditing.registry import ALL_RULES
from allocator.auditing.rule import Rule
from allocator.errors import BadRequest
from allocator.wording import catalogue, say

SECTIONS = {
    "finds": "What it finds",
    "why": "Why it matters",
    "example": "Example",
    "do": "What to do",
    "limits": "Known limits",
}
"""The five parts of a page, with the headings that docstrings have."""

_HEADING = re.compile(r"\n*([^\n]+)\n-{3,}\n+")


@dataclass(frozen=True, slots=True)
class Page:
    """The page of one rule in one language.

    title : one sentence; name : the rule's name as people say it
    sections : heading and text of the five parts, in order; paragraphs apart by an empty line
    messages : the sentences of its findings, with their ``{places}``, and what to do last
    """

    code: str
    rule: str
    name: str
    kind: str
    severity: str
    title: str
    needs: str
    wants: str
    sections: tuple[tuple[str, str], ...]
    messages: tuple[str, ...]


def page_of(rule: Rule, language: str = "en", rules: Sequence[Rule] = ALL_RULES) -> Page:
    """The page of a rule.

    Raises
    ------
    KeyError : the rule has no page in the language, or a part of it is missing
    """
    title, parts = _written(rule) if language == "en" else _translated(rule, language)

    def label(code: str) -> str:
        return say("rules", code, {}, language)

    return Page(
        code=rule.code,
        rule=rule.name,
        name=say("findings", f"rule-{rule.name}", {}, language),
        kind=label(f"kind-{rule.kind}"),
        severity=say("findings", f"severity-{rule.severity}", {}, language),
        title=title,
        needs=column_names(rule.needs, language) or label("nothing"),
        wants=column_names(rule.wants, language),
        sections=tuple((label(f"heading-{part}"), parts[part]) for part in SECTIONS),
        messages=tuple(_messages(rule, language, rules)),
    )


def _written(rule: Rule) -> tuple[str, dict[str, str]]:
    """Title and parts of the docstring."""
    head, *rest = _HEADING.split(inspect.getdoc(rule.find) or "")
    told = dict(zip(rest[::2], map(_flowing, rest[1::2]), strict=True))
    return _flowing(head), {part: told[heading] for part, heading in SECTIONS.items()}


def _flowing(text: str) -> str:
    """Paragraphs on one line each; ``code`` as Markdown writes it."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(" ".join(part.split()) for part in paragraphs).replace("``", "`")


def _translated(rule: Rule, language: str) -> tuple[str, dict[str, str]]:
    def told(part: str) -> str:
        return say("rules", f"{rule.name}-{part}", {}, language)

    return told("title"), {part: told(part) for part in SECTIONS}


def _messages(rule: Rule, language: str, rules: Sequence[Rule]) -> Iterator[str]:
    """Sentences whose code begins with the rule's name and with no longer one; the remedy last."""
    longer = tuple(other.name for other in rules if other.name.startswith(f"{rule.name}-"))
    remedy, texts = f"{rule.name}-remedy", _texts(language)
    for code, text in texts.items():
        own = code == rule.name or code.startswith(f"{rule.name}-")
        if own and code != remedy and not (longer and code.startswith(longer)):
            yield text
    if remedy in texts:
        yield texts[remedy]


@lru_cache
def _texts(language: str) -> dict[str, str]:
    """The sentences of findings by code, in the plural where they count."""
    found = {}
    for message in catalogue("findings", language):
        code, text = message.id, message.string
        one = code if isinstance(code, str) else code[0]
        found[one] = text if isinstance(text, str) else str((text or ("",))[-1])
    return found


def page_if_any(code: str, language: str = "en") -> Page | None:
    """The page of the rule with this code; ``None`` where it has none in the language."""
    for rule in ALL_RULES:
        if rule.code == code:
            try:
                return page_of(rule, language)
            except KeyError:
                return None
    return None


def rule_called(word: str, rules: Sequence[Rule] = ALL_RULES) -> Rule:
    """The rule of a code or name, however its letters are written.

    Raises
    ------
    BadRequest : there is none; the nearest one is named
    """
    named = {rule.name: rule for rule in rules} | {rule.code.lower(): rule for rule in rules}
    wanted = word.strip().lower()
    if wanted in named:
        return named[wanted]
    near = get_close_matches(wanted[:80], sorted(named), n=1, cutoff=0.0)
    raise BadRequest("no-such-audit-rule", rule=word[:80], nearest=near[0])


def as_markdown(page: Page, language: str = "en", level: int = 2) -> str:
    """One page as Markdown."""
    mark = "#" * level
    facts = {"kind": page.kind, "severity": page.severity, "needs": page.needs}
    lines = [
        f"{mark} {page.code} {page.name}",
        page.title,
        say("rules", "facts", {**facts, "rule": page.rule}, language),
    ]
    if page.wants:
        lines.append(say("rules", "wants", {"wants": page.wants}, language))
    for heading, body in page.sections:
        lines += [f"**{heading}**", body]
    lines.append(f"**{say('rules', 'heading-messages', {}, language)}**")
    lines.append("\n".join(f"- {_code(message)}" for message in page.messages))
    return "\n\n".join(lines) + "\n"


def _code(message: str) -> str:
    """A sentence whose places stand out, and in which nothing is markup."""
    return re.sub(r"(\{\w+\})", r"`\1`", message).strip()


def manual(language: str = "en", rules: Sequence[Rule] = ALL_RULES) -> str:
    """All pages as one Markdown document, with a table of what there is."""

    def label(code: str) -> str:
        return say("rules", code, {}, language)

    pages = [page_of(rule, language, rules) for rule in rules]
    columns = ("code", "name", "kind", "severity", "needs")
    head = " | ".join(label(f"column-{column}") for column in columns)
    table = [f"| {head} |", "|" + " --- |" * len(columns)]
    for page in pages:
        link = f"[{page.code}](#{_anchor(page)})"
        table.append(f"| {link} | {page.name} | {page.kind} | {page.severity} | {page.needs} |")
    listing = "\n".join(table)
    sections = [as_markdown(page, language) for page in pages]
    return "\n\n".join([f"# {label('manual')}", label("manual-intro"), listing, *sections])


def _anchor(page: Page) -> str:
    """How a heading is linked to: letters, digits and signs of words, blanks as hyphens."""
    heading = f"{page.code} {page.name}".lower()
    return re.sub(r"[^\w\- ]", "", heading).replace(" ", "-")
