"""``allocator plan``: quotas before any order."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from allocator.cli.options import (
    City,
    Cycle,
    Day,
    Json,
    Lang,
    Out,
    PolicyFile,
    Secret,
    Seed,
    day,
    policy_path,
)
from allocator.cli.screen import guarded, progress


@guarded
def plan_cycle(
    city: City,
    on: Day,
    out: Out,
    policy: PolicyFile = None,
    grading: Annotated[
        Path | None,
        typer.Option(
            "--grading",
            metavar="DIR",
            help="Output of allocator grade or run; graded here without it.",
        ),
    ] = None,
    cycle: Cycle = None,
    seed: Seed = None,
    secret: Secret = None,
    lang: Lang = "en",
    json: Json = False,
) -> None:
    """Plan the quotas of a cycle: a run directory without orders, which allocate takes."""
    from dataclasses import replace

    from allocator.cli.outcome import show_run
    from allocator.policy.reading import read_policy
    from allocator.runs.placing import check_target
    from allocator.runs.reading import read_grading
    from allocator.runs.secret import read_secret
    from allocator.runs.week import run
    from allocator.tables.reading import read_city

    check_target(out)
    kept = None if secret is None else read_secret(secret)
    with progress(lang, quiet=json) as phase:
        rules = read_policy(policy_path(policy, city), day(on))
        phase("read")
        tables = replace(read_city(city, rules.tables), orders=None)
        graded = None if grading is None else read_grading(grading)
        done = run(
            tables, rules, cycle=cycle, seed=seed, grading=graded, secret=kept, progress=phase
        )
        phase("write")
        done.write(out, language=lang)
    show_run(done, out, lang, as_json=json)
