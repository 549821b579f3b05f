"""Ten situations of which shops complain, each sought in a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import polars as pl

from allocator.complaints.beside import SALES, near_sales
from allocator.complaints.complaint import Complaint
from allocator.complaints.docket import Docket
from allocator.explanation.card import Card, explain_each
from allocator.explanation.claims import Claim
from allocator.runs.record import Run

MOST_CLAIMS = {"grade": 4, "advance": 4, "scarcity": 6}
"""Sentences shown of an answer, where it has many; the card itself has all."""

BESIDE = ("neighbour", "shortfall")
MOST_NEAR = 20
"""Shops next in sales that one is compared with."""

MOST_CARDS = 200
"""Cards among which an answer is sought."""


@dataclass(frozen=True)
class Situation:
    """One situation.

    need : number in the field reports' list of needs; said : what the shop says, zh and en
    product : whose answers are shown, with questions; complaint : examined, where there is one
    """

    title: str
    need: str
    said: tuple[str, str]
    retailer: str
    questions: tuple[str, ...] = ()
    product: str | None = None
    complaint: Complaint | None = None


class Clean:
    """Those of whom the audit found nothing: what they read is the rule alone."""

    def __init__(self, run: Run) -> None:
        self.run, self.docket = run, Docket(run)
        found = [] if run.findings is None else list(run.findings)
        orders = {number for each in found if each.kind == "violation"
                  for number in (each.order_id or "").split(", ")}  # fmt: skip
        table = run.city.orders
        frame = pl.DataFrame(schema={"order_id": pl.String}) if table is None else table.frame
        named = frame.filter(pl.col("order_id").cast(pl.String).is_in(list(orders)))
        self.used: set[str] = set()
        self.named = set(named["retailer_id"].cast(pl.String)) if len(named) else set()

    def members(self) -> Iterator[str]:
        """In the order of their identifiers; those that the page has shown are left out."""
        rows = self.run.plan.members.filter(pl.col("cell").is_not_null())
        apart = self.named | self.used
        yield from (name for name in rows["retailer_id"].sort() if name not in apart)


def withheld(clean: Clean) -> Situation | None:
    """The largest withholding, beside an equal that got what the rules give."""
    docket, run = clean.docket, clean.run
    if run.findings is None:
        return None
    short = run.findings.frame.filter(rule="below-standard")
    rows = short.sort(pl.col("observed") - pl.col("limit"), "retailer_id", "product_id")
    for row in rows.iter_rows(named=True):
        shop, product = row["retailer_id"], row["product_id"]
        for other in clean.members():
            line = docket.standing(other).lines.get(product)
            if line and docket.equals(shop, other) and line.got > row["observed"]:
                complaint = Complaint(shop, "less-than-equal", product, about=other)
                return Situation("He got more than I, and we are equals", "N1",
                                 ("同档的店拿得比我多。", "A shop of my tier got more than I."),
                                 shop, ("shortfall",), product, complaint)  # fmt: skip
    return None


def by_turn(clean: Clean) -> Situation | None:
    """Two equals that asked alike; the odd carton went to one of them."""
    docket = clean.docket
    for shop in clean.members():
        who = docket.standing(shop)
        for product, line in sorted(who.lines.items()):
            offer = who.offers.get(product)
            if not (offer and offer.waits and not offer.limit and line.asked and not line.got):
                continue
            for other in clean.members():
                theirs = docket.standing(other).lines.get(product)
                if theirs and theirs.got and docket.equals(shop, other):
                    complaint = Complaint(shop, "less-than-equal", product, about=other)
                    return Situation("He got one and I got none", "N1",
                                     ("他有一条，我一条没有。", "He got one, I got none."),
                                     shop, ("shortfall", "turn"), product, complaint)  # fmt: skip
    return None


def nearly_alike(clean: Clean) -> Situation | None:
    """Two shops with nearly the same sales in two tiers, and different limits."""
    docket = clean.docket
    table = clean.run.grading.table.filter(pl.col("graded"))
    if SALES not in table.columns:
        return None
    sold = table.sort(SALES, "retailer_id")["retailer_id"].to_list()
    kept = [name for name in sold if name in set(clean.members())]
    for k, one in enumerate(kept):
        for other in kept[k + 1 : k + 1 + MOST_NEAR]:
            pair = sorted((one, other), key=lambda name: docket.standing(name).tier or 0)
            product = _further(docket, *pair) if near_sales(docket, *pair) else None
            if product is not None:
                complaint = Complaint(pair[0], "less-than-similar", product, about=pair[1])
                said = ("卖得差不多，他凭什么多？", "Same sales, and he gets more.")
                title, asked = "We sell about the same; why does he get more?", BESIDE
                return Situation(title, "N2", said, pair[0], asked, product, complaint)
    return None


def _further(docket: Docket, one: str, other: str) -> str | None:
    """A product of which the one got less than it asked for, and the other may order more."""
    first, second = docket.standing(one), docket.standing(other)
    for product in sorted(first.lines.keys() & second.lines.keys()):
        offers = [who.offers.get(product) for who in (first, second)]
        more = offers[0] and offers[1] and offers[0].limit < offers[1].limit
        if more and first.lines[product].missing:
            return product
    return None


def suspected(clean: Clean) -> Situation | None:
    """A quota, with where each number of it stands."""
    for shop in clean.members():
        who = clean.docket.standing(shop)
        for product, line in sorted(who.lines.items()):
            offer = who.offers.get(product)
            if offer and offer.base and line.asked and line.got == offer.limit:
                return Situation("The manager says so; why should I believe it?", "N6",
                                 ("经理这么说，我怎么信？", "The manager says so. Why believe it?"),
                                 shop, ("quota",), product)  # fmt: skip
    return None


def short_supply(clean: Clean) -> Situation | None:
    """Why it is short, for how long, what instead, what is being done."""
    told = clean.docket.books.products
    for shop in clean.members():
        for product, line in sorted(clean.docket.standing(shop).lines.items()):
            row = told.get(product, {})
            known = all(row.get(name) for name in ("cause", "expected_on", "substitutes"))
            if line.missing and (known or not any(row.get("cause") for row in told.values())):
                return Situation("Why is it short, for how long, and what instead?", "N7",
                                 ("怎么老缺？缺到哪天？", "Why is it short, and how long?"),
                                 shop, ("scarcity",), product)  # fmt: skip
    return None


def down(clean: Clean) -> Situation | None:
    """A tier lower than last time, by the rule."""
    for shop in clean.members():
        graded = clean.docket.standing(shop).graded
        previous, tier = graded.get("previous_tier"), graded.get("tier")
        if graded.get("graded") and previous and tier and tier < previous:
            return Situation("My tier went down", "N9",
                             ("我怎么降档了？", "Why did my tier go down?"),
                             shop, ("grade", "advance", "keep"),
                             complaint=Complaint(shop, "tier-down"))  # fmt: skip
    return None


def fresh(clean: Clean) -> Situation | None:
    """A shop that is not scored yet."""
    for shop in clean.members():
        if "newcomer" in str(clean.docket.standing(shop).graded.get("reason", "")).split():
            return Situation("I am new; how does this work?", "N12",
                             ("我刚开店，这怎么分的？", "I am new. How does this work?"),
                             shop, ("new", "grade"), complaint=Complaint(shop, "new"))  # fmt: skip
    return None


def one_more(clean: Clean) -> Situation | None:
    """What would bring one carton more: the tier, the supply, or nothing this week."""
    for card in explain_each(clean.run, islice(clean.members(), MOST_CARDS)):
        for part in card.parts:
            answer = next((each for each in part.answers if each.question == "more"), None)
            if answer and len(answer.claims) >= 3:
                return Situation("What would get me one more?", "N9",
                                 ("怎样才能多一条？", "What would get me one more?"),
                                 card.retailer, ("more",), part.product)  # fmt: skip
    return None


def over_limit(clean: Clean) -> Situation | None:
    """More asked for than two rounds could give."""
    for shop in clean.members():
        for product, line in sorted(clean.docket.standing(shop).lines.items()):
            if line.round_two and line.missing > 1:
                return Situation("I ordered more and did not get it", "N8",
                                 ("我要的没给够。", "I did not get all I asked for."),
                                 shop, ("shortfall",), product,
                                 Complaint(shop, "not-got", product))  # fmt: skip
    return None


def fallen(clean: Clean) -> Situation | None:
    """An order that the shop says was cancelled, in an export that does not tell."""
    shop = next(iter(clean.members()))
    return Situation("My order was cancelled", "N11",
                     ("我的订单怎么取消了？", "Why was my order cancelled?"),
                     shop, complaint=Complaint(shop, "cancelled"))  # fmt: skip


SOUGHT: tuple[Callable[[Clean], Situation | None], ...] = (
    withheld, by_turn, nearly_alike, suspected, short_supply, down, fresh, one_more, over_limit,
    fallen,
)  # fmt: skip


def situations(run: Run) -> list[Situation]:
    """Those of the ten that the run has, each of another shop."""
    clean, told = Clean(run), []
    for seek in SOUGHT:
        found = seek(clean)
        if found is not None:
            told.append(found)
            clean.used.add(found.retailer)
    return told


def shown(card: Card, situation: Situation) -> list[Claim]:
    """The claims of a card that answer the situation."""
    parts = {part.product: part.answers for part in card.parts}
    answers = [*card.answers, *parts.get(situation.product or "", ())]
    return [claim for question in situation.questions for answer in answers
            if answer.question == question
            for claim in answer.claims[: MOST_CLAIMS.get(question)]]  # fmt: skip
