"""``allocator verify``: a run directory against itself and the notice, or one card's proof."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from allocator.cli.options import Json, Lang
from allocator.cli.screen import console, guarded, tell, text
from allocator.errors import BadRequest

REFUSED = 1
MOST_SHOWN = 20


@guarded
def verify_directory(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Output of allocator run.")
    ] = None,
    digest: Annotated[
        str | None,
        typer.Option("--digest", metavar="HEX", help="SHA-256 of the certificate, as published."),
    ] = None,
    card: Annotated[
        Path | None,
        typer.Option("--card", metavar="FILE", help="A card (HTML or JSON) instead of a run."),
    ] = None,
    root: Annotated[
        str | None,
        typer.Option("--root", metavar="HEX", help="Number of the results, as published."),
    ] = None,
    notice: Annotated[
        Path | None,
        typer.Option("--notice", metavar="FILE", help="The notice that prints that number."),
    ] = None,
    lang: Lang = "en",
    json: Json = False,
) -> None:
    """Recompute cohorts, totals and the results of all shops and check the certificate.

    With --card: check that the card is among the results whose number the notice prints.
    """
    if root is not None and notice is not None:
        raise BadRequest("verify-one-number")
    if card is not None and folder is None and digest is None:
        accepted = _card(card, root, notice, lang, as_json=json)
    elif folder is not None and card is None and notice is None:
        accepted = _run(folder, digest, root, lang, as_json=json)
    else:
        raise BadRequest("verify-what")
    if not accepted:
        raise typer.Exit(REFUSED)


def _run(folder: Path, digest: str | None, root: str | None, lang: str, *, as_json: bool) -> bool:
    """Whether the run directory holds."""
    from allocator.certificate.inclusion import grouped
    from allocator.runs.verifying import verify_run

    verdict = verify_run(folder, digest, root)
    messages = [discrepancy.message(lang) for discrepancy in verdict.discrepancies]
    if as_json:
        tell(
            {
                "accepted": verdict.accepted,
                "certificate": verdict.digest,
                "results": verdict.number,
                "checked": dict(verdict.checked),
                "refusals": [
                    {"code": found.code, "file": found.file, "message": message}
                    for found, message in zip(verdict.discrepancies, messages, strict=True)
                ],
            }
        )
        return verdict.accepted
    screen = console()
    if not verdict.accepted:
        screen.print(text("verify-refused", lang, count=len(messages)), style="bold red")
        for message in messages[:MOST_SHOWN]:
            screen.print(f"  {message}", soft_wrap=True)
        if len(messages) > MOST_SHOWN:
            screen.print(text("verify-more", lang, count=len(messages) - MOST_SHOWN))
        return False
    screen.print(text("verify-accepted", lang), style="bold green")
    facts = {"cells": 0, "lines": 0, "stages": 0, "seats": 0, "awards": 0, "files": 0}
    screen.print(text("verify-checked", lang, **{**facts, **verdict.checked}))
    screen.print(text("verify-digest", lang, digest=verdict.digest), soft_wrap=True)
    if digest is None:
        screen.print(text("verify-compare", lang), soft_wrap=True)
    if verdict.number is not None:
        leaves, number = verdict.checked["leaves"], grouped(verdict.number)
        told = text("verify-leaves", lang, leaves=leaves, number=number)
        screen.print(told, soft_wrap=True)
        if root is None:
            screen.print(text("verify-number", lang), soft_wrap=True)
    return True


def _card(card: Path, root: str | None, notice: Path | None, lang: str, *, as_json: bool) -> bool:
    """Whether the card is among the results; what was proven is told, to be compared by eye."""
    from allocator.certificate import inclusion

    place = str(notice or "--root")
    try:
        number = inclusion.published(root, notice)
        place = str(card)
        proof, shown = inclusion.read_card(inclusion.read_bytes(card))
    except inclusion.Unusable as fault:
        raise BadRequest("card-unusable", path=place[:200], fault=fault.message(lang)) from None
    refused = inclusion.check(proof, shown, number)
    messages = [refusal.message(lang) for refusal in refused]
    if as_json:
        tell(
            {
                "accepted": not refused,
                "results": inclusion.number_of(proof.statement),
                "compared": number is not None,
                "proof": proof.document(),
                "refusals": [
                    {"code": refusal.code, "message": message}
                    for refusal, message in zip(refused, messages, strict=True)
                ],
            }
        )
    elif refused:
        screen = console()
        screen.print(text("verify-refused", lang, count=len(messages)), style="bold red")
        for message in messages[:MOST_SHOWN]:
            screen.print(f"  {message}", soft_wrap=True)
    else:
        for line in inclusion.report(proof, lang, compared=number is not None):
            console().print(line, soft_wrap=True)
    return not refused
