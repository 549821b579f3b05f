"""The products of the synthetic city: invented brands, a dozen of them scarce."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

import polars as pl

BRANDS = {
    "云岭": "典藏 848, 大师 636, 珍品 424, 软金 265, 硬蓝 143, 硬红 89",
    "玉泉": "臻境 742, 尊享 530, 和谐 318, 细支 212, 软红 138, 硬白 84",
    "松涛": "御品 689, 天韵 477, 中支 371, 硬金 233, 软蓝 127, 经典 74",
    "桂湖": "锦绣 583, 春晓 398, 爆珠 276, 银桂 170, 红桂 106, 新秀 63",
    "长河": "源流 509, 大河 339, 听涛 223, 行者 154, 硬黄 95, 软白 47",
    "清溪": "雅韵 451, 翠竹 302, 细叶 191, 小溪 132, 石榴 79, 野菊 42",
    "晨曦": "金晖 424, 蓝调 286, 初阳 180, 微光 117, 橙红 68, 麦香 36",
    "望江": "观澜 392, 飞檐 254, 渔歌 164, 帆影 101, 江城 58, 码头 31",
    "金穗": "丰年 355, 稻香 244, 秋实 149, 谷雨 95, 乡情 53, 老农 26",
    "青禾": "国风 329, 丹青 201, 书香 127, 布衣 74, 草编 37, 田园 24",
    "北斗": "星河 297, 天枢 185, 晓月 111, 流萤 65, 夜航 33, 拓荒 22",
    "梅岭": "寒香 271, 疏影 159, 问雪 98, 小寒 54, 山居 29, 石径 19",
}
"""Six products each, with the wholesale price of a carton in yuan."""

CLASS_FLOORS = (170, 115, 58, 32, 0)
"""(yuan wholesale) a carton of at least the k-th figure is of price class k."""

BANDS = (
    (600, "600元以上"),
    (400, "400-600元"),
    (300, "300-400元"),
    (200, "200-300元"),
    (100, "100-200元"),
    (50, "50-100元"),
    (0, "50元以下"),
)


class Scarcity(NamedTuple):
    """How scarce a product is, and what a retailer is told about it.

    supply : (cartons) released for each shop that is due
    asked : share of the shops that ask for it
    demand : what is asked together, as a multiple of the supply
    days : days from the cycle's start to the expected delivery; 0 where nobody knows
    """

    supply: float
    asked: float
    demand: float
    lot: int
    days: int
    cause: str
    measures: str
    substitutes: tuple[str, ...]


SCARCE = {
    "云岭(典藏)": Scarcity(
        0.22,
        0.78,
        5.5,
        1,
        45,
        "工业企业全年计划已基本执行完毕",
        "已向省公司申请追加计划；到货后按档位公开投放",
        ("玉泉(尊享)", "长河(源流)"),
    ),
    "云岭(大师)": Scarcity(
        0.45,
        0.80,
        4.0,
        1,
        31,
        "原料等级紧张，生产厂减产",
        "已签订12月衔接合同",
        ("玉泉(尊享)", "桂湖(锦绣)"),
    ),
    "玉泉(臻境)": Scarcity(
        0.62,
        0.80,
        3.2,
        1,
        24,
        "新包装切换，产能爬坡",
        "工商双方每周会商一次到货进度",
        ("桂湖(锦绣)", "松涛(天韵)"),
    ),
    "松涛(御品)": Scarcity(
        0.80,
        0.82,
        2.8,
        1,
        17,
        "省外调入，运输途中延误",
        "调拨车辆已发车，预计下周入库",
        ("玉泉(尊享)",),
    ),
    "云岭(珍品)": Scarcity(
        1.60,
        0.88,
        2.0,
        1,
        15,
        "节前备货需求集中",
        "元旦前分三批投放，每批同一标准",
        ("桂湖(春晓)", "望江(观澜)"),
    ),
    "松涛(中支)": Scarcity(
        2.30,
        0.88,
        1.8,
        1,
        15,
        "中支烟需求增长快于产能",
        "已争取四季度增量计划",
        ("晨曦(金晖)", "长河(大河)"),
    ),
    "桂湖(爆珠)": Scarcity(
        1.10,
        0.74,
        2.3,
        1,
        29,
        "爆珠辅料供应不足",
        "厂家已启用第二家辅料供应商",
        ("清溪(翠竹)", "晨曦(蓝调)"),
    ),
    "玉泉(细支)": Scarcity(
        3.40,
        0.90,
        1.6,
        2,
        10,
        "细支生产线检修",
        "检修结束后恢复每周到货",
        ("青禾(丹青)", "长河(行者)"),
    ),
    "云岭(软金)": Scarcity(
        4.20,
        0.92,
        1.5,
        1,
        8,
        "节前备货需求集中",
        "每周二到货，到货即投放",
        ("晨曦(蓝调)", "梅岭(寒香)"),
    ),
    "长河(听涛)": Scarcity(
        5.50,
        0.86,
        1.45,
        5,
        12,
        "工业企业计划调减",
        "从邻市调剂库存，正在办理手续",
        ("金穗(稻香)", "青禾(丹青)"),
    ),
    "清溪(细叶)": Scarcity(
        2.80,
        0.84,
        1.5,
        1,
        0,
        "产品升级换代，老版停产",
        "新版上市时间以厂家公告为准",
        ("北斗(天枢)", "梅岭(疏影)"),
    ),
    "晨曦(初阳)": Scarcity(
        6.20,
        0.90,
        0.92,
        1,
        7,
        "周末到货延迟",
        "本周期已补足大部分缺口",
        ("北斗(天枢)", "桂湖(银桂)"),
    ),
}


def _class(price: int) -> int:
    return next(k for k, floor in enumerate(CLASS_FLOORS, start=1) if price >= floor)


def products(start: date) -> pl.DataFrame:
    """The products of the city as known in the cycle that begins on ``start``.

    Returns
    -------
    pl.DataFrame
        72 rows by product_id; the columns of the table *products* of ``formats.md``; prices in
        fen, ``substitutes`` a list of product ids.
    """
    rows = [
        (f"{brand}({label})", int(price), f"1{b:02d}{_class(int(price))}{k:02d}")
        for b, (brand, text) in enumerate(BRANDS.items(), start=1)
        for k, (label, price) in enumerate((entry.split() for entry in text.split(", ")), start=1)
    ]
    ids = {name: product for name, _, product in rows}
    nothing = Scarcity(0, 0, 0, 1, 0, "", "", ())
    facts = [SCARCE.get(name, nothing) for name, _, _ in rows]
    return pl.DataFrame(
        {
            "product_id": [product for _, _, product in rows],
            "name": [name for name, _, _ in rows],
            "wholesale_price": [price * 100 for _, price, _ in rows],
            "retail_price": [-(-price * 118 // 1000) * 1000 for _, price, _ in rows],
            "price_class": [_class(price) for _, price, _ in rows],
            "price_band": [
                next(label for floor, label in BANDS if price >= floor) for _, price, _ in rows
            ],
            "lot": [fact.lot for fact in facts],
            "scarce": [name in SCARCE for name, _, _ in rows],
            "substitutes": [[ids[name] for name in fact.substitutes] or None for fact in facts],
            "expected_on": [
                start + timedelta(days=fact.days) if fact.days else None for fact in facts
            ],
            "cause": [fact.cause or None for fact in facts],
            "measures": [fact.measures or None for fact in facts],
        },
        schema_overrides={
            "wholesale_price": pl.Int64,
            "retail_price": pl.Int64,
            "price_class": pl.Int64,
            "lot": pl.Int64,
            "substitutes": pl.List(pl.String),
            "expected_on": pl.Date,
        },
    ).sort("product_id")
