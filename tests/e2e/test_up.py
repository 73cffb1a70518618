"""`headwater up`, the README's first event, and Ctrl-C."""

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from headwater.landing import LandingLog
from headwater.settings import HomeSettings, LandingSettings
from tests.e2e.conftest import Run
from tests.ingestion.landed import make_frame


@pytest.fixture(scope="module")
def up(headwater: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator["subprocess.Popen[str]"]:
    log = tmp_path_factory.mktemp("up") / "output.txt"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", "up"],
            env=headwater.environment,  # type: ignore[attr-defined]
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


class TestUp:
    def test_the_first_event_is_queryable_within_seconds(self, headwater: Run, key: str) -> None:
        event = {"event": "page_view", "visitor_id": "ada", "url": "https://example.com/pricing?utm_source=news"}
        answer = _call(headwater, "/api/v1/events", key, event)
        assert answer["accepted"] == 1

        query = "SELECT event, visitor_id, path, utm_source FROM raw_events.events"
        deadline = time.monotonic() + 30
        while not (rows := headwater("sql", query, "--format", "json").stdout.splitlines()):
            assert time.monotonic() < deadline
        assert json.loads(rows[0]) == {
            "event": "page_view",
            "visitor_id": "ada",
            "path": "/pricing",
            "utm_source": "news",
        }

    def test_a_metric_answers_after_a_run(self, headwater: Run, key: str) -> None:
        _land_for_an_unknown_site(headwater)
        run = headwater("run")
        assert " 1 warned, 0 failed," in run.stdout
        [warning] = [line for line in run.stderr.splitlines() if line.startswith("warning: ")]
        assert warning.startswith("warning: check marts.rpt_site_daily relationships_rpt_site_daily_site_id")

        answer = _call(headwater, "/api/v1/metrics/sessions?group_by=day", key)
        assert answer["total"] == 1
        assert len(answer["rows"]) == 1
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
