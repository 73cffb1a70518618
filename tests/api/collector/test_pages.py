"""`POST /api/v1/collect`: events from pages, and who may send them."""

from pathlib import Path

import httpx
import pytest

from tests.api.collector_process import HOST, CollectorProcess, running_collector

COLLECT = "/api/v1/collect?site=shop"
EVENT = {"event": "page_view", "id": "018f3a5e-7c4b-7d2e-9a61-0c5b8e4f2d10"}
ORIGIN = {"Origin": f"https://{HOST}"}


@pytest.fixture
def page(collector: CollectorProcess) -> httpx.Client:
    return collector.client("")


@pytest.mark.parametrize("media_type", ["text/plain;charset=UTF-8", "application/json"])
def test_a_page_of_the_site_may_send(page: httpx.Client, media_type: str) -> None:
    response = page.post(COLLECT, json=EVENT, headers=ORIGIN | {"Content-Type": media_type})
    assert (response.status_code, response.json()) == (202, {"accepted": 1, "rejected": []})
    assert response.headers["access-control-allow-origin"] == ORIGIN["Origin"]
    assert response.headers["access-control-allow-credentials"] == "true"
    assert "origin" in response.headers["vary"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Referer": f"https://{HOST}/pricing"},
        {"Origin": f"http://{HOST}:8080"},
        {"Origin": f"https://{HOST.upper()}"},
    ],
)
def test_the_referrer_and_other_ports_tell_the_host_too(page: httpx.Client, headers: dict[str, str]) -> None:
    assert page.post(COLLECT, json=EVENT, headers=headers).status_code == 202


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": f"https://{HOST}.evil.example"},
        {"Origin": f"https://evil{HOST}"},
        {"Origin": f"https://{HOST}@evil.example"},
        {"Origin": "https://evil.example", "Referer": f"https://{HOST}/"},
        {"Origin": "https://[::1"},
    ],
)
def test_a_foreign_page_is_403(page: httpx.Client, headers: dict[str, str]) -> None:
    for response in (page.post(COLLECT, json=EVENT, headers=headers), page.options(COLLECT, headers=headers)):
        assert response.status_code == 403
        assert response.json()["error"]["code"] == "foreign_origin"
        assert "access-control-allow-origin" not in response.headers


def test_a_site_without_hosts_takes_nothing(page: httpx.Client) -> None:
    response = page.post("/api/v1/collect?site=hostless", json=EVENT, headers=ORIGIN)
    assert response.status_code == 403


def test_the_preflight_is_answered(page: httpx.Client) -> None:
    response = page.options(COLLECT, headers=ORIGIN | {"Access-Control-Request-Method": "POST"})
    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == ORIGIN["Origin"]
    assert response.headers["access-control-allow-methods"] == "POST"
    assert "content-type" in response.headers["access-control-allow-headers"]


def test_a_page_can_read_why_its_event_was_refused(page: httpx.Client) -> None:
    response = page.post(COLLECT, json={"event": ""}, headers=ORIGIN)
    assert response.status_code == 422
    assert response.headers["access-control-allow-origin"] == ORIGIN["Origin"]


@pytest.mark.parametrize("query", ["", "?site=", "?sites=shop", "?%FF"])
def test_a_missing_site_is_422(page: httpx.Client, query: str) -> None:
    response = page.post(f"/api/v1/collect{query}", json=EVENT, headers=ORIGIN)
    assert (response.status_code, response.json()["error"]["field"]) == (422, "site")


def test_an_unknown_site_is_404(page: httpx.Client) -> None:
    response = page.post("/api/v1/collect?site=nowhere", json=EVENT, headers=ORIGIN)
    assert (response.status_code, response.json()["error"]["code"]) == (404, "unknown_site")


def test_another_method_is_405(page: httpx.Client) -> None:
    response = page.get(COLLECT, headers=ORIGIN)
    assert (response.status_code, response.headers["allow"]) == (405, "OPTIONS, POST")


def test_one_address_is_slowed_down_and_another_is_not(tmp_path: Path) -> None:
    settings = {"HEADWATER_API_ADDRESS_RATE_PER_MINUTE": "2", "HEADWATER_API_TRUSTED_PROXIES": "127.0.0.1, 10.0.0.1"}
    with running_collector(tmp_path, **settings) as collector, collector.client("") as page:

        def send(forwarded: str) -> httpx.Response:
            return page.post(COLLECT, json={"event": "a"}, headers=ORIGIN | {"X-Forwarded-For": forwarded})

        assert [send("1.2.3.4").status_code for _ in range(3)] == [202, 202, 429]
        response = send("spoofed, 1.2.3.4, 10.0.0.1")
        assert response.status_code == 429
        assert int(response.headers["retry-after"]) >= 1
        assert send("8.8.8.8").status_code == 202
        assert collector.stop() == 0
        events, _ = collector.landed()
        assert [event.source for event in events] == ["sdk"] * 3
        assert [event.country for event in events] == ["AU", "AU", "US"]
        assert len({event.visitor_id for event in events}) == 2
        assert all(len(event.visitor_id) == 32 for event in events)
