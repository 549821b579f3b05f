"""Movement, sanctions, credit levels and starting tiers in the policy file."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

import pytest
from jsonschema import Draft202012Validator

from allocator.errors import BadPolicy
from allocator.policy.document import compose, plain
from allocator.policy.prose import describe
from allocator.policy.reading import policy_from
from allocator.policy.schema import policy_schema
from allocator.wording import LANGUAGES

Tell = Callable[[str], list[tuple[int | None, str | None, str]]]
ON = "2026-06-01"
NEW = "  newcomers: {months: 3, start_tier: 2}\n"
VALID = [
    "  movement: {max_step: 2, hysteresis: 0.02}\n",
    "  movement: {max_step: {up: 2, down: 1}, hysteresis: 2%}\n",
    "  movement: {max_step: {down: 0}}\n",
    "  movement: {hysteresis: {points: 1.5}}\n",
    "  movement: {max_step: {2026-01-01: {value: 2}}}\n",
    "  credit: {A: {promote: 1}, D: {cap: 2}, E: {demote: 2, cap: 2}}\n",
    "  sanctions: {demote: {tiers: 2}, suspend: {}, cap: {}, exempt_month: {}}\n",
    "  sanctions: {cap: {tier: 2}}\n",
    "  sanctions: {}\n",
]
STARTS = [
    "starts: [{who: {market: urban}, area: {at_least: 50}, tier: 3}]",
    "starts: [{area: {below: 20.5}, tier: 1}, {who: {format: [a, b]}, tier: 2}], at_most: 3",
]


def with_keys(sample: str, keys: str) -> str:
    assert NEW in sample
    return sample.replace(NEW, NEW + keys, 1)


def with_starts(sample: str, starts: str) -> str:
    return sample.replace("start_tier: 2}", f"start_tier: 2, {starts}}}", 1)


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    return Draft202012Validator(policy_schema())


def fits(validator: Draft202012Validator, text: str) -> bool:
    return validator.is_valid(json.loads(json.dumps(plain(compose(text)[0]), default=float)))


@pytest.mark.parametrize("keys", VALID)
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_key_is_read_fits_the_schema_and_has_a_sentence(
    sample: str, validator: Draft202012Validator, keys: str, language: str
) -> None:
    text = with_keys(sample, keys)
    before, after = (describe(policy_from(t, ON), language) for t in (sample, text))

    assert fits(validator, text)
    assert len(after) > len(before)
    assert all("{" not in sentence for sentence in after)


@pytest.mark.parametrize("starts", STARTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_starting_tiers_are_read_and_said(
    sample: str, validator: Draft202012Validator, starts: str, language: str
) -> None:
    text = with_starts(sample, starts)

    assert fits(validator, text)
    told = describe(policy_from(text, ON), language)
    assert len(told) > len(describe(policy_from(sample, ON), language))
    assert all("{" not in sentence for sentence in told)


def test_the_short_forms_mean_the_long_ones(sample: str) -> None:
    """2 is both directions, 0.02 and 2 % are one share."""
    text = with_keys(sample, "  movement: {max_step: 2, hysteresis: 2%}\n")
    grading = policy_from(text, ON).grading
    assert grading is not None
    movement = grading.movement
    assert movement is not None

    assert (movement.max_step.up, movement.max_step.down) == (2, 2)
    assert movement.hysteresis.share == Decimal("0.02")
    long = with_keys(sample, "  movement: {max_step: {up: 2, down: 2}, hysteresis: 0.02}\n")
    assert policy_from(long, ON).grading.movement == movement


@pytest.mark.parametrize(
    ("keys", "path", "code"),
    [
        ("movement: {}", "grading.movement", "movement-empty"),
        ("movement: {max_step: {}}", "grading.movement.max_step", "step-empty"),
        ("movement: {max_step: 1.5}", "grading.movement.max_step", "needs-step"),
        ("movement: {max_step: abc}", "grading.movement.max_step", "needs-step"),
        ("movement: {hysteresis: abc}", "grading.movement.hysteresis", "needs-margin"),
        ("movement: {max_step: -1}", "grading.movement.max_step", "needs-at-least"),
        ("movement: {hysteresis: 2}", "grading.movement.hysteresis", "needs-less-than"),
        ("movement: {hysteresis: {share: 0.1, points: 1}}", "grading.movement.hysteresis",
         "margin-one-of"),
        ("movement: {hysteresis: {points: 0.0000001}}", "grading.movement.hysteresis.points",
         "margin-too-fine"),
        ("movement: {hysteresys: 0.1}", "grading.movement.hysteresys", "unknown-key-near"),
        ("credit: {A: {}}", "grading.credit.A", "credit-empty"),
        ("credit: {A: {promote: 1, demote: 1}}", "grading.credit.A", "credit-up-and-down"),
        ("credit: {A: {cap: 4}}", "grading.credit.A.cap", "tier-above-top"),
        ("sanctions: {cap: {tier: 4}}", "grading.sanctions.cap.tier", "tier-above-top"),
        ("sanctions: {fine: {}}", "grading.sanctions.fine", "unknown-key"),
        ("sanctions: {demote: {tiers: 0}}", "grading.sanctions.demote.tiers", "needs-at-least"),
    ],
)  # fmt: skip
def test_what_says_nothing_or_too_much_is_refused(
    sample: str, faults: Tell, keys: str, path: str, code: str
) -> None:
    found = {(where, what) for _, where, what in faults(with_keys(sample, f"  {keys}\n"))}

    assert (path, code) in found


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_margin_of_a_hundred_per_cent_is_refused_in_words(sample: str, language: str) -> None:
    """``hysteresis: 2``, meant as two per cent, must not end in a missing fact."""
    with pytest.raises(BadPolicy) as caught:
        policy_from(with_keys(sample, "  movement: {hysteresis: 2}\n"), ON)

    (line,) = [part for part in caught.value.message(language).splitlines() if "hyst" in part]
    assert "1" in line.split("hysteresis")[1]


@pytest.mark.parametrize(
    ("starts", "path", "code"),
    [
        ("starts: [{tier: 2}]", "grading.newcomers.starts.0", "start-fits-all"),
        ("starts: [{who: {format: []}, tier: 2}]", "grading.newcomers.starts.0.who.format",
         "needs-entries"),
        ("starts: [{who: {market: rural}, tier: 4}]", "grading.newcomers.starts.0.tier",
         "tier-above-top"),
        ("starts: [{area: {at_least: 9, below: 9}, tier: 2}]",
         "grading.newcomers.starts.0.area", "area-empty"),
        ("starts: [{area: {}, tier: 2}]", "grading.newcomers.starts.0.area", "area-empty"),
        ("starts: [{who: {market: rural}, tier: 3}], at_most: 2",
         "grading.newcomers.starts.0.tier", "start-above-most"),
        ("at_most: 1", "grading.newcomers.start_tier", "start-above-most"),
        ("at_most: 4", "grading.newcomers.at_most", "tier-above-top"),
    ],
)  # fmt: skip
def test_starts_that_cannot_hold_are_refused(
    sample: str, faults: Tell, starts: str, path: str, code: str
) -> None:
    found = {(where, what) for _, where, what in faults(with_starts(sample, starts))}

    assert (path, code) in found


@pytest.mark.parametrize("language", LANGUAGES)
def test_margins_need_a_score_in_points(sample: str, language: str) -> None:
    """Bands are no points, two items and attributes have no score; the remedy is said."""
    start, end = sample.index("  tiers:\n"), sample.index("  newcomers:")
    bands = "{bands: {item: quantity, from: {3: 50, 2: 20}}}"
    by = "{by: {market: {urban: 3}, otherwise: 1}}"
    for tiers, margin in ((bands, "{points: 1}"), (by, "2%")):
        text = f"{sample[:start]}  tiers: {tiers}\n{sample[end:]}"
        with pytest.raises(BadPolicy) as caught:
            policy_from(with_keys(text, f"  movement: {{hysteresis: {margin}}}\n"), ON)
        codes = {refusal.code for refusal in caught.value.refusals}
        assert codes & {"margin-not-of-points", "margin-without-score"}
        assert caught.value.message(language)
