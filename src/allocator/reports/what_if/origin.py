"""Where a what-if comes from: what to type to have it again, and digests to be sure of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """Enough to compute a report again and see that it is the same.

    command : as it is typed
    policy : SHA-256 of the baseline's policy file; scenario : of the scenarios as they were read
    inputs : SHA-256 of each table by its name
    version : of the program
    """

    command: str
    policy: str
    scenario: str
    inputs: Mapping[str, str]
    version: str

    def digests(self) -> dict[str, str]:
        """All digests, what they are of before them: ``policy``, ``scenario``, ``table NAME``."""
        named = {"policy": self.policy, "scenario": self.scenario}
        named |= {f"table {name}": digest for name, digest in sorted(self.inputs.items())}
        return {name: digest for name, digest in named.items() if digest}
