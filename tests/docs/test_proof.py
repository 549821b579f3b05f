"""The page on the proof: its short program, its table of bytes and its commands hold."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from allocator.runs.demonstration import SECRET
from docs.test_first_week import ROOT, typed

PAGE = (ROOT / "docs" / "proof.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo as a user runs it, and the JSON of a card."""
    folder = tmp_path_factory.mktemp("proof")
    assert typed("allocator demo --retailers 61 --out week", folder).returncode == 0
    shop = sorted((folder / "week" / "cards").iterdir())[-1].stem
    done = typed(f"allocator explain week {shop} --as json", folder)
    assert done.returncode == 0, done.stderr
    (folder / "card.json").write_text(done.stdout, encoding="utf-8")
    return folder


def test_the_short_program_of_the_page_gives_the_number_of_the_notice(folder: Path) -> None:
    program = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert program is not None
    (folder / "short.py").write_text(program[1], encoding="utf-8")
    number = json.loads((folder / "week" / "root.json").read_bytes())["number"]
    printed = [number[k : k + 4] for k in range(0, 64, 4)]

    told = subprocess.run(
        [sys.executable, "short.py", "card.json"], capture_output=True, text=True, cwd=folder
    )

    assert told.stdout.split() == ["True", number]
    assert " ".join(printed) in (folder / "week" / "notice.html").read_text(encoding="utf-8")


def test_salt_and_leaf_are_the_bytes_of_the_table(folder: Path) -> None:
    """The salt from the secret of the demo; the leaf's keys in the order of the page."""
    card = json.loads((folder / "card.json").read_bytes())
    leaf = card["proof"]["leaf"]
    told = json.dumps([card["cycle"], card["retailer"]], separators=(",", ":"))
    shown = re.search(r"0x00, then `(\{.*?\})`", PAGE)
    assert shown is not None

    assert leaf["salt"] == hmac.new(SECRET, told.encode(), hashlib.sha256).hexdigest()[:32]
    assert list(leaf) == list(json.loads(shown[1]))
    assert all(len(product) == 5 for product in leaf["products"])


def test_the_commands_of_the_page_run(folder: Path) -> None:
    """As they stand, with the demo's names for the files; the auditor's command too."""
    number = json.loads((folder / "week" / "root.json").read_bytes())["number"]
    (folder / "card.html").write_bytes(next((folder / "week" / "cards").iterdir()).read_bytes())
    for name in ("notice.html", "inclusion.py"):
        (folder / name).write_bytes((folder / "week" / name).read_bytes())
    blocks = re.findall(r"^(?:python -I|allocator verify) .*?(?=\s+#|$)", PAGE, re.MULTILINE)
    asked = re.findall(r"`(allocator verify out/week .*?)`", PAGE)
    assert len(blocks) == 3
    assert len(asked) == 1
    for command in [*blocks, *asked]:
        line = command.replace("dc89 3e79 ...", number).replace("out/week", "week")
        done = typed(line, folder)
        assert done.returncode == 0, (line, done.stdout, done.stderr)
