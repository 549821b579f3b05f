"""Invented names of the synthetic city: places, shops, people. None is a real brand or person."""

from __future__ import annotations

from typing import NamedTuple


class Region(NamedTuple):
    """A district of the city: its share of the shops and how many of those are urban."""

    name: str
    share: float
    urban: float
    size: float  # factor on a shop's sales


REGIONS = (
    Region("城东区", 0.24, 0.95, 1.15),
    Region("城西区", 0.20, 0.92, 1.10),
    Region("江北区", 0.16, 0.80, 1.05),
    Region("临河县", 0.16, 0.45, 0.92),
    Region("青山县", 0.13, 0.30, 0.85),
    Region("云溪县", 0.11, 0.25, 0.82),
)

TRADE_AREAS = ("居民区", "商业区", "集镇", "学校周边", "交通枢纽", "景区", "工业区", "村组")

FORMATS = ("食杂店", "便利店", "超市", "烟酒商店", "商场", "娱乐服务", "其他")
FORMAT_SHARES = (0.42, 0.22, 0.12, 0.15, 0.02, 0.04, 0.03)
FORMAT_SIZES = (0.75, 1.15, 1.30, 1.60, 1.40, 0.80, 0.70)

CREDITS = ("AAA", "AA", "A", "B", "C")
CREDIT_SHARES = (0.12, 0.30, 0.40, 0.14, 0.04)

SURNAMES = tuple("王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹")
GIVEN = (
    "建国",
    "秀英",
    "志强",
    "桂兰",
    "海燕",
    "永明",
    "丽华",
    "国庆",
    "春梅",
    "文斌",
    "玉珍",
    "小军",
    "晓红",
    "立新",
    "美玲",
    "德福",
    "雪梅",
    "长青",
    "红霞",
    "卫东",
    "金花",
    "佳宁",
    "俊杰",
    "思源",
    "雨晴",
    "子涵",
    "兴旺",
    "素芬",
    "光明",
    "凤英",
)

STREETS = (
    "人民路",
    "解放路",
    "和平街",
    "文化巷",
    "新华路",
    "建设街",
    "幸福里",
    "光明路",
    "朝阳街",
    "滨河路",
    "迎宾路",
    "花园巷",
    "青年路",
    "东风街",
    "胜利路",
    "南门口",
    "北关",
    "西市街",
    "学府路",
    "站前路",
    "桃园",
    "柳林",
    "石桥",
    "龙泉",
    "双井",
    "大营",
    "小河口",
    "平安里",
)

STYLES = ("", "好又来", "老街坊", "福来", "顺达", "万家", "小康", "金桥头", "鑫源", "乐邻", "兴隆")

SHOP_KINDS = {
    "食杂店": ("副食店", "小卖部", "杂货店", "代销店"),
    "便利店": ("便利店", "便民店", "生活便利"),
    "超市": ("超市", "生鲜超市", "购物超市"),
    "烟酒商店": ("烟酒店", "名烟名酒", "烟酒行"),
    "商场": ("百货商场", "购物中心"),
    "娱乐服务": ("茶楼", "棋牌室", "网咖", "饭店"),
    "其他": ("书报亭", "加油站便利店", "服务部"),
}

CLERKS = ("陈静", "李敏", "周丽", "何军", "吴倩", "赵雯", "孙悦", "钱莉")
"""Order-takers of a small city; the third and the fourth misbehave (see ``clerks``)."""
