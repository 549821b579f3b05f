"""What the check of an order says: how many cartons at most, and the claims that say why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from allocator.wording import Fact, say


@dataclass(frozen=True, slots=True)
class Place:
    """Where a number stands in the run directory: file, row (``column=value``), columns read."""

    file: str
    key: tuple[str, ...]
    column: str


@dataclass(frozen=True, slots=True)
class Claim:
    """One reason.

    code : kebab-case; the msgid of its sentence in ``wording/<language>/ordering.po``
    parameters : cartons and identifiers that the sentence tells
    evidence : where the numbers stand
    """

    code: str
    parameters: Mapping[str, Fact]
    evidence: tuple[Place, ...] = ()

    def text(self, language: str = "en") -> str:
        """The sentence."""
        return say("ordering", self.code, self.parameters, language)


@dataclass(frozen=True, slots=True)
class Decision:
    """Answer to one order line.

    at_most : cartons that may be entered for it, 0 or more, never above what was asked
    claims : why, most important first; never empty
    """

    at_most: int
    claims: tuple[Claim, ...]

    def text(self, language: str = "en") -> str:
        """All reasons, one sentence each."""
        return (" " if language == "en" else "").join(claim.text(language) for claim in self.claims)

    def document(self, language: str | None = None) -> dict[str, Any]:
        """The decision for programs; with a language, sentences too."""
        claims = []
        for claim in self.claims:
            entry: dict[str, Any] = {
                "code": claim.code,
                "parameters": dict(claim.parameters),
                "evidence": [
                    {"file": place.file, "key": list(place.key), "column": place.column}
                    for place in claim.evidence
                ],
            }
            if language is not None:
                entry["text"] = claim.text(language)
            claims.append(entry)
        return {"at_most": self.at_most, "claims": claims}
