"""Unusual months on the card of the shop they belong to, and on no other."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from allocator.explanation.card import explain_each
from allocator.explanation.check import check_claim
from allocator.explanation.recount.case import Case
from allocator.explanation.screened import CODES
from allocator.grading.screening import SCREENED
from allocator.policy.reading import policy_from
from allocator.runs.demonstration import DRAW, demonstration
from allocator.runs.week import run
from allocator.tables.synthetic import CYCLE, POLICY, first_day
from allocator.wording import say


@pytest.fixture(scope="module", params=["flag", "winsorise", "exclude"])
def week(request: pytest.FixtureRequest):
    """A week of the synthetic city, one shop of which sold fifty times as much in a month."""
    text = POLICY.read_text(encoding="utf-8").replace(
        "  missing_month: ",
        f"  screening: {{action: {request.param}, least_history: 4}}\n  missing_month: ",
        1,
    )
    city = demonstration(60)
    sales = city.sales.frame
    last = sales["month"].max()
    shop = sales.filter(pl.col("month") == last)["retailer_id"].cast(pl.String).sort()[0]
    wild = (pl.col("retailer_id").cast(pl.String) == shop) & (pl.col("month") == last)
    more = pl.when(wild).then(50).otherwise(1)
    sales = sales.with_columns(pl.col("quantity", "amount") * more)
    city = replace(city, sales=replace(city.sales, frame=sales))
    return request.param, shop, run(city, policy_from(text, first_day(CYCLE)), seed=DRAW)


def test_a_card_tells_its_own_unusual_months_and_their_check_holds(week) -> None:
    """As many claims as months that count otherwise; none where they are only listed."""
    action, shop, done = week
    screened = done.grading.screened
    assert screened is not None
    assert shop in screened["retailer_id"].to_list()
    touched = screened.filter(pl.col("action") != "flag")
    assert touched.is_empty() == (action == "flag")

    told = {}
    for card in explain_each(done, done.plan.members["retailer_id"].to_list()):
        claims = [claim for claim in card.claims if claim.code in CODES.values()]
        told |= {(card.retailer, claim.parameters["unit"]): claim for claim in claims}
        for claim in claims:
            case = Case(done, card.retailer)
            assert check_claim(case, claim).holds
            for name in claim.parameters:
                value = claim.parameters[name]
                bent = value + 1 if isinstance(value, int) else f"{value}x"
                other = replace(claim, parameters={**claim.parameters, name: bent})
                assert not check_claim(case, other).holds
    assert told.keys() == set(touched.select("retailer_id", "unit").iter_rows())
    if action == "winsorise":
        claim = told[shop, f"{done.grading.window[-1]}"]
        assert claim.code == "tier-month-high"
        assert claim.parameters["counted"] < claim.parameters["observed"]
        assert "条" in say("claims", claim.code, claim.parameters, "zh-CN")


def test_the_run_with_unusual_months_is_read_back(week, tmp_path) -> None:
    """The list stands in screening.csv, before and after."""
    _, _, done = week
    folder = done.write(tmp_path / "out")
    listed = pl.read_csv(folder / "screening.csv")

    assert listed.columns == list(SCREENED)
    assert listed.height == done.grading.screened.height
