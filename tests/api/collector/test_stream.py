"""`WS /api/v1/events/stream`: answers per message."""

import json
import time

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from headwater.contracts.limits import BATCH_BYTES
from headwater.control import open_control, revoke_key
from headwater.settings import ControlSettings
from tests.api.collector_process import CollectorProcess

EVENT = {"event": "tick", "id": "018f3a5e-7c4b-7d2e-9a61-0c5b8e4f2d10"}


def open_stream(collector: CollectorProcess, key: str | None = None) -> ClientConnection:
    return connect(
        f"ws://127.0.0.1:{collector.port}/api/v1/events/stream",
        additional_headers={"Authorization": f"Bearer {collector.key if key is None else key}"},
    )


def test_every_message_is_answered_in_order(collector: CollectorProcess) -> None:
    with open_stream(collector) as stream:
        stream.send(json.dumps(EVENT))
        stream.send(json.dumps([EVENT, EVENT]).encode())
        stream.send("{oops")
        stream.send(json.dumps([EVENT, {"event": ""}]))
        stream.send(json.dumps([EVENT] * 1_001))
        answers = [json.loads(stream.recv(timeout=10)) for _ in range(5)]
    assert answers[0] == {"accepted": 1, "rejected": []}
    assert answers[1] == {"accepted": 2, "rejected": []}
    assert answers[2]["error"]["code"] == "malformed_json"
    assert (answers[3]["accepted"], answers[3]["rejected"][0]["code"]) == (1, "empty_field")
    assert answers[4]["error"]["code"] == "batch_too_large"


@pytest.mark.parametrize("key", ["", "hw_00000000_" + "0" * 48])
def test_a_wrong_key_is_refused_at_the_handshake(collector: CollectorProcess, key: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        open_stream(collector, key)
    assert refused.value.response.status_code == 401
    assert json.loads(refused.value.response.body)["error"]["code"] in ("missing_key", "invalid_key")


def test_messages_count_as_requests(collector: CollectorProcess) -> None:
    _, key = collector.make_key(rate_per_minute=3)
    with open_stream(collector, key) as stream:
        answers = []
        for _ in range(3):
            stream.send(json.dumps(EVENT))
            answers.append(json.loads(stream.recv(timeout=10)))
    assert [answer.get("accepted") for answer in answers] == [1, 1, None]
    assert answers[2]["error"]["code"] == "rate_limited"
    assert answers[2]["error"]["retry_after"] > 0


def test_a_revoked_key_ends_the_connection(collector: CollectorProcess) -> None:
    key_id, key = collector.make_key()
    with open_stream(collector, key) as stream:
        with open_control(ControlSettings(url=None).database_url(collector.home)).begin() as session:
            revoke_key(session, key_id)
        deadline = time.monotonic() + 8
        while "error" not in (answer := _ask(stream)):
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert answer["error"]["code"] == "invalid_key"
        with pytest.raises(ConnectionClosed) as closed:
            stream.recv(timeout=5)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008


def test_an_oversized_message_ends_the_connection(collector: CollectorProcess) -> None:
    with open_stream(collector) as stream:
        stream.send(" " * (BATCH_BYTES + 1))
        with pytest.raises(ConnectionClosed) as closed:
            stream.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


def test_plain_http_is_told_to_upgrade(client: httpx.Client) -> None:
    response = client.get("/api/v1/events/stream")
    assert response.status_code == 426
    assert response.json()["error"]["code"] == "upgrade_required"
    assert response.headers["upgrade"] == "websocket"


@pytest.mark.parametrize("path", ["/api/v1/events", "/api/v1/events/batch", "/api/v1/collect?site=shop", "/health"])
def test_a_websocket_anywhere_else_is_refused_without_a_traceback(collector: CollectorProcess, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(f"ws://127.0.0.1:{collector.port}{path}")
    assert refused.value.response.status_code == 404
    assert json.loads(refused.value.response.body)["error"]["code"] == "not_found"
    assert "Traceback" not in (collector.home.home.parent / "api.log").read_text()


def _ask(stream: ClientConnection) -> dict[str, dict[str, str]]:
    stream.send(json.dumps(EVENT))
    answer: dict[str, dict[str, str]] = json.loads(stream.recv(timeout=10))
    return answer
