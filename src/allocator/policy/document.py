"""A YAML text as a tree of values with their lines; hostile input is bounded here.

Only the parser of ruamel.yaml is used, never its constructors: no tag makes an object, no
number passes through a float, keys stay the text that was written (``0101`` remains ``0101``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, NoReturn

from allocator.errors import Refusal
from allocator.wording import Fact

MAX_BYTES = 1_000_000
MAX_VALUES = 50_000
MAX_DEPTH = 24
MAX_DIGITS = 18

Step = str | int
Path = tuple[Step, ...]
Scalar = str | int | bool | Decimal | date | None

# What YAML calls printable, less the line breaks that editors do not count as lines.
_UNPRINTABLE = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
_WHOLE = re.compile(r"[-+]?[0-9]+")
_DECIMAL = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WORDS: dict[str, Scalar] = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the policy: where, what, and the numbers of the sentence."""

    line: int | None
    path: Path
    code: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
    value: str | None = None

    def refusal(self, file: str | None) -> Refusal:
        """The fault as errors carry it: ``row`` is the line, ``column`` the path."""
        return Refusal(
            self.code,
            file=file,
            row=self.line,
            column=cut(spell_path(self.path), 200) or None,
            value=self.value,
            facts=dict(self.facts),
        )


@dataclass(frozen=True, slots=True)
class Node:
    """One value of the document.

    content : a scalar, a tuple of nodes, or nodes by key
    line : line of its key, for a list entry its own, counted from 1
    text : the scalar as written, ``None`` for lists and mappings
    size : values in it, itself included, aliases counted in full
    """

    content: Scalar | tuple[Node, ...] | dict[str, Node]
    line: int
    text: str | None = None
    size: int = 1


class Unusable(Exception):
    """A document that cannot be read further; carries the faults found so far."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        super().__init__(faults[-1].code)


def spell_path(path: Path) -> str:
    """``("grading", "tiers", "shares", 2)`` as ``grading.tiers.shares.2``; entries from 0."""
    return ".".join(map(str, path))


def cut(text: str | None, most: int = 80) -> str | None:
    """At most so many characters, on one line, for messages."""
    if text is None:
        return None
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def day_of(text: str) -> date | None:
    """The day that a text names as YYYY-MM-DD; ``ValueError`` where there is no such day."""
    return date.fromisoformat(text) if _DAY.fullmatch(text) else None


def plain(node: Node) -> Any:
    """The tree as plain values; lists become tuples."""
    if isinstance(node.content, dict):
        return {key: plain(child) for key, child in node.content.items()}
    if isinstance(node.content, tuple):
        return tuple(plain(child) for child in node.content)
    return node.content


def find(node: Node, path: Path) -> Node | None:
    """The node at a path, ``None`` where there is none."""
    for step in path:
        content = node.content
        if isinstance(content, dict) and step in content:
            node = content[str(step)]
        elif isinstance(content, tuple) and isinstance(step, int) and step < len(content):
            node = content[step]
        else:
            return None
    return node


def compose(text: str) -> tuple[Node, list[Fault]]:
    """The document's tree, and the faults that do not stop its reading (duplicate keys, tags).

    Raises
    ------
    Unusable : not YAML, too large, too deep, empty, several documents, self-containing alias.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    if found := _UNPRINTABLE.search(text):
        line = text.count("\n", 0, found.start()) + 1
        code = f"U+{ord(found.group()):04X}"
        raise Unusable([Fault(line, (), "unprintable-character", {"character": code})])
    composer = _Composer(YAML(typ="safe", pure=True).parse(text))
    try:
        root = composer.document()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = cut(error.problem or error.context or "") or ""
        fault = Fault(
            None if mark is None else mark.line + 1, (), "yaml-syntax", {"problem": problem}
        )
        raise Unusable([*composer.faults, fault]) from error
    except YAMLError as error:
        fault = Fault(None, (), "yaml-syntax", {"problem": cut(str(error)) or ""})
        raise Unusable([*composer.faults, fault]) from error
    return root, composer.faults


class _Composer:
    """Builds nodes from parser events; recursion is bounded by ``MAX_DEPTH``."""

    def __init__(self, events: Iterator[Any]) -> None:
        self.events = events
        self.faults: list[Fault] = []
        self.anchors: dict[str, Node | None] = {}
        self.seen = 0

    def document(self) -> Node:
        next(self.events)  # start of stream
        start = next(self.events)
        if type(start).__name__ != "DocumentStartEvent":
            self._stop(1, (), "empty-document")
        root = self._node(next(self.events), (), 0)
        next(self.events)  # end of document
        after = next(self.events)
        if type(after).__name__ != "StreamEndEvent":
            self._stop(after.start_mark.line + 1, (), "second-document")
        return root

    def _stop(self, line: int, path: Path, code: str, **facts: Fact) -> NoReturn:
        raise Unusable([*self.faults, Fault(line, path, code, facts)])

    def _node(self, event: Any, path: Path, depth: int) -> Node:
        line = event.start_mark.line + 1
        if depth > MAX_DEPTH:
            self._stop(line, path[:4], "too-deep", most=MAX_DEPTH)
        kind = type(event).__name__
        if kind == "AliasEvent":
            target = self.anchors.get(event.anchor)
            if target is None:
                self._stop(line, path, "alias-without-anchor", alias=cut(event.anchor))
            node = replace(target, line=line)
            self._count(node.size, line, path)
            return node
        if event.anchor is not None:
            self.anchors[event.anchor] = None  # known, but not complete: no value holds itself
        self._count(1, line, path)
        if event.tag is not None:
            self.faults.append(Fault(line, path, "yaml-tag", {"tag": cut(str(event.tag))}))
        if kind == "ScalarEvent":
            node = self._scalar(event, line, path)
        elif kind == "SequenceStartEvent":
            node = self._list(line, path, depth)
        else:
            node = self._mapping(line, path, depth)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def _count(self, values: int, line: int, path: Path) -> None:
        self.seen += values
        if self.seen > MAX_VALUES:
            self._stop(line, path, "too-many-values", most=MAX_VALUES)

    def _scalar(self, event: Any, line: int, path: Path) -> Node:
        text: str = event.value
        content: Scalar = text
        if event.style is None or event.style == "":
            if text in _WORDS:
                content = _WORDS[text]
            elif (number := _WHOLE.fullmatch(text)) or _DECIMAL.fullmatch(text):
                if len(text) > MAX_DIGITS:
                    fault = Fault(line, path, "number-too-long", {"most": MAX_DIGITS}, cut(text))
                    self.faults.append(fault)
                else:
                    content = int(text) if number else Decimal(text)
        return Node(content, line, text)

    def _list(self, line: int, path: Path, depth: int) -> Node:
        entries: list[Node] = []
        while type(event := next(self.events)).__name__ != "SequenceEndEvent":
            entries.append(self._node(event, (*path, len(entries)), depth + 1))
        return Node(tuple(entries), line, None, 1 + sum(entry.size for entry in entries))

    def _mapping(self, line: int, path: Path, depth: int) -> Node:
        entries: dict[str, Node] = {}
        while type(event := next(self.events)).__name__ != "MappingEndEvent":
            key_line = event.start_mark.line + 1
            key = self._node(event, path, depth + 1)
            if key.text is None:
                self.faults.append(Fault(key_line, path, "key-not-text"))
            value = self._node(next(self.events), (*path, key.text or ""), depth + 1)
            if key.text is None:
                continue
            if key.text in entries:
                place = (*path, key.text)
                facts = {"first": entries[key.text].line, "key": cut(key.text)}
                self.faults.append(Fault(key_line, place, "duplicate-key", facts))
                continue
            entries[key.text] = replace(value, line=key_line)
        return Node(entries, line, None, 1 + sum(entry.size for entry in entries.values()))
