"""``allocator examine``: a complaint goes in, a verdict with evidence and remedy comes out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from allocator.cli.options import Json, Lang, RunFolder
from allocator.cli.screen import counting, guarded, tell, text
from allocator.errors import BadRequest

if TYPE_CHECKING:
    from allocator.runs.record import Run


@guarded
def examine_complaint(
    folder: RunFolder,
    retailer: Annotated[
        str | None, typer.Option("--retailer", metavar="R", help="Who complains.")
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind",
            metavar="KIND",
            help="less-than-equal, less-than-similar, tier-down, not-got, never-available, new or "
            "cancelled are judged; counterfeit, delivery, quality, service and venting passed on.",
        ),
    ] = None,
    product: Annotated[
        str | None,
        typer.Option("--product", metavar="P", help="Without it all that the shop ordered."),
    ] = None,
    about: Annotated[
        str | None, typer.Option("--about", metavar="OTHER", help="The shop it is compared with.")
    ] = None,
    said: Annotated[
        int | None,
        typer.Option("--said", metavar="N", help="Cartons that the shop says it asked for."),
    ] = None,
    complaints: Annotated[
        Path | None,
        typer.Option(
            "--complaints",
            metavar="FILE",
            help="Instead of one: a table (CSV, Excel) with retailer_id 客户编码, kind 投诉类别, "
            "product_id, about, said, number, received_on, text.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Folder for --complaints; whole or not at all."),
    ] = None,
    reply: Annotated[
        bool, typer.Option("--reply", help="Only what is told to the shop; safe to send.")
    ] = False,
    lang: Lang = "en",
    json: Json = False,
) -> None:
    """Examine a complaint about the output of a run: founded, unfounded or undecidable, and why."""
    one = retailer is not None and kind is not None
    other = any(value is not None for value in (retailer, kind, product, about, said)) or reply
    if (complaints is None) != one or (complaints is not None and other):
        raise BadRequest("examine-what")
    if (out is not None) != (complaints is not None and not json):
        raise BadRequest("examine-out")
    from allocator.complaints.complaint import Complaint
    from allocator.complaints.examining import examine
    from allocator.runs.reading import read_run

    if complaints is not None:
        _examine_table(folder, complaints, out, lang)
        return
    complaint = Complaint(retailer or "", kind or "", product, about, said)
    examined = examine(complaint, read_run(folder))
    if json:
        document = examined.json(lang)
        tell(document["told"] if reply else document)
        return
    typer.echo(examined.say(lang) if reply else examined.text(lang), nl=False)


def _examine_table(folder: Path, complaints: Path, out: Path | None, lang: str) -> None:
    from allocator.complaints.examination_data import counted, document
    from allocator.complaints.examining import examine_each
    from allocator.complaints.reading import read_complaints, write_examinations
    from allocator.runs.cards import check_beside
    from allocator.runs.placing import check_target
    from allocator.runs.reading import read_run

    if out is not None:
        check_beside(folder, out)
        check_target(out)
    run: Run = read_run(folder)
    wanted = read_complaints(complaints, run.policy.tables)
    with counting("complaints-done", lang, quiet=out is None) as done:
        examined = []
        for each in examine_each(wanted, run):
            examined.append(each)
            done(len(examined), len(wanted))
    if out is None:
        tell({"complaints": [document(each, lang) for each in examined]})
        return
    write_examinations(examined, run, out, language=lang)
    for sentence in counted(examined, lang):
        typer.echo(sentence)
    typer.echo(text("complaints-written", lang, count=len(examined), path=str(out)))
