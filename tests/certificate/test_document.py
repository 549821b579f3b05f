"""The documents: public for the plan, internal for the orders."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import polars as pl

from allocator.canonical import digest
from allocator.certificate.document import certify, order_cohorts, write_certificate
from allocator.certificate.verify import check
from allocator.records import Allocation
from certificate.plans import Release, plan_of, small_plan


def test_the_document_repeats_the_digest_of_its_rest() -> None:
    document = certify(small_plan())
    rest = {key: value for key, value in document.items() if key != "digest"}

    assert document["digest"] == digest(rest)


def test_reals_keep_every_bit() -> None:
    """17 digits name a double exactly; six would lose the proof."""
    plan = small_plan()
    document = certify(plan)
    line, program = document["lines"][0], document["programs"][0]

    assert [float(text) for text in line["x"]] == plan.entitlement[0, plan.allowed[0]].tolist()
    assert [float(stage["level"]) for stage in program["stages"]] == [
        stage.level for stage in plan.proofs[0].stages
    ]


def test_the_same_plan_gives_the_same_bytes_with_a_line_for_each_product(tmp_path: Path) -> None:
    """L10, and a file that can be read with grep."""
    write_certificate(tmp_path / "a.json", certify(small_plan()))
    write_certificate(tmp_path / "b.json", certify(small_plan()))
    text = (tmp_path / "a.json").read_bytes()

    assert text == (tmp_path / "b.json").read_bytes()
    assert json.loads(text) == certify(small_plan())
    assert sum(b'"product":"P' in line for line in text.splitlines()) == 4


def test_no_retailer_stands_in_the_public_document() -> None:
    plan = small_plan()
    text = json.dumps(certify(plan))

    assert not [who for who in plan.members["retailer_id"] if who in text]


def test_names_in_chinese_are_written_as_they_are(tmp_path: Path) -> None:
    plan = plan_of([2, 1], [1, 2], [Release("云岭", 4, region="城东")], [("城东", "weekly")])
    write_certificate(tmp_path / "c.json", certify(plan))

    assert "云岭" in (tmp_path / "c.json").read_text("utf-8")
    assert check(certify(plan)) == []


def test_a_published_table_is_certified_without_proof() -> None:
    """What was decided elsewhere is only repeated; the verifier says so."""
    plan = small_plan()
    published = replace(
        plan,
        source="published",
        method=("published",) * 4,
        supply=np.full(4, -1),
        reserve=np.zeros(4, np.int64),
        entitlement=plan.base.astype(np.float64),
        seats=np.zeros_like(plan.seats),
        proofs=(),
    )

    assert check(certify(published)) == []


def test_order_cohorts_count_equals_and_never_name_them() -> None:
    """Three shops of one cell: two alike, one of them with an odd lot; hand-counted."""
    plan = small_plan()
    who = plan.members["retailer_id"].to_list()
    lines = pl.DataFrame(
        {
            "line": pl.Series([0, 0, 0, 0, None], dtype=pl.Int32),
            "retailer_id": [who[0], who[1], who[2], who[3], who[4]],
            "order": [5, 5, 2, 5, 1],
            "limit": [1, 1, 1, 1, 0],
            "award": [2, 1, 1, 1, 0],
        }
    )
    allocation = Allocation("2026-W47", lines, np.array([6, 0, 0, 0]), ((3, 2), None, None, None))
    document = order_cohorts(plan, allocation)

    assert document["lines"][0]["cohorts"] == [
        {"cell": 0, "requested": 2, "limit": 1, "count": 1, "awards": [[1, 1]]},
        {"cell": 0, "requested": 5, "limit": 1, "count": 2, "awards": [[1, 1], [2, 1]]},
        {"cell": 1, "requested": 5, "limit": 1, "count": 1, "awards": [[1, 1]]},
    ]
    assert Fraction(*document["lines"][0]["level"]) == Fraction(3, 2)
    assert document["lines"][1]["level"] is None
    assert not [name for name in who if name in json.dumps(document)]
