"""All results under one number: what each leaf holds, against the cards and the awards."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from allocator.certificate.inclusion import check, read_card, recorded
from allocator.certificate.results import LEAVES_AT_ONCE
from allocator.certificate.sealing import Sealed, salts_of, seal
from allocator.explanation.card import explain_each
from allocator.explanation.page import Press
from certificate import plain_tree
from strategies import Week, small_week

SECRET = bytes(range(32))


def sealed_week(seed: int) -> tuple[Week, Sealed]:
    """A small city whose results stand under one number."""
    week = small_week(seed, P0="<b>7</b> & co", R001="4 = 5")
    salts = salts_of(SECRET, week.cycle, week.plan.members["retailer_id"])
    sealed = seal(
        week.plan, week.allocation, salts,
        policy_digest=week.policy.digest, certificate_digest="c" * 64,
    )  # fmt: skip
    return replace(week, under=sealed), sealed


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=12)
def test_every_card_of_a_city_is_proven_by_its_page_and_its_json(seed: int) -> None:
    """What cards say follows from offers and orders, what leaves hold from plan and allocation."""
    week, sealed = sealed_week(seed)
    members = week.plan.members["retailer_id"].to_list()
    presses = Press("en"), Press("zh-CN")

    for number, card in enumerate(explain_each(week, members)):
        language = ("en", "zh-CN")[number % 2]
        for form in (presses[number % 2].page(card), json.dumps(card.json(language))):
            proof, shown = read_card(form.encode())
            assert check(proof, shown, sealed.number) == []
            assert proof == sealed.proof(card.retailer)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=12)
def test_leaves_hold_the_orders_and_make_the_root(seed: int) -> None:
    """Against the rows of the allocation, and the tree word for word of the RFC."""
    week, sealed = sealed_week(seed)
    names = sorted(week.plan.members["retailer_id"].to_list())
    proofs = [sealed.proof(name) for name in names]
    texts = [
        json.dumps(
            {
                "index": k,
                "products": [list(row) for row in proof.leaf.products],
                "retailer": name,
                "salt": hmac.new(
                    SECRET, json.dumps([week.cycle, name], separators=(",", ":")).encode(), "sha256"
                ).hexdigest()[:32],
                "tier": dict(week.plan.members.select("retailer_id", "tier").rows())[name],
            },
            separators=(",", ":"),
        ).encode()
        for k, (name, proof) in enumerate(zip(names, proofs, strict=True))
    ]

    assert sealed.statement["root"] == plain_tree.root(texts).hex()
    assert sealed.statement["leaves"] == len(names)
    if week.allocation is not None:
        rows = (
            week.allocation.lines.filter(pl.col("award").is_not_null())
            .select("retailer_id", "product_id", "requested", "award", "granted")
            .rows()
        )
        held = {
            (name, row[0]): row[2:]
            for name, proof in zip(names, proofs, strict=True)
            for row in proof.leaf.products
        }
        assert {row[:2]: row[2:] for row in rows}.items() <= held.items()
        assert all(held[key] == (None, None, None) for key in held.keys() - {r[:2] for r in rows})


def test_the_number_is_the_digest_of_the_statement() -> None:
    """Spelled by hand: keys sorted, no spaces; digests of policy and certificate are in it."""
    week, sealed = sealed_week(1)
    spelt = (
        '{"certificate":"' + "c" * 64 + f'","cycle":"{week.cycle}","format":"allocator results 1",'
        f'"leaves":{week.plan.members.height},"on":"2026-11-16","policy":"{week.policy.digest}",'
        f'"root":"{sealed.tree.root.hex()}","stage":"orders"}}'
    )

    assert sealed.number == hashlib.sha256(spelt.encode()).hexdigest()


def test_salts_differ_by_secret_cycle_and_shop_and_by_nothing_else() -> None:
    """128 bits each; the order of the shops does not matter."""
    names = pl.Series(["B", "A", 'quo"te', "汉"])
    salts = salts_of(SECRET, "2026-W47", names)
    again = salts_of(SECRET, "2026-W47", names.reverse())
    others = [salts_of(SECRET, "2026-W48", names), salts_of(SECRET[::-1], "2026-W47", names)]
    every = [salt for frame in (salts, *others) for salt in frame["salt"].to_list()]

    assert salts.equals(again)
    assert len(set(every)) == 12
    assert all(len(bytes.fromhex(salt)) == 16 for salt in every)


def test_one_number_whether_the_plan_or_the_orders_are_told() -> None:
    """The stage is bound in: what a plan promised cannot pass for what orders gave."""
    week, sealed = sealed_week(1)
    planned = seal(
        week.plan, None, salts_of(SECRET, week.cycle, week.plan.members["retailer_id"]),
        policy_digest=week.policy.digest, certificate_digest="c" * 64,
    )  # fmt: skip
    some = next(name for name in planned.retailers if planned.proof(name).leaf.products)
    proof = planned.proof(some)

    assert (planned.statement["stage"], sealed.statement["stage"]) == ("quotas", "orders")
    assert planned.number != sealed.number
    assert check(proof, recorded(proof), planned.number) == []
    assert [told.code for told in check(proof, recorded(proof), sealed.number)] == ["not-published"]


def test_leaves_are_spelled_the_same_in_slices() -> None:
    """More shops than are spelled at once, none of which may have anything."""
    week = small_week(5)
    n = LEAVES_AT_ONCE + 3
    names = pl.Series("retailer_id", [f"S{k:06d}" for k in range(n)])
    empty = week.plan.members.clear().select("retailer_id", "tier", "cell")
    members = pl.concat([empty, pl.DataFrame({"retailer_id": names})], how="diagonal")
    turns = replace(
        week.plan.turns, **dict.fromkeys(("line", "retailer", "place"), week.plan.turns.line[:0])
    )
    plan = replace(week.plan, members=members, turns=turns)
    plan = replace(plan, cells=replace(plan.cells, count=plan.cells.count * 0))
    sealed = seal(
        plan, None, salts_of(SECRET, "c", names), policy_digest="p", certificate_digest="c"
    )
    last = sealed.proof("S050002")

    assert last.leaf.index == n - 1
    assert check(last, recorded(last)) == []
