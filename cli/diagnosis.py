"""The checks behind `headwater doctor`: each says what it looked at, what it found, and what mends it."""

import importlib.metadata
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from cli.services import PROJECT, api_service, dagster_service
from headwater.settings import ApiSettings, ControlSettings, DagsterSettings, HomeSettings, WarehouseSettings
from headwater.warehouse.client import Warehouse, WarehouseError, answers
from headwater.warehouse.schema import migrations

FREE_BYTES = 1024**3
"""Below this much free disk the landing log is at risk."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. ``mend`` is a command, empty when all is well."""

    subject: str
    is_ok: bool
    state: str
    mend: str = ""


def findings() -> Iterator[Finding]:
    """Every check, cheapest first."""
    home, warehouse = HomeSettings(), WarehouseSettings()
    yield _python()
    yield _requirements()
    yield _home(home)
    yield _disk(home)
    yield _warehouse(warehouse)
    if answers(warehouse):
        yield _raw_tables(warehouse)
    yield _control(home)
    yield _backlog(home)
    yield _listening("API", api_service(ApiSettings()).is_ready(), "headwater api")
    yield _listening("Dagster", dagster_service(DagsterSettings(), home).is_ready(), "headwater dagster")


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info >= (3, 11), found, "make install PYTHON=/path/to/python3.11")


def _requirements() -> Finding:
    wanted = re.findall(
        r"^([A-Za-z0-9._-]+)==([^\s;]+)\s*(;.*)?$", (PROJECT / "requirements.lock").read_text(), re.MULTILINE
    )
    wrong = []
    for name, version, marker in wanted:
        if marker:
            continue
        try:
            if importlib.metadata.version(name) != version:
                wrong.append(name)
        except importlib.metadata.PackageNotFoundError:
            wrong.append(name)
    state = f"{len(wanted)} pinned packages" if not wrong else f"not as pinned: {', '.join(wrong[:5])}"
    return Finding("packages", not wrong, state, "make install")


def _home(home: HomeSettings) -> Finding:
    place = home.home if home.home.exists() else home.home.parent
    writable = os.access(place, os.W_OK)
    return Finding("home", writable, str(home.home), "export HEADWATER_HOME=/a/folder/you/can/write")


def _disk(home: HomeSettings) -> Finding:
    place = home.home if home.home.exists() else home.home.parent
    free = shutil.disk_usage(place).free if place.exists() else 0
    return Finding("disk", free > FREE_BYTES, f"{free / 1024**3:.1f} GiB free", f"df -h {place}")


def _warehouse(settings: WarehouseSettings) -> Finding:
    kind = "embedded" if settings.is_embedded else "external"
    if answers(settings):
        return Finding("ClickHouse", True, f"{kind}, answers at {settings.address}")
    mend = "headwater clickhouse" if settings.is_embedded else f"curl {settings.address}/ping"
    return Finding("ClickHouse", False, f"{kind}, nothing answers at {settings.address}", mend)


def _raw_tables(settings: WarehouseSettings) -> Finding:
    wanted = len(migrations())
    try:
        with Warehouse(settings) as client:
            applied = client.value("SELECT count() FROM headwater.schema_versions")
    except WarehouseError as error:
        return Finding("raw tables", False, str(error), "headwater run")
    return Finding("raw tables", applied >= wanted, f"{applied} of {wanted} schema files applied", "headwater run")


def _control(home: HomeSettings) -> Finding:
    from headwater.control import ControlError, control_errors, count_keys, open_control

    url = ControlSettings().database_url(home)
    if url.startswith("sqlite") and not (home.home / "control.db").exists():
        return Finding("API keys", False, "no control database yet", "headwater keys create --site my-site")
    try:
        with control_errors(), open_control(url)() as session:
            keys = count_keys(session)
    except ControlError as error:
        return Finding("API keys", False, str(error), "headwater keys list")
    return Finding("API keys", keys > 0, f"{keys} in force", "headwater keys create --site my-site")


def _backlog(home: HomeSettings) -> Finding:
    from headwater.landing import sealed_segments

    waiting = sealed_segments(home.landing_dir)
    state = f"{len(waiting)} segments wait for the loader"
    return Finding("landing log", len(waiting) < 100, state, "headwater loader")


def _listening(subject: str, is_ready: bool, mend: str) -> Finding:
    return Finding(subject, is_ready, "answers" if is_ready else "does not answer", mend)
