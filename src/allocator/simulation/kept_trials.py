"""Trials on disk: each is written whole when it is done, so that a sweep goes on where it stopped.

A file is named by the digest of all that its trial depends on: the tables, the policy, the cycle,
the draw, the version of this program and the scenario. The policy counts by its file and by what
it says now, which differ where it was altered in Python. A trial of anything else is never taken
for it, and a longer list of scenarios takes over what a shorter one has found.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from allocator.canonical import canonical_json, digest
from allocator.errors import BadRequest
from allocator.policy.models import Policy
from allocator.runs.heads import package_version
from allocator.runs.inputs import input_digests
from allocator.simulation.scenario import Scenario
from allocator.simulation.trials import Trial, trial_from
from allocator.tables.city import City

MOST_BYTES: Final = 1_000_000
"""Of one trial; they have a few thousand."""


@dataclass(frozen=True, slots=True)
class KeptTrials:
    """The finished trials of sweeps of one city under one policy.

    folder : where they are; given : digest of what they all depend on
    """

    folder: Path
    given: str

    @classmethod
    def of(
        cls, folder: Path, city: City, policy: Policy, cycle: str, seed: str | None
    ) -> KeptTrials:
        """Trials of this city, policy, cycle and draw in a folder, which is made.

        Raises
        ------
        BadRequest : the folder cannot be made
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise BadRequest("out-unwritable", path=str(folder)[:200], reason=reason) from error
        given = {
            "allocator": package_version(),
            "inputs": {name: entry["sha256"] for name, entry in input_digests(city).items()},
            "policy": policy.digest,
            "rules": policy.model_dump_json(),
            "on": policy.on.isoformat(),
            "cycle": cycle,
            "seed": seed,
        }
        return cls(folder, digest(given))

    def find(self, scenario: Scenario) -> Trial | None:
        """The trial of a scenario, where it is done; a file that tells none is passed over."""
        path = self._path(scenario)
        try:
            if path.stat().st_size > MOST_BYTES:
                return None
            trial = trial_from(json.loads(path.read_bytes()))
        except (OSError, ValueError, RecursionError):
            return None
        same = (trial.name, trial.changes) == (scenario.name, scenario.spelt())
        return trial if same else None

    def keep(self, scenario: Scenario, trial: Trial) -> None:
        """Write a trial, whole or not at all."""
        path = self._path(scenario)
        beside = path.with_suffix(".part")
        try:
            beside.write_bytes(canonical_json(trial.document()))
            beside.replace(path)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise BadRequest("out-unwritable", path=str(path)[:200], reason=reason) from error

    def _path(self, scenario: Scenario) -> Path:
        what = [self.given, scenario.name, [list(change) for change in scenario.spelt()]]
        return self.folder / f"{digest(what)}.json"
