"""Charts of what-ifs: every length, square and step against the numbers that it stands for."""

from __future__ import annotations

import re
from fractions import Fraction

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from allocator.reports.axes import axis
from allocator.reports.charts import WIDTH
from allocator.reports.what_if.bars import LEAST, Tally, diverging, paired, rises
from allocator.reports.what_if.cloud import Spot, cloud
from allocator.reports.what_if.crossing import crossing
from allocator.reports.what_if.curves import apart, lorenz, stairs
from allocator.reports.what_if.trade import Measure, Point, trade_off, undominated

COUNT = st.integers(0, 400)
TALLY = st.builds(Tally, st.just("17"), COUNT, COUNT, COUNT, COUNT, COUNT)


@given(st.integers(-(10**9), 10**9), st.integers(0, 10**9), st.integers(2, 9))
def test_an_axis_holds_its_values_between_round_ends(low: int, span: int, most: int) -> None:
    """Ticks are evenly spaced, at most so many and two more, and lie where their value does."""
    drawn = axis(low, low + span, 2000, 0, most)

    assert drawn.first <= low <= low + span <= drawn.last
    assert (drawn.ticks[0], drawn.ticks[-1]) == (drawn.first, drawn.last)
    assert len({b - a for a, b in zip(drawn.ticks, drawn.ticks[1:], strict=False)}) == 1
    assert len(drawn.ticks) <= most + 3
    assert (drawn.at(drawn.first), drawn.at(drawn.last)) == (2000, 0)
    exact = 2000 - Fraction(2000 * (low - drawn.first), drawn.last - drawn.first)
    assert abs(drawn.at(low) - exact) <= Fraction(1, 2)


@given(st.lists(TALLY, min_size=1, max_size=50))
def test_bars_are_as_long_as_the_part_that_gains_or_loses(tallies: list[Tally]) -> None:
    """One scale for all groups and both sides; pieces touch and stay within the drawing."""
    chart = diverging(tallies)
    per = [
        (piece.length, getattr(line.tally, piece.way.replace("-", "_")), line.tally)
        for line in chart.lines
        for piece in line.pieces
        if piece.length > LEAST
    ]

    for line in chart.lines:
        assert 400 < line.left <= chart.middle <= line.right < WIDTH
        assert sum(piece.length for piece in line.pieces) == line.right - line.left
        ways = {piece.way for piece in line.pieces}
        tally = line.tally
        counts = {"far-less": tally.far_less, "less": tally.less, "more": tally.more,
                  "far-more": tally.far_more}  # fmt: skip
        assert ways == {way for way, count in counts.items() if count}
    if per:
        scale = max(Fraction(length * t.retailers, count) for length, count, t in per)
        for length, count, tally in per:
            assert abs(length - scale * count / tally.retailers) <= 2
    last, left, right = chart.ticks[-1]
    assert chart.middle - left == right - chart.middle
    assert last > 0 or left == right


@given(st.lists(st.fractions(-50, 50, max_denominator=40), min_size=1, max_size=12))
def test_columns_rise_and_fall_with_the_change(changes: list[Fraction]) -> None:
    chart = rises([(str(k), change) for k, change in enumerate(changes)])

    longest = max(chart.rises, key=lambda r: abs(r.change))
    for r in chart.rises:
        assert (r.height > 0) == (r.change != 0)
        assert r.y == (chart.zero - r.height if r.change > 0 else chart.zero)
        assert 0 <= r.x <= r.x + chart.thick <= WIDTH
        if r.height > LEAST:
            assert abs(r.height - longest.height * abs(r.change) / abs(longest.change)) <= 2


def test_pairs_of_counts_have_bars_of_one_scale() -> None:
    """By hand: 40 of an axis that ends at 40 fills it, 10 a quarter of it, unknown has none."""
    chart = paired([("a", 40, 10), ("b", None, 3), ("c", 0, 20)])

    assert chart.scale.last == 40
    assert [(p.before_length, p.after_length) for p in chart.pairs] == [
        (3200, 800), (0, 240), (0, 1600)
    ]  # fmt: skip


def test_lorenz_curves_go_from_corner_to_corner() -> None:
    """Three quarters of the shops hold nothing: the curve lies on the floor, then rises."""
    shares = [0.0] * 76 + [k / 25 for k in range(1, 26)]
    frame = pl.DataFrame(
        {"percent": range(101), "baseline": shares, "scenario": [None] * 101},
        schema_overrides={"scenario": pl.Float64},
    )
    chart = lorenz(frame)
    points = [tuple(map(int, p.split())) for p in chart.before[1:].split("L")]

    assert chart.after == ""
    assert (points[0], points[-1]) == ((0, chart.size), (chart.size, 0))
    assert points[75] == (chart.size * 75 // 100, chart.size)
    assert len(points) == 101


STEPS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5_000_000)), min_size=1, max_size=8)


@given(STEPS, STEPS)
def test_stairs_are_as_wide_as_tiers_have_shops(before: list, after: list) -> None:
    """Their corners by running sums; how far apart they are, shop by shop on a common number."""
    chart = stairs(before, after)
    shops = sum(n for n, _ in before)
    ends = [int(x) for x in re.findall(r"H(\d+)", chart.before)]
    sums = [sum(n for n, _ in before[: k + 1]) for k in range(len(before)) if before[k][0]]

    assert ends == [chart.width * passed // shops for passed in sums]
    heights = [int(y) for y in re.findall(r"[ML]\d+ (\d+)", chart.before)]
    assert heights == [chart.level.at(quota) for n, quota in before if n]
    one = [quota for n, quota in before for _ in range(n)]
    other = [quota for n, quota in after for _ in range(n)]
    if one and other:
        both = zip([q for q in one for _ in other], [q for q in other for _ in one], strict=True)
        total = sum(abs(a - b) for a, b in both)
        assert apart(before, after) == total // (len(one) * len(other))


PAIRS = st.lists(
    st.tuples(st.integers(1, 6), st.integers(1, 4), st.integers(-3, 3)), min_size=1, max_size=60
)


@given(PAIRS)
def test_squares_tell_who_went_where_between_tables_of_other_tiers(pairs: list) -> None:
    """Six tiers before, four after: counts and cartons by hand; squares stay in their fields."""
    frame = pl.DataFrame(
        pairs, schema={"tier_before": pl.Int64, "tier_after": pl.Int64, "change": pl.Int64},
        orient="row",
    ).with_columns(status=pl.lit("both"))  # fmt: skip
    chart = crossing(frame, 6, 4)

    told = {(s.before, s.after): (s.retailers, s.change) for s in chart.squares}
    assert told == {
        (a, b): (
            sum((x, y) == (a, b) for x, y, _ in pairs),
            sum(c for x, y, c in pairs if (x, y) == (a, b)),
        )
        for a, b, _ in pairs
    }
    for s in chart.squares:
        assert s.way == ("more" if s.change > 0 else "less" if s.change < 0 else "same")
        assert (s.after - 1) * chart.cell <= s.x <= s.x + s.side <= s.after * chart.cell
        top = chart.height - s.before * chart.cell
        assert top <= s.y <= s.y + s.side <= top + chart.cell
        row = sum(x == s.before for x, _, _ in pairs)
        exact = chart.cell * (s.retailers / row) ** 0.5
        assert abs(s.side - exact) < 1 or s.side == -(-chart.cell // 4) > exact


FIELD = st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=2, max_size=15)


@given(FIELD, st.booleans(), st.booleans())
def test_what_no_other_beats_is_marked(points: list, more_x: bool, more_y: bool) -> None:
    """Against the definition, pair by pair."""

    def beats(a: tuple[int, int], b: tuple[int, int]) -> bool:
        x = a[0] - b[0] if more_x else b[0] - a[0]
        y = a[1] - b[1] if more_y else b[1] - a[1]
        return x >= 0 and y >= 0 and x + y > 0

    where = ["a" if x % 2 else "b" for x, _ in points]
    apart = [
        Point("", 1, x / 10, y / 10, where=at) for (x, y), at in zip(points, where, strict=True)
    ]
    drawn = [Point("", 1, x / 10, y / 10) for x, y in points]

    assert undominated(drawn, more_x, more_y) == [
        not any(beats(other, one) for other in points) for one in points
    ]
    assert undominated(apart, more_x, more_y) == [
        not any(beats(other, one) and (other[0] - one[0]) % 2 == 0 for other in points)
        for one in points
    ]


def test_scenarios_lie_where_their_figures_say_and_share_a_label() -> None:
    """Two at one place are named together; today's rule is a square."""
    spots = [
        Spot("today", 0, 1.0, 5.0, "baseline", ""),
        Spot("a", 1, 1.0, 5.0, "other", ""),
        Spot("b", 2, 2.0, 9.0, "best", ""),
    ]
    chart = cloud(spots)
    dots = {dot.name: dot for dot in chart.dots}

    assert [label.text for label in chart.labels] == ["0, 1", "2"]
    assert (dots["b"].x, dots["b"].y) == (chart.across.at(2_000_000), chart.up.at(9_000_000))
    assert chart.dots[-1].name == "today"


@given(FIELD)
def test_every_number_stands_free(points: list) -> None:
    """None over a mark, none into another, all in the drawing; each number once, of up to 15."""
    spots = [Spot("", k, float(x), float(y), "other", "") for k, (x, y) in enumerate(points)]
    chart = cloud(spots)
    marks = [(dot.x - 52, dot.y - 52, dot.x + 52, dot.y + 52) for dot in chart.dots]
    boxes = []
    for label in chart.labels:
        half = 74 * len(label.text) // 2
        boxes.append((label.x - half, label.y - 95, label.x + half, label.y))

    for k, box in enumerate(boxes):
        assert -100 <= box[0] < box[2] <= chart.width + 100
        for other in boxes[:k] + marks:
            apart = box[2] <= other[0] or other[2] <= box[0]
            assert apart or box[3] <= other[1] or other[3] <= box[1]
    told = [part for label in chart.labels for part in label.text.split(", ")]
    if not any("…" in part for part in told):
        ends = [part.split("–") for part in told]
        numbers = [k for part in ends for k in range(int(part[0]), int(part[-1]) + 1)]
        assert sorted(numbers) == list(range(len(points)))


def test_a_trade_off_needs_two_points_and_names_its_axes() -> None:
    gini, cartons = Measure("Gini", "index", "less"), Measure("cartons", "cartons", "more")
    points = [Point("today", 0, 0.5, 10.0), Point("a", 1, 0.4, 12.0)]
    trade = trade_off(points, gini, cartons, "en")

    assert trade_off(points[:1], gini, cartons, "en") is None
    assert trade is not None
    assert (trade.across, trade.up) == ("Gini (less is better)", "cartons (more is better)")
    assert trade.value_x(450_000) == "0.45"
    assert [dot.mark for dot in trade.chart.dots] == ["best", "baseline"]


def test_long_names_stand_above_their_bars() -> None:
    """Beside it is room for five letters, or two Chinese ones."""
    short, long = (Tally(name, 1, 1, 1, 1, 1) for name in ("Z500", "便利店"))

    assert diverging([short]).drop == 0
    assert diverging([short, long]).drop > 0
    assert diverging([short] * 60).height < diverging([long] * 60).height
