"""The rule in five sentences: the right ones for each kind of rule, short and plain."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from allocator.policy.reading import read_policy
from allocator.records import QuotaPlan
from allocator.reports.in_brief import in_brief
from allocator.tables.synthetic import CYCLE, POLICY, first_day
from allocator.wording import catalogue
from explanation.test_forms import FORBIDDEN
from explanation.test_wording import LONGEST
from reports.plans import plan_of


def planned(**other: object) -> QuotaPlan:
    """Two products over three tiers."""
    plan = plan_of([[1, 2, 3], [0, 0, 0]], [[0] * 3, [1, 0, 0]], [4, 4, 4], supply=[24, 20])
    return replace(plan, **other)


@pytest.mark.parametrize(
    ("other", "told", "count"),
    [
        ({"method": ("equal", "rotate")}, "odd cartons go round in turns", 5),
        ({"method": ("equal", "lottery")}, "odd cartons are drawn by lot", 5),
        ({"method": ("equal", "equal")}, "each tier gets whole cartons", 5),
        ({"second_round": True}, "offered again", 5),
        ({"second_round": False}, "stays for the next cycle", 5),
        ({"oversell": "share"}, "the largest orders are cut first", 5),
        ({"objective": "volume"}, "as many cartons are offered as possible", 5),
        ({"objective": "proportional"}, "in proportion to what each tier earns", 5),
        ({"objective": "equal"}, "equally among all shops", 5),
        ({"boundary": "smooth"}, "rises evenly with your score", 5),
        ({"source": "published"}, "published before", 3),
    ],
)
def test_each_kind_of_rule_has_its_sentence(
    other: dict[str, object], told: str, count: int
) -> None:
    sentences = in_brief(planned(**other), None, "en")

    assert len(sentences) == count
    assert [told in sentence for sentence in sentences].count(True) == 1
    assert len(in_brief(planned(**other), None, "zh-CN")) == count


def test_the_first_says_where_tiers_come_from() -> None:
    """The sample rule counts three months; without a grading the tiers were given."""
    grading = read_policy(POLICY, first_day(CYCLE)).grading
    assert grading is not None
    assert grading.window is not None
    assert grading.window.months == 3

    assert "in the last 3 months" in in_brief(planned(), grading, "en")[0]
    assert in_brief(planned(), None, "en")[0].startswith("The tier of each shop was set elsewhere")


def test_they_are_short_and_plain() -> None:
    """25 signs at most in Chinese; no word of the workshop in either language."""
    for language in ("en", "zh-CN"):
        for message in catalogue("reports", language):
            code = message.id[0] if isinstance(message.id, tuple) else message.id
            forms = message.string if isinstance(message.string, tuple) else (message.string,)
            for text in forms if code.startswith("brief-") else ():
                assert not [word for word in FORBIDDEN if word in text], code
                if language == "zh-CN":
                    printed = re.sub(r"\{\w+\}", "12", text).replace(" ", "")
                    longest = max(map(len, printed.split("。")))
                    assert longest <= LONGEST, code
