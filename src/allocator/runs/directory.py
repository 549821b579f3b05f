"""The run directory of ``formats.md``: every file, who may read it, written whole or not at all."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from time import perf_counter
from typing import Any

import polars as pl

from allocator.allocation.cliffs import Cliffs, cliff_figures
from allocator.allocation.credits import credit_frame
from allocator.auditing.output import write_findings_csv, write_findings_jsonl
from allocator.certificate.document import order_cohorts, write_certificate
from allocator.errors import BadRequest
from allocator.grading.past import next_tiers
from allocator.policy.models import Policy
from allocator.policy.prose import describe
from allocator.records import Grading
from allocator.reports.findings_page import findings_page
from allocator.reports.grading_page import grading_page
from allocator.reports.in_brief import in_brief
from allocator.reports.notice import Bulletin, notice_page, notice_table
from allocator.reports.workbook import write_quota_workbook
from allocator.runs.heads import check_language, common_head, step_folder, write_head, write_json
from allocator.runs.inputs import COPIED, OPEN, spell_table
from allocator.runs.keeping import allocation_document, plan_document
from allocator.runs.keeping_findings import findings_document
from allocator.runs.keeping_tiers import grading_document
from allocator.runs.outputs import (
    MEMBERS,
    award_table,
    band_table,
    cliff_table,
    grading_record,
    grading_table,
    limit_table,
    open_summary,
    quota_table,
    screening_table,
    seat_table,
)
from allocator.runs.placing import whole_folder
from allocator.runs.record import Run
from allocator.tables.city import City
from allocator.tables.writing import write_csv

PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def write_run(
    run: Run, folder: str | Path, *, cards: str | Sequence[str] = "none", language: str = "en"
) -> Path:
    """Write a run directory, whole or not at all; an earlier run at ``folder`` is replaced.

    Parameters
    ----------
    cards : ``none``, ``all`` (every retailer of the plan) or identifiers
    language : of headings and sentences; CSV files carry a BOM in ``zh-CN``

    Raises
    ------
    BadRequest : the folder holds something else or cannot be written; an unknown retailer
    """
    check_language(language)
    wanted = _wanted_cards(run, cards)
    start = perf_counter()
    with whole_folder(folder) as beside:
        cliffs = cliff_figures(run.plan, run.grading)
        _write_tables(run, cliffs, beside, language)
        _write_proof(run, beside)
        _write_papers(run, cliffs, beside, language)
        write_grading_files(beside, run.grading, run.policy.title, language)
        _write_record(run, beside)
        _write_inputs(run.city, beside)
        (beside / "policy.yaml").write_bytes(run.policy.text.encode())
        _write_cards(run, wanted, beside, language)
        write_head(beside, _head(run, language))
        seconds = {**run.seconds, "write": round(perf_counter() - start, 4)}
        write_json(beside / "timings.json", seconds)
    return Path(folder)


def write_grading(
    grading: Grading, policy: Policy, city: City, inputs: Mapping[str, Any], folder: str | Path,
    language: str = "en",
) -> Path:  # fmt: skip
    """Write the output of the step ``grade`` alone: what ``plan`` takes with ``--grading``."""
    head = {"step": "grade", "on": grading.on.isoformat()}
    with step_folder(folder, policy, inputs, language, head) as beside:
        write_grading_files(beside, grading, policy.title, language)
        _write_inputs(city, beside)
    return Path(folder)


def write_grading_files(folder: Path, grading: Grading, title: str, language: str) -> None:
    """``grading.csv``, its page, and what explanations and the next grading need.

    title : of the policy
    """
    record = folder / "record"
    record.mkdir(exist_ok=True)
    write_csv(grading_table(grading), folder / "grading.csv", language)
    page = grading_page(grading, title, language)
    (folder / "grading.html").write_text(page, encoding="utf-8", newline="\n")
    write_csv(grading_record(grading), record / "grading.csv", "en")
    if grading.screened is not None:
        write_csv(screening_table(grading.screened), folder / "screening.csv", language)
    write_json(record / "grading.json", grading_document(grading))
    if grading.moving:
        write_csv(next_tiers(grading), folder / "tiers.csv", language)


def card_name(retailer: str) -> str:
    """A file name for a retailer's card; an identifier is never taken as a path."""
    if PLAIN_NAME.fullmatch(retailer):
        return retailer
    return "id-" + hashlib.sha256(retailer.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _write_tables(run: Run, cliffs: Cliffs, folder: Path, language: str) -> None:
    carried = None if run.city.credits is None else run.city.credits.frame
    write_csv(quota_table(run.plan), folder / "quotas.csv", language)
    if run.plan.bands:
        write_csv(band_table(run.plan), folder / "bands.csv", language)
    write_csv(seat_table(run.plan), folder / "seats.csv", language)
    write_csv(credit_frame(run.plan, carried), folder / "credits.csv", language)
    write_csv(open_summary(run.plan, run.allocation), folder / "summary.csv", language)
    write_csv(cliff_table(run.plan, cliffs), folder / "cliffs.csv", language)
    if run.plan.between is not None:
        write_csv(limit_table(run.plan), folder / "limits.csv", language)
    if run.allocation is not None:
        write_csv(award_table(run.plan, run.allocation), folder / "awards.csv", language)
    if run.findings is not None:
        write_findings_csv(run.findings, folder / "findings.csv", language)
        write_findings_jsonl(run.findings, folder / "findings.jsonl", language)
        page = findings_page(run.findings, run.policy.title, language)
        (folder / "findings.html").write_text(page, encoding="utf-8", newline="\n")


def _write_proof(run: Run, folder: Path) -> None:
    write_certificate(folder / "certificate.json", dict(run.certificate))
    if run.allocation is not None:
        write_certificate(
            folder / "certificate-orders.json", order_cohorts(run.plan, run.allocation)
        )
    sealed, programs = run.sealed(), ["verify.py"]
    if sealed is not None:
        programs.append("inclusion.py")
        write_json(folder / "root.json", {"number": sealed.number, "statement": sealed.statement})
    for program in programs:
        source = files("allocator.certificate") / program
        (folder / program).write_bytes(source.read_bytes())


def _write_papers(run: Run, cliffs: Cliffs, folder: Path, language: str) -> None:
    """Workbook and notice."""
    products = None if run.city.products is None else run.city.products.frame
    names = {}
    if products is not None:
        named = products.filter(pl.col("name").is_not_null())
        names = dict(named.select("product_id", "name").iter_rows())
    title = run.policy.title
    write_quota_workbook(folder / "quotas.xlsx", run.plan, names, title, language)
    rule = describe(run.policy, language)
    brief = in_brief(run.plan, run.policy.grading, language)
    sealed = run.sealed()
    number = None if sealed is None else sealed.number
    bulletin = Bulletin(title, rule, str(run.certificate["digest"]), cliffs, brief, number)
    page = notice_page(run.plan, products, bulletin, language)
    (folder / "notice.html").write_text(page, encoding="utf-8", newline="\n")
    write_csv(notice_table(run.plan, products), folder / "notice.csv", language)


def _write_record(run: Run, folder: Path) -> None:
    record = folder / "record"
    write_csv(run.plan.members.select(MEMBERS), record / "members.csv", "en")
    write_json(record / "plan.json", plan_document(run.plan))
    if run.allocation is not None:
        write_json(record / "allocation.json", allocation_document(run.allocation))
    if run.findings is not None:
        write_json(record / "findings.json", findings_document(run.findings))
    if run.salts is not None:
        write_csv(run.salts, record / "salts.csv", "en")
    write_json(record / "inputs.json", _entries(run.inputs, of_shops=True))


def _write_inputs(city: City, folder: Path) -> None:
    inputs = folder / "inputs"
    inputs.mkdir()
    for table in city.tables():
        if table.name in COPIED:
            write_csv(spell_table(table), inputs / f"{table.name}.csv", "en")


def _write_cards(run: Run, wanted: Sequence[str], folder: Path, language: str) -> None:
    if not wanted:
        return
    from allocator.explanation.card import explain_each
    from allocator.explanation.page import Press

    press = Press(language)
    (folder / "cards").mkdir()
    for card in explain_each(run, wanted):
        path = folder / "cards" / f"{card_name(card.retailer)}.html"
        path.write_text(press.page(card), encoding="utf-8", newline="\n")


def _wanted_cards(run: Run, cards: str | Sequence[str]) -> Sequence[str]:
    if cards == "none":
        return ()
    known = run.plan.members["retailer_id"].sort().to_list()
    if cards == "all":
        return known
    listed = cards.split(",") if isinstance(cards, str) else list(cards)
    wanted = list(dict.fromkeys(name.strip() for name in listed if name.strip()))
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        raise BadRequest("unknown-cards", count=len(unknown), first=unknown[0][:80])
    return wanted


def _head(run: Run, language: str) -> dict[str, Any]:
    sealed = run.sealed()
    return {
        "cycle": run.cycle,
        "on": run.on.isoformat(),
        "seed": run.seed,
        "language": language,
        "source": run.plan.source,
        "boundary": run.plan.boundary,
        "certificate": run.certificate["digest"],
        "results": None if sealed is None else sealed.number,
        **common_head(run.policy, _entries(run.inputs, of_shops=False)),
    }


def _entries(inputs: Mapping[str, Any], *, of_shops: bool) -> dict[str, Any]:
    """Rows and digests of the tables that speak of shops, or of the others."""
    return {name: dict(entry) for name, entry in inputs.items() if (name not in OPEN) == of_shops}
