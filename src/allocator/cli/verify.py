"""``allocator verify``: a run directory against itself and the notice's digest."""

from __future__ import annotations

from typing import Annotated

import typer

from allocator.cli.options import Json, Lang, RunFolder
from allocator.cli.screen import console, guarded, tell, text

REFUSED = 1
MOST_SHOWN = 20


@guarded
def verify_directory(
    folder: RunFolder,
    digest: Annotated[
        str | None,
        typer.Option("--digest", metavar="HEX", help="SHA-256 of the certificate, as published."),
    ] = None,
    lang: Lang = "en",
    json: Json = False,
) -> None:
    """Recompute cohorts and totals from the files and check the certificate."""
    from allocator.runs.verifying import verify_run

    verdict = verify_run(folder, digest)
    messages = [discrepancy.message(lang) for discrepancy in verdict.discrepancies]
    if json:
        tell(
            {
                "accepted": verdict.accepted,
                "certificate": verdict.digest,
                "checked": dict(verdict.checked),
                "refusals": [
                    {"code": found.code, "file": found.file, "message": message}
                    for found, message in zip(verdict.discrepancies, messages, strict=True)
                ],
            }
        )
    else:
        screen = console()
        if verdict.accepted:
            screen.print(text("verify-accepted", lang), style="bold green")
            facts = {"cells": 0, "lines": 0, "stages": 0, "seats": 0, "awards": 0, "files": 0}
            screen.print(text("verify-checked", lang, **{**facts, **verdict.checked}))
            screen.print(text("verify-digest", lang, digest=verdict.digest), soft_wrap=True)
            if digest is None:
                screen.print(text("verify-compare", lang), soft_wrap=True)
        else:
            screen.print(text("verify-refused", lang, count=len(messages)), style="bold red")
            for message in messages[:MOST_SHOWN]:
                screen.print(f"  {message}", soft_wrap=True)
            if len(messages) > MOST_SHOWN:
                screen.print(text("verify-more", lang, count=len(messages) - MOST_SHOWN))
    if not verdict.accepted:
        raise typer.Exit(REFUSED)
