"""Regenerate docs/gallery.md: ``python scripts/make_gallery.py``.

Ten situations of the bundled city, each sought in the run, so that the page stays true when the
city changes: what the shop reads in both languages, and each claim of it computed again.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import allocator as al
from allocator.complaints.record import Examination
from allocator.explanation.card import Card, explain
from allocator.explanation.check import check_claim, check_claims
from allocator.explanation.claims import Claim, Place
from allocator.explanation.letter import address
from allocator.explanation.recount.case import Case
from allocator.explanation.sentences import sentence
from allocator.runs.demonstration import DRAW, bundled_city
from allocator.runs.record import Run
from gallery import Situation, shown, situations

PAGE = Path(__file__).resolve().parents[1] / "docs" / "gallery.md"
DAY = "2026-11-16"
FOLDER = "out/demo"

HEAD = """# Gallery: ten situations, and what each shop is told

What shops complain of, as field reports of tobacco companies tell it (N1 and so on are the numbers
of those needs), in the bundled city of `make demo`. Each situation was sought in that run by
`scripts/make_gallery.py`, which makes this page; a test makes it again.

The shop reads the text. Below it stands each claim behind a sentence, computed again from the files
of the run, as `allocator explain DIR RETAILER --check` does. Where the shop complains, the verdict
for staff follows (`allocator examine`); it may name other shops and is never shown to one.
"""


def bundled() -> Run:
    """The week of the bundled city, as ``allocator demo`` runs it."""
    folder = bundled_city()
    policy = al.read_policy(folder / "policy.yaml", on=DAY)
    return al.run(al.read_city(folder, policy.tables), policy, seed=DRAW)


def page(run: Run) -> str:
    """The whole page."""
    told = [HEAD]
    for number, situation in enumerate(situations(run), start=1):
        told += section(run, number, situation)
    return "\n".join(told) + "\n"


def section(run: Run, number: int, situation: Situation) -> Iterator[str]:
    """One situation: what is said, what is read in both languages, the check, the verdict."""
    card = explain(run, situation.retailer)
    complaint = situation.complaint
    examined = None if complaint is None else al.examine(complaint, run)
    claims = shown(card, situation)
    yield f"## {number}. {situation.title} ({situation.need})\n"
    for language, said in zip(("zh-CN", "en"), situation.said, strict=True):
        product = f" · {card.names.get(situation.product, '')}" if situation.product else ""
        name = {"zh-CN": "中文", "en": "English"}[language]
        yield f"**{name}** · {address(card, language)}{product}\n"
        yield f"> {said}\n"
        yield "\n".join(f"- {line}" for line in read(card, examined, claims, language)) + "\n"
    yield "```text"
    yield from checked(run, card, claims)
    yield "```\n"
    if examined is not None:
        yield from verdict(examined)


def read(
    card: Card, examined: Examination | None, claims: list[Claim], language: str
) -> Iterator[str]:
    """What the shop reads: the answer to its complaint, then the claims of its card."""
    if examined is not None:
        count = len(examined.opening)
        yield from examined.say(language).splitlines()[:count]
    yield from (sentence(claim, card.names, language) for claim in claims)


def checked(run: Run, card: Card, claims: list[Claim]) -> Iterator[str]:
    """Each claim shown, computed again, and how many of the whole card hold."""
    verdicts = check_claims(run, card)
    wrong = sum(not each.holds for each in verdicts)
    yield f"$ allocator explain {FOLDER} {card.retailer} --check"
    yield f"{len(verdicts)} claims of the card recomputed, {wrong} wrong"
    case = Case(run, card.retailer)
    for claim in claims:
        holds = "holds" if check_claim(case, claim).holds else "WRONG"
        facts = " ".join(f"{key}={value}" for key, value in claim.parameters.items())
        places = "; ".join(dict.fromkeys(stands(place) for place in claim.evidence))
        yield f"{holds}  {claim.code}: {facts}  <- {places}"


def stands(place: Place) -> str:
    """File and columns, or the line of the policy."""
    if place.source == "policy":
        return f"policy.yaml {place.key[0]}"
    return f"{place.file} {place.column}"


def verdict(examined: Examination) -> Iterator[str]:
    """For staff: the command, and all above what the shop is told."""
    complaint = examined.complaint
    words = [f"--retailer {complaint.retailer}", f"--kind {complaint.kind}"]
    if complaint.product:
        words.append(f"--product {complaint.product}")
    if complaint.about:
        words.append(f"--about {complaint.about}")
    yield "For staff:\n"
    yield "```text"
    yield f"$ allocator examine {FOLDER} {' '.join(words)}"
    for language in ("en", "zh-CN"):
        lines = examined.text(language).splitlines()[1:]
        yield from (line for line in lines[: len(lines) - spoken(examined, language)] if line)
    yield "```\n"


def spoken(examined: Examination, language: str) -> int:
    """Lines at the end of a text that are what the shop is told, its heading included."""
    return len(examined.say(language).splitlines()) + 3


if __name__ == "__main__":
    PAGE.write_text(page(bundled()), encoding="utf-8", newline="\n")
