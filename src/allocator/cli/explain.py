"""``allocator explain``: one retailer's card."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from allocator.cli.options import Json, Lang, RunFolder
from allocator.cli.screen import guarded, tell, text

REFUSED = 1


@guarded
def explain_retailer(
    folder: RunFolder,
    retailer: Annotated[str, typer.Argument(metavar="RETAILER", help="Identifier of a retailer.")],
    form: Annotated[Literal["text", "html", "json"], typer.Option("--as", help="Form.")] = "text",
    check: Annotated[
        bool, typer.Option("--check", help="Recompute every claim from the run's files as well.")
    ] = False,
    lang: Lang = "en",
    json: Json = False,
) -> None:
    """Explain a retailer's tier, quotas and awards from the output of a run."""
    from allocator.explanation.card import explain
    from allocator.runs.reading import read_run

    run = read_run(folder)
    card = explain(run, retailer)
    form = "json" if json else form
    wrong, checked = [], 0
    if check:
        from allocator.explanation.check import check_claims

        verdicts = check_claims(run, card)
        checked = len(verdicts)
        wrong = [verdict.claim.code for verdict in verdicts if not verdict.holds]
    if form == "json":
        document = card.json(lang)
        tell({**document, "checked": checked, "wrong": wrong} if check else document)
    else:
        typer.echo(card.html(lang) if form == "html" else card.text(lang))
    if check and form != "json":
        # Beside the card, not in it: standard output may go to a file.
        code = "claims-hold" if not wrong else "claims-wrong"
        codes = ", ".join(wrong)
        note = text(code, lang, checked=checked, wrong=len(wrong), codes=codes)
        typer.echo(note, err=True)
    if wrong:
        raise typer.Exit(REFUSED)
