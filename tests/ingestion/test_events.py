"""Landed segments arrive in the raw tables, whole, as often as they are loaded."""

import logging
import os
from datetime import UTC, datetime, timedelta

import pytest

from headwater.landing import read_frames, replay, sealed_segments
from headwater.settings import HomeSettings, LoaderSettings
from headwater.warehouse.client import Warehouse
from headwater.warehouse.schema import migrations, statements
from ingestion.loader import load_once
from tests.ingestion.landed import Landed


def test_nothing_waits_nothing_is_loaded(home: HomeSettings, warehouse: Warehouse) -> None:
    assert load_once().segments == 0


def test_every_record_and_what_the_collector_says_it_wrote_arrive(home: HomeSettings, warehouse: Warehouse) -> None:
    landed = Landed(home)
    sealed_at = [landed.land(5, rejected=2).sealed_at, landed.land(3).sealed_at]
    report = load_once()
    assert (report.events, report.rejected, report.refused, report.segments) == (8, 2, 0, 2)
    assert report.bytes > 0
    assert sealed_segments(home.landing_dir) == []
    assert landed.in_warehouse(warehouse, "events") == landed.events
    assert landed.in_warehouse(warehouse, "rejected_events") == landed.rejected
    segments = warehouse.rows(
        "SELECT * FROM raw_events.landing_segments WHERE collector_id = {id:String} ORDER BY first_sequence",
        {"id": landed.collector_id},
    )
    assert [(s["first_sequence"], s["last_sequence"], s["events"], s["rejected_events"]) for s in segments] == [
        (1, 7, 5, 2),
        (8, 10, 3, 0),
    ]
    for segment, moment in zip(segments, sealed_at, strict=True):
        assert abs(segment["sealed_at"].replace(tzinfo=UTC) - moment) < timedelta(milliseconds=2)


def test_values_arrive_as_they_were_landed(home: HomeSettings, warehouse: Warehouse) -> None:
    landed = Landed(home)
    landed.land(1)
    load_once()
    (row,) = warehouse.rows(
        "SELECT * FROM raw_events.events WHERE collector_id = {id:String}", {"id": landed.collector_id}
    )
    assert row["properties"] == '{"plan":"pro","cart":{"items":[1,2]}}'
    assert (row["event"], row["source"], row["schema_version"], row["is_bot"]) == ("tick", "api", 1, False)
    assert abs(row["occurred_at"].replace(tzinfo=UTC) - datetime.now(UTC)) < timedelta(minutes=1)


def test_what_a_load_brings_is_one_file_to_sync_not_one_for_each_column(
    home: HomeSettings, warehouse: Warehouse
) -> None:
    landed = Landed(home)
    landed.land(80_000)
    load_once()
    (part,) = warehouse.rows(
        "SELECT any(_part) AS name FROM raw_events.events WHERE collector_id = {id:String}",
        {"id": landed.collector_id},
    )
    (made,) = warehouse.rows(
        "SELECT part_type, data_uncompressed_bytes AS bytes FROM system.parts"
        " WHERE database = 'raw_events' AND table = 'events' AND name = {name:String}",
        part,
    )
    assert made["bytes"] > 10 * 1024**2, "too little for ClickHouse's own limit to matter"
    assert made["part_type"] == "Compact"


def test_loading_again_adds_no_receipt(home: HomeSettings, warehouse: Warehouse) -> None:
    landed = Landed(home)
    landed.land(4, rejected=1)
    load_once()
    assert replay(home.landing_dir, datetime.now(UTC) - timedelta(minutes=1), datetime.now(UTC)) == 1
    assert load_once().events == 4
    assert landed.in_warehouse(warehouse, "events") == sorted(landed.events * 2)
    assert set(landed.in_warehouse(warehouse, "rejected_events")) == set(landed.rejected)


def test_a_large_backlog_is_taken_in_batches_until_it_is_gone(home: HomeSettings, warehouse: Warehouse) -> None:
    landed = Landed(home)
    for _ in range(5):
        landed.land(20)
    report = load_once(loader=LoaderSettings(max_batch_bytes=12_000))
    assert (report.events, report.segments, report.waiting) == (100, 5, 0)
    assert landed.in_warehouse(warehouse, "events") == landed.events


def test_of_a_damaged_segment_the_whole_frames_are_loaded_and_it_is_set_aside_and_named(
    home: HomeSettings, warehouse: Warehouse, caplog: pytest.LogCaptureFixture
) -> None:
    landed = Landed(home)
    bad = landed.land(3, 2, 4)
    landed.land(2)
    content = bytearray(bad.path.read_bytes())
    frames = list(read_frames(bad))
    content[frames[0].size + frames[1].size - 5] ^= 1
    bad.path.write_bytes(content)
    with caplog.at_level(logging.ERROR):
        report = load_once()
    assert (report.segments, report.damaged, report.events) == (1, 1, 9)
    assert str(bad.path) in caplog.text
    assert (home.landing_dir / "api" / "damaged" / bad.path.name).read_bytes() == content
    assert sealed_segments(home.landing_dir) == []
    assert landed.in_warehouse(warehouse, "events") == landed.events[:3] + landed.events[5:]


def test_a_segment_without_a_whole_frame_is_set_aside_and_the_rest_goes_on(
    home: HomeSettings, warehouse: Warehouse
) -> None:
    landed = Landed(home)
    bad = landed.land(3)
    bad.path.write_bytes(b"x" * bad.size)
    landed.land(2)
    report = load_once()
    assert (report.segments, report.damaged, report.events) == (1, 1, 2)
    assert landed.in_warehouse(warehouse, "events") == landed.events[3:]


def test_a_column_that_only_one_of_many_events_has_arrives(home: HomeSettings, warehouse: Warehouse) -> None:
    landed = Landed(home)
    landed.land(30_000, rare={29_000: b'"gclid":"abc"'})
    assert load_once().events == 30_000
    query = "SELECT count(), countIf(gclid = 'abc') FROM raw_events.events WHERE collector_id = {id:String}"
    assert list(warehouse.query(query, {"id": landed.collector_id})[1][0]) == [30_000, 1]


def test_the_raw_tables_stay_as_their_ddl_made_them(home: HomeSettings, warehouse: Warehouse) -> None:
    Landed(home).land(1, rejected=1)
    load_once()
    warehouse.command("CREATE DATABASE made_by_ddl")
    twins = {}
    for _, path in migrations():
        for statement in statements(path):
            if statement.startswith("CREATE TABLE"):
                table = statement.split()[5]
                twins[table] = f"made_by_ddl.{table.replace('.', '_')}"
            elif statement.startswith("ALTER TABLE"):
                table = statement.split()[2]
            else:
                continue
            warehouse.command(statement.replace(table, twins[table], 1))
    columns = (
        "SELECT name, type, default_expression FROM system.columns WHERE concat(database, '.', table) = {table:String}"
    )
    for table, twin in twins.items():
        made = warehouse.query(columns, {"table": twin})[1]
        assert made
        assert warehouse.query(columns, {"table": table})[1] == made


def test_no_load_package_stays_behind(home: HomeSettings, warehouse: Warehouse) -> None:
    landed = Landed(home)
    landed.land(1)
    load_once()
    folder = home.dlt_dir / "pipelines" / "events"
    assert [path for stage in ("new", "normalized", "loaded") for path in (folder / "load" / stage).iterdir()] == []
    assert not (home.dlt_dir / "batch").exists()


def test_dlt_is_told_to_send_nothing_and_to_stay_at_home(home: HomeSettings, warehouse: Warehouse) -> None:
    load_once()
    assert os.environ["RUNTIME__DLTHUB_TELEMETRY"] == "false"
    assert os.environ["DLT_DATA_DIR"] == str(home.dlt_dir)
