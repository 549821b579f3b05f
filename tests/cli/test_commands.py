"""Every command as it is typed: what it writes, says, and its exit status."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
import typer
from typer.testing import CliRunner, Result

from allocator.cli.entrance import app
from allocator.cli.screen import guarded
from allocator.runs.demonstration import DRAW, bundled_city

ON = "2026-11-16"


def typed(*words: object, stdin: str | None = None) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(app, [str(word) for word in words], input=stdin)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of ``allocator demo``."""
    out = tmp_path_factory.mktemp("cli") / "demo"
    done = typed("demo", "--out", out)
    assert done.exit_code == 0, done.output
    return out


def test_the_demo_says_where_to_look(demo: Path) -> None:
    """A stranger finds the notice, the findings and some cards."""
    assert (demo / "notice.html").is_file()
    assert (demo / "findings.csv").is_file()
    assert len(list((demo / "cards").glob("*.html"))) == 4


def test_the_demo_also_runs_on_a_synthetic_city(tmp_path: Path) -> None:
    """Of as many shops as wanted."""
    done = typed("demo", "--retailers", "40", "--out", tmp_path / "out", "--json")
    told = json.loads(done.stdout)

    assert done.exit_code == 0
    assert told["retailers"] == 40
    assert typed("verify", tmp_path / "out").exit_code == 0


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_grade_tells_what_items_count_for_and_what_is_out_of_the_usual(
    tmp_path: Path, language: str
) -> None:
    """For people in words and a table, for programs as figures; every month is in the file."""
    policy = tmp_path / "policy.yaml"
    text = (bundled_city() / "policy.yaml").read_text(encoding="utf-8")
    rules = "  screening: {least_history: 4, threshold: 2}\n  missing_month:"
    policy.write_text(text.replace("  missing_month:", rules, 1), encoding="utf-8")
    command = ("grade", bundled_city(), "--policy", policy, "--on", ON, "--lang", language)
    done = typed(*command, "--out", tmp_path / "out")
    told = json.loads(typed(*command, "--out", tmp_path / "again", "--json").stdout)
    listed = pl.read_csv(tmp_path / "out" / "screening.csv")

    assert done.exit_code == 0, done.output
    assert sum(part["nominal"] for part in told["percent"].values()) == pytest.approx(100, abs=0.5)
    assert sum(part["effective"] for part in told["percent"].values()) == pytest.approx(
        100, abs=0.5
    )
    for item, part in told["percent"].items():
        assert f"{item}: " in done.stdout
        assert str(part["effective"]).removesuffix(".0") in done.stdout
    assert told["screened"]["months"] == listed.height > 0
    assert told["screened"]["retailers"] == listed["retailer_id"].n_unique()
    assert str(listed["retailer_id"][0]) in done.stdout
    assert "screening.csv" in done.stdout


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_run_prints_a_summary_for_people(tmp_path: Path, language: str) -> None:
    """Products with what was released, awarded and left; findings by rule; how to verify."""
    out = tmp_path / "out"
    done = typed(
        "run", bundled_city(), "--on", ON, "--seed", DRAW, "--out", out, "--lang", language,
        "--cards", "990110000001",
    )  # fmt: skip
    words = {"en": ("awarded", "over quota"), "zh-CN": ("分配", "超限量")}[language]
    digest = json.loads((out / "run.json").read_bytes())["certificate"]

    assert done.exit_code == 0, done.output
    assert all(word in done.stdout for word in words)
    assert f"allocator verify {out} --digest {digest}" in done.stdout
    assert "990110000001.html" in done.stdout


def test_step_by_step_gives_what_the_run_gives(demo: Path, tmp_path: Path) -> None:
    """grade, plan, allocate: the output of one is the input of the next; audit agrees."""
    city = bundled_city()
    graded, planned, done = tmp_path / "graded", tmp_path / "planned", tmp_path / "done"
    steps = [
        ("grade", city, "--on", ON, "--out", graded),
        ("plan", city, "--on", ON, "--seed", DRAW, "--grading", graded, "--out", planned),
        ("allocate", city, "--plan", planned, "--out", done),
    ]
    results = [typed(*step, "--json") for step in steps]
    audits = [typed("audit", folder, "--json") for folder in (done, demo)]

    assert [result.exit_code for result in results] == [0, 0, 0]
    assert all(json.loads(result.stdout) for result in results)
    for name in ("awards.csv", "seats.csv", "credits.csv", "quotas.csv", "certificate.json"):
        assert (done / name).read_bytes() == (demo / name).read_bytes(), name
    first, second = (json.loads(audit.stdout) for audit in audits)
    assert first["findings"] == second["findings"]
    assert [audit.exit_code for audit in audits] == [1, 1]


@pytest.mark.parametrize(("level", "status"), [("violation", 1), ("alert", 1), ("never", 0)])
def test_audit_fails_at_the_level_asked_for(demo: Path, level: str, status: int) -> None:
    """The demonstration has violations."""
    assert typed("audit", demo, "--fail-on", level).exit_code == status


def test_three_exports_alone_are_audited(demo: Path, tmp_path: Path) -> None:
    """Orders, retailers with tier, the published workbook's table; findings in a folder."""
    tiers = pl.read_csv(demo / "grading.csv", infer_schema=False).select("retailer_id", "tier")
    tiers.write_csv(tmp_path / "shops.csv")
    quotas = pl.read_csv(demo / "quotas.csv", infer_schema=False).filter(rhythm="weekly")
    quotas.select("product_id", "tier", quota="base").write_csv(tmp_path / "table.csv")
    done = typed(
        "audit", "--orders", bundled_city() / "orders.csv", "--retailers", tmp_path / "shops.csv",
        "--quotas", tmp_path / "table.csv", "--out", tmp_path / "found", "--json",
    )  # fmt: skip
    told = json.loads(done.stdout)

    assert done.exit_code == 1
    assert told["lines"] == 3389
    assert any(rule["state"] == "not-checked" for rule in told["rules"])
    assert (tmp_path / "found" / "findings.jsonl").is_file()


def test_a_city_without_quota_table_is_planned_and_audited(demo: Path) -> None:
    """With the date and seed of the run, the same findings; a run keeps no sales to look at."""
    done = typed("audit", bundled_city(), "--on", ON, "--seed", DRAW, "--json")
    expected = {
        rule["code"]: rule for rule in json.loads(typed("audit", demo, "--json").stdout)["rules"]
    }
    found = {rule["code"]: rule for rule in json.loads(done.stdout)["rules"]}
    without_sales = {
        code for code, rule in expected.items() if any("sales." in need for need in rule["missing"])
    }

    assert without_sales == {"A02", "A04", "A12"}
    assert found.keys() == expected.keys()
    for code in expected.keys() - without_sales:
        assert found[code] == expected[code]


def test_check_answers_each_line(demo: Path) -> None:
    """JSON Lines in, JSON Lines out, also when a line is no JSON."""
    line = {"order_id": "1", "retailer_id": "990110000001", "product_id": "101104"}
    given = json.dumps({**line, "requested": 99}) + "\n{\n\n" + json.dumps(line) + "\n"
    done = typed("check", demo, stdin=given)
    answers = [json.loads(answer) for answer in done.stdout.splitlines()]

    assert done.exit_code == 0
    assert 0 <= answers[0]["at_most"] < 99
    assert ["error" in answer for answer in answers] == [False, True, True]


@pytest.mark.parametrize("form", ["text", "sms", "phone", "html", "a5", "json"])
def test_explain_prints_a_card_and_rechecks_it(demo: Path, form: str) -> None:
    """From the directory alone, in both languages."""
    for language in ("en", "zh-CN"):
        done = typed("explain", demo, "990110000001", "--as", form, "--lang", language, "--check")
        assert done.exit_code == 0, done.output
        assert {"en": "you may order", "zh-CN": "可订"}[language] in done.stdout
        if form not in ("sms", "phone"):  # these name the shop, if at all, as it calls itself
            assert "990110000001" in done.stdout


def test_the_cards_of_a_city_are_written_together(demo: Path, tmp_path: Path) -> None:
    """``--all --out``: counted for programs; the run itself is never overwritten."""
    done = typed("explain", demo, "--all", "--as", "sms", "--out", tmp_path / "sms", "--json")
    told = json.loads(done.stdout)
    over = typed("explain", demo, "--all", "--out", demo)

    assert done.exit_code == 0, done.output
    assert told["cards"] == pl.read_csv(tmp_path / "sms" / "sms.csv")["retailer_id"].n_unique()
    assert over.exit_code == 2
    assert (demo / "run.json").is_file()


def test_verify_accepts_refuses_and_tells_bad_input_apart(demo: Path, tmp_path: Path) -> None:
    """0, 1, 2."""
    digest = json.loads((demo / "run.json").read_bytes())["certificate"]
    accepted = typed("verify", demo, "--digest", digest)
    other = typed("verify", demo, "--digest", "0" * 64, "--lang", "zh-CN", "--json")
    nothing = typed("verify", tmp_path)

    assert (accepted.exit_code, other.exit_code, nothing.exit_code) == (0, 1, 2)
    assert json.loads(other.stdout)["accepted"] is False
    assert "run.json" in nothing.stderr


def test_policy_commands(tmp_path: Path) -> None:
    """The schema is JSON; check says the rules in words, and every fault with its line."""
    schema = typed("policy", "schema")
    good = typed("policy", "check", bundled_city() / "policy.yaml", "--on", ON, "--lang", "zh-CN")
    (tmp_path / "bad.yaml").write_text("title: x\nalocation: {}\n")
    bad = typed("policy", "check", tmp_path / "bad.yaml", "--on", ON)

    assert json.loads(schema.stdout)["$schema"]
    assert "30 档" in good.stdout
    assert (good.exit_code, bad.exit_code) == (0, 2)
    assert "row 2" in bad.stderr or "line 2" in bad.stderr
    assert "allocation" in bad.stderr


CITY = str(bundled_city())
BAD = [
    ["run", CITY, "--on", ON, "--out", "OUT"],  # no seed
    ["run", CITY, "--on", "yesterday", "--seed", "1", "--out", "OUT"],
    ["run", CITY, "--on", "20261116", "--seed", "1", "--out", "OUT"],
    ["run", CITY, "--seed", "1", "--out", "OUT"],  # no day
    ["run", CITY, "--on", ON, "--seed", "1"],  # no out
    ["run", CITY, "--on", ON, "--seed", "1", "--out", "OUT", "--cycle", "2020-W01"],
    ["run", CITY, "--on", "2025-01-01", "--seed", "1", "--out", "OUT"],  # before the first value
    ["run", CITY, "--on", ON, "--seed", "1", "--out", "OUT", "--cards", "nobody"],
    ["run", CITY, "--on", ON, "--seed", "1", "--out", "OUT", "--lang", "fr"],
    ["run", CITY, "--on", ON, "--seed", "1", "--out", "OUT", "--policy", "absent.yaml"],
    ["run", "absent", "--on", ON, "--seed", "1", "--out", "OUT"],
    ["run", "EMPTY", "--on", ON, "--seed", "1", "--out", "OUT"],
    ["run", CITY, "--on", ON, "--seed", "1", "--out", CITY],  # holds something else
    ["run", CITY, "--on", ON, "--seed", "1", "--out", f"{CITY}/orders.csv"],
    ["run", CITY, "--on", ON, "--seed", "1", "--out", f"{CITY}/orders.csv/below"],
    ["demo", "--retailers", "0", "--out", "OUT"],
    ["demo", "--retailers", "many", "--out", "OUT"],
    ["grade", CITY, "--on", ON],
    ["plan", CITY, "--on", ON, "--seed", "1", "--grading", "EMPTY", "--out", "OUT"],
    ["allocate", CITY, "--plan", "EMPTY", "--out", "OUT"],
    ["allocate", "absent", "--plan", "DEMO", "--out", "OUT"],
    ["audit"],
    ["audit", "absent"],
    ["audit", "EMPTY"],
    ["audit", "--orders", f"{CITY}/orders.csv"],
    ["audit", CITY, "--orders", "absent.csv", "--on", ON],
    ["check", "EMPTY"],
    ["explain", "EMPTY", "R1"],
    ["explain", "DEMO", "R1"],
    ["explain", "DEMO"],
    ["explain", "DEMO", "990110000001", "--as", "fax"],
    ["explain", "DEMO", "990110000001", "--all", "--out", "OUT"],
    ["explain", "DEMO", "--all"],
    ["verify", "EMPTY"],
    ["verify", "absent"],
    ["policy", "check", "absent.yaml", "--on", ON],
    ["policy", "check", f"{CITY}/orders.csv", "--on", ON],
    ["policy", "check", f"{CITY}/policy.yaml"],
    ["nonsense"],
]


@pytest.mark.parametrize("words", BAD, ids=[" ".join(w).replace(CITY, "CITY") for w in BAD])
def test_bad_input_is_a_message_and_status_2(
    words: list[str], demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never a traceback, never half an output."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    places = {"OUT": "out", "EMPTY": "empty", "DEMO": str(demo)}
    before = sorted(bundled_city().iterdir())
    done = typed(*(places.get(word, word) for word in words))

    assert done.exit_code == 2, done.output
    assert len(done.stderr.strip()) > 20
    assert isinstance(done.exception, SystemExit)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty"]
    assert sorted(bundled_city().iterdir()) == before


def test_refusals_speak_the_chosen_language(tmp_path: Path) -> None:
    """Chinese when asked for."""
    done = typed("run", bundled_city(), "--on", ON, "--out", tmp_path / "o", "--lang", "zh-CN")

    assert done.exit_code == 2
    assert "--seed" in done.stderr
    assert any("\u4e00" <= letter <= "\u9fff" for letter in done.stderr)


def process(*words: object, **options: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", "from allocator.cli import main; main()", *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)  # type: ignore[call-overload,no-any-return]


def test_a_reader_that_closes_early_is_no_accident(demo: Path) -> None:
    """``allocator explain ... | head -1``: quiet, no traceback."""
    with process("explain", demo, "990110000001", "--as", "json") as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        told = running.stderr.read()

    assert told == b""
    assert running.returncode == 141


@pytest.mark.parametrize("press", range(3))
def test_an_interrupt_while_waiting_is_a_message(demo: Path, press: int) -> None:
    """Ctrl-C while waiting for order lines: one sentence, the status of shells, no traceback."""
    # A job started in the background ignores Ctrl-C, and so would its children: here it counts.
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        waiting = process("check", demo, stdin=subprocess.PIPE)
    finally:
        signal.signal(signal.SIGINT, heard)
    with waiting as running:
        assert running.stdin is not None
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdin.write(b"{}\n")
        running.stdin.flush()
        assert running.stdout.readline()
        time.sleep(0.3)  # it waits in a read by then; pressed in between, it is seen after the next
        running.send_signal(signal.SIGINT)
        try:
            running.wait(timeout=30)
        finally:
            running.kill()  # nothing after its end; without it a deaf command would hold the test
        told = running.stderr.read()

    assert running.returncode == 130
    assert told == b"interrupted; no output is left half-written, run the command again\n"


def test_help_and_check_start_without_heavy_libraries() -> None:
    """The solver, pages and workbooks load only where they are used."""
    probe = (
        "import sys; from allocator.cli.entrance import app; "
        "print(sorted({'pulp','highspy','jinja2','babel','polars','numpy','xlsxwriter'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


ALLOCATOR = [sys.executable, "-c", "from allocator.cli import main; main()"]


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_a_closed_stream_is_no_traceback(demo: Path, closed: str) -> None:
    """Schedulers start programs without standard streams."""
    command = f'"$@" {closed}'
    done = subprocess.run(
        ["sh", "-c", command, "sh", *ALLOCATOR, "check", str(demo)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0
    assert done.stderr == ""


@pytest.mark.skipif(not hasattr(signal, "SIGTERM"), reason="needs POSIX signals")
def test_a_run_that_is_told_to_end_leaves_nothing(tmp_path: Path) -> None:
    """SIGTERM, as a scheduler sends it, while the folder is being written."""
    words = ["run", bundled_city(), "--on", ON, "--seed", DRAW, "--cards", "all"]
    started = subprocess.Popen([*ALLOCATOR, *map(str, words), "--out", str(tmp_path / "out")])
    while started.poll() is None and not list(tmp_path.glob(".*.part")):
        time.sleep(0.005)
    started.send_signal(signal.SIGTERM)

    assert started.wait(30) == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("seed", ["", " ", "draw\u0007", "\udcff", "x" * 201])
def test_a_seed_that_nobody_could_type_again_is_refused(tmp_path: Path, seed: str) -> None:
    """Empty, with control characters, not UTF-8, or a page long."""
    done = typed("plan", bundled_city(), "--on", ON, "--seed", seed, "--out", tmp_path / "out")

    assert done.exit_code == 2
    assert "--seed" in done.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_an_audit_of_no_lines_is_refused(tmp_path: Path, language: str) -> None:
    """A cycle without order lines would pass as a cycle without findings."""
    words = ("audit", bundled_city(), "--on", ON, "--seed", DRAW, "--lang", language)
    done = typed(*words, "--cycle", "2026-W48")

    assert done.exit_code == 2
    assert "2026-W47" in done.output


def test_faults_found_by_verify_are_told_in_the_language_asked_for(
    demo: Path, tmp_path: Path
) -> None:
    """Also those that the certificate's own verifier finds, and those of damaged files."""
    for name in ("certificate.json", "seats.csv", "inputs/tiers.csv"):
        copy = tmp_path / name.replace("/", "-")
        shutil.copytree(demo, copy)
        text = (copy / name).read_text()
        (copy / name).write_text(text.replace("2", "7", 9))
        done = typed("verify", copy, "--lang", "zh-CN")
        assert done.exit_code == 1
        assert " the " not in done.stdout
        assert " has " not in done.stdout


def test_check_refuses_a_quota_table_that_was_cut_off(demo: Path, tmp_path: Path) -> None:
    """In the middle of a row."""
    copy = tmp_path / "copy"
    shutil.copytree(demo, copy)
    data = (copy / "quotas.csv").read_bytes()
    (copy / "quotas.csv").write_bytes(data[: data.rindex(b",", 0, len(data) // 2)])
    done = typed("check", copy, stdin="")

    assert done.exit_code == 2
    assert "quotas.csv" in done.output


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_customers_lists_what_managers_should_look_at(tmp_path: Path, language: str) -> None:
    """Files without a policy; the summary for people, and where to read on."""
    city = tmp_path / "city"
    shutil.copytree(bundled_city(), city)
    (city / "policy.yaml").unlink()
    out = tmp_path / "out"
    done = typed("customers", city, "--on", ON, "--out", out, "--lang", language)

    assert done.exit_code == 0, done.output
    assert {path.name for path in out.glob("*.csv")} == {
        "changes.csv", "findings.csv", "completeness.csv", "managers.csv",
    }  # fmt: skip
    assert str(out / "findings.csv") in done.stdout
    assert {"en": "completeness 100 %", "zh-CN": "完整率 100%"}[language] in done.stdout


def test_customers_of_one_manager(tmp_path: Path) -> None:
    """For programs: only its shops; an unknown one is refused with those there are."""
    out = tmp_path / "out"
    words = ("customers", bundled_city(), "--on", ON, "--out", out)
    told = json.loads(typed(*words, "--manager", "宋子涵", "--json").stdout)
    refused = typed(*words, "--manager", "nobody")

    assert [row["manager"] for row in told["managers"]] == ["宋子涵"]
    assert told["shops"] == told["managers"][0]["shops"] == 60
    assert told["completeness"]["percent"] == 100
    assert told["findings"]["violation"] == 0
    assert refused.exit_code == 2
    assert "宋子涵" in refused.output


def test_stability_lists_days_in_two_ways(tmp_path: Path) -> None:
    """By name, or by a first, a last and the months between: the same figures."""
    city = bundled_city()
    early = json.loads(
        typed("stability", city, "--on", "2026-08-01", "--on", "2026-11-01", "--json").stdout
    )
    assert any("2026-08-01: " in line and "2026-05" in line for line in early["warnings"])
    named = typed("stability", city, "--on", "2026-10-01", "--on", "2026-11-01", "--json")
    spread = typed(
        "stability", city, "--from", "2026-10-01", "--to", "2026-11-15", "--every", "1", "--json"
    )
    told = json.loads(named.stdout)

    assert named.exit_code == spread.exit_code == 0
    assert told == json.loads(spread.stdout)
    assert told["days"] == ["2026-10-01", "2026-11-01"]
    assert told["out"] is None
    assert [sum(each["retailers"]) for each in told["shape"]]
    for language in ("en", "zh-CN"):
        out = tmp_path / language
        done = typed(
            "stability", city, "--on", "2026-10-01", "--on", "2026-11-01", "--out", out,
            "--lang", language,
        )  # fmt: skip
        assert done.exit_code == 0, done.output
        assert (out / "stability.html").is_file()
        assert str(told["changes"][0]["with"]["retailers"]) in done.stdout


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("--on", "2026-11-01"), "at least two"),
        ((), "at least two"),
        (("--on", "2026-11-01", "--from", "2026-10-01"), "one of the two"),
        (("--from", "2026-10-31", "--to", "2026-11-30"), "day 28"),
        (("--from", "1990-10-01", "--to", "2026-11-30", "--every", "1"), "more than 120"),
        (("--on", "2026-11-01", "--on", "2026-10-01"), "earliest first"),
    ],
)
def test_stability_refuses_days_that_are_no_series(words: tuple[str, ...], remedy: str) -> None:
    done = typed("stability", bundled_city(), *words)

    assert done.exit_code == 2
    assert remedy in done.stderr


def test_a_design_can_be_graded_with_at_once(tmp_path: Path) -> None:
    """The whole way: propose, take a proposal's policy, grade; the counts are those proposed."""
    out = tmp_path / "design"
    words = ("design", bundled_city(), "--on", ON, "--shape", "olive", "--tiers", "30")
    done = typed(*words, "--least-shops", "3", "--out", out, "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0
    for proposal in told["proposals"]:
        file = out / f"policy-{proposal['name']}.yaml"
        graded = typed(
            "grade", bundled_city(), "--policy", file, "--on", ON, "--out", tmp_path / "g", "--json"
        )
        assert graded.exit_code == 0, graded.output
        table = pl.read_csv(tmp_path / "g" / "grading.csv", infer_schema_length=None)
        scored = table.filter(pl.col("score").is_not_null())
        held = [scored.filter(tier=tier).height for tier in range(1, 31)]
        assert held == proposal["retailers"]
        assert min(held) >= 3
    for language in ("en", "zh-CN"):
        shown = typed(*words, "--out", tmp_path / language, "--lang", language)
        assert shown.exit_code == 0, shown.output
        assert "close.yaml" in shown.stdout
    few = typed(*words[:-1], "10", "--out", tmp_path / "few")
    assert few.exit_code == 0
    assert "grading.newcomers.start_tier" in few.stderr  # tier 12 is gone, so paste and mend
    assert not list((tmp_path / "few").glob("policy-*.yaml"))


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("--shape", "onion", "--tiers", "5"), "pagoda, olive, normal"),
        (("--shape", "olive"), "give --tiers"),
        (("--shape", "olive", "--tiers", "5", "--cliff", "nan"), "0.000001"),
        (("--shape", "olive", "--tiers", "5", "--round", "0.0000001"), "0.000001"),
        (("--shape", "olive", "--tiers", "5", "--least-shops", "300"), "lower --least-shops"),
    ],
)
def test_design_refuses_what_cannot_be(words: tuple[str, ...], remedy: str, tmp_path: Path) -> None:
    done = typed("design", bundled_city(), "--on", ON, *words, "--out", tmp_path / "x")

    assert done.exit_code == 2
    assert remedy in done.stderr
    assert not (tmp_path / "x").exists()


def test_a_defect_of_ours_is_no_finding(capsys: pytest.CaptureFixture[str]) -> None:
    """Status 1 means that an audit found something; a crash must not look like it."""
    with pytest.raises(typer.Exit) as ended:
        guarded(lambda: divmod(1, 0) and None)()

    assert ended.value.exit_code == 70
    assert "ZeroDivisionError" in capsys.readouterr().err
