"""`headwater up`, every command of the README as it is written, and Ctrl-C."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from headwater.landing import LandingLog
from headwater.settings import HomeSettings, LandingSettings
from tests.conftest import REPOSITORY
from tests.docs.readme import readme_commands, run_as_written
from tests.e2e.conftest import Run
from tests.ingestion.imports.conftest import log_line
from tests.ingestion.landed import make_frame


@pytest.fixture(scope="module")
def up(seasoned: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator["subprocess.Popen[str]"]:
    log = tmp_path_factory.mktemp("up") / "output.txt"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", "up"],
            env=seasoned.environment,  # type: ignore[attr-defined]
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
    deadline = time.monotonic() + 120
    while "Headwater is up" not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.2)
    yield process
    if process.poll() is None:
        # What it started ends with it, so it has to end by itself.
        process.terminate()
        process.wait(60)


@pytest.fixture(scope="module")
def key(headwater: Run, up: "subprocess.Popen[str]") -> str:
    scopes = ("--scope", "events:write", "--scope", "metrics:read", "--scope", "usage:read")
    return headwater("keys", "create", "--site", "my-site", "--host", "example.com", *scopes).stdout.strip()


@pytest.fixture(scope="module")
def readme(headwater: Run, up: "subprocess.Popen[str]", tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Runs the README's command that begins with some words; `KEY` is kept for those that follow."""
    environment = dict(headwater.environment)  # type: ignore[attr-defined]
    log = tmp_path_factory.mktemp("nginx") / "access.log.1.gz"
    log.write_bytes(gzip.compress(b"".join(map(log_line, range(100)))))
    replaced = {":8000": f":{environment['HEADWATER_API_PORT']}", "/var/log/nginx/access.log.1.gz": str(log)}

    def run(beginning: str) -> str:
        [command] = [command for command in readme_commands() if command.startswith(beginning)]
        if command.startswith("export KEY="):
            environment["KEY"] = run_as_written(f'{command}\nprintf %s "$KEY"', environment, replaced)
            return environment["KEY"]
        return run_as_written(command, environment, replaced)

    return run


EVENT = "curl -s http://127.0.0.1:8000/api/v1/events"
METRIC = 'curl -s -H "Authorization: Bearer $KEY" "http://127.0.0.1:8000/api/v1/metrics/sessions'
MADE = {"make demo", "make test", "make up"}
STRIPE = ("export HEADWATER_SECRET_KEY=", ".venv/bin/headwater stripe connect", ".venv/bin/headwater stripe load")
"""Run in tests/cli/test_stripe.py, against an account that is served there."""

GOAL = "echo"
RUN = (
    "export KEY=",
    EVENT,
    GOAL,
    ".venv/bin/headwater sql",
    ".venv/bin/headwater run",
    METRIC,
    ".venv/bin/headwater import",
)


class TestUp:
    def test_every_command_of_the_readme_is_run_here(self) -> None:
        left = [command for command in readme_commands() if not command.startswith(RUN + STRIPE)]
        assert set(left) == MADE
        assert len(readme_commands()) == len(MADE) + len(RUN) + len(STRIPE)
        # As typed in a shell of its own, when it was `make` that started the tests.
        shell = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
        for command in sorted(MADE):
            # Nothing is installed again: `-o` takes the environment for new.
            planned = run_as_written(command.replace("make", "make -n -o .venv/.installed"), shell, {})
            assert planned.split()[0] in (".venv/bin/headwater", ".venv/bin/python"), planned
        assert run_as_written("make -n -o .venv/.installed up", shell, {}).strip() == ".venv/bin/headwater up"

    def test_the_first_event_is_a_metric_in_six_commands(
        self, headwater: Run, readme: Callable[..., str], key: str
    ) -> None:
        assert readme("export KEY=").startswith("hw_")
        assert json.loads(readme(EVENT))["accepted"] == 1
        deadline = time.monotonic() + 30
        while "ada" not in (shown := readme(".venv/bin/headwater sql")):
            assert time.monotonic() < deadline, shown
        rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown.splitlines() if "│" in line]
        assert [row[:4] for row in rows] == [["page_view", "ada", "/pricing", "news"]]

        assert readme(GOAL) == "goal signup of my-site is saved; the next build counts by it\n"
        signup = {"event": "signup", "visitor_id": "ada"}
        assert _call(headwater, "/api/v1/events", key, signup)["accepted"] == 1
        _land_for_an_unknown_site(headwater)
        said = readme(".venv/bin/headwater run")
        assert " 1 warned, 0 failed," in said
        [warning] = [line for line in said.splitlines() if line.startswith("warning: ")]
        assert warning.startswith("warning: check marts.rpt_site_daily relationships_rpt_site_daily_site_id")
        answer = json.loads(readme(METRIC))
        assert (answer["total"], len(answer["rows"])) == (1, 1)
        reached = _call(headwater, "/api/v1/metrics/goal_completions?group_by=goal_id", key)["rows"]
        assert [(row["group"], row["value"]) for row in reached] == [({"goal_id": "signup"}, 1)]

    def test_an_imported_log_adds_nothing_when_it_is_imported_again(self, readme: Callable[..., str]) -> None:
        assert "100 accepted" in readme(".venv/bin/headwater import")
        assert "0 accepted, 0 rejected, 100 imported before" in readme(".venv/bin/headwater import")

    def test_the_pages_to_look_at_are_there(self, headwater: Run, up: object) -> None:
        ports = headwater.environment  # type: ignore[attr-defined]
        text = (REPOSITORY / "README.md").read_text()
        for address, setting in (("http://127.0.0.1:8000/docs", "API"), ("http://127.0.0.1:3000", "DAGSTER")):
            assert f"<{address}>" in text
            usual = {"API": "8000", "DAGSTER": "3000"}[setting]
            with urllib.request.urlopen(address.replace(usual, ports[f"HEADWATER_{setting}_PORT"]), timeout=60) as page:
                assert page.status == 200
        compose = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
        probe = compose["services"]["dagster"]["healthcheck"]["test"][3]
        there = probe.replace(":3000/", f":{ports['HEADWATER_DAGSTER_PORT']}/")
        assert subprocess.run([sys.executable, "-c", there], check=False).returncode == 0

    def test_statistics_and_metrics_are_listed(self, headwater: Run, key: str) -> None:
        statistics = _call(headwater, "/api/v1/sites/my-site/stats?period=last_7_days", key)
        assert statistics["metrics"]["visitors"]["value"] == 1
        assert len(statistics["timeseries"]) == 7
        names = [metric["name"] for metric in _call(headwater, "/api/v1/metrics", key)["metrics"]]
        assert {"sessions", "visitors", "bounce_rate", "usage_quantity"} <= set(names)

    def test_every_metric_answers_in_every_group(self, headwater: Run, key: str) -> None:
        for metric in _call(headwater, "/api/v1/metrics", key)["metrics"]:
            groups = ",".join(metric["group_by"])
            answer = _call(headwater, f"/api/v1/metrics/{metric['name']}?group_by={groups}", key)
            assert answer["metric"]["name"] == metric["name"]

    def test_a_sites_key_does_not_read_the_usage_of_its_organization(self, headwater: Run, up: object) -> None:
        key = headwater("keys", "create", "--site", "other-site").stdout.strip()
        with pytest.raises(urllib.error.HTTPError) as refused:
            _call(headwater, "/api/v1/metrics/usage_events?group_by=metric", key)
        assert refused.value.code == 403
        assert json.load(refused.value)["error"]["code"] == "missing_scope"

    @pytest.mark.parametrize(
        ("path", "status", "code"),
        [
            ("/api/v1/metrics/nonsense", 404, "unknown_metric"),
            ("/api/v1/metrics/sessions?group_by=shoe_size", 422, "unknown_group"),
            ("/api/v1/metrics/sessions?start=2026-02-01&end=2026-01-01", 422, "broken_window"),
            ("/api/v1/sites/somebody-elses/stats", 404, "unknown_site"),
        ],
    )
    def test_a_wrong_question_is_told_so(self, headwater: Run, key: str, path: str, status: int, code: str) -> None:
        with pytest.raises(urllib.error.HTTPError) as refused:
            _call(headwater, path, key)
        assert refused.value.code == status
        assert json.load(refused.value)["error"]["code"] == code

    def test_dagster_shows_the_lineage_from_raw_to_mart(self, headwater: Run, up: "subprocess.Popen[str]") -> None:
        port = headwater.environment["HEADWATER_DAGSTER_PORT"]  # type: ignore[attr-defined]
        query = {"query": "{ assetNodes { assetKey { path } dependencyKeys { path } } }"}
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/graphql",
            json.dumps(query).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            nodes = json.load(response)["data"]["assetNodes"]
        upstream = {"/".join(node["assetKey"]["path"]): node["dependencyKeys"] for node in nodes}
        seen, waiting = set(), ["marts/rpt_site_daily"]
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting += ["/".join(key["path"]) for key in upstream[name]]
        assert {"marts/fct_sessions", "staging/stg_events__receipts", "raw_events/events"} <= seen

    def test_the_doctor_finds_nothing_missing(self, headwater: Run, key: str) -> None:
        assert "missing" not in headwater("doctor").stdout
        assert headwater("doctor").stdout.count("ok     ") == 10

    def test_ctrl_c_ends_every_process_and_loses_nothing(self, headwater: Run, up: "subprocess.Popen[str]") -> None:
        children = psutil.Process(up.pid).children(recursive=True)
        assert children
        up.send_signal(signal.SIGINT)
        assert up.wait(60) == 0
        _, left = psutil.wait_procs(children, timeout=10)
        assert left == []
        home = Path(headwater.environment["HEADWATER_HOME"])  # type: ignore[attr-defined]
        assert not list((home / "landing" / "api" / "open").iterdir())


def _land_for_an_unknown_site(headwater: Run) -> None:
    """An event of a site the control database does not know: the models take it, a check warns."""
    home = HomeSettings(home=Path(headwater.environment["HEADWATER_HOME"]))  # type: ignore[attr-defined]
    log = LandingLog(home.landing_dir, LandingSettings(), "other")
    log.append_now(make_frame(log, 1))
    log.close()


def _call(headwater: Run, path: str, key: str, body: dict[str, Any] | None = None) -> Any:
    port = headwater.environment["HEADWATER_API_PORT"]  # type: ignore[attr-defined]
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        json.dumps(body).encode() if body is not None else None,
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)
