"""Two shops side by side: the figures of the files, and the line that decides."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from allocator.complaints.sides import deciding, side_by_side
from allocator.complaints.sides_lines import SideLine
from allocator.errors import BadRequest
from allocator.runs.reading import read_run
from allocator.runs.record import Run
from strategies import joined_week, ruled_week, small_week, smooth_week


def table(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_csv(folder / name, infer_schema=False)


def cell(frame: pl.DataFrame, column: str, **key: str) -> str | None:
    """A cell of a file, as it is printed there; ``None`` where there is no such row."""
    rows = frame.filter(**key)
    return rows[column][0] if len(rows) else None


def number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def test_each_line_is_what_the_files_say(folder: Path) -> None:
    """Both values of every line, looked up in the CSV files of the run directory."""
    run = read_run(folder)
    grading, quotas, awards = (
        table(folder, f"{name}.csv") for name in ("grading", "quotas", "awards")
    )
    shops = run.plan.members.filter(pl.col("cell").is_not_null())["retailer_id"].to_list()
    for one, other in zip(shops[::9], shops[4::9], strict=False):
        sides = side_by_side(run, one, other)
        lines = {line.code: line for line in sides.lines}
        for k, shop in enumerate((one, other)):
            for code, column in (("score", "score"), ("rank", "rank"), ("tier", "tier")):
                values = (lines[code].one, lines[code].other)
                expected = number(cell(grading, column, retailer_id=shop))
                assert (None if values[k] is None else Decimal(str(values[k]))) == expected
            tier = cell(grading, "tier", retailer_id=shop)
            rhythm = run.plan.members.filter(retailer_id=shop)["rhythm"][0]
            for own in sides.products:
                mine = {line.code: (line.one, line.other)[k] for line in own.lines}
                place = {"product_id": own.product, "tier": tier, "rhythm": rhythm}
                assert mine["base"] == int(cell(quotas, "base", **place) or 0)
                expected = number(cell(quotas, "entitlement", **place)) or 0
                assert number(str(mine["entitlement"])) == expected
                key = {"retailer_id": shop, "product_id": own.product}
                for code, column in (("round-one", "round_one"), ("round-two", "round_two"),
                                     ("award", "award")):  # fmt: skip
                    assert mine[code] == int(cell(awards, column, **key) or 0)
                granted = cell(awards, "granted", **key)
                assert mine["granted"] == (None if granted is None else int(granted))


@pytest.mark.parametrize("make", [small_week, smooth_week, joined_week, ruled_week])
def test_what_decides_differs_and_is_missing_only_where_both_have_the_same(make: object) -> None:
    """Over random cities, policies and rounds; nothing before the tier decides among equals."""
    for seed in range(4):
        week = make(seed)  # type: ignore[operator]
        shops = week.plan.members["retailer_id"].to_list()
        cells = dict(week.plan.members.select("retailer_id", "cell").iter_rows())
        for one, other in pairwise(shops[:9]):
            sides = side_by_side(week, one, other)
            differ = [line.one != line.other for line in sides.lines]
            assert sides.first == (differ.index(True) if True in differ else None)
            for own in sides.products:
                same = {line.code: line.same for line in own.lines}
                alike = all(same.get(code, True) for code in ("limit", "award", "granted"))
                line = sides.line(own)
                assert (line is None) == alike
                if line is None:
                    continue
                assert not line.same
                equals = cells[one] is not None and cells[one] == cells[other]
                if equals and week.plan.between is None:
                    assert line in own.lines


def lines(**values: tuple[int, int]) -> list[SideLine]:
    """Lines by hand: code = (value of one, of the other)."""
    names = {code.replace("_", "-"): pair for code, pair in values.items()}
    return [SideLine(code, *pair, "f", "c") for code, pair in names.items()]


TIER = {"score": (5, 4), "tier_by_score": (3, 3), "tier": (3, 3), "status": (0, 0),
        "segment": (0, 0), "rhythm": (0, 0), "due": (1, 1)}  # fmt: skip
ORDER = {"base": (2, 2), "credit": (1, 0), "place": (1, 9), "seat": (1, 0), "order": (5, 5),
         "limit": (3, 2), "round_one": (3, 2), "round_two": (0, 0), "award": (3, 2),
         "granted": (3, 2)}  # fmt: skip


@pytest.mark.parametrize(
    ("tier", "order", "expected"),
    [
        ({}, {}, "credit"),  # one tier, so the score is past: the credit gave the odd carton
        ({}, {"credit": (0, 0)}, "place"),
        ({"tier_by_score": (3, 2), "tier": (3, 2)}, {}, "score"),
        ({"tier": (3, 2)}, {}, "tier"),  # one tier by score: a movement rule or the tier itself
        ({}, {"seat": (0, 0), "limit": (2, 2), "order": (2, 1)}, "order"),
        ({}, {"seat": (0, 0), "limit": (2, 2), "award": (2, 2), "round_one": (2, 2)}, "granted"),
        ({}, {"limit": (2, 2), "award": (2, 2), "granted": (2, 2)}, None),
        ({}, {"award": (0, 0), "granted": (0, 0)}, "credit"),  # neither ordered; one might more
    ],
)
def test_what_can_no_longer_matter_does_not_decide(
    tier: dict[str, tuple[int, int]], order: dict[str, tuple[int, int]], expected: str | None
) -> None:
    """By hand: the first line that differs after the last result on which both agree."""
    before, after = lines(**{**TIER, **tier}), lines(**{**ORDER, **order})

    at = deciding(before, after, step=True)

    assert (None if at is None else [*before, *after][at].code) == expected


def test_every_form_says_that_it_is_for_staff(week: Run) -> None:
    shops = week.plan.members["retailer_id"].to_list()
    sides = side_by_side(week, shops[3], shops[4])

    for language, warning in (("en", "INTERNAL"), ("zh-CN", "内部资料")):
        assert sides.text(language).startswith(warning)
        page = sides.html(language)
        assert warning in page
        assert sides.json(language)["for"] == "staff"
        printed = page[page.index("@media print {\n  body > header") :]
        assert "main > :not(.paper) { display: none !important; }" in printed
        assert not re.search(r"<script|https?://|<link", page)


def test_names_from_tables_are_shown_as_they_are_and_harm_nothing() -> None:
    """A name that is a tag, one that turns the text around."""
    week = small_week(4, R000="<script>alert(1)</script>", R001="店\u202e名", P0="<b>P</b>")
    sides = side_by_side(week, "R000", "R001")
    page = sides.html("en")

    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "\u202e" not in page + sides.text("zh-CN")
    json.dumps(sides.json("en"))


def test_it_is_refused_for_one_shop_an_unknown_one_and_an_unknown_product(week: Run) -> None:
    one, other = week.plan.members["retailer_id"].to_list()[:2]
    for args, code in (
        ((one, one), "against-itself"),
        ((one, "nobody"), "unknown-retailer-none"),
        ((one, other, "nothing"), "product-unknown-here"),
    ):
        with pytest.raises(BadRequest) as refused:
            side_by_side(week, *args)
        assert refused.value.code in (code, "unknown-retailer")


def test_findings_on_an_order_of_either_are_told_and_no_others(week: Run) -> None:
    """Those about the shop, and those that name one of its orders."""
    assert week.findings is not None
    frame = week.findings.frame
    short = frame.filter(rule="below-standard").row(0, named=True)
    shop = short["retailer_id"]
    other = next(s for s in week.plan.members["retailer_id"].to_list() if s != shop)
    sides = side_by_side(week, shop, other, short["product_id"])

    assert sides.findings is not None
    told = set(sides.findings.frame["fingerprint"])
    assert short["fingerprint"] in told
    orders = week.city.orders
    assert orders is not None
    numbers = set(orders.frame.filter(pl.col("retailer_id").is_in([shop, other]))["order_id"])
    for row in frame.iter_rows(named=True):
        concerns = row["retailer_id"] in (shop, other) or bool(
            numbers & set((row["order_id"] or "").split(", "))
        )
        fits = row["product_id"] in (None, short["product_id"])
        assert (row["fingerprint"] in told) == (concerns and fits)
