"""The folder of a sample: the list, the draw, the sheet to fill in; and back again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl

from allocator.auditing.sampling.drawing import Sample, draw, sample
from allocator.auditing.sampling.estimating import Estimate, estimate
from allocator.auditing.sampling.recordings import RECORDINGS
from allocator.errors import BadRequest, BrokenRun
from allocator.policy.models import Policy
from allocator.reports.listening import sheet_table, strata_table, write_sheet
from allocator.runs.files import read_document, read_head, read_texts, unescaped
from allocator.runs.heads import check_language, file_digest, package_version, write_head
from allocator.runs.placing import MARK, whole_folder
from allocator.runs.sources import audit_sources
from allocator.tables.city import City
from allocator.tables.reading import read_table
from allocator.tables.writing import write_csv

FILLED = ("sample.csv", "sample.xlsx")
STEP = "sample"


def sample_sources(
    source: Path | None,
    files: Mapping[str, Path],
    *,
    policy: Path | None = None,
    on: date | None = None,
    cycle: str | None = None,
    plan_seed: str | None = None,
    told: Callable[[City, Policy | None], None] | None = None,
    **plan: Any,
) -> Sample:
    """Audit whatever was named, as ``audit_sources`` does, and draw from its recordings.

    Parameters
    ----------
    plan_seed : of the quotas, where they must be planned first; the draw has its own seed
    plan : as ``auditing.sampling.drawing.sample`` takes it
    """
    seen: list[City] = []

    def note(city: City, rules: Policy | None) -> None:
        seen.append(city)
        if told is not None:
            told(city, rules)

    findings = audit_sources(
        source, files, policy=policy, on=on, cycle=cycle, seed=plan_seed, told=note
    )
    orders = seen[-1].orders
    if orders is None:
        raise BadRequest("orders-needed")
    return sample(findings, orders, **plan)


def check_unfilled(folder: Path) -> None:
    """Refuse to replace a sheet that somebody has begun to fill in.

    Raises
    ------
    BadRequest : a sheet of the sample at ``folder`` is not as it was written
    """
    if not (folder / MARK).is_file():
        return
    if read_head(folder).get("step") != STEP:
        return
    written = read_document(folder, "record/files.json")
    for name in FILLED:
        path = folder / name
        if path.is_file() and written.get(name) != file_digest(path):
            raise BadRequest("sample-filled", path=str(path)[:200])


def write_sample(plan: Sample, folder: str | Path, language: str = "en") -> Path:
    """Write the folder, whole or not at all; a sheet that was begun is never replaced.

    ``recordings.csv`` is the list of the digest; ``strata.csv`` the plan; ``sample.csv`` and
    ``sample.xlsx`` the recordings drawn, to fill in, once there is a seed.

    Raises
    ------
    BadRequest : the folder holds something else, or a sheet that was begun
    """
    check_language(language)
    check_unfilled(Path(folder))
    with whole_folder(folder) as beside:
        (beside / "record").mkdir()
        write_csv(plan.recordings.select(*RECORDINGS, "stratum", "place"),
                  beside / "recordings.csv", language)  # fmt: skip
        write_csv(strata_table(plan), beside / "strata.csv", language)
        if plan.seed is not None:
            write_csv(sheet_table(plan), beside / "sample.csv", language)
            write_sheet(plan, beside / "sample.xlsx", language)
        write_head(beside, {**_head(plan), "language": language})
    return Path(folder)


def _head(plan: Sample) -> dict[str, Any]:
    return {
        "step": STEP,
        "allocator": package_version(),
        "digest": plan.digest,
        "seed": plan.seed,
        "size": plan.size,
        "tolerable": str(plan.tolerable),
        "confidence": str(plan.confidence),
        "expected": plan.expected,
        "weight": plan.weight,
        "without": plan.without,
        "strata": [[s.clerk, s.named, s.recordings, s.drawn] for s in plan.strata],
    }


def read_sample(folder: str | Path) -> Sample:
    """The sample of a folder, planned and drawn again from its list and seed.

    Raises
    ------
    BrokenRun : no folder of a sample, or the list, the plan or the draw is not what they give
    """
    root = Path(folder)
    head = read_head(root)
    if head.get("step") != STEP:
        raise BrokenRun("not-a-sample", folder=str(folder)[:200])
    texts = read_texts(root, "recordings.csv")
    columns = [*RECORDINGS, "stratum", "place"]
    if texts.columns != columns:
        raise BrokenRun("columns-differ", file="recordings.csv", expected=", ".join(columns))
    try:
        kept = texts.select(
            *(unescaped(name) for name in ("recording_id", "order_id", "retailer_id")),
            unescaped("clerk").fill_null(""),
            pl.col("ordered_at").str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us"),
            pl.col("lines").cast(pl.Int64),
            pl.col("named").replace_strict({"true": True, "false": False}, return_dtype=pl.Boolean),
            pl.col("rules").fill_null(""),
            pl.col("stratum", "place").cast(pl.Int64),
        )
        again = draw(
            kept.drop("stratum", "place").sort("recording_id"),
            int(head["without"]),
            seed=head["seed"],
            size=int(head["size"]),
            tolerable=Fraction(head["tolerable"]),
            confidence=Fraction(head["confidence"]),
            expected=int(head["expected"]),
            weight=int(head["weight"]),
        )
    except (KeyError, TypeError, ValueError, ZeroDivisionError, pl.exceptions.PolarsError):
        raise BrokenRun("file-damaged", file="recordings.csv") from None
    same = again.digest == head["digest"] and again.recordings.select(
        "recording_id", "stratum", "place"
    ).equals(kept.sort("recording_id").select("recording_id", "stratum", "place"))
    if not same:
        raise BrokenRun("sample-differs", folder=str(folder)[:200])
    return again


def estimate_file(
    results: Path,
    folder: Path | None = None,
    *,
    tolerable: Fraction | None = None,
    confidence: Fraction | None = None,
) -> tuple[Sample, Estimate]:
    """What a sheet that was filled in says of all recordings.

    Parameters
    ----------
    results : the sheet, CSV or Excel, with the columns recording_id and result
    folder : of the sample, default where the sheet lies

    Raises
    ------
    BadTable, BadRequest, BrokenRun : the sheet or the sample cannot be used
    """
    plan = read_sample(results.parent if folder is None else folder)
    table = read_table("listened", results)
    if "result" not in table.columns:
        raise BadRequest("sample-no-result", file=str(table.file))
    words = {"departure": True, "in_order": False}
    heard = {
        str(name): words.get(result)
        for name, result in table.frame.select("recording_id", "result").iter_rows()
    }
    return plan, estimate(plan, heard, tolerable=tolerable, confidence=confidence)
