"""What an examination says: the verdict, what staff read, what the shop is told, what is owed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from allocator.auditing.findings import Findings
from allocator.complaints.complaint import Complaint
from allocator.explanation.claims import Claim
from allocator.explanation.sentences import known_language
from allocator.wording import Fact

Word = Literal["founded", "unfounded", "undecidable", "routed"]


@dataclass(frozen=True, slots=True)
class Where:
    """Where something stands, for staff: rows of a table that was given, or a row by its key."""

    file: str
    column: str
    rows: tuple[int, ...] = ()
    key: tuple[str, ...] = ()
    sheet: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence for staff. code : msgid ``why-<code>``; facts : numbers, dates, identifiers."""

    code: str
    facts: Mapping[str, Fact]
    evidence: tuple[Where, ...] = ()


@dataclass(frozen=True, slots=True)
class MakeUp:
    """Cartons of a product that are owed, and whether the reserve has them.

    reserve : cartons of the reserve that are left before this make-up order; ``None`` = unknown
    from_reserve : of the owed, those that it covers; released : cartons of the release that nobody
        holds, which may cover the rest; ``None`` = unknown
    """

    product: str
    owed: int
    reserve: int | None
    from_reserve: int | None
    released: int | None

    @property
    def uncovered(self) -> int:
        """Cartons that neither the reserve nor the rest of the release covers, as far as known."""
        covered = (self.from_reserve or 0) + (self.released or 0)
        return max(self.owed - covered, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Examination:
    """A complaint examined.

    verdict : ``founded``, ``unfounded``, ``undecidable``, or ``routed`` to somebody else
    reasons : for staff, the deciding one first; they may name other shops
    told : for the shop, from its own figures and groups of at least five others: opening sentences
        (msgid ``told-<code>``), then claims of its card, each of which can be recomputed
    findings : of the audit, those that make the complaint founded
    missing : tables or columns without which nothing can be decided (``orders.requested``)
    remedies : what is owed; empty unless founded
    unchecked : columns whose absence left something unchecked beside the verdict
    names : product -> name
    """

    complaint: Complaint
    verdict: Word
    reasons: tuple[Reason, ...]
    opening: tuple[Reason, ...]
    told: tuple[Claim, ...]
    findings: Findings | None
    missing: tuple[str, ...]
    remedies: tuple[MakeUp, ...]
    unchecked: tuple[str, ...]
    names: Mapping[str, str]
    manager: str
    manager_phone: str

    def text(self, language: str = "en") -> str:
        """For staff: verdict, reasons, evidence, remedy; then, apart, what the shop is told."""
        from allocator.complaints.examination_letter import letter

        return letter(self, known_language(language))

    def say(self, language: str = "en") -> str:
        """Only what is said to the shop."""
        from allocator.complaints.examination_letter import speech

        return speech(self, known_language(language))

    def json(self, language: str = "en") -> dict[str, Any]:
        """Plain data."""
        from allocator.complaints.examination_data import document

        return document(self, known_language(language))


class Owed(NamedTuple):
    """A debt: cartons of a product. codes : fingerprints of the findings that make it one."""

    product: str
    cartons: int
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """What a kind's rule finds, before remedies and words are added.

    codes : fingerprints of the findings that it rests on
    owed : debts; opening : sentences for the shop
    questions : answers of the card to be told (``Answer.question``), of ``product`` or of the shop
    products : whose answers are told, most important first
    """

    verdict: Word
    reasons: tuple[Reason, ...]
    opening: tuple[Reason, ...] = ()
    codes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    owed: tuple[Owed, ...] = ()
    questions: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()
