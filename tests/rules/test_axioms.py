"""The table of axioms is made by trying, and the printed page is that table."""

from __future__ import annotations

from pathlib import Path

from allocator.rules.apportionment import METHODS
from allocator.rules.division import RULES
from rules.axioms import counterexample, document, method_counterexample

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rules-compared.md"
DIVISOR = {"webster", "modified-webster", "jefferson", "adams", "dean", "huntington-hill"}


def keepers(axiom: str) -> set[str]:
    return {rule for rule in RULES if counterexample(axiom, rule) is None}


def test_page_says_what_trying_finds() -> None:
    """Every yes was tried, every no has its counterexample; nothing is written by hand."""
    assert document() == PAGE.read_text("utf-8")


def test_what_every_rule_keeps() -> None:
    """Thomson 2019: all rules of the list treat equals equally, in order, and monotonically."""
    for axiom in (
        "equal treatment",
        "order preservation",
        "supply monotonicity",
        "claims monotonicity",
    ):
        assert keepers(axiom) == set(RULES), axiom


def test_only_the_uniform_rule_is_truthful() -> None:
    """Sprumont 1991, Ching 1994: no other efficient rule that treats equals equally is."""
    assert keepers("truthfulness") == {"cea", "leximin"}


def test_consistent_rules_are_the_parametric_ones() -> None:
    """Young 1987: with continuity and equal treatment, consistency is having one level."""
    parametric = {"proportional", "cea", "cel", "leximin", "talmud", "reverse-talmud"}

    assert keepers("consistency") == parametric | {"piniles", "constrained-egalitarian"}


def test_self_dual_rules() -> None:
    """Aumann and Maschler 1985; Miras Calvo and others 2022 for the average of awards."""
    assert keepers("self-duality") == {
        *("proportional", "talmud", "reverse-talmud", "adjusted-proportional"),
        *("random-arrival", "average", "average-of-awards"),
    }


def test_divisor_methods_are_the_monotone_ones() -> None:
    """Balinski and Young 1982: growth is respected by divisor methods, and by no quota method."""
    kept = {m for m in METHODS if method_counterexample("growth", m) is None}
    both = {
        m
        for m in METHODS
        if not method_counterexample("lower quota", m)
        and not method_counterexample("upper quota", m)
    }

    assert kept == DIVISOR
    assert both == {"hamilton", "quota"}
