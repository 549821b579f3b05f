"""Checks a run directory against itself: the proof, then every table from the ones it rests on.

Nothing is taken on trust from ``record/``: it is compared with the certificate, the certificate
with the inputs and the policy, and the tables are computed again from what has been checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from allocator.allocation.awards import allocate
from allocator.allocation.boundaries import supply_masses
from allocator.allocation.cliffs import cliff_figures
from allocator.allocation.cohorts import count_members, form_cells
from allocator.allocation.credits import credit_frame
from allocator.allocation.leximin import Lines
from allocator.allocation.limits import (
    Released,
    doubled,
    quota_lines,
    released_lines,
    supply_of_cycle,
)
from allocator.allocation.published import adopt_quotas
from allocator.allocation.rounding import Draw, snap
from allocator.allocation.segments import mentioned, named_regions
from allocator.allocation.shares import bands_of, baskets_of, group_shares
from allocator.allocation.smooth_lots import credit_between, seats_by_name, turn_credits
from allocator.allocation.take_up import take_up_of
from allocator.allocation.turns import (
    credit_after,
    first_in_line,
    holders,
    places,
    priorities,
    reading_starts,
    roster,
)
from allocator.allocation.weights import tier_weights
from allocator.allocation.whole_lots import path
from allocator.allocation.whole_programs import seats_again
from allocator.certificate import verify
from allocator.certificate.document import certify, order_cohorts
from allocator.errors import AllocatorError, BrokenRun
from allocator.holdings import holdings
from allocator.records import MICRO, QuotaPlan
from allocator.reports.notice import notice_table
from allocator.runs.directory import file_digest
from allocator.runs.keeping import plan_document
from allocator.runs.outputs import (
    MEMBERS,
    award_table,
    band_table,
    cliff_table,
    limit_table,
    quota_table,
    seat_table,
    summary_table,
)
from allocator.runs.placing import MARK
from allocator.runs.reading import read_document, read_head, read_run, read_texts
from allocator.runs.record import Run
from allocator.tables.writing import csv_bytes
from allocator.wording import Fact, say

MOST_TOLD = 5
"""Rows of one file that are told; more differ for the same reason."""


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One statement of the directory that does not hold.

    file : where it stands; facts : row, column, expected, found, as the sentence needs them
    fault : tells in a language what was wrong, where another part of the program found it
    """

    code: str
    file: str
    facts: Mapping[str, Fact]
    fault: Callable[[str], str] | None = None

    def message(self, language: str = "en") -> str:
        """What is wrong, where, what was expected and what was found."""
        told = {} if self.fault is None else {"fault": self.fault(language)}
        return say("runs", self.code, {"file": self.file, **self.facts, **told}, language)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Outcome of a verification.

    discrepancies : empty = accepted; digest : the certificate's own SHA-256
    checked : what was looked at: cells, lines, stages, seats, awards, files
    """

    discrepancies: tuple[Discrepancy, ...]
    digest: str
    checked: Mapping[str, int]

    @property
    def accepted(self) -> bool:
        """Whether everything holds."""
        return not self.discrepancies


def verify_run(folder: str | Path, digest: str | None = None) -> Verdict:
    """Check a run directory.

    Parameters
    ----------
    digest : the certificate's SHA-256 as the notice prints it; only with it is a certificate
        refused that was changed in a number which enters no proof

    Raises
    ------
    BrokenRun : the folder is no run at all; everything else is a discrepancy
    """
    root = Path(folder)
    read_head(root)
    checked: dict[str, int] = {}
    own, found = _certificate(root, digest, checked)
    if not found:
        try:
            run = read_run(root)
            found = [told for check in CHECKS for told in check(root, run, checked)]
        except BrokenRun as error:
            file = str(error.facts.get("file", MARK))
            found = [Discrepancy("broken", file, {}, error.message)]
        except AllocatorError as error:
            found = [Discrepancy("broken", "inputs", {}, error.message)]
    named = {discrepancy.file for discrepancy in found}
    found += [told for told in _files(root, checked) if told.file not in named]
    return Verdict(tuple(found), own, checked)


def _discrepancy(code: str, file: str, **facts: Fact) -> Discrepancy:
    return Discrepancy(code, file, facts)


def _certificate(
    root: Path, digest: str | None, checked: dict[str, int]
) -> tuple[str, list[Discrepancy]]:
    """The certificate by its own verifier."""
    name = "certificate.json"
    try:
        document = verify.load((root / name).read_bytes())
        refused = verify.check(document, _plain_digest(digest))
    except OSError as error:
        return "", [_discrepancy("broken", name, fault=error.strerror or "")]
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
            yield _differs(MARK, key, proof.get(key), head.get(key))
    if head.get("boundary") != run.plan.boundary:
        yield _differs(MARK, "boundary", run.plan.boundary, head.get("boundary"))
    if head.get("certificate") != proof.get("digest"):
        yield _differs(MARK, "certificate", proof.get("digest"), head.get("certificate"))
    stated = dict(head.get("policy", {})).get("sha256")
    actual = file_digest(root / "policy.yaml")
    if stated != actual:
        yield _differs("policy.yaml", "SHA-256", stated, actual)
    if run.plan.source == "planned" and proof.get("policy_digest") != actual:
        yield _differs("policy.yaml", "SHA-256", proof.get("policy_digest"), actual)
    for name, entry in sorted(run.inputs.items()):
        path = root / "inputs" / f"{name}.csv"
        if name != "sales":
            found = file_digest(path) if path.is_file() else None
            if found != dict(entry).get("sha256"):
                yield _differs(f"inputs/{name}.csv", "SHA-256", dict(entry).get("sha256"), found)


def _record(_: Path, run: Run, __: dict[str, int]) -> Iterator[Discrepancy]:
    """The record gives the certificate again, number by number."""
    again = certify(run.plan)
    difference = _first_difference(dict(run.certificate), again, "")
    if difference:
        path, expected, found = difference
        yield _differs("record/plan.json", path, expected, found)


def _members(root: Path, run: Run, _: dict[str, int]) -> Iterator[Discrepancy]:
    """The cells, counted again from tiers and retailers."""
    plan = run.plan
    if plan.source != "planned":
        return
    attributes = mentioned(run.policy.allocation, plan.product, by_region=any(plan.region))
    weights = tier_weights(run.policy.allocation.weights, plan.tiers, run.grading)
    members = count_members(
        run.city, run.grading, cycle=plan.cycle, on=plan.on, attributes=attributes
    )
    cells, members = form_cells(
        members, plan.tiers, weights, named_regions(plan.region, attributes)
    )
    if not np.array_equal(
        cells.weight * plan.cells.weight_unit, plan.cells.weight * cells.weight_unit
    ):
        yield _differs(
            "certificate.json", "weight", cells.weight.tolist(), plan.cells.weight.tolist()
        )
    for c, (count, stated) in enumerate(
        zip(cells.count.tolist(), plan.cells.count.tolist(), strict=False)
    ):
        if count != stated:
            label = plan.cells.label(c)
            yield _discrepancy(
                "cell-count-differs", "certificate.json", cell=label, expected=count, found=stated
            )
    yield from _compare(root, "record/members.csv", members.select(MEMBERS))


def _lines(root: Path, run: Run, __: dict[str, int]) -> Iterator[Discrepancy]:
    """Supply, reserve and limits follow from inputs and policy."""
    plan, policy = run.plan, run.policy.allocation
    if plan.source != "planned":
        yield from _published(root, run)
        return
    released = released_lines(run.city, supply_of_cycle(run.city, plan.cycle), policy.reserve)
    if (released.product, released.region) != (plan.product, plan.region):
        yield _discrepancy("products-differ", "certificate.json")
        return
    attributes = mentioned(policy, plan.product, by_region=any(plan.region))
    if plan.boundary != policy.boundary:
        yield _differs("certificate.json", "boundary", policy.boundary, plan.boundary)
    limits = quota_lines(released, plan.cells, policy, plan.tiers, attributes)
    for p in sorted(plan.double ^ doubled(plan.product, policy)):
        yield _differs(
            "certificate.json", f"{plan.product[p]} double", p not in plan.double, p in plan.double
        )
    for p, product in enumerate(plan.product):
        place = f"{product} {plan.region[p]}".strip()
        for name, expected, stated in (
            ("supply", released.supply[p], plan.supply[p]),
            ("reserve", released.reserve[p], plan.reserve[p]),
            ("lot", released.lot[p], plan.lot[p]),
            ("step", limits.step[p], plan.step[p]),
            ("tier_order", limits.tier_order[p], plan.tier_order[p]),
        ):
            if expected != stated:
                yield _differs("certificate.json", f"{place} {name}", int(expected), int(stated))
        for name, wanted, written in (
            ("allowed", limits.allowed[p], plan.allowed[p]),
            ("floor", limits.floor[p], plan.floor[p]),
            ("ceiling", limits.ceiling[p], plan.ceiling[p]),
        ):
            for c in np.flatnonzero(wanted != written)[:MOST_TOLD].tolist():
                cell = plan.cells.label(c)
                yield _differs(
                    "certificate.json", f"{place} {name} {cell}", int(wanted[c]), int(written[c])
                )
    yield from _together(run, released, attributes, limits)


def _together(
    run: Run, released: Released, attributes: tuple[str, ...], limits: Lines
) -> Iterator[Discrepancy]:
    """What binds several lines or cells follows from inputs and policy too."""
    plan, policy = run.plan, run.policy.allocation
    take_up = take_up_of(
        policy, run.city, plan.members, plan.cells, plan.product, cycle=plan.cycle, on=plan.on
    )
    masses = partial(supply_masses, plan.between, plan.cells.count, limits.allowed, take_up)
    again = replace(
        plan,
        mass=masses(),
        covered=np.broadcast_to(limits.promised, plan.floor.shape) // plan.lot[:, None],
        groups=group_shares(released, plan.cells, policy, attributes, masses, limits.supply),
        baskets=baskets_of(released, plan.cells, policy, plan.tiers),
        bands=bands_of(released, plan.cells, policy, plan.tiers),
        oversell=policy.take_up.oversell if policy.take_up else "",
    )
    expected, found = plan_document(again), plan_document(plan)
    for key in expected:
        difference = _first_difference(expected[key], found[key], key)
        if difference:
            yield _differs("record/plan.json", *difference)


def _published(root: Path, run: Run) -> Iterator[Discrepancy]:
    """A quota table from elsewhere: adopted again, it gives the same plan and members."""
    plan, policy = run.plan, run.policy
    again = adopt_quotas(
        run.city, run.grading,
        cycle=plan.cycle, on=plan.on, policy=policy.allocation, policy_digest=policy.digest,
        seed=plan.seed,
    )  # fmt: skip
    yield from _compare(root, "record/members.csv", again.members.select(MEMBERS))
    difference = _first_difference(plan_document(again), plan_document(plan), "")
    if difference:
        path, expected, found = difference
        yield _differs("record/plan.json", path, expected, found)


def _quotas(root: Path, run: Run, _: dict[str, int]) -> Iterator[Discrepancy]:
    yield from _compare(root, "quotas.csv", quota_table(run.plan))
    if run.plan.between is not None:
        yield from _compare(root, "limits.csv", limit_table(run.plan))
    if run.plan.bands:
        yield from _compare(root, "bands.csv", band_table(run.plan))
    elif (root / "bands.csv").is_file():
        yield _discrepancy("rows-number-differs", "bands.csv", expected=0, found=1)


def _cliffs(root: Path, run: Run, _: dict[str, int]) -> Iterator[Discrepancy]:
    """What near-equal shops can be apart, from the grading and the quotas."""
    yield from _compare(
        root, "cliffs.csv", cliff_table(run.plan, cliff_figures(run.plan, run.grading))
    )


def _seats(root: Path, run: Run, checked: dict[str, int]) -> Iterator[Discrepancy]:
    """Seats by name: as many as the certificate has, by credit and by list; credits after."""
    plan = run.plan
    counts = np.zeros_like(plan.seats)
    cell = plan.members["cell"].to_numpy()[plan.turns.retailer].astype(np.int64)
    np.add.at(counts, (plan.turns.line, cell), 1)
    for p, c in zip(*np.nonzero(counts != plan.seats), strict=True):
        yield _discrepancy(
            "seat-count-differs", "seats.csv", product=plan.product[p],
            cell=plan.cells.label(int(c)), expected=int(plan.seats[p, c]), found=int(counts[p, c]),
        )  # fmt: skip
        return
    seats, credit = _turns_again(plan)
    checked["seats"] = len(seats)
    yield from _compare(root, "seats.csv", seats)
    carried = None if run.city.credits is None else run.city.credits.frame
    yield from _compare(root, "credits.csv", credit_frame(credit, carried))


def _turns_again(plan: QuotaPlan) -> tuple[pl.DataFrame, QuotaPlan]:
    """``seats.csv`` drawn again from the seed, and the plan with the credits that follow."""
    from allocator.records import Turns

    labels = plan.cells.labels()
    order = roster(plan.members, len(labels), plan.seed, plan.cycle)
    after = plan.credit_before.copy()
    line, retailer, place = [], [], []
    draws = [Draw(plan.seed, plan.cycle, product, labels) for product in plan.product]
    joined = seats_again(plan, order, draws) if plan.between is None else {}
    if plan.between is not None:
        mine = [holdings(plan, p) for p in range(len(draws))]
        counting = turn_credits(plan.method, plan.credit_before[:, : len(order.rank)])
        between = seats_by_name(
            mine, plan.seats, plan.lot, plan.baskets, plan.between, counting, order, draws
        )
    for p, draw in enumerate(draws):
        if plan.method[p] == "path":
            lots = path(p, _lines_of(plan), int(plan.lot[p]), after[p], order, draw)
            line.append(np.full(len(lots.retailer), p, np.int32))
            retailer.append(lots.retailer)
            place.append(lots.place)
        if plan.method[p] not in ("rotate", "lottery"):
            continue
        starts = reading_starts(order, draw)
        credit = plan.credit_before[p, : len(order.rank)]
        if plan.method[p] == "lottery":
            credit = np.zeros_like(credit)
        if plan.between is not None:
            seated, spot = between[p]
            withheld = credit_between(mine[p], credit, seated)
        else:
            share, base = snap(plan.entitlement[p] / plan.lot[p]), plan.base[p] // plan.lot[p]
            keys = priorities(order, starts, credit)
            seated = joined[p] if p in joined else first_in_line(keys, plan.seats[p], order)
            spot = places(order, starts)
            withheld = credit_after(credit, share - base * MICRO, seated, order)
        if plan.method[p] == "rotate":
            after[p, : len(credit)] = withheld
        who, where = holders(seated, spot, order)
        line.append(np.full(len(who), p, np.int32))
        retailer.append(who)
        place.append(where)
    nobody = np.zeros(0, np.int32)
    turns = Turns(*(np.concatenate([nobody, *part]) for part in (line, retailer, place)))
    again = replace(plan, turns=turns, credit_after=after)
    return seat_table(again), again


def _lines_of(plan: QuotaPlan) -> Lines:
    """The limits of a plan, checked before against inputs and policy."""
    return Lines(
        plan.tiers,
        plan.allowed,
        plan.cells.count,
        plan.cells.weight,
        plan.floor,
        plan.ceiling,
        plan.supply - plan.reserve,
        plan.tier_order,
        plan.step,
        np.stack([plan.visits(p) for p in range(len(plan.product))]),
    )


def _awards(root: Path, run: Run, checked: dict[str, int]) -> Iterator[Discrepancy]:
    """Awards from the orders and the quotas; they, the rest and the reserve are the supply."""
    plan, allocation = run.plan, run.allocation
    if allocation is None:
        yield from _compare(root, "summary.csv", summary_table(plan, None))
        return
    if run.city.orders is None:
        yield _discrepancy("broken", "inputs/orders.csv", fault="-")
        return
    again = allocate(run.city.orders, plan)
    checked["awards"] = allocation.lines.height
    yield from _compare(root, "awards.csv", award_table(plan, again))
    awarded = np.zeros(len(plan.product), np.int64)
    known = allocation.lines.filter(pl.col("line").is_not_null() & pl.col("award").is_not_null())
    np.add.at(awarded, known["line"].to_numpy(), known["award"].to_numpy())
    for p in np.flatnonzero(plan.supply >= 0).tolist():
        total = int(awarded[p] + allocation.left[p] + plan.reserve[p])
        if total != plan.supply[p]:
            yield _discrepancy(
                "not-conserved", "awards.csv", product=plan.product[p],
                expected=int(plan.supply[p]), found=total,
            )  # fmt: skip
    yield from _compare(root, "summary.csv", summary_table(plan, again))
    stated = read_document(root, "certificate-orders.json")
    difference = _first_difference(order_cohorts(plan, again), stated, "")
    if difference:
        path, expected, found = difference
        yield _differs("certificate-orders.json", path, expected, found)


def _notice(root: Path, run: Run, _: dict[str, int]) -> Iterator[Discrepancy]:
    products = None if run.city.products is None else run.city.products.frame
    yield from _compare(root, "notice.csv", notice_table(run.plan, products))


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
        yield _discrepancy("broken", MARK, fault="files")
        return
    checked["files"] = len(listed)
    for name, stated in sorted(listed.items()):
        path = root / name
        if not path.resolve().is_relative_to(root.resolve()) or not path.is_file():
            yield _discrepancy("file-gone", name)
        elif (found := file_digest(path)) != stated:
            yield _differs(name, "SHA-256", stated, found)


Check = Callable[[Path, Run, dict[str, int]], Iterator[Discrepancy]]
CHECKS: tuple[Check, ...] = (
    _head, _record, _members, _lines, _quotas, _cliffs, _seats, _awards, _notice,
)  # fmt: skip


def _compare(root: Path, name: str, expected: pl.DataFrame) -> Iterator[Discrepancy]:
    """The rows of a file against those that follow from the rest, cell by cell as text."""
    found = read_texts(root, name)
    wanted = pl.read_csv(csv_bytes(expected), infer_schema=False)
    if found.columns != wanted.columns:
        yield _differs(name, "header", ", ".join(wanted.columns), ", ".join(found.columns))
        return
    common = min(found.height, wanted.height)
    told = 0
    if not found.head(common).equals(wanted.head(common)):
        different = pl.any_horizontal(
            pl.col(column).ne_missing(wanted[column].head(common)) for column in wanted.columns
        )
        rows = found.head(common).select(different.arg_true()).to_series().to_list()
        for row in rows[:MOST_TOLD]:
            for column in wanted.columns:
                if found[column][row] != wanted[column][row]:
                    told += 1
                    yield _discrepancy(
                        "row-differs", name, row=row + 2, column=column,
                        expected=wanted[column][row] or "-", found=found[column][row] or "-",
                    )  # fmt: skip
                    break
    if found.height != wanted.height and not told:
        yield _discrepancy("rows-number-differs", name, expected=wanted.height, found=found.height)


def _first_difference(expected: Any, found: Any, path: str) -> tuple[str, Any, Any] | None:
    """The first place where two documents differ, as a dotted path."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in [*expected, *(key for key in found if key not in expected)]:
            if key not in expected or key not in found:
                return f"{path}.{key}".lstrip("."), expected.get(key), found.get(key)
            deeper = _first_difference(expected[key], found[key], f"{path}.{key}")
            if deeper:
                return deeper
        return None
    if isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            return f"{path}.length".lstrip("."), len(expected), len(found)
        for number, pair in enumerate(zip(expected, found, strict=True)):
            deeper = _first_difference(*pair, f"{path}.{number}")
            if deeper:
                return deeper
        return None
    return None if expected == found else (path.lstrip("."), expected, found)


def _differs(file: str, place: str, expected: object, found: object) -> Discrepancy:
    return _discrepancy(
        "value-differs", file, place=place, expected=_short(expected), found=_short(found)
    )


def _short(value: object) -> str:
    return "-" if value is None else str(value)[:80]
