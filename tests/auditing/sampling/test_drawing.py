"""The draw can be made again by anyone, and what was heard is set right without bias."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from itertools import combinations, product
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from allocator.auditing.sampling.drawing import Sample, draw
from allocator.auditing.sampling.estimating import estimate
from allocator.auditing.sampling.recordings import RECORDINGS
from allocator.auditing.sampling.strata import Stratum
from allocator.errors import BadRequest

PAGE = Path(__file__).resolve().parents[3] / "docs" / "sampling.md"
SEED = "draw 2026-11-22 513077"


def recordings(counts: dict[tuple[str, bool], int]) -> pl.DataFrame:
    """So many recordings of each order-taker, named by findings or not."""
    rows = [
        (f"{clerk}{named:d}-{k:03}", f"O{k}", "R", clerk, datetime(2026, 11, 16), 3, named, "")
        for (clerk, named), count in counts.items()
        for k in range(count)
    ]
    return pl.DataFrame(rows, schema=RECORDINGS, orient="row").sort("recording_id")


FRAME = recordings({("a", False): 20, ("a", True): 8, ("b", False): 30, ("c", False): 12})
FIGURES: dict[str, Any] = {
    "tolerable": Fraction(5, 100),
    "confidence": Fraction(95, 100),
    "expected": 0,
    "weight": 4,
}


def drawn(frame: pl.DataFrame = FRAME, **more: Any) -> Sample:
    return draw(frame, 0, **{"seed": SEED, "size": 14, **FIGURES, **more})


def test_the_program_on_the_page_draws_the_same() -> None:
    """``docs/sampling.md`` has a program for anyone with Python; it sees the list and the seed."""
    program = re.search(r"```python\n(# Draw again.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert program is not None
    plan = drawn()
    names: dict[str, Any] = {
        "recordings": [
            list(row) for row in plan.recordings.select("recording_id", "stratum").rows()
        ],
        "strata": [[s.recordings, s.drawn] for s in plan.strata],
        "seed": SEED,
    }

    exec(program[1], names)  # noqa: S102  the page's own program

    assert names["digest"] == plan.digest
    assert names["sample"] == plan.drawn["recording_id"].to_list()


def test_rows_in_any_order_draw_the_same() -> None:
    shuffled = drawn(FRAME.sample(fraction=1, shuffle=True, seed=3).sort("recording_id"))

    assert shuffled.digest == drawn().digest
    assert shuffled.drawn.equals(drawn().drawn)


def test_the_digest_is_known_before_the_seed_and_binds_list_and_sizes() -> None:
    plan = drawn(seed=None)

    assert plan.drawn.is_empty()
    assert plan.digest == drawn().digest == drawn(seed="another").digest
    assert plan.digest != drawn(size=15).digest
    assert plan.digest != drawn(FRAME.head(69)).digest


def test_every_recording_is_drawn_with_its_chance() -> None:
    """Over 600 seeds each recording of a stratum is drawn about as often as its chance says."""
    frame = recordings({("a", False): 6, ("a", True): 3, ("b", False): 5})
    times = dict.fromkeys(frame["recording_id"], 0)
    for seed in range(600):
        for name in drawn(frame, seed=str(seed), size=6).drawn["recording_id"]:
            times[name] += 1

    plan = drawn(frame, size=6)
    for name, stratum in plan.recordings.select("recording_id", "stratum").iter_rows():
        chance = float(plan.strata[stratum - 1].part)
        # five standard deviations of 600 draws
        room = 5 * (600 * chance * (1 - chance)) ** 0.5
        assert abs(times[name] - 600 * chance) <= room


def test_the_first_round_hears_one_of_each_stratum() -> None:
    plan = drawn()
    first = plan.drawn.head(len(plan.strata))

    assert sorted(first["stratum"]) == list(range(1, len(plan.strata) + 1))
    assert plan.drawn["place"].to_list() == list(range(1, 15))


def test_the_estimate_is_unbiased_over_all_samples() -> None:
    """Mean over every sample there can be is the number of departures, exactly."""
    sizes, drawn_of, truth = (5, 4, 3), (2, 3, 1), (2, 1, 3)
    strata = tuple(Stratum("C", False, n, d) for n, d in zip(sizes, drawn_of, strict=True))
    total, samples = Fraction(0), 0
    for chosen in product(
        *(combinations(range(n), d) for n, d in zip(sizes, drawn_of, strict=True))
    ):
        rows, results = [], {}
        for number, places in enumerate(chosen, start=1):
            for place in places:
                name = f"{number}-{place}"
                rows.append((name, number, len(rows) + 1))
                results[name] = place < truth[number - 1]
        frame = pl.DataFrame(rows, schema=["recording_id", "stratum", "place"], orient="row")
        plan = replace(drawn(), recordings=frame, strata=strata)
        value = estimate(plan, results).estimate
        assert value is not None
        total, samples = total + value, samples + 1

    assert total / samples == sum(truth)


def test_missing_results_widen_the_limits_to_the_worst_case() -> None:
    """What was not heard counts as departing above, and as in order below."""
    plan = drawn()
    names = plan.drawn["recording_id"].to_list()
    heard = {name: k % 3 == 0 for k, name in enumerate(names)}
    gone = {**heard, names[2]: None, names[5]: None}

    told = estimate(plan, gone)

    assert told.missing == (names[2], names[5])
    assert told.heard == 12
    assert told.most == estimate(plan, {**heard, names[2]: True, names[5]: True}).most
    assert told.least == estimate(plan, {**heard, names[2]: False, names[5]: False}).least


@pytest.mark.parametrize(("departing", "verdict"), [(0, "within"), (4, "open"), (69, "exceeded")])
def test_the_verdict_follows_from_the_limits(departing: int, verdict: str) -> None:
    """All but one heard: none departs, some might, or all do."""
    plan = drawn(size=69, tolerable=Fraction(4, 70))
    results = {name: k < departing for k, name in enumerate(plan.drawn["recording_id"])}
    told = estimate(plan, results)

    assert told.verdict == verdict
    assert told.tolerated == 4


def test_results_of_other_recordings_are_refused() -> None:
    with pytest.raises(BadRequest, match="1 results are of recordings that were not drawn: X9"):
        estimate(drawn(), {"X9": True})


def test_nothing_is_estimated_before_the_draw() -> None:
    with pytest.raises(BadRequest, match="nothing is drawn yet"):
        estimate(drawn(seed=None), {})


@pytest.mark.parametrize(
    ("figures", "code"),
    [
        ({"size": 0}, "sample-size"),
        ({"tolerable": Fraction(0)}, "sample-tolerable"),
        ({"tolerable": Fraction(1)}, "sample-tolerable"),
        ({"confidence": Fraction(1)}, "sample-confidence"),
        ({"confidence": Fraction(1, 3)}, "sample-confidence"),
        ({"expected": -1}, "sample-expected-negative"),
        ({"weight": 0}, "sample-weight"),
        ({"size": None, "expected": 9}, "sample-expected"),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_figures_that_do_not_fit_are_refused_in_words(
    figures: dict[str, Any], code: str, language: str
) -> None:
    with pytest.raises(BadRequest) as refused:
        drawn(**figures)

    assert refused.value.code == code
    assert "{" not in refused.value.message(language)


def test_an_order_without_recordings_is_no_sample() -> None:
    with pytest.raises(BadRequest, match=r"no order .*7 orders by phone without one"):
        draw(FRAME.clear(), 7, seed=None, size=None, **FIGURES)


def test_json_spelling_is_the_same_everywhere() -> None:
    """The digest's text: no spaces, UTF-8, as any JSON library can write it."""
    text = json.dumps(["draw", "录音"], separators=(",", ":"), ensure_ascii=False)

    assert text == '["draw","录音"]'
