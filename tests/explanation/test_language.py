"""Another language is another folder: a card in French, from a copy of the library."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import allocator
from allocator.policy.reading import read_policy
from allocator.runs.demonstration import DRAW, demonstration
from allocator.runs.week import run
from allocator.tables.synthetic import CYCLE, POLICY, first_day

HEAD = """msgid ""
msgstr ""
"Language: fr\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"
"""

SPEAKS = """
from allocator.explanation.card import explain
from allocator.runs.reading import read_run
from allocator.wording import LANGUAGES, say, spell
import json, sys
from decimal import Decimal
from datetime import date
card = explain(read_run(sys.argv[1]), sys.argv[2])
facts = {"period": "Cette semaine", "limit": 1234, "ordered": 0}
print(json.dumps({
    "languages": LANGUAGES,
    "forms": [card.text("fr"), card.html("fr"), card.call("fr"), *card.sms("fr"), card.sheet("fr")],
    "many": say("claims", "may-order", facts, "fr"),
    "one": say("claims", "may-order", facts | {"limit": 1}, "fr"),
    "spelt": [spell(Decimal("1.5"), "fr"), spell(date(2026, 12, 1), "fr")],
    "other": say("errors", "unknown-language", {"language": "x", "known": "y"}, "fr"),
}))
"""


@pytest.fixture(scope="module")
def french(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with a folder more: English texts but for the first line."""
    root = tmp_path_factory.mktemp("package")
    package = Path(allocator.__file__).parent
    shutil.copytree(package, root / "allocator", ignore=shutil.ignore_patterns("__pycache__"))
    folder = root / "allocator" / "wording" / "fr"
    folder.mkdir()
    english = (package / "wording" / "en" / "claims.po").read_text(encoding="utf-8")
    body = english[english.index('msgid "may-order-only"') :]
    first = (
        '\nmsgid "may-order"\nmsgid_plural "limit"\n'
        'msgstr[0] "{period} : {limit} cartouche possible, {ordered} commandée."\n'
        'msgstr[1] "{period} : {limit} cartouches possibles, {ordered} commandées."\n\n'
    )
    (folder / "claims.po").write_text(HEAD + first + body, encoding="utf-8")
    return root


def test_a_third_language_is_one_file(french: Path, tmp_path: Path) -> None:
    """Every form of the card, its numbers, plurals and dates; other domains speak English."""
    week = run(demonstration(40), read_policy(POLICY, first_day(CYCLE)), seed=DRAW)
    out = week.write(tmp_path / "week")
    shop = week.plan.members["retailer_id"][0]
    environment = {**os.environ, "PYTHONPATH": str(french)}
    done = subprocess.run(
        [sys.executable, "-c", SPEAKS, str(out), shop],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    told = json.loads(done.stdout)

    assert told["languages"] == ["en", "fr", "zh-CN"]
    assert told["many"] == "Cette semaine : 1\u202f234 cartouches possibles, 0 commandées."
    assert told["one"] == "Cette semaine : 1 cartouche possible, 0 commandée."
    assert told["spelt"] == ["1,5", "1 décembre 2026"]
    assert "choose one of y" in told["other"]
    assert all("commandée" in form for form in told["forms"][:4])
    assert 'lang="fr"' in told["forms"][1]
