"""The cut-offs of the order day: read as times, told in plain words, refused where they cross."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time

import pytest

from allocator.policy.prose import describe
from allocator.policy.reading import policy_from

Tell = Callable[[str], list[tuple[int | None, str | None, str]]]
DAY = (
    'ordering:\n  cutoffs: {order: "16:00", remind: "16:00", call: "16:30", cancel: 17:00, '
    "timezone: Asia/Shanghai}\naudit:\n"
)


def test_the_order_day_of_the_format_is_read(sample: str) -> None:
    """The line of ``formats.md``; quotes round a time make no difference."""
    cutoffs = policy_from(sample.replace("audit:\n", DAY), "2026-06-01").ordering.cutoffs

    assert (cutoffs.order, cutoffs.remind) == (time(16), time(16))
    assert (cutoffs.call, cutoffs.cancel) == (time(16, 30), time(17))
    assert cutoffs.timezone == "Asia/Shanghai"


def test_the_order_day_in_plain_words(sample: str) -> None:
    policy = policy_from(sample.replace("audit:\n", DAY), "2026-06-01")

    told = describe(policy)
    chinese = describe(policy, "zh-CN")

    assert "Orders close at 16:00; what comes later needs a cause on record." in told
    assert "At 17:00 unpaid orders are cancelled and the cartons go back to the pool." in told
    assert "These times are those of Asia/Shanghai." in told
    assert len(told) == len(chinese)


def test_a_policy_without_it_says_nothing_of_it(sample: str) -> None:
    policy = policy_from(sample, "2026-06-01")

    assert policy.ordering.cutoffs.order is None
    assert not any("16:00" in sentence for sentence in describe(policy))


@pytest.mark.parametrize(
    ("old", "new", "path", "code"),
    [
        ('"16:30"', '"24:00"', "ordering.cutoffs.call", "needs-clock"),
        ('"16:30"', "1630", "ordering.cutoffs.call", "needs-clock"),
        ('"16:30"', "4pm", "ordering.cutoffs.call", "needs-clock"),
        ('"16:30"', '"15:59"', "ordering.cutoffs.call", "cutoff-too-early"),
        ("17:00", "16:29", "ordering.cutoffs.cancel", "cutoff-too-early"),
        ('remind: "16:00"', 'remind: "17:01"', "ordering.cutoffs.remind", "cutoff-too-late"),
        ("Asia/Shanghai", '"../../etc"', "ordering.cutoffs.timezone", "needs-zone"),
        ("call:", "cal:", "ordering.cutoffs.cal", "unknown-key-near"),
    ],
)
def test_what_is_no_order_day_is_refused(
    sample: str, faults: Tell, old: str, new: str, path: str, code: str
) -> None:
    text = sample.replace("audit:\n", DAY.replace(old, new, 1))

    assert [fault[1:] for fault in faults(text)] == [(path, code)]


def test_cut_offs_may_be_dated(sample: str) -> None:
    dated = (
        'ordering:\n  cutoffs:\n    order:\n      2026-01-01: {value: "16:00"}\n'
        '      2026-07-01: {value: "15:30"}\naudit:\n'
    )
    text = sample.replace("audit:\n", dated)

    assert policy_from(text, "2026-06-01").ordering.cutoffs.order == time(16)
    assert policy_from(text, "2026-08-01").ordering.cutoffs.order == time(15, 30)
