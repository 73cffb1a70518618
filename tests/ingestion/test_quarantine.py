"""Rows ClickHouse refuses: received = stored + rejected, exactly."""

from datetime import UTC, datetime, timedelta

import pytest

from headwater.landing import LandingLog, replay, sealed_segments
from headwater.settings import HomeSettings
from headwater.warehouse.client import Warehouse, WarehouseRefused
from ingestion.events import quarantine
from ingestion.loader import load_once
from tests.ingestion.landed import SEALED_AT_CLOSE, Landed, make_frame


def rejected_rows(warehouse: Warehouse, landed: Landed) -> list[dict[str, object]]:
    return warehouse.rows(
        "SELECT sequence, code, reason, body, org_id, site_id FROM raw_events.rejected_events"
        " WHERE collector_id = {id:String} AND code = 'refused_by_warehouse' ORDER BY sequence",
        {"id": landed.collector_id},
    )


def test_each_refused_row_is_kept_once_with_its_receipt_and_reason(home: HomeSettings, warehouse: Warehouse) -> None:
    landed = Landed(home)
    landed.land(40, rejected=2, spoil=(0, 17, 39))
    landed.land(10)
    report = load_once()
    assert (report.events, report.rejected, report.refused) == (47, 5, 3)
    refused = [landed.events[place] for place in (0, 17, 39)]
    assert landed.in_warehouse(warehouse, "events") == [n for n in landed.events if n not in refused]
    assert landed.in_warehouse(warehouse, "rejected_events") == sorted([*landed.rejected, *refused])
    rows = rejected_rows(warehouse, landed)
    assert [row["sequence"] for row in rows] == refused
    for row in rows:
        assert "screen_width" in str(row["reason"])
        assert '"screen_width":"wide"' in str(row["body"])
        assert (row["org_id"], row["site_id"]) == ("org", "site")


def test_a_line_that_is_no_json_gets_the_receipt_no_other_line_has(home: HomeSettings, warehouse: Warehouse) -> None:
    landed = Landed(home)
    landed.land(6, rejected=1, spoil=(2, 4), broken=b'{"id": nonsense\n')
    load_once()
    assert [row["sequence"] for row in rejected_rows(warehouse, landed)] == [3, 5]
    assert landed.in_warehouse(warehouse, "events") == [1, 2, 4, 6]


def test_a_refused_row_loaded_again_has_the_same_receipt(home: HomeSettings, warehouse: Warehouse) -> None:
    landed = Landed(home)
    landed.land(3, spoil=(1,))
    load_once()
    replay(home.landing_dir, datetime.now(UTC) - timedelta(minutes=1), datetime.now(UTC))
    load_once()
    assert [row["sequence"] for row in rejected_rows(warehouse, landed)] == [2, 2]


def test_a_refused_rejection_is_kept_too(home: HomeSettings, warehouse: Warehouse) -> None:
    landed = Landed(home)
    log = LandingLog(home.landing_dir, SEALED_AT_CLOSE)
    landed.collector_id = log.collector_id
    frame = make_frame(log, events=1, rejected=2)
    first, second = frame.rejected_lines.splitlines(keepends=True)
    lines = first.replace(b'"code":"field_too_long"', b'"position":"last"') + second
    log.append_now(type(frame)(frame.first_sequence, 1, 2, frame.event_lines, lines))
    log.close()
    assert load_once().refused == 1
    assert landed.in_warehouse(warehouse, "rejected_events") == [2, 3]
    assert [row["sequence"] for row in rejected_rows(warehouse, landed)] == [2]


def test_when_nearly_every_row_is_refused_the_table_is_blamed_and_nothing_moves(
    home: HomeSettings, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine, "MOST_REFUSED", 5)
    landed = Landed(home)
    landed.land(12, spoil=range(12))
    with pytest.raises(WarehouseRefused, match="more than 5 rows"):
        load_once()
    assert len(sealed_segments(home.landing_dir)) == 1
    assert landed.in_warehouse(warehouse, "rejected_events") == []


def test_a_field_the_table_does_not_have_is_no_fault_of_the_row(home: HomeSettings, warehouse: Warehouse) -> None:
    landed = Landed(home)
    line = b'{"a_column_of_tomorrow":1,"sequence":2}\n'
    landed.land(3, spoil=(1,), broken=line)
    with pytest.raises(WarehouseRefused, match="a_column_of_tomorrow"):
        load_once()
    assert len(sealed_segments(home.landing_dir)) == 1


def test_no_trial_table_stays_behind(home: HomeSettings, warehouse: Warehouse) -> None:
    Landed(home).land(2, spoil=(0,))
    load_once()
    assert not warehouse.query("SELECT name FROM system.tables WHERE name LIKE '%trial%'")[1]
