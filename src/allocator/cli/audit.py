"""``allocator audit``: order lines against the standard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from allocator.cli.options import Cycle, Json, Lang, PolicyFile, Seed, day
from allocator.cli.screen import console, guarded, progress, remark, tell, text

if TYPE_CHECKING:
    from allocator.auditing.findings import Findings
    from allocator.policy.models import Policy
    from allocator.tables.city import City

FOUND = 1


def _table(name: str, what: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(f"--{name}", metavar="FILE", help=what)
    return option


@guarded
def audit_orders(
    city: Annotated[
        Path | None,
        typer.Argument(metavar="CITY", help="Folder of tables, or the output of a run."),
    ] = None,
    orders: Annotated[Path | None, _table("orders", "Order lines to audit.")] = None,
    retailers: Annotated[Path | None, _table("retailers", "Retailers with tier.")] = None,
    quotas: Annotated[Path | None, _table("quotas", "Quota table, long or 投放表.")] = None,
    bands: Annotated[
        Path | None, _table("bands", "Totals that bind several products together (价位段限量).")
    ] = None,
    policy: PolicyFile = None,
    on: Annotated[
        str | None,
        typer.Option(
            "--on", metavar="YYYY-MM-DD", help="Day of the standard; default the last order's."
        ),
    ] = None,
    cycle: Cycle = None,
    seed: Seed = None,
    fail_on: Annotated[
        Literal["violation", "alert", "never"],
        typer.Option("--fail-on", help="Exit status 1 when a finding reaches this."),
    ] = "violation",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Write findings.csv, .jsonl, .xlsx, .html and .sarif there.",
        ),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(
            "--baseline",
            metavar="FILE",
            help="findings.jsonl, .csv or .xlsx of an earlier audit: only what is new counts.",
        ),
    ] = None,
    suppress: Annotated[
        Path | None,
        typer.Option(
            "--suppress",
            metavar="FILE",
            help="YAML, CSV or Excel list of findings that somebody answered for: fingerprint (or "
            "rule and subject), reason, approver, until.",
        ),
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(
            "--memory",
            metavar="SIZE",
            help="Keep the order lines on disk and at most so much of them in memory, such as 1GB. "
            "For an orders file larger than memory; needs --orders and a quota table.",
        ),
    ] = None,
    lang: Lang = "en",
    json: Json = False,
) -> None:
    """Audit orders: of a run, of a city, or of three exports alone.

    Three exports (--orders --retailers --quotas) need neither sales nor supply nor policy. A
    city without a quota table is planned first, which needs --on and, where odd lots rotate,
    --seed. Files that are named replace the tables of CITY.

    Exit status: 1 when a finding reaches --fail-on (new to the baseline and not suppressed), 2 when
    the input cannot be used, 0 otherwise.
    """
    from allocator.auditing.baseline import compare_findings
    from allocator.auditing.findings import reaches
    from allocator.auditing.output import summary
    from allocator.auditing.screen import screen
    from allocator.auditing.suppression import suppress_findings
    from allocator.auditing.suppression_list import read_suppressions
    from allocator.runs.audit_folder import write_findings
    from allocator.runs.placing import check_target
    from allocator.runs.remarks import remarks
    from allocator.runs.sources import audit_sources

    told: list[str] = []
    read: list[tuple[City, Policy | None]] = []

    def note(tables: City, rules: Policy | None) -> None:
        read.append((tables, rules))
        told.extend(remarks(tables, rules, None, lang))

    entries = None if suppress is None else read_suppressions(suppress)
    if out is not None:
        check_target(out)
    with progress(lang, quiet=json) as phase:
        phase("audit")
        files = {"orders": orders, "retailers": retailers, "quotas": quotas, "bands": bands}
        findings: Findings = audit_sources(
            city,
            {name: path for name, path in files.items() if path is not None},
            policy=policy,
            on=None if on is None else day(on),
            cycle=cycle,
            seed=seed,
            memory=memory,
            told=note,
        )
        if baseline is not None:
            findings = compare_findings(findings, baseline)
        if entries is not None:
            findings = suppress_findings(findings, entries)
        if out is not None:
            phase("write")
            tables, rules = read[-1]
            title = "" if rules is None else rules.title
            write_findings(findings, out, lang, city=tables, title=title)
    if json:
        place = None if out is None else str(out)
        tell({**summary(findings, lang), "out": place, "warnings": told})
    else:
        console().print(screen(findings, lang, written=out is not None))
        if out is not None:
            place = str(out / "findings.html")
            console().print(text("written", lang, path=place), soft_wrap=True)
        remark(told, lang)
    if reaches(findings, fail_on):
        raise typer.Exit(FOUND)
