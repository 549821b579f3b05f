"""Qujing's published scheme by the policy file alone: three shops computed with pencil and paper.

The grading of Friday 2026-03-27 counts 2025-12-08 (a Monday) to 2026-03-22 (a Sunday).

| shop | cartons | yuan | a carton | classes I-II | in yuan |
| A | 40 of class I, 60 of class III: 100 | 12,000 + 6,000 | 180 | 40 % | 12,000 |
| B | 20 of class II, 180 of class III: 200 | 4,000 + 18,000 | 110 | 10 % | 4,000 |
| C | 60 of class III less 10 returned: 50 | 4,800 - 800 | 80 | 0 | 0 |

Each item is value / largest value x weight in four decimals:
A: 30 x 100/200 = 15; 50 x 18/22 = 40.9091; 10; 5; 5: together 75.9091.
B: 30; 50; 10 x 110/180 = 6.1111; 5 x 10/40 = 1.25; 5 x 4/12 = 1.6667: together 89.0278.
C: 7.5; 50 x 4/22 = 9.0909; 10 x 80/180 = 4.4444; 0; 0: together 21.0353.

Of three places the boundary floor(3 x cum / 100 + 1/2) reaches 1 at 19 % (tier 23, the shares above
it are 15 %), 2 at 50 % (tier 16) and 3 at 85 % (tier 8).
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from allocator.grading.scheme import grade
from allocator.policy.reading import read_policy
from allocator.runs.outputs import grading_table
from allocator.tables.reading import read_city

QUJING = Path(__file__).parents[2] / "examples" / "qujing.yaml"
SALES = """客户编码,销售日期,品规编码,数量,金额,类型
A,2025-12-08,100001,40,12000,普通
A,2026-03-22,300001,60,6000,普通
B,2026-01-05,200001,20,4000,普通
B,2026-02-17,300001,180,18000,普通
C,2026-01-30,300001,60,4800,普通
C,2026-02-02,300001,-10,-800,退货
C,2025-12-07,100001,500,150000,普通
C,2026-03-23,100001,500,150000,普通
C,2026-01-30,610001,500,150000,普通
C,2026-01-30,100001,500,150000,选点
C,2026-01-30,100001,500,150000,二次自选
C,2026-01-30,100001,500,150000,应急
C,2026-01-30,100001,500,150000,罚没
C,2026-01-30,100001,500,150000,残损
D,2026-03-02,100001,900,270000,普通
"""
RETAILERS = """客户编码,入网日期
A,2015-06-01
B,2015-06-01
C,2015-06-01
D,2026-01-05
"""
PRODUCTS = """品规编码,品名,价类
100001,x,一类
200001,y,二类
300001,z,三类
610001,cigar,一类
610002,cigar,一类
"""


def test_the_scores_of_the_notice_by_hand(tmp_path: Path) -> None:
    """Cigars, released and confiscated goods, other weeks and a new shop change nothing."""
    for name, text in (("sales", SALES), ("retailers", RETAILERS), ("products", PRODUCTS)):
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    policy = read_policy(QUJING, on="2026-03-27")
    assert policy.grading is not None
    grading = grade(read_city(tmp_path, policy.tables), policy.grading)

    assert (grading.window[0], grading.window[-1], len(grading.window)) == (
        "2025-W50",
        "2026-W12",
        15,
    )
    told = grading_table(grading).select("retailer_id", pl.col("score").cast(pl.String), "tier")
    assert told.rows() == [
        ("A", "75.9091", 16),
        ("B", "89.0278", 23),
        ("C", "21.0353", 8),
        ("D", None, 12),
    ]
    points = [f"{item.name}_points" for item in grading.items]
    assert grading.table.select(points).rows()[:3] == [
        (15_000_000, 40_909_100, 10_000_000, 5_000_000, 5_000_000),
        (30_000_000, 50_000_000, 6_111_100, 1_250_000, 1_666_700),
        (7_500_000, 9_090_900, 4_444_400, 0, 0),
    ]
