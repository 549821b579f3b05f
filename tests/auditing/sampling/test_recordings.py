"""Which recordings can be drawn."""

from __future__ import annotations

from pathlib import Path

from allocator.runs.sampling import sample_sources

TABLES = {
    "retailers": "客户编码,档位\nR1,30\nR2,30\n",
    "quotas": "品规编码,档位,限量\nP1,30,10\n",
    "orders": "订单号,客户编码,品规编码,订货时间,周期,需求量,订单量,电访员,录音编号\n"
    "D1,R1,P1,2026-11-02 09:00,2026-W45,10,10,C1,REC1\n"
    "D2,R2,P1,2026-11-02 09:10,2026-W45,10,5,C1,REC2\n"
    "D3,R1,P1,2026-11-09 09:00,2026-W46,10,10,C2,REC3\n",
}


def test_recordings_of_every_audited_cycle_can_be_drawn(tmp_path: Path) -> None:
    """An orders file of two weeks: three recordings, one of an order that a finding names."""
    files = {name: tmp_path / f"{name}.csv" for name in TABLES}
    for name, text in TABLES.items():
        files[name].write_text(text, encoding="utf-8")

    drawn = sample_sources(None, files, size=3)

    assert drawn.recordings["recording_id"].to_list() == ["REC1", "REC2", "REC3"]
    assert drawn.recordings["named"].to_list() == [False, True, False]
