"""A synthetic city as files: Chinese headers and values, as an export of a real system has them."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from allocator.tables.city import City, Table

HEADERS = {
    "retailers": {
        "retailer_id": "客户编码",
        "name": "客户名称",
        "region": "区域",
        "market": "市场类型",
        "format": "业态",
        "trade_area": "商圈",
        "credit": "诚信等级",
        "joined_on": "入网日期",
        "status": "状态",
        "order_cycle": "访销周期",
        "manager": "客户经理",
        "manager_phone": "客户经理电话",
        "phone": "联系电话",
        "licence_holder": "持证人",
        "account": "银行账号",
        "account_holder": "开户人",
        "tier": "档位",
        "valid_from": "生效日期",
    },
    "products": {
        "product_id": "品规编码",
        "name": "品名",
        "wholesale_price": "批发价",
        "retail_price": "零售价",
        "price_class": "价类",
        "price_band": "价位段",
        "lot": "起订量",
        "scarce": "紧俏",
        "substitutes": "替代品规",
        "expected_on": "预计到货",
        "cause": "缺货原因",
        "measures": "措施",
    },
    "sales": {
        "month": "月份",
        "retailer_id": "客户编码",
        "product_id": "品规编码",
        "quantity": "数量",
        "amount": "金额",
        "kind": "类型",
    },
    "supply": {"cycle": "周期", "product_id": "品规编码", "quantity": "投放量"},
    "orders": {
        "order_id": "订单号",
        "retailer_id": "客户编码",
        "product_id": "品规编码",
        "ordered_at": "订货时间",
        "cycle": "周期",
        "requested": "需求量",
        "granted": "订单量",
        "channel": "订货方式",
        "clerk": "电访员",
        "recording_id": "录音编号",
        "device": "设备号",
        "tier": "录单档位",
        "account": "扣款账号",
        "called_at": "电访时间",
        "call_result": "电访结果",
        "changed_at": "修改时间",
        "changed_by": "修改人",
        "paid_at": "付款时间",
        "delivered_at": "送货时间",
        "due_amount": "应付金额",
        "status": "订单状态",
        "kind": "订单类型",
        "cause": "补订原因",
        "approved_by": "审批人",
    },
    "quotas": {"product_id": "品规编码", "tier": "档位", "quota": "限量", "segment": "市场类型"},
    "calendar": {
        "cycle": "周期",
        "order_day": "订货日",
        "opens_at": "开始时间",
        "closes_at": "截止时间",
    },
    "tiers": {"retailer_id": "客户编码", "graded_on": "评定日期", "tier": "档位"},
}
"""Columns of each file in their order; every header is one that ``aliases.yaml`` knows."""

VALUES: dict[str, dict[str, str] | dict[int, str] | dict[bool, str]] = {
    "market": {"urban": "城网", "rural": "农网"},
    "status": {
        "active": "正常",
        "suspended": "暂停",
        "closed": "注销",
        "confirmed": "已确认",
        "paid": "已付款",
        "cancelled": "已取消",
    },
    "kind": {"ordinary": "普通", "selective": "选点", "make_up": "补订"},
    "channel": {"phone": "电话", "app": "手机", "web": "网上"},
    "price_class": {1: "一类", 2: "二类", 3: "三类", 4: "四类", 5: "五类"},
    "scarce": {True: "是", False: "否"},
}
MONEY = ("amount", "wholesale_price", "retail_price", "due_amount")


def _cell(frame: pl.DataFrame, name: str) -> pl.Expr:
    """One column as text for people."""
    column = pl.col(name)
    if name in VALUES:
        old, new = list(VALUES[name]), list(VALUES[name].values())
        if isinstance(old[0], str):  # not in a category of its own, which holds no other word
            column = column.cast(pl.String)
        return column.replace_strict(old, new, return_dtype=pl.String)
    if name == "month":
        return column.dt.strftime("%Y-%m")
    if name == "tier":
        return pl.concat_str(column, pl.lit("档"))
    if name in MONEY:
        fen = pl.concat_str(pl.lit("."), (column % 100).cast(pl.String).str.zfill(2))
        return pl.concat_str(
            column // 100, pl.when(column % 100 != 0).then(fen).otherwise(pl.lit(""))
        )
    dtype = frame.schema[name]
    if isinstance(dtype, pl.Datetime):
        return column.dt.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(dtype, pl.List):
        return column.list.join("、")
    return column


def exported(table: Table) -> pl.DataFrame:
    """The table with Chinese headers and values, columns without any value left out."""
    headers = HEADERS[table.name]
    frame = table.frame
    return frame.select(
        _cell(frame, name).alias(header)
        for name, header in headers.items()
        if name in table.columns
    )


def write_city(folder: Path, city: City) -> None:
    """Write one CSV per table (UTF-8, header, LF) into an existing folder."""
    for table in city.tables():
        exported(table).write_csv(folder / f"{table.name}.csv", line_terminator="\n")
