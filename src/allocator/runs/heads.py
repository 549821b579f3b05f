"""What every folder of ours says of itself: ``run.json`` with the digests of its public files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from allocator.canonical import canonical_json
from allocator.errors import BadRequest
from allocator.policy.models import Policy
from allocator.runs.placing import MARK, whole_folder
from allocator.wording import LANGUAGES

PUBLIC = frozenset(
    {
        "quotas.csv", "quotas.xlsx", "bands.csv", "summary.csv", "cliffs.csv", "certificate.json",
        "notice.html", "notice.csv", "run.json", "verify.py", "policy.yaml", "root.json",
        "inclusion.py",
        "inputs/products.csv", "record/grading.json",
    }
)  # fmt: skip
"""Rules, supply and quotas. Everything else is internal; cards are for their retailer."""


@contextmanager
def step_folder(
    folder: str | Path,
    policy: Policy,
    inputs: Mapping[str, Any],
    language: str,
    head: Mapping[str, Any],
) -> Iterator[Path]:
    """A folder of one step, whole or not at all: the policy is put in, ``run.json`` comes last.

    inputs : digests of the tables; head : what ``run.json`` says of the step
    """
    check_language(language)
    with whole_folder(folder) as beside:
        (beside / "record").mkdir()
        (beside / "policy.yaml").write_bytes(policy.text.encode())
        yield beside
        write_head(beside, {**head, "language": language, **common_head(policy, inputs)})


def check_language(language: str) -> None:
    """Refuse a language that has no catalogue."""
    if language not in LANGUAGES:
        raise BadRequest("unknown-language", language=language[:20], known=", ".join(LANGUAGES))


def write_head(folder: Path, head: Mapping[str, Any]) -> None:
    """``run.json``, last: it names the digests of the other public files."""
    public: dict[str, str] = {}
    internal: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith("cards/"):
            (public if name in PUBLIC else internal)[name] = file_digest(path)
    write_json(folder / "record" / "files.json", internal)
    write_json(folder / MARK, {**head, "files": public})


def common_head(policy: Policy, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What every ``run.json`` of ours holds: version, policy, inputs."""
    return {
        "allocator": package_version(),
        "policy": {"title": policy.title, "on": policy.on.isoformat(), "sha256": policy.digest},
        "inputs": {name: dict(entry) for name, entry in sorted(inputs.items())},
    }


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, as ``sha256sum`` prints it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def package_version() -> str:
    """The version of this library, as installed."""
    try:
        return version("fair-allocator")
    except PackageNotFoundError:
        return "unknown"


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Small ones indented for people; records in canonical spelling."""
    if path.parent.name == "record":
        path.write_bytes(canonical_json(dict(document)) + b"\n")
    else:
        text = json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True)
        path.write_text(text + "\n", encoding="utf-8", newline="\n")
