"""``allocator explain``: one retailer's card, or those of all, in any form."""

from __future__ import annotations

import json as jsons
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from allocator.cli.options import Json, Lang, RunFolder
from allocator.cli.screen import counting, guarded, tell, text
from allocator.errors import BadRequest

if TYPE_CHECKING:
    from allocator.explanation.card import Card
    from allocator.runs.record import Run

REFUSED = 1

Form = Literal["text", "sms", "phone", "html", "a5", "json"]

Reader = Literal["staff"]

SIDES: Final = ("text", "html", "json")
"""Forms of two retailers side by side: none that goes to a shop."""

SPOKEN: Final[Mapping[str, Callable[[Card, str], str]]] = {
    "text": lambda card, language: card.text(language),
    "sms": lambda card, language: "\n".join(card.sms(language)),
    "phone": lambda card, language: card.call(language),
    "html": lambda card, language: card.html(language),
    "a5": lambda card, language: card.sheet(language),
}
"""Form -> how it is printed; ``json`` apart."""


@guarded
def explain_retailer(
    folder: RunFolder,
    retailer: Annotated[
        str | None, typer.Argument(metavar="RETAILER", help="Identifier of a retailer.")
    ] = None,
    form: Annotated[
        Form,
        typer.Option(
            "--as",
            help="text, sms (parts of 67 units, the number first), phone (a script for the "
            "order-taker), html (for a phone's screen), a5 (a sheet to print) or json.",
        ),
    ] = "text",
    everybody: Annotated[
        bool, typer.Option("--all", help="The cards of all retailers, into --out.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Folder for --all; whole or not at all."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Recompute every claim from the run's files as well.")
    ] = False,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="OTHER",
            help="Both computations side by side, with the line where they part; only --for staff.",
        ),
    ] = None,
    reader: Annotated[
        Reader | None,
        typer.Option("--for", help="Who will read it; needed with --against."),
    ] = None,
    product: Annotated[
        str | None,
        typer.Option("--product", metavar="P", help="With --against: this product only."),
    ] = None,
    lang: Lang = "en",
    json: Json = False,
) -> None:
    """Explain a retailer's tier, quotas and awards from the output of a run."""
    if against is not None:
        if reader is None:
            raise BadRequest("against-staff-only")
        if everybody or out is not None or retailer is None or (form not in SIDES and not json):
            raise BadRequest("against-form")
        wrong = _print_both(
            folder, (retailer, against), product, "json" if json else form, lang, check=check
        )
        if wrong:
            raise typer.Exit(REFUSED)
        return
    if reader is not None or product is not None:
        raise BadRequest("staff-needs-against")
    if retailer is not None and out is not None and not everybody:
        raise BadRequest("explain-one-out", retailer=retailer[:80])
    if everybody == (retailer is not None) or everybody != (out is not None):
        raise BadRequest("explain-whom")
    if retailer is None and out is not None:
        wrong = _write_all(folder, form, out, lang, check=check, quiet=json)
    else:
        wrong = _print_one(folder, retailer or "", "json" if json else form, lang, check=check)
    if wrong:
        raise typer.Exit(REFUSED)


def _print_one(folder: Path, retailer: str, form: str, lang: str, *, check: bool) -> list[str]:
    """The codes of claims that are not true."""
    from allocator.explanation.card import explain
    from allocator.runs.reading import read_run

    run = read_run(folder)
    card = explain(run, retailer)
    checked, wrong = _recount(run, card) if check else (0, [])
    if form == "json":
        document = card.json(lang)
        tell({**document, "checked": checked, "wrong": wrong} if check else document)
        return wrong
    typer.echo(SPOKEN[form](card, lang))
    if check:
        _remark(checked, wrong, lang)
    return wrong


def _print_both(
    folder: Path,
    both: tuple[str, str],
    product: str | None,
    form: str,
    lang: str,
    *,
    check: bool,
) -> list[str]:
    """Two retailers side by side; with ``check`` the claims of both cards are recomputed."""
    from allocator.complaints.sides import side_by_side
    from allocator.explanation.card import explain_each
    from allocator.runs.reading import read_run

    run = read_run(folder)
    sides = side_by_side(run, *both, product=product)
    counts = [_recount(run, card) for card in explain_each(run, both)] if check else []
    checked = sum(count for count, _ in counts)
    wrong = [code for _, codes in counts for code in codes]
    if form == "json":
        document = sides.json(lang)
        tell({**document, "checked": checked, "wrong": wrong} if check else document)
        return wrong
    typer.echo(sides.html(lang) if form == "html" else sides.text(lang))
    if check:
        _remark(checked, wrong, lang)
    return wrong


def _write_all(
    folder: Path, form: Form, out: Path, lang: str, *, check: bool, quiet: bool
) -> list[str]:
    from allocator.explanation.card import explain_each
    from allocator.runs.cards import check_beside, write_cards
    from allocator.runs.placing import check_target
    from allocator.runs.reading import read_run

    check_beside(folder, out)
    check_target(out)
    run = read_run(folder)
    members = run.plan.members["retailer_id"].to_list()
    checked = 0
    wrong: list[str] = []
    with counting("cards-done", lang, quiet=quiet) as done:
        if check:
            for count, card in enumerate(explain_each(run, members), start=1):
                more, refuted = _recount(run, card)
                checked, wrong = checked + more, wrong + refuted
                done(count, len(members))
        write_cards(run, out, form, language=lang, done=done)
    if quiet:
        told = {"cards": len(members), "form": form, "out": str(out)}
        typer.echo(jsons.dumps({**told, "checked": checked, "wrong": wrong} if check else told))
    else:
        typer.echo(text("cards-written", lang, count=len(members), path=str(out)))
        if check:
            _remark(checked, wrong, lang)
    return wrong


def _recount(run: Run, card: Card) -> tuple[int, list[str]]:
    """How many claims were recomputed, and the codes of those that are not true."""
    from allocator.explanation.check import check_claims

    verdicts = check_claims(run, card)
    return len(verdicts), [verdict.claim.code for verdict in verdicts if not verdict.holds]


def _remark(checked: int, wrong: list[str], lang: str) -> None:
    """Beside the card, not in it: standard output may go to a file."""
    code = "claims-hold" if not wrong else "claims-wrong"
    codes = ", ".join(dict.fromkeys(wrong))
    typer.echo(text(code, lang, checked=checked, wrong=len(wrong), codes=codes), err=True)
