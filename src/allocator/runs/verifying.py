"""Checks a run directory against itself: the proof, then every table from the ones it rests on.

Nothing is taken on trust from ``record/``: it is compared with the certificate, the certificate
with the inputs and the policy, and the tables are computed again from what has been checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from allocator.allocation.awards import allocate
from allocator.allocation.cliffs import cliff_figures
from allocator.certificate import verify
from allocator.certificate.document import certify, order_cohorts
from allocator.errors import AllocatorError, BrokenRun
from allocator.reports.notice import notice_table
from allocator.runs.discrepancies import (
    Discrepancy,
    compare,
    differs,
    discrepancy,
    first_difference,
)
from allocator.runs.drawing_again import check_seats
from allocator.runs.files import read_document, read_head
from allocator.runs.grading_again import check_tiers
from allocator.runs.heads import file_digest
from allocator.runs.leaves_again import check_leaves, check_number
from allocator.runs.outputs import (
    award_table,
    band_table,
    cliff_table,
    limit_table,
    open_summary,
    quota_table,
)
from allocator.runs.placing import MARK
from allocator.runs.planning_again import check_lines, check_members
from allocator.runs.reading import read_run
from allocator.runs.record import Run


@dataclass(frozen=True, slots=True)
class Verdict:
    """Outcome of a verification.

    discrepancies : empty = accepted; digest : the certificate's own SHA-256
    checked : what was looked at: cells, lines, stages, seats, awards, leaves, files
    number : check number that the results give; ``None`` where the run had no secret
    """

    discrepancies: tuple[Discrepancy, ...]
    digest: str
    checked: Mapping[str, int]
    number: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether everything holds."""
        return not self.discrepancies


def verify_run(folder: str | Path, digest: str | None = None, number: str | None = None) -> Verdict:
    """Check a run directory.

    Parameters
    ----------
    digest : the certificate's SHA-256 as the notice prints it; only with it is a certificate
        refused that was changed in a number which enters no proof
    number : check number of the results as the notice prints it

    Raises
    ------
    BrokenRun : the folder is no run at all; everything else is a discrepancy
    """
    root = Path(folder)
    read_head(root)
    checked: dict[str, int] = {}
    own, found = _certificate(root, digest, checked)
    sealed = None
    if not found:
        try:
            run = read_run(root)
            found = [told for check in CHECKS for told in check(root, run, checked)]
            found += [] if number is None else check_number(run, number)
            sealed = run.sealed()
        except BrokenRun as error:
            file = str(error.facts.get("file", MARK))
            found = [Discrepancy("broken", file, {}, error.message)]
        except AllocatorError as error:
            found = [Discrepancy("broken", "inputs", {}, error.message)]
    named = {discrepancy.file for discrepancy in found}
    found += [told for told in _files(root, checked) if told.file not in named]
    return Verdict(tuple(found), own, checked, None if sealed is None else sealed.number)


def _certificate(
    root: Path, digest: str | None, checked: dict[str, int]
) -> tuple[str, list[Discrepancy]]:
    """The certificate by its own verifier."""
    name = "certificate.json"
    try:
        document = verify.load((root / name).read_bytes())
        refused = verify.check(document, _plain_digest(digest))
    except OSError as error:
        return "", [discrepancy("broken", name, fault=error.strerror or "")]
    except verify.Unusable as fault:
        return "", [Discrepancy("broken", name, {}, fault.message)]
    own = str(document.get("digest", ""))
    if not refused:
        checked["cells"] = len(document["cells"])
        checked["lines"] = len(document["lines"])
        checked["stages"] = sum(len(program["stages"]) for program in document["programs"])
    return own, [
        Discrepancy("certificate-refused", name, {}, refusal.message) for refusal in refused
    ]


def _plain_digest(digest: str | None) -> str | None:
    return None if digest is None else "".join(c for c in digest if c not in " \t\n:-").lower()


def _head(root: Path, run: Run, _: dict[str, int]) -> Iterator[Discrepancy]:
    """``run.json``, the certificate and the policy speak of the same run."""
    head, proof = read_head(root), run.certificate
    for key in ("cycle", "on", "seed", "source"):
        if head.get(key) != proof.get(key):
            yield differs(MARK, key, proof.get(key), head.get(key))
    if head.get("boundary") != run.plan.boundary:
        yield differs(MARK, "boundary", run.plan.boundary, head.get("boundary"))
    if head.get("certificate") != proof.get("digest"):
        yield differs(MARK, "certificate", proof.get("digest"), head.get("certificate"))
    stated = dict(head.get("policy", {})).get("sha256")
    actual = file_digest(root / "policy.yaml")
    if stated != actual:
        yield differs("policy.yaml", "SHA-256", stated, actual)
    if run.plan.source == "planned" and proof.get("policy_digest") != actual:
        yield differs("policy.yaml", "SHA-256", proof.get("policy_digest"), actual)
    for name, entry in sorted(run.inputs.items()):
        path = root / "inputs" / f"{name}.csv"
        if name != "sales":
            found = file_digest(path) if path.is_file() else None
            if found != dict(entry).get("sha256"):
                yield differs(f"inputs/{name}.csv", "SHA-256", dict(entry).get("sha256"), found)


def _record(_: Path, run: Run, __: dict[str, int]) -> Iterator[Discrepancy]:
    """The record gives the certificate again, number by number."""
    again = certify(run.plan)
    difference = first_difference(dict(run.certificate), again, "")
    if difference:
        path, expected, found = difference
        yield differs("record/plan.json", path, expected, found)


def _quotas(root: Path, run: Run, _: dict[str, int]) -> Iterator[Discrepancy]:
    yield from compare(root, "quotas.csv", quota_table(run.plan))
    if run.plan.between is not None:
        yield from compare(root, "limits.csv", limit_table(run.plan))
    if run.plan.bands:
        yield from compare(root, "bands.csv", band_table(run.plan))
    elif (root / "bands.csv").is_file():
        yield discrepancy("rows-number-differs", "bands.csv", expected=0, found=1)


def _cliffs(root: Path, run: Run, _: dict[str, int]) -> Iterator[Discrepancy]:
    """What near-equal shops can be apart, from the grading and the quotas."""
    yield from compare(
        root, "cliffs.csv", cliff_table(run.plan, cliff_figures(run.plan, run.grading))
    )


def _awards(root: Path, run: Run, checked: dict[str, int]) -> Iterator[Discrepancy]:
    """Awards from the orders and the quotas; they, the rest and the reserve are the supply."""
    plan, allocation = run.plan, run.allocation
    if allocation is None:
        yield from compare(root, "summary.csv", open_summary(plan, None))
        return
    if run.city.orders is None:
        yield discrepancy("broken", "inputs/orders.csv", fault="-")
        return
    again = allocate(run.city.orders, plan)
    checked["awards"] = allocation.lines.height
    yield from compare(root, "awards.csv", award_table(plan, again))
    awarded = np.zeros(len(plan.product), np.int64)
    known = allocation.lines.filter(pl.col("line").is_not_null() & pl.col("award").is_not_null())
    np.add.at(awarded, known["line"].to_numpy(), known["award"].to_numpy())
    for p in np.flatnonzero(plan.supply >= 0).tolist():
        total = int(awarded[p] + allocation.left[p] + plan.reserve[p])
        if total != plan.supply[p]:
            yield discrepancy(
                "not-conserved", "awards.csv", product=plan.product[p],
                expected=int(plan.supply[p]), found=total,
            )  # fmt: skip
    yield from compare(root, "summary.csv", open_summary(plan, again))
    stated = read_document(root, "certificate-orders.json")
    difference = first_difference(order_cohorts(plan, again), stated, "")
    if difference:
        path, expected, found = difference
        yield differs("certificate-orders.json", path, expected, found)


def _notice(root: Path, run: Run, _: dict[str, int]) -> Iterator[Discrepancy]:
    products = None if run.city.products is None else run.city.products.frame
    yield from compare(root, "notice.csv", notice_table(run.plan, products))


def _files(root: Path, checked: dict[str, int]) -> Iterator[Discrepancy]:
    """Every file is the one that was written; cards and timings are not listed."""
    try:
        listed = {
            **dict(read_head(root).get("files", {})),
            **read_document(root, "record/files.json"),
        }
    except BrokenRun as error:
        yield Discrepancy("broken", "record/files.json", {}, error.message)
        return
    except (TypeError, ValueError):
        yield discrepancy("broken", MARK, fault="files")
        return
    checked["files"] = len(listed)
    for name, stated in sorted(listed.items()):
        path = root / name
        if not path.resolve().is_relative_to(root.resolve()) or not path.is_file():
            yield discrepancy("file-gone", name)
        elif (found := file_digest(path)) != stated:
            yield differs(name, "SHA-256", stated, found)


Check = Callable[[Path, Run, dict[str, int]], Iterator[Discrepancy]]
CHECKS: tuple[Check, ...] = (
    _head, _record, check_tiers, check_members, check_lines, _quotas, _cliffs, check_seats,
    _awards, _notice, check_leaves,
)  # fmt: skip
