"""``allocator estimate``: what was heard, for all recordings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from allocator.cli.options import Json, Lang, share
from allocator.cli.screen import guarded, tell


@guarded
def estimate_results(
    results: Annotated[
        Path, typer.Argument(metavar="FILE", help="sample.xlsx or sample.csv, filled in.")
    ],
    folder: Annotated[
        Path | None,
        typer.Option(
            "--sample", metavar="DIR", help="Output of allocator sample; default beside FILE."
        ),
    ] = None,
    tolerable: Annotated[
        str | None,
        typer.Option("--tolerable", metavar="SHARE", help="Instead of the one of the sample."),
    ] = None,
    confidence: Annotated[
        str | None,
        typer.Option("--confidence", metavar="SHARE", help="Instead of the one of the sample."),
    ] = None,
    lang: Lang = "en",
    json: Json = False,
) -> None:
    """Say what the recordings that were heard prove about all of them.

    In the column result stands departure, in order, or not heard (有偏离, 无偏离, 未听); what is
    empty counts as not heard, and the limits hold whatever those recordings hold. The draw is
    made again from the list and the seed, so a sheet with other recordings is refused.
    """
    from allocator.cli.listening import estimate_summary, show_estimate
    from allocator.runs.sampling import estimate_file

    plan, found = estimate_file(
        results,
        folder,
        tolerable=None if tolerable is None else share(tolerable, "--tolerable"),
        confidence=None if confidence is None else share(confidence, "--confidence"),
    )
    if json:
        tell(estimate_summary(plan, found))
        return
    show_estimate(found, lang)
