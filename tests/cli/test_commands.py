"""The command line's answers to what people do wrong, and what it prints when all is well."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.main import COMMANDS
from cli.supervisor import unused_port

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def headwater(tmp_path: Path) -> Run:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HEADWATER_", "DAGSTER_"))}
    environment |= {"HEADWATER_HOME": str(tmp_path), "HEADWATER_CLICKHOUSE_PORT": str(unused_port())}

    def run(*arguments: str, **extra: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "cli", *arguments],
            env=environment | extra,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def test_help_lists_every_command_and_each_has_help_of_its_own(headwater: Run) -> None:
    listed = headwater("--help").stdout
    for name in COMMANDS:
        assert f"  {name} " in listed
        if name != "dbt":
            own = headwater(name, "--help")
            assert own.returncode == 0
            assert "Usage:" in own.stdout


def test_an_unknown_command_is_a_usage_error(headwater: Run) -> None:
    done = headwater("frobnicate")
    assert done.returncode == 2
    assert "No such command" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "said"),
    [
        (("sql", "SELECT 1"), {}, 3, "no ClickHouse answers at"),
        (("api",), {"HEADWATER_API_PORT": "many"}, 2, "setting ApiSettings.port"),
        (("sql", "SELECT 1"), {"HEADWATER_CLICKHOUSE_URL": "http://h:abc"}, 2, "WarehouseSettings.url"),
        (("sql", "SELECT 1"), {"HEADWATER_CLICKHOUSE_URL": "localhost:8123"}, 2, "must be http://host:port"),
        (("keys", "list"), {"HEADWATER_HOME": "/dev/null/home"}, 1, "/dev/null/home"),
        (("run",), {"HEADWATER_CLICKHOUSE_URL": "http://127.0.0.1:9"}, 3, "no ClickHouse answers at"),
        (("keys", "list"), {"HEADWATER_CONTROL_URL": "mysql://root@localhost/headwater"}, 1, "SQLite or PostgreSQL"),
        (("keys", "list"), {"HEADWATER_CONTROL_URL": "postgresql://127.0.0.1:9/headwater"}, 1, "cannot be opened"),
        (("keys", "list"), {"HEADWATER_CONTROL_URL": "postgresql://h/db?sslmode=require"}, 1, "sslmode"),
        (("keys", "revoke", "00000000"), {}, 1, "no key 00000000"),
        (("keys", "create", "--site", "My Site"), {}, 1, "cannot be the id of a site"),
        (("import", "access-log", "nowhere.log", "--site", "blog"), {}, 1, "nowhere.log"),
        (("clickhouse",), {"HEADWATER_CLICKHOUSE_HOST": "0.0.0.0"}, 1, "password"),
    ],
)
def test_a_mistake_is_answered_in_one_line(
    headwater: Run, arguments: tuple[str, ...], environment: dict[str, str], code: int, said: str
) -> None:
    done = headwater(*arguments, **environment)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_taken_port_names_the_setting_that_moves_it(headwater: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = headwater("up", HEADWATER_CLICKHOUSE_PORT=str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "HEADWATER_CLICKHOUSE_PORT" in done.stderr


def test_a_key_is_made_listed_and_revoked(headwater: Run) -> None:
    key = headwater("keys", "create", "--site", "blog", "--host", "blog.example", "--name", "laptop").stdout.strip()
    assert key.startswith("hw_")

    listed = headwater("keys", "list").stdout
    assert "default/blog" in listed
    assert "laptop" in listed
    assert key not in listed

    assert headwater("keys", "revoke", key.split("_")[1]).returncode == 0
    assert "revoked" in headwater("keys", "list").stdout


def test_the_doctor_names_the_command_that_mends_each_finding(headwater: Run) -> None:
    done = headwater("doctor")
    assert done.returncode == 1
    assert "mend it with: headwater clickhouse" in done.stdout
    assert "mend it with: headwater keys create" in done.stdout
    assert done.stderr.strip().endswith("missing")
