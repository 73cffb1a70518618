"""Every answer of the collector's routes, from a real process over a real socket."""

import gzip
import json
import socket
import time
import zlib
from typing import Any

import brotli
import httpx
import pytest
import zstandard

from headwater.contracts.limits import BATCH_BYTES
from headwater.control import open_control, revoke_key
from headwater.settings import ControlSettings
from tests.api.collector_process import CollectorProcess

EVENTS, BATCH = "/api/v1/events", "/api/v1/events/batch"
EVENT = {"event": "page_view", "visitor_id": "v", "id": "018f3a5e-7c4b-7d2e-9a61-0c5b8e4f2d10"}


def error_of(response: httpx.Response) -> dict[str, Any]:
    """The error, after checking that it has the one shape."""
    body = response.json()
    assert {"code", "message", "hint"} <= set(body["error"])
    assert all(body["error"][name] for name in ("code", "message", "hint"))
    return dict(body["error"])


@pytest.mark.parametrize("path", [EVENTS, BATCH])
@pytest.mark.parametrize("body", [EVENT, [EVENT], {"events": [EVENT], "sent_at": "2026-01-01T00:00:00Z"}])
def test_an_accepted_event_is_answered_with_202(client: httpx.Client, path: str, body: Any) -> None:
    response = client.post(path, json=body)
    assert response.status_code == 202
    assert response.json() == {"accepted": 1, "rejected": []}


def test_ids_that_the_api_made_are_answered(client: httpx.Client) -> None:
    body = client.post(BATCH, json=[EVENT, {"event": "a"}]).json()
    assert body["accepted"] == 2
    assert list(body["ids"]) == ["1"]


def test_refused_events_are_answered_beside_accepted_ones(client: httpx.Client) -> None:
    response = client.post(BATCH, json=[{"event": "a", "userId": "u"}, EVENT])
    assert response.status_code == 202
    assert response.json() == {
        "accepted": 1,
        "rejected": [
            {
                "index": 0,
                "code": "unknown_field",
                "field": "userId",
                "reason": "unknown field `userId`; did you mean `user_id`?",
            }
        ],
    }


def test_nothing_accepted_is_422_with_the_same_body(client: httpx.Client) -> None:
    response = client.post(EVENTS, json={"event": ""})
    assert response.status_code == 422
    assert error_of(response)["code"] == "nothing_accepted"
    assert response.json()["accepted"] == 0
    assert [rejection["code"] for rejection in response.json()["rejected"]] == ["empty_field"]


def test_an_empty_batch_is_422(client: httpx.Client) -> None:
    response = client.post(BATCH, json=[])
    assert response.status_code == 422
    assert error_of(response)["message"] == "The request has no events."


def test_malformed_json_is_422_with_its_place(client: httpx.Client) -> None:
    response = client.post(BATCH, content=b'[\n {"event": "a"},\n oops]')
    assert response.status_code == 422
    error = error_of(response)
    assert error["code"] == "malformed_json"
    assert (error["byte"], error["line"], error["column"]) == (20, 3, 2)
    assert "invalid character" in error["message"]


@pytest.mark.parametrize(
    "headers",
    [{"Authorization": "Bearer {key}"}, {"Authorization": "bearer {key}"}, {"X-API-Key": "{key}"}],
)
def test_the_key_may_come_in_either_header(collector: CollectorProcess, headers: dict[str, str]) -> None:
    filled = {name: value.format(key=collector.key) for name, value in headers.items()}
    assert httpx.post(collector.address + EVENTS, json=EVENT, headers=filled).status_code == 202


def test_no_key_is_401(collector: CollectorProcess) -> None:
    response = httpx.post(collector.address + EVENTS, json=EVENT)
    assert response.status_code == 401
    assert error_of(response)["code"] == "missing_key"
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("wrong", ["hw_00000000_" + "0" * 48, "nonsense", "Basic dTpw", "ü"])
def test_a_wrong_key_is_401(collector: CollectorProcess, wrong: str) -> None:
    headers = {"Authorization": f"Bearer {wrong}".encode()}
    response = httpx.post(collector.address + EVENTS, json=EVENT, headers=headers)
    assert response.status_code == 401
    assert error_of(response)["code"] == "invalid_key"


def test_a_key_without_the_scope_is_403(collector: CollectorProcess) -> None:
    _, key = collector.make_key(scopes=["metrics:read"])
    with collector.client(key) as client:
        response = client.post(EVENTS, json=EVENT)
        assert response.status_code == 403
        assert error_of(response)["code"] == "missing_scope"


def test_a_revoked_key_is_refused_within_seconds(collector: CollectorProcess) -> None:
    key_id, key = collector.make_key()
    with collector.client(key) as client:
        assert client.post(EVENTS, json=EVENT).status_code == 202
        with open_control(ControlSettings(url=None).database_url(collector.home)).begin() as session:
            assert revoke_key(session, key_id)
        deadline = time.monotonic() + 8
        while client.post(EVENTS, json=EVENT).status_code != 401:
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_too_fast_is_429_with_the_time_to_wait(collector: CollectorProcess) -> None:
    _, key = collector.make_key(rate_per_minute=3)
    with collector.client(key) as client:
        assert [client.post(EVENTS, json=EVENT).status_code for _ in range(3)] == [202, 202, 202]
        response = client.post(EVENTS, json=EVENT)
        assert response.status_code == 429
        assert error_of(response)["code"] == "rate_limited"
        assert 15 <= int(response.headers["retry-after"]) <= 20
        assert error_of(response)["retry_after"] == int(response.headers["retry-after"])


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_another_method_is_405(client: httpx.Client, method: str) -> None:
    response = client.request(method, EVENTS)
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"


def test_too_many_events_are_413(client: httpx.Client) -> None:
    response = client.post(BATCH, json=[EVENT] * 1_001)
    assert response.status_code == 413
    assert error_of(response)["code"] == "batch_too_large"


def test_the_largest_body_is_taken(client: httpx.Client) -> None:
    body = json.dumps([EVENT]).encode()
    assert client.post(BATCH, content=body + b" " * (BATCH_BYTES - len(body))).status_code == 202


def test_an_oversized_body_is_413(client: httpx.Client) -> None:
    response = client.post(BATCH, content=b" " * (BATCH_BYTES + 1))
    assert response.status_code == 413
    assert error_of(response)["code"] == "body_too_large"


def test_an_oversized_body_of_unknown_length_is_413(client: httpx.Client) -> None:
    response = client.post(BATCH, content=(b" " * 65_536 for _ in range(200)))
    assert response.status_code == 413
    assert error_of(response)["code"] == "body_too_large"


def test_a_client_that_asks_first_is_told_before_it_sends(collector: CollectorProcess) -> None:
    with socket.create_connection(("127.0.0.1", collector.port), timeout=10) as connection:
        head = f"POST {BATCH} HTTP/1.1\r\nHost: x\r\nX-API-Key: {collector.key}\r\nExpect: 100-continue\r\n"
        connection.sendall(f"{head}Content-Length: 6000000\r\n\r\n".encode())
        assert connection.recv(1_000).startswith(b"HTTP/1.1 413 ")


def test_a_body_without_end_is_cut_off(collector: CollectorProcess) -> None:
    with socket.create_connection(("127.0.0.1", collector.port), timeout=30) as connection:
        head = f"POST {BATCH} HTTP/1.1\r\nHost: x\r\nX-API-Key: {collector.key}\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode())
        sent = 0
        chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
        while sent < 500:
            try:
                connection.sendall(chunk)
            except OSError:
                break
            sent += 1
        assert sent < 200


COMPRESSORS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda body: brotli.compress(body, quality=5),
    "zstd": zstandard.ZstdCompressor().compress,
}


@pytest.mark.parametrize("encoding", COMPRESSORS)
def test_compressed_bodies_are_taken(client: httpx.Client, encoding: str) -> None:
    body = json.dumps([EVENT] * 500).encode()
    response = client.post(BATCH, content=COMPRESSORS[encoding](body), headers={"Content-Encoding": encoding})
    assert (response.status_code, response.json()) == (202, {"accepted": 500, "rejected": []})


def test_bare_deflate_and_gzip_members_are_taken(client: httpx.Client) -> None:
    body = json.dumps([EVENT]).encode()
    bare = zlib.compressobj(wbits=-15)
    for encoding, content in (
        ("deflate", bare.compress(body) + bare.flush()),
        ("gzip", gzip.compress(body[:9]) + gzip.compress(body[9:])),
        ("identity", body),
        ("GZIP", gzip.compress(body)),
    ):
        assert client.post(BATCH, content=content, headers={"Content-Encoding": encoding}).status_code == 202


@pytest.mark.parametrize("encoding", COMPRESSORS)
def test_a_body_that_swells_is_413(client: httpx.Client, encoding: str) -> None:
    content = COMPRESSORS[encoding](b" " * 20 * 1024**2)
    response = client.post(BATCH, content=content, headers={"Content-Encoding": encoding})
    assert response.status_code == 413
    assert error_of(response)["code"] == "body_too_large"


@pytest.mark.parametrize("encoding", COMPRESSORS)
def test_damaged_compression_is_422(client: httpx.Client, encoding: str) -> None:
    whole = COMPRESSORS[encoding](json.dumps([EVENT]).encode())
    for content in (b"nonsense", whole[:-6], b""):
        response = client.post(BATCH, content=content, headers={"Content-Encoding": encoding})
        assert response.status_code == 422
        assert error_of(response)["code"] in ("malformed_encoding", "malformed_json")


@pytest.mark.parametrize("encoding", ["lzma", "gzip, br", "compress"])
def test_an_unknown_encoding_is_415(client: httpx.Client, encoding: str) -> None:
    response = client.post(BATCH, content=b"x", headers={"Content-Encoding": encoding})
    assert response.status_code == 415
    assert error_of(response)["code"] == "unsupported_encoding"
    assert "zstd" in response.headers["accept-encoding"]


@pytest.mark.parametrize("path", ["/", "/api/v1/nothing", "/api/v1/events/"])
def test_an_unknown_address_is_404_in_the_same_shape(client: httpx.Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert error_of(response)["code"] == "not_found"


def test_fastapis_own_405_has_the_same_shape(client: httpx.Client) -> None:
    response = client.post("/health")
    assert response.status_code == 405
    assert error_of(response)["code"] == "method_not_allowed"


def test_health_and_readiness(client: httpx.Client) -> None:
    assert client.get("/health").json() == {"status": "ok"}
    assert client.get("/ready").json() == {"status": "ok"}


def test_a_client_that_goes_away_harms_nothing(collector: CollectorProcess, client: httpx.Client) -> None:
    for part in (b"", b'{"event"'):
        with socket.create_connection(("127.0.0.1", collector.port)) as connection:
            head = f"POST {EVENTS} HTTP/1.1\r\nHost: x\r\nX-API-Key: {collector.key}\r\nContent-Length: 100\r\n\r\n"
            connection.sendall(head.encode() + part)
    assert client.post(EVENTS, json=EVENT).status_code == 202
