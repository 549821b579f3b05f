"""The error tree. Every error carries a code and numbers, and its text ends in a remedy.

- AllocatorError
    - BadTable          tables that cannot be used; lists every refusal at once
    - BadPolicy         a policy file that cannot be used; lists every fault at once
    - BadRequest        an argument that does not fit (unknown retailer, missing seed, ...)
    - InfeasiblePolicy  limits that contradict each other or the supply
    - NotProvenOptimal  a solver result without proof of optimality
    - CertificateRefused  a certificate that does not prove what it says
    - BrokenRun         a run directory that is incomplete or was changed

Texts live in ``wording/<language>/<domain>.po`` under the code; ``facts`` fill them in. Each
class names its domain, so that a floor keeps its sentences together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar

from allocator.wording import Fact, catalogue, say


class AllocatorError(Exception):
    """Base of all errors of this library.

    Parameters
    ----------
    code : message code in the catalogue of the class's domain
    facts : numbers, dates and identifiers that the text needs
    """

    domain: ClassVar[str] = "errors"

    def __init__(self, code: str, **facts: Fact) -> None:
        self.code = code
        self.facts = facts
        super().__init__(code)

    def message(self, language: str = "en") -> str:
        """The text for people, in ``en`` or ``zh-CN``; it ends in a remedy."""
        return say(self.domain, self.code, self.facts, language)

    def __str__(self) -> str:
        return self.message()


PLACES = {"policy": {"row": "line", "column": "path"}}
"""Words of a domain for its places, where it has others than tables."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One fault of an input, with the place where it stands.

    file, sheet, column : names as given; ``None`` where they do not apply
    row : line of the file or sheet as an editor shows it, the header's title rows counted
    value : the offending value as text, cut to 80 characters
    """

    code: str
    file: str | None = None
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None
    facts: dict[str, Fact] = field(default_factory=dict)

    def message(self, domain: str, language: str = "en") -> str:
        """Place, what is wrong, and what would be right, in one sentence."""
        words = PLACES.get(domain, {})
        parts = [
            say("errors", f"place-{words.get(name, name)}", {name: str(value)}, language)
            for name in ("file", "sheet", "row", "column", "value")
            if (value := getattr(self, name)) is not None
        ]
        # A part of the file may be refused in the words of the argument that it would be.
        own = domain if catalogue(domain, language).get(self.code) else "errors"
        what = say(own, self.code, self.facts, language)
        comma, colon = ("，", "：") if language.startswith("zh") else (", ", ": ")
        return comma.join(parts) + (colon if parts else "") + what


class _Refused(AllocatorError):
    """Several faults of one input, told all at once."""

    def __init__(self, code: str, refusals: Sequence[Refusal], **facts: Fact) -> None:
        super().__init__(code, count=len(refusals), **facts)
        self.refusals = tuple(refusals)

    def message(self, language: str = "en") -> str:
        """The heading, then one line per fault."""
        lines = [super().message(language)]
        lines += [f"  {refusal.message(self.domain, language)}" for refusal in self.refusals]
        return "\n".join(lines)


class BadTable(_Refused):
    """Tables that cannot be used."""

    domain = "tables"


class BadPolicy(_Refused):
    """A policy that cannot be used; ``Refusal.row`` is the line, ``column`` the path."""

    domain = "policy"


class BadRequest(AllocatorError, ValueError):
    """An argument that does not fit."""


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """One line of a conflict, and the least change that alone would mend it.

    kind : floor, coverage, ceiling, step, tier_order, basket, group_least, group_most, reserve,
        supply
    path : as in the policy (``allocation.products.P0101.floor``, ``allocation.groups.0.at_least``),
        ``supply`` for the supply table
    line : line of the policy file; ``None`` where it does not stand there (a default, the supply)
    value, mend : cartons; per cent for coverage, groups and a reserve; for tier order 1 in force,
        0 lifted
    name : product of a supply, name of a basket
    words : facts that are words, by language: ``who`` of a group
    """

    kind: str
    path: str
    line: int | None
    value: int | Decimal
    mend: int | Decimal
    name: str = ""
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def message(self, language: str = "en") -> str:
        """Place, what it says, and what would mend the conflict."""
        place: dict[str, Fact] = {"path": self.path, "line": self.line, "product": self.name}
        where = "supply" if self.kind == "supply" else "default" if self.line is None else "line"
        change = abs(Decimal(self.mend) - Decimal(self.value))
        facts: dict[str, Fact] = {
            "value": self.value,
            "mend": self.mend,
            "change": change,
            "name": self.name,
            **self.words.get(language, {}),
        }
        # A group with nothing at least, or everything at most, is no line of a policy.
        gone = {"group_least": 0, "group_most": 100}.get(self.kind) == self.mend
        code = f"conflict-{self.kind}{'-away' if gone else ''}"
        return say("allocation", f"conflict-at-{where}", place, language) + say(
            "allocation", code, facts, language
        )


class InfeasiblePolicy(AllocatorError):
    """Limits that contradict each other or the supply.

    conflict : the lines that contradict each other, none of which can go without making room;
        empty where the contradiction is of another kind
    words : facts of the heading that are words, by language
    """

    domain = "allocation"

    def __init__(
        self,
        code: str,
        *,
        conflict: Sequence[PolicyLine] = (),
        words: Mapping[str, Mapping[str, str]] | None = None,
        **facts: Fact,
    ) -> None:
        super().__init__(code, **facts)
        self.conflict = tuple(conflict)
        self.words = words or {}

    def message(self, language: str = "en") -> str:
        """What contradicts what, then the lines; changing any one of them is enough."""
        facts = {**self.facts, **self.words.get(language, {})}
        heading = say(self.domain, self.code, facts, language)
        if not self.conflict:
            return heading
        lines = [heading, say("allocation", "conflict-mend", {}, language)]
        lines += [f"  {line.message(language)}" for line in self.conflict]
        if self.facts.get("others"):
            lines.append(say("allocation", "conflict-others", self.facts, language))
        return "\n".join(lines)


class NotProvenOptimal(AllocatorError):
    """A solver result that is not proven optimal; it is never used."""

    domain = "allocation"


class CertificateRefused(AllocatorError):
    """A certificate that does not prove what it says."""

    domain = "certificate"


class BrokenRun(AllocatorError):
    """A run directory that is incomplete or was changed."""

    domain = "runs"

    def message(self, language: str = "en") -> str:
        """The text; what caused it is told in the same language."""
        if "fault" in self.facts and isinstance(self.__cause__, AllocatorError):
            facts = {**self.facts, "fault": self.__cause__.message(language)}
            return say(self.domain, self.code, facts, language)
        return super().message(language)
