"""The gallery is what the bundled city gives now; its commands print it; Iowa has it too."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from allocator.cli.entrance import app
from allocator.complaints.examining import examine
from allocator.explanation.card import explain
from allocator.explanation.check import check_claim
from allocator.explanation.recount.case import Case
from allocator.grading.scheme import grade
from allocator.policy.reading import read_policy
from allocator.runs.record import Run
from allocator.runs.week import run
from allocator.tables.reading import read_city
from gallery import Situation, shown, situations
from make_gallery import FOLDER, PAGE, bundled, page
from strategies import table_of

NEEDS = {"N1", "N2", "N6", "N7", "N9", "N12"}
QUJING = Path(__file__).resolve().parents[2] / "examples" / "policies" / "qujing-months.yaml"


@pytest.fixture(scope="module")
def week() -> Run:
    return bundled()


def test_the_page_is_as_the_run_is_now(week: Run) -> None:
    """Whoever changes a sentence makes the page anew: python scripts/make_gallery.py."""
    assert PAGE.read_text(encoding="utf-8") == page(week)


def test_ten_situations_each_of_the_needs_among_them_and_every_claim_holds() -> None:
    text = PAGE.read_text(encoding="utf-8")
    titles = re.findall(r"^## \d+\. .*\((N\d+)\)$", text, re.MULTILINE)

    assert len(titles) == 10
    assert set(titles) >= NEEDS
    assert "WRONG" not in text
    assert set(re.findall(r"claims of the card recomputed, (\d+) wrong", text)) == {"0"}
    for part in text.split("\n## ")[1:]:
        need = re.findall(r"\((N\d+)\)\n", part)[0]
        assert part.count("**中文**") == part.count("**English**") == 1
        assert need not in NEEDS or re.search("^holds  ", part, re.MULTILINE), need


def test_its_commands_print_what_stands_there(week: Run, tmp_path: Path) -> None:
    """Each line for staff, as a person types it on the output of the demonstration."""
    out = week.write(tmp_path / "demo")
    text = PAGE.read_text(encoding="utf-8")
    typed = re.findall(r"^\$ allocator (examine .*)$", text, re.MULTILINE)
    assert len(typed) >= 5
    for line in typed[:3]:
        words = line.replace(FOLDER, str(out)).split()
        for language in ("en", "zh-CN"):
            done = CliRunner().invoke(app, [*words, "--lang", language])
            assert done.exit_code == 0, done.output
            staff = re.split("What the shop is told\n|给店里的答复\n", done.stdout)[0]
            assert all(told in text for told in staff.splitlines()[1:] if told)


def true_of(run: Run, situation: Situation) -> bool:
    """Every claim shown holds, and there is a text in both languages."""
    card = explain(run, situation.retailer)
    case, claims = Case(run, situation.retailer), shown(card, situation)
    told = [examine(situation.complaint, run).say(language) if situation.complaint else "-"
            for language in ("en", "zh-CN")]  # fmt: skip
    assert all(told)
    return all(check_claim(case, claim).holds for claim in claims)


def test_iowa_has_them_too(shared: Path) -> None:
    """A real city: what was bought as what is asked for, tiers of a month before; no order-takers.

    So nobody withholds anything there, and all the rest is there.
    """
    city = read_city(shared / "data" / "iowa")
    assert city.orders is not None
    asked = city.orders.frame.filter(cycle="2021-10").select(
        "order_id", "retailer_id", "product_id", "ordered_at", "cycle", requested="granted"
    )
    former = grade(city, read_policy(QUJING, "2021-09-30").grading).table
    known = former.filter(former["tier"].is_not_null()).select("retailer_id", "tier").iter_rows()
    on = date(2021, 9, 30)
    tiers = [{"retailer_id": shop, "graded_on": on, "tier": tier} for shop, tier in known]
    city = replace(city, orders=table_of("orders", asked.to_dicts()),
                   tiers=table_of("tiers", tiers))  # fmt: skip
    iowa = run(city, read_policy(QUJING, "2021-10-31"), cycle="2021-10", seed="s")

    told = situations(iowa)

    assert {situation.need for situation in told} >= NEEDS
    assert len(told) == 9
    assert [situation.title for situation in told if not true_of(iowa, situation)] == []
