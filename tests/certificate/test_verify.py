"""The verifier accepts what is proven, refuses what is not, and trusts no input."""

from __future__ import annotations

import ast
import copy
import json
import string
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import strategies
from allocator.allocation.stages import leximin_stages
from allocator.canonical import digest
from allocator.certificate import verify
from allocator.certificate.document import certify, write_certificate
from allocator.certificate.verify import Unusable, check, load, main
from allocator.records import QuotaPlan
from certificate.plans import SEED, Release, plan_of, small_plan
from strategies import MONDAY, Week, city_of, single_program, smooth_weeks, table_of
from strategies import plan_of as plan_of_city

Place = tuple[str | int, ...]
VERIFY = Path(verify.__file__)


def redigested(document: dict[str, Any]) -> dict[str, Any]:
    """The document with its own digest made to fit, as a forger would."""
    rest = {key: value for key, value in document.items() if key != "digest"}
    return rest | {"digest": digest(rest)}


def numbers(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """All leaves that are numbers or switches, with their place."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from numbers(item, (*place, key))
    elif isinstance(value, list):
        for key, item in enumerate(value):
            yield from numbers(item, (*place, key))
    elif isinstance(value, int) or (
        isinstance(value, str) and value and place[-1] not in TEXTS and place[0] not in TEXTS
    ):
        yield place, value


TEXTS = {
    "boundary",
    "cycle",
    "digest",
    "format",
    "label",
    "method",
    "name",
    "objective",
    "on",
    "policy_digest",
    "product",
    "region",
    "rhythm",
    "row",
    "seed",
    "segment",
    "source",
}


def others(value: Any) -> list[Any]:
    """Values that differ from ``value`` by an amount that means something."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value - 1, value + 1, value + 5]
    real = float(value)
    return [format(new, ".17g") for new in (real * 1.1 + 0.01, real * 0.9 - 0.01, real + 1e-4)]


def changed(document: dict[str, Any], place: Place, value: Any) -> dict[str, Any]:
    copied = copy.deepcopy(document)
    at: Any = copied
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    return copied


def still_true(document: dict[str, Any], place: Place, value: Any) -> bool:
    """Whether nothing the document says became false; judged without the verifier.

    - ``weight_unit`` only names the unit of the weights;
    - a floor, ceiling, step or order that nobody stands at: solving anew gives the same table;
    - credits that do not change who gets the odd lots, of cells that have retailers;
    - cartons of supply below a whole lot;
    - lot, step and order of a line that releases nothing;
    - doubling where no fortnightly shop may have the product;
    - more shops to be covered than before, if so many can have a lot.
    """
    if place == ("weight_unit",):
        return value >= 1
    if place[0] != "lines":
        return False
    line = changed(document, place, value)["lines"][place[1]]
    match place[2:]:
        case ("floor" | "ceiling", int()):
            return same_table(document, line)
        case ("rounding", "credit", int(k)):
            cell = document["cells"][line["cells"][k]]
            return line["method"] == "rotate" and cell["count"] > 0 and same_turns(document, line)
        case ("covered", int(k)):
            count, share = document["cells"][line["cells"][k]]["count"], float(line["x"][k])
            odd, lot = line["rounding"]["seats"][k], line["lot"]
            can = count if line["rounding"]["base"][k] >= lot else odd
            return 0 <= value <= min(can, count) and value * lot <= count * share + 1e-9
        case ("supply",):
            left = line["supply"] - line["reserve"]
            return line["available"] == left // line["lot"] * line["lot"] >= 0
        case ("double",):  # nobody to double
            cells = [document["cells"][c] for c in line["cells"]]
            return all(cell["rhythm"] == "weekly" for cell in cells)
        case ("step" | "tier_order",):
            return line["step"] >= -1 and (not line["cells"] or same_table(document, line))
        case ("lot",):
            return not line["cells"] and line["lot"] >= 1
    return False


def same_table(document: dict[str, Any], line: dict[str, Any]) -> bool:
    cells = [document["cells"][c] for c in line["cells"]]
    bounds = zip(line["floor"], line["ceiling"], line["rounding"]["base"], strict=True)
    for (low, high, base), seats in zip(bounds, line["rounding"]["seats"], strict=True):
        fits = not (low % line["lot"] or high % line["lot"]) and 0 <= low <= high
        if not fits or not low <= base + (line["lot"] if seats else 0) <= high:
            return False
    program = single_program(
        count=[cell["count"] for cell in cells],
        kappa=[float(text) for text in line["kappa"]],
        floor=line["floor"],
        ceiling=line["ceiling"],
        supply=line["available"],
        tier_order=line["tier_order"],
        step=line["step"],
    )
    x, _ = leximin_stages(program)
    return bool(np.allclose(x, [float(text) for text in line["x"]], atol=1e-6))


def same_turns(document: dict[str, Any], line: dict[str, Any]) -> bool:
    """Who gets the odd lots: the largest credit and fraction, none of them tied here."""
    claims, lucky = [], set()
    for k, c in enumerate(line["cells"]):
        due = round(document["cells"][c]["count"] * float(line["x"][k]) / line["lot"] * 1e6)
        if due % 10**6:
            claims.append((due % 10**6 + line["rounding"]["credit"][k], c))
            if line["rounding"]["total"][k] // line["lot"] > due // 10**6:
                lucky.add(c)
    return {c for _, c in sorted(claims)[len(claims) - len(lucky) :]} == lucky


def test_every_changed_number_is_refused_with_the_digest_of_the_notice() -> None:
    """L5 (vi): whatever is changed, and the own digest made to fit again."""
    document = certify(small_plan())
    for place, value in numbers(document):
        for new in others(value):
            forged = redigested(changed(document, place, new))

            assert check(forged, document["digest"])


def test_every_changed_number_that_makes_a_statement_false_is_refused_by_arithmetic() -> None:
    """L5 (i)-(v): own digest made to fit; accepted exactly where all statements still hold."""
    document = certify(small_plan())
    accepted = []
    tried = 0
    for place, value in numbers(document):
        for new in others(value):
            tried += 1
            if not check(redigested(changed(document, place, new))):
                accepted.append((place, new))
    wrong = [found for found in accepted if not still_true(document, *found)]

    assert wrong == []
    assert tried > 500
    assert len(accepted) < tried / 6


def test_a_certificate_that_was_not_touched_is_accepted() -> None:
    document = certify(small_plan())

    assert check(document) == []
    assert check(document, document["digest"]) == []
    assert check(document, document["digest"].upper()) == []


@st.composite
def plans(draw: st.DrawFn) -> QuotaPlan:
    tiers = draw(st.integers(1, 5))
    chains = [("", "weekly"), ("", "fortnightly")][: draw(st.integers(1, 2))]
    size = tiers * len(chains)
    count = draw(st.lists(st.integers(0, 6), min_size=size, max_size=size))
    weight = sorted(draw(st.lists(st.integers(1, 9), min_size=tiers, max_size=tiers)))
    releases = []
    for p in range(draw(st.integers(1, 2))):
        lot = draw(st.sampled_from([1, 1, 2, 5]))
        ceiling = sorted(draw(st.lists(st.integers(0, 9), min_size=tiers, max_size=tiers)))
        step = draw(st.sampled_from([-1, -1, 0, 1, 3]))
        releases.append(
            Release(
                f"P{p}",
                draw(st.integers(0, 90)),
                method=draw(st.sampled_from(["rotate", "equal"])),
                lot=lot,
                ceiling=[lot * high for high in ceiling],
                step=step if step < 0 else step * lot,
                tier_order=draw(st.booleans()),
                credit={c: draw(st.integers(-900_000, 900_000)) for c in range(size) if count[c]},
            )
        )
    return plan_of(count, weight, releases, chains)


@settings(max_examples=120)
@given(plans())
def test_every_plan_is_accepted(plan: QuotaPlan) -> None:
    """L5: stages by the program and whole lots by brute force, for lots, steps, rhythms."""
    assert [found.message() for found in check(certify(plan))] == []


@given(smooth_weeks() | smooth_weeks(joined=True))
def test_every_smooth_plan_is_accepted(week: Week) -> None:
    """Smooth boundaries, baskets and groups, and lines whose odd part comes in some cycles."""
    assert [found.message() for found in check(certify(week.plan))] == []


def test_an_inefficient_table_is_refused_even_if_everything_else_fits() -> None:
    """A smaller table with the stages of a smaller supply: kappa gives it away."""
    small = certify(plan_of([2, 1], [1, 2], [Release("P1", 7)]))
    large = certify(plan_of([2, 1], [1, 2], [Release("P1", 8)]))
    forged = copy.deepcopy(large)
    for name in ("x", "rounding", "kappa"):
        forged["lines"][0][name] = small["lines"][0][name]
    forged["programs"] = small["programs"]

    assert "share" in {found.code for found in check(redigested(forged))}


def test_an_equal_table_that_wastes_what_it_could_give_is_refused() -> None:
    """8 cartons at weights 1 : 2 for 3 + 3 shops, 0.9 and 1.8 each: 6 can be used, not 3."""
    document = certify(plan_of([3, 3], [1, 2], [Release("P1", 8, method="equal")]))
    rounding = document["lines"][0]["rounding"]
    assert rounding["total"] == [0, 6] or rounding["total"] == [3, 3]
    assert check(document) == []
    rounding["base"], rounding["total"] = [0, 1], [0, 3]

    found = check(redigested(document))

    assert [(one.code, one.facts["sum"], one.facts["wanted"]) for one in found] == [
        ("whole-supply", 3, 6)
    ]


def test_weekly_and_fortnightly_shops_of_a_tier_get_the_same_equal_number() -> None:
    """7 cartons for 2 + 2 shops: 1 each, though 2 for the weekly ones would use more."""
    chains = [("", "weekly"), ("", "fortnightly")]
    document = certify(plan_of([2, 2], [1], [Release("P1", 7, method="equal")], chains))
    rounding = document["lines"][0]["rounding"]
    assert rounding["base"] == [1, 1]
    assert check(document) == []
    rounding["base"], rounding["total"] = [2, 1], [4, 2]

    assert [found.code for found in check(redigested(document))] == ["unlike"]


def test_an_odd_lot_given_to_the_wrong_cell_is_refused() -> None:
    """Everything adds up, only the turn is wrong."""
    document = certify(plan_of([3, 3], [1, 1], [Release("P1", 5, credit={0: 500_000})]))
    rounding = document["lines"][0]["rounding"]
    assert rounding["total"] == [3, 2]
    assert check(document) == []
    rounding["total"], rounding["seats"] = [2, 3], [2, 3]

    assert [found.code for found in check(redigested(document))] == ["odd-lots"]


def test_ties_of_odd_lots_are_settled_by_the_public_hash() -> None:
    """Equal credit and fraction: the other seed gives the odd lot to the other cell."""
    document = certify(plan_of([3, 3], [1, 1], [Release("P1", 5)]))
    assert check(document) == []
    verdicts = {
        tuple(found.code for found in check(redigested(document | {"seed": f"{SEED} {k}"})))
        for k in range(12)
    }

    assert verdicts == {(), ("odd-lots",)}


def test_reasons_are_told_in_both_languages_with_their_numbers() -> None:
    document = certify(small_plan())
    document["lines"][1]["x"][0] = "1.5"
    first = check(redigested(document))[0]

    assert "P2" in first.message("en")
    assert "23" in first.message("en")
    assert "23" in first.message("zh-CN")
    assert first.message("en") != first.message("zh-CN")


def test_both_languages_use_the_same_places() -> None:
    for code, (english, chinese) in verify.TEXTS.items():
        places = [
            {name for _, name, _, _ in string.Formatter().parse(text) if name}
            for text in (english, chinese)
        ]

        assert places[0] == places[1], code


def alone(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The verifier as an outsider runs it: no site packages, no environment, any folder."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(VERIFY), *map(str, arguments)],
        capture_output=True,
        check=False,
        encoding="utf-8",
        timeout=30,
    )


def test_it_runs_alone_and_says_what_it_found(tmp_path: Path) -> None:
    document = certify(small_plan())
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    write_certificate(good, document)
    forged = changed(document, ("lines", 0, "rounding", "base", 1), 2)
    write_certificate(bad, redigested(forged))
    accepted = alone(good, "--digest", document["digest"])
    refused = alone(bad, "--lang", "zh-CN")

    assert (accepted.returncode, accepted.stderr) == (0, "")
    assert document["digest"] in accepted.stdout
    assert refused.returncode == 1
    assert "不通过" in refused.stdout
    assert "P1" in refused.stdout
    assert alone(good, "--digest", "0" * 64).returncode == 1
    assert alone(good, "--digest", "12").returncode == 2
    assert alone(tmp_path / "none.json").returncode == 2
    assert alone(tmp_path).returncode == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "nonsense",
        "[" * 200_000,
        '{"a":' * 100_000,
        '{"format":"allocator certificate 2","format":"allocator certificate 2"}',
        '{"format":"something else"}',
        '{"format":"\\ud800"}',
        "\ud800",
        "1e999999999",
        "NaN",
    ],
    ids=lambda text: repr(text[:30]),
)
def test_what_is_no_certificate_is_unusable(text: str, tmp_path: Path) -> None:
    """Exit status 2, at once, without a traceback."""
    path = tmp_path / "hostile.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    told = alone(path)

    assert told.returncode == 2
    assert "Traceback" not in told.stderr
    assert "Cannot be checked" in told.stderr


HOSTILE = [
    "1e999999999",
    "-1e999999999",
    "NaN",
    "Infinity",
    "9" * 100_000,
    "0." + "3" * 100_000,
    '"1e999999999"',
    '"1e-999999999"',
    '"' + "9" * 5_000 + '"',
    '"nan"',
    '"-0"',
    '"\\u0663"',
    "null",
    "true",
    "[]",
    "{}",
]


@pytest.mark.parametrize("value", HOSTILE, ids=lambda text: text[:20])
def test_hostile_numbers_are_refused_at_once(value: str) -> None:
    """In every place of the first lines and cells, with the own digest left as it was or not."""
    document = certify(plan_of([2, 1], [1, 2], [Release("P1", 7)]))
    for place, before in numbers(document):
        if json.dumps(before) == value:
            continue
        text = json.dumps(changed(document, place, "@@@")).replace('"@@@"', value)
        forged = load(text.encode())

        assert check(forged)
        # a forger fits the digest too: what is not false (a slack zero) may then pass
        for found in check(forged | {"digest": verify.own_digest(forged)}):
            assert found.message()


def test_control_characters_of_a_document_do_not_reach_the_terminal() -> None:
    document = certify(plan_of([2, 1], [1, 2], [Release("P\x1b[2J\n1", 7)]))
    document["lines"][0]["x"][0] = "9"

    assert all(found.message().isprintable() for found in check(redigested(document)))


def test_a_file_above_the_size_bound_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "MOST_BYTES", 100)
    with pytest.raises(Unusable):
        load(b" " * 101)


def test_proofs_too_long_to_check_are_refused_by_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "MOST_WORK", 3)

    assert [found.code for found in check(certify(small_plan()))] == ["too-large"]


def test_the_verifier_imports_nothing_but_the_standard_library() -> None:
    """It is copied into every run directory and must work there."""
    tree = ast.parse(VERIFY.read_text("utf-8"))
    names = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }

    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


def test_main_can_be_called_from_the_library(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "c.json"
    write_certificate(path, certify(small_plan()))

    assert main([str(path)]) == 0
    assert "--digest" in capsys.readouterr().out


def test_rounding_beside_the_seats_is_checked_per_cell() -> None:
    """One carton more for a tier, taken from another: the sum still fits."""
    plan = small_plan()
    base = plan.base.copy()
    base[1, 0] += 1
    moved = replace(plan, base=base)

    assert {"base", "over-supply", "row-broken"} & {found.code for found in check(certify(moved))}


@pytest.mark.parametrize("whole_units", ["rotate", "equal"])
def test_doubling_is_a_statement_that_the_numbers_must_bear_out(whole_units: str) -> None:
    """Fortnightly shops that have twice as much are refused where nobody doubled them."""
    rows = [
        {"retailer_id": "R1", "tier": 1},
        {"retailer_id": "R2", "tier": 1, "rhythm": "fortnightly", "week_parity": "odd"},
    ]
    city = replace(
        city_of({1: 1}, [{"quantity": 11}]),
        retailers=table_of("retailers", rows),
        calendar=table_of("calendar", [{"cycle": "C1", "order_day": MONDAY}]),
    )
    limits = {"P1": {"fortnightly": "double"}}
    document = certify(plan_of_city(city, whole_units=whole_units, products=limits))
    place: Place = ("lines", 0, "double")

    assert check(document, document["digest"]) == []
    assert {refusal.code for refusal in check(redigested(changed(document, place, False)))} >= {
        "share"
    }


def test_a_path_is_checked_lot_by_lot() -> None:
    """A lot moved from one tier to another of as many shops, a step, a credit: each is named."""
    city = city_of({1: 4, 2: 4, 3: 4}, [{"quantity": 30}])
    document = certify(strategies.plan_of(city, whole_units="path"))
    rounding = document["lines"][0]["rounding"]
    assert rounding == {
        "base": [1, 2, 4],
        "seats": [0, 2, 0],
        "total": [4, 10, 16],
        "credit": [0, 0, 0],
    }
    assert check(document) == []

    def codes(*changes: tuple[Place, Any]) -> set[str]:
        forged = document
        for place, value in changes:
            forged = changed(forged, ("lines", 0, *place), value)
        return {refusal.code for refusal in check(redigested(forged))}

    def moved(base: list[int], seats: list[int]) -> set[str]:
        total = [4 * lots + odd for lots, odd in zip(base, seats, strict=True)]
        lots = {"base": base, "seats": seats, "total": total, "credit": [0, 0, 0]}
        return codes((("rounding",), lots))

    assert moved([2, 2, 3], [0, 0, 2]) == {"path-order"}
    assert moved([1, 3, 3], [0, 0, 2]) == {"path-order"}
    assert moved([1, 2, 4], [0, 1, 0]) == {"whole-supply"}
    assert "path-step" in codes((("step",), 3))
    assert codes((("rounding", "credit", 1), 5)) == {"credit"}


def test_a_lottery_carries_nothing() -> None:
    document = certify(
        strategies.plan_of(city_of({1: 4, 2: 4}, [{"quantity": 9}]), whole_units="lottery")
    )
    forged = changed(document, ("lines", 0, "rounding", "credit", 0), 900_000)

    assert check(document) == []
    assert "credit" in {refusal.code for refusal in check(redigested(forged))}
