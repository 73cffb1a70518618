"""The compose file and the Dockerfile against the code: settings, commands, addresses, what is probed."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.main import COMMANDS
from headwater.control import count_keys, open_control
from headwater.settings import ApiSettings, ControlSettings, DagsterSettings, HomeSettings, WarehouseSettings
from tests.conftest import REPOSITORY
from tests.docs.test_readme import VARIABLES
from tests.postgresql import PASSWORD, Postgresql
from tests.stack import running_stack

COMPOSE = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text()


@pytest.fixture(params=sorted(OURS))
def service(request: pytest.FixtureRequest) -> dict[str, Any]:
    return OURS[request.param]


@pytest.fixture
def inside(service: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment that a process of the service has, the Dockerfile's part included."""
    environment = dict(re.findall(r"^ENV (\w+)=(\S+)", DOCKERFILE, re.MULTILINE)) | service["environment"]
    for name, value in environment.items():
        monkeypatch.setenv(name, re.sub(r"\$\{HEADWATER_PASSWORD:\?[^}]*\}", lambda _: PASSWORD, value))


def test_every_service_runs_a_command_there_is_with_settings_there_are(service: dict[str, Any]) -> None:
    program, command, *rest = service["command"]
    assert (program, rest) == ("headwater", [])
    assert command in COMMANDS
    assert set(service["environment"]) <= VARIABLES


def test_addresses_are_those_of_the_other_services_and_state_is_on_a_volume(
    service: dict[str, Any], inside: None
) -> None:
    warehouse, control = WarehouseSettings(), ControlSettings()
    assert warehouse.address == "http://clickhouse:8123"
    assert warehouse.user == SERVICES["clickhouse"]["environment"]["CLICKHOUSE_USER"]
    assert warehouse.password.get_secret_value() == PASSWORD
    postgres = SERVICES["postgres"]["environment"]
    assert control.url == f"postgresql://{postgres['POSTGRES_USER']}@postgres/{postgres['POSTGRES_DB']}"
    assert {"clickhouse", "postgres"} == set(service["depends_on"])
    volumes = dict(volume.split(":") for volume in service["volumes"])
    assert volumes == {"state": str(HomeSettings().home)}
    assert set(volumes) <= set(COMPOSE["volumes"])
    assert f"--home {HomeSettings().home} --create-home" in DOCKERFILE, "the volume takes its owner from there"


def test_published_ports_are_those_the_services_listen_on_for_others() -> None:
    for name, host, port in (
        ("api", "HEADWATER_API_HOST", ApiSettings.model_fields["port"].default),
        ("dagster", "HEADWATER_DAGSTER_HOST", DagsterSettings.model_fields["port"].default),
    ):
        [published] = OURS[name]["ports"]
        assert published.endswith(f"{port}:{port}")
        assert OURS[name]["environment"][host] == "0.0.0.0"
    assert OURS["dagster"]["ports"][0].startswith("127.0.0.1:"), "it has no login"


def test_what_is_probed_is_answered(tmp_path: Path) -> None:
    probes = {name: one["healthcheck"]["test"] for name, one in OURS.items() if "healthcheck" in one}
    assert set(probes) == {"api", "dagster"}
    with running_stack(tmp_path, services=("api",)) as stack:
        probe = probes["api"][3].replace(":8000/", f":{stack.api.port}/")
        assert probe != probes["api"][3]
        assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0
        stack.supervisor.stop()
        assert subprocess.run([sys.executable, "-c", probe], stderr=subprocess.DEVNULL, check=False).returncode == 1
    assert "http://127.0.0.1:3000/server_info" in probes["dagster"][3]


def test_the_control_database_of_the_compose_file_is_reached_with_any_password(
    service: dict[str, Any], inside: None, postgresql: Postgresql
) -> None:
    if "headwater" not in postgresql.run("psql", "-Atc", "SELECT datname FROM pg_database", "postgres").split():
        postgresql.create_database("headwater")
    url = ControlSettings().database_url(HomeSettings())
    with open_control(url.replace("@postgres/", f"@127.0.0.1:{postgresql.port}/"))() as session:
        assert count_keys(session) == 0
