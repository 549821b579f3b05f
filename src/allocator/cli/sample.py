"""``allocator sample``: which recordings to listen to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from allocator.cli.options import Cycle, Json, Lang, Out, PolicyFile, day, share
from allocator.cli.screen import guarded, progress, remark, tell
from allocator.errors import BadRequest


def _table(name: str, what: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(f"--{name}", metavar="FILE", help=what)
    return option


@guarded
def sample_recordings(
    out: Out,
    city: Annotated[
        Path | None,
        typer.Argument(metavar="CITY", help="Output of a run, or a folder of tables."),
    ] = None,
    orders: Annotated[Path | None, _table("orders", "Order lines with recordings.")] = None,
    retailers: Annotated[Path | None, _table("retailers", "Retailers with tier.")] = None,
    quotas: Annotated[Path | None, _table("quotas", "Quota table, long or 投放表.")] = None,
    size: Annotated[
        int | None, typer.Option("--size", metavar="N", help="Recordings to listen to.")
    ] = None,
    minutes: Annotated[
        int | None,
        typer.Option("--minutes", metavar="M", help="Time there is for listening, instead."),
    ] = None,
    per_call: Annotated[
        int, typer.Option("--per-call", metavar="M", help="Minutes that one recording takes.")
    ] = 3,
    tolerable: Annotated[
        str,
        typer.Option(
            "--tolerable", metavar="SHARE", help="Share of departing calls that is put up with."
        ),
    ] = "5%",
    confidence: Annotated[
        str, typer.Option("--confidence", metavar="SHARE", help="How sure the result shall be.")
    ] = "95%",
    expected: Annotated[
        int,
        typer.Option(
            "--expected", metavar="N", help="Departures that may be found without spoiling it."
        ),
    ] = 0,
    weight: Annotated[
        int,
        typer.Option(
            "--weight", metavar="N", help="How many times as likely a named recording is drawn."
        ),
    ] = 4,
    seed: Annotated[
        str | None,
        typer.Option(
            "--seed",
            metavar="TEXT",
            help="Public number drawn after the digest was published; without it the plan is "
            "written, with the digest, and nothing is drawn.",
        ),
    ] = None,
    policy: PolicyFile = None,
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="YYYY-MM-DD", help="Day of the standard, as in audit."),
    ] = None,
    cycle: Cycle = None,
    plan_seed: Annotated[
        str | None,
        typer.Option("--plan-seed", metavar="TEXT", help="Seed of quotas that are planned first."),
    ] = None,
    lang: Lang = "en",
    json: Json = False,
) -> None:
    """Draw which recordings of phone orders to listen to, in a way that anyone can draw again.

    The orders are audited as ``audit`` does; recordings of orders that findings name are drawn
    more often. Call it twice: first without --seed, which writes the list and prints its digest;
    publish that, have a number drawn, and call it again with --seed.
    """
    from allocator.cli.listening import sample_summary, show_sample
    from allocator.runs.placing import check_target
    from allocator.runs.remarks import remarks
    from allocator.runs.sampling import check_unfilled, sample_sources, write_sample

    if size is not None and minutes is not None:
        raise BadRequest("sample-size-twice")
    if minutes is not None:
        if per_call < 1 or minutes < per_call:
            raise BadRequest("sample-minutes", minutes=minutes, per_call=per_call)
        size = minutes // per_call
    check_target(out)
    check_unfilled(out)
    told: list[str] = []
    files = {"orders": orders, "retailers": retailers, "quotas": quotas}
    with progress(lang, quiet=json) as phase:
        phase("audit")
        plan = sample_sources(
            city,
            {name: path for name, path in files.items() if path is not None},
            policy=policy,
            on=None if on is None else day(on),
            cycle=cycle,
            plan_seed=plan_seed,
            told=lambda tables, rules: told.extend(remarks(tables, rules, None, lang)),
            seed=seed,
            size=size,
            tolerable=share(tolerable, "--tolerable"),
            confidence=share(confidence, "--confidence"),
            expected=expected,
            weight=weight,
        )
        phase("write")
        write_sample(plan, out, lang)
    if json:
        tell({"out": str(out), **sample_summary(plan), "warnings": told})
        return
    show_sample(plan, out, lang)
    remark(told, lang)
