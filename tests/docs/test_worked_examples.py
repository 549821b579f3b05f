"""The worked examples: their commands run as they stand, and give what the page says."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import polars as pl
import pytest

from docs.test_first_week import ROOT, commands, typed

PAGE = (ROOT / "docs" / "worked-examples.md").read_text(encoding="utf-8")
COMMANDS = commands(PAGE)
DEAREST = ["101101", "101102", "102101", "103101"]
"""The scarce products over 600 yuan in examples/city/products.csv."""


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the whole page was typed."""
    folder = tmp_path_factory.mktemp("worked")
    shutil.copytree(ROOT / "examples", folder / "examples")
    for command in COMMANDS:
        done = typed(command, folder)
        assert done.returncode == 0, (command, done.stdout[-800:], done.stderr)
    return folder / "out"


def table(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, schema_overrides={"product_id": pl.String, "retailer_id": pl.String})


def test_the_policies_on_the_page_are_those_of_the_files() -> None:
    """Each rule that the page shows stands in the file that it names."""
    for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL):
        shown = [line.strip() for line in block.splitlines() if "{" in line]
        files = (ROOT / "examples" / "policies").glob("*.yaml")
        texts = [path.read_text(encoding="utf-8") for path in files]

        assert any(all(line in text for line in shown) for text in texts), shown


def test_a_band_lets_more_shops_have_some(out: Path) -> None:
    """Cartons, shops and the most of one, with and without; and how many lines it stopped."""
    figures = []
    for name in ("as-it-was", "band"):
        lines = table(out / name / "awards.csv").filter(pl.col("product_id").is_in(DEAREST))
        shops = lines.group_by("retailer_id").agg(pl.col("award").sum())["award"]
        figures.append((shops.sum(), (shops > 0).sum(), shops.max()))
    rows = [re.findall(r"\| (\d+) \| (\d+) \|", line)[0] for line in PAGE.splitlines()
            if re.search(r"\| \d+ \| \d+ \|$", line)][:3]  # fmt: skip
    assert [tuple(map(int, row)) for row in rows] == list(zip(*figures, strict=True))
    stopped = lines.filter(pl.col("round_one") < pl.min_horizontal("requested", "limit"))
    said = re.search(r"stopped (\d+) order lines of (\d+) shops", PAGE)
    assert said
    assert (stopped.height, stopped["retailer_id"].n_unique()) == tuple(map(int, said.groups()))


def test_rural_shops_have_their_share(out: Path) -> None:
    quotas = table(out / "urban-rural" / "quotas.csv")
    offered = pl.col("base") * pl.col("retailers") + pl.col("seats")
    part = quotas.group_by("product_id", "segment").agg(offered.sum().alias("cartons"))
    wide = part.pivot("segment", index="product_id", values="cartons")
    supply = table(out / "urban-rural" / "summary.csv")
    both = wide.join(supply, on="product_id")
    # at_least counts from the supply less reserve, up to whole lots
    assert (both["rural"] >= 0.4 * (both["supply"] - both["reserve"])).all()
    own = wide.row(by_predicate=pl.col("product_id") == "101103", named=True)
    assert f"rural shops are offered {own['rural']} and urban ones {own['urban']}" in PAGE
    weekly = quotas.filter((pl.col("product_id") == "101103") & (pl.col("rhythm") == "weekly"))
    for tier in (28, 20, 10):
        shares = dict(weekly.filter(tier=tier).select("segment", "entitlement").rows())
        assert f"| tier {tier} | {shares['rural']:.2f} | {shares['urban']:.2f} |" in PAGE


def test_under_one_carton_everybody_has_a_turn_in_time(out: Path) -> None:
    quotas = table(out / "under-one-carton" / "quotas.csv").filter(product_id="101101")
    weekly = dict(quotas.filter(rhythm="weekly").select("tier", "entitlement").rows())
    for tier, share in ((30, "0.366"), (15, "0.208"), (2, "0.072")):
        assert f"{weekly[tier]:.3f}" == share
        assert share in PAGE
    turns = table(out / "under-one-carton" / "seats.csv").filter(product_id="101101")
    assert turns.height == 72
    assert quotas.filter(pl.col("retailers") > 0)["base"].max() == 0
    covered = quotas.filter(pl.col("seats") < pl.col("retailers") // 10)
    assert covered.is_empty()
