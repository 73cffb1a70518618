"""`raw_control` is a copy of the control database, and no reader ever sees less."""

import threading
from collections.abc import Callable

import msgspec

from headwater.contracts.definition import EventMatch, Goal, Quota
from headwater.control import drop_definition, drop_quota, ensure_site, open_control, save_definition, save_quota
from headwater.settings import ControlSettings, HomeSettings, WarehouseSettings
from headwater.warehouse.client import Warehouse
from ingestion.control import ControlLoader


def add_site(home: HomeSettings, site_id: str, hosts: list[str]) -> None:
    with open_control(ControlSettings().database_url(home))() as session:
        ensure_site(session, "org", site_id, hosts=hosts, timezone="Europe/Zurich")
        session.commit()


def loader(home: HomeSettings) -> ControlLoader:
    return ControlLoader(home, WarehouseSettings(), ControlSettings())


def test_organizations_and_sites_are_copied(home: HomeSettings, warehouse: Warehouse) -> None:
    add_site(home, "shop", ["shop.example"])
    assert loader(home).load()
    (site,) = warehouse.rows("SELECT id, org_id, hosts, timezone FROM raw_control.sites")
    assert site == {"id": "shop", "org_id": "org", "hosts": ["shop.example"], "timezone": "Europe/Zurich"}
    assert warehouse.value("SELECT groupArray(id) FROM raw_control.organizations") == ["org"]


def test_what_did_not_change_is_not_copied_again_not_even_by_another_process(
    home: HomeSettings, warehouse: Warehouse
) -> None:
    add_site(home, "shop", [])
    first = loader(home)
    first.load()
    assert not first.load()
    assert not loader(home).load()
    add_site(home, "blog", [])
    assert first.load()
    assert warehouse.value("SELECT count() FROM raw_control.sites") == 2


def test_definitions_are_copied_with_their_sites_and_go_when_they_are_dropped(
    home: HomeSettings, warehouse: Warehouse
) -> None:
    add_site(home, "shop", [])
    goal = Goal(kind="event", match=EventMatch("purchase"), currency="eur", value_property="amount")
    with open_control(ControlSettings().database_url(home))() as session:
        save_definition(session, "shop", "bought", goal, name="Bought")
        session.commit()
    copies = loader(home)
    assert copies.load()
    (row,) = warehouse.rows("SELECT id, org_id, site_id, name, definition FROM raw_control.goals")
    assert msgspec.json.decode(row.pop("definition"), type=Goal) == goal
    assert row == {"id": "bought", "org_id": "org", "site_id": "shop", "name": "Bought"}
    with open_control(ControlSettings().database_url(home))() as session:
        assert drop_definition(session, "shop", "bought", Goal)
        session.commit()
    assert copies.load()
    assert warehouse.value("SELECT count() FROM raw_control.goals") == 0


def test_quotas_are_copied_with_their_organizations_and_go_when_they_are_dropped(
    home: HomeSettings, warehouse: Warehouse
) -> None:
    add_site(home, "shop", [])
    quota = Quota("export", 10**18, measure="quantity", period="day")
    with open_control(ControlSettings().database_url(home))() as session:
        save_quota(session, "org", "exports", quota, name="Exports")
        session.commit()
    copies = loader(home)
    assert copies.load()
    assert not loader(home).load()
    (row,) = warehouse.rows("SELECT id, org_id, name, definition FROM raw_control.quotas")
    assert msgspec.json.decode(row.pop("definition"), type=Quota) == quota
    assert row == {"id": "exports", "org_id": "org", "name": "Exports"}
    with open_control(ControlSettings().database_url(home))() as session:
        assert drop_quota(session, "org", "exports")
        session.commit()
    assert copies.load()
    assert warehouse.value("SELECT count() FROM raw_control.quotas") == 0


def test_a_reader_never_sees_a_hole(home: HomeSettings, warehouse: Warehouse) -> None:
    add_site(home, "site-0", [])
    copies = loader(home)
    copies.load()
    stop, seen = threading.Event(), set()
    reader = threading.Thread(target=keep_counting, args=(stop, seen.add))
    reader.start()
    try:
        for n in range(1, 6):
            add_site(home, f"site-{n}", [])
            copies.load()
    finally:
        stop.set()
        reader.join()
    assert seen <= {1, 2, 3, 4, 5, 6}
    assert len(seen) > 1
    assert warehouse.value("SELECT count() FROM raw_control.sites") == 6


def keep_counting(stop: threading.Event, note: Callable[[int], None]) -> None:
    with Warehouse(WarehouseSettings()) as warehouse:
        while not stop.is_set():
            note(warehouse.value("SELECT count() FROM raw_control.sites"))
