"""Any bytes at all: never a 5xx, and what was accepted is landed, once."""

import json
import uuid
from pathlib import Path
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.collector_process import HOST, CollectorProcess, running_collector

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
names = st.sampled_from(["event", "id", "occurred_at", "sent_at", "properties", "url", "referrer", "ip", "user_agent"])
events = st.fixed_dictionaries(
    {"event": st.text(min_size=1, max_size=10)},
    optional={
        "properties": st.dictionaries(st.text(max_size=5), json_values, max_size=3),
        "url": st.text(max_size=40) | st.just("https://shop.example.com/?utm_source=ü&gclid=%00%FF"),
        "referrer": st.text(max_size=20),
        "ip": st.ip_addresses().map(str) | st.text(max_size=5),
        "user_agent": st.text(max_size=30),
        "occurred_at": st.datetimes().map(lambda moment: f"{moment.isoformat()}Z"),
        "sent_at": st.datetimes().map(lambda moment: f"{moment.isoformat()}Z"),
    },
)
doubtful_events = events | st.dictionaries(names | st.text(max_size=8), json_values, max_size=4) | json_values
bodies = st.one_of(
    st.lists(doubtful_events, max_size=6).map(json.dumps),
    doubtful_events.map(json.dumps),
    st.lists(events, min_size=1, max_size=4).map(lambda batch: json.dumps({"events": batch}, indent=1)),
    st.text(max_size=60),
).map(lambda text: text.encode("utf-8", "surrogatepass"))


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A body with a few bytes changed, cut out or put in."""
    body = bytearray(draw(bodies))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(body)))
        body[place : place + draw(st.integers(0, 2))] = draw(st.binary(max_size=3))
    return bytes(body)


def mark(body: bytes) -> bytes:
    """Give each event of a readable batch an id of its own, so that it can be found again."""
    try:
        batch = json.loads(body)
    except ValueError:
        return body
    inner = batch.get("events") if isinstance(batch, dict) else batch
    for event in inner if isinstance(inner, list) else [batch]:
        if isinstance(event, dict) and "event" in event:
            event["id"] = str(uuid.uuid4())
    return json.dumps(batch).encode()


def test_no_body_is_a_server_error_and_every_accepted_event_is_landed_once(tmp_path: Path) -> None:
    accepted: list[str] = []
    refused = 0
    with running_collector(tmp_path, HEADWATER_API_ADDRESS_RATE_PER_MINUTE="100000") as collector:
        with collector.client("", Origin=f"https://{HOST}") as page, collector.client() as client:

            @settings(max_examples=800, deadline=None, suppress_health_check=list(HealthCheck))
            @given(body=damaged() | bodies.map(mark), from_page=st.booleans(), encoding=st.sampled_from(["", "gzip"]))
            def send(body: bytes, from_page: bool, encoding: str) -> None:
                nonlocal refused
                headers = {"Content-Encoding": encoding} if encoding and len(body) % 7 == 0 else {}
                path = "/api/v1/collect?site=shop" if from_page else "/api/v1/events/batch"
                response = (page if from_page else client).post(path, content=body, headers=headers)
                assert response.status_code in (202, 413, 422), response.text
                answer: dict[str, Any] = response.json()
                if response.status_code == 202:
                    accepted.extend(_ids(body, answer))
                refused += len(answer.get("rejected", [])) or _is_kept_whole(answer)

            send()
            assert client.get("/health").status_code == 200
        assert collector.stop() == 0
        landed, rejected = collector.landed()
    assert len(accepted) > 300
    assert sorted(str(event.id) for event in landed) == sorted(accepted)
    assert len(rejected) == refused
    sequences = [record.sequence for record in (*landed, *rejected)]
    assert len(set(sequences)) == len(sequences)


def _ids(body: bytes, answer: dict[str, Any]) -> list[str]:
    """Ids of the accepted events: those the API made, and those the body gave."""
    batch = json.loads(body.decode("utf-8", "replace"))
    inner = batch["events"] if isinstance(batch, dict) and "event" not in batch else batch
    sent = inner if isinstance(inner, list) else [inner]
    lost = {rejection["index"] for rejection in answer["rejected"]}
    made = answer.get("ids", {})
    ids = [made.get(str(n)) or str(uuid.UUID(event["id"])) for n, event in enumerate(sent) if n not in lost]
    assert len(ids) == answer["accepted"]
    return ids


def _is_kept_whole(answer: dict[str, Any]) -> int:
    """1 for a body that was refused, and landed, as a whole."""
    code = answer.get("error", {}).get("code", "")
    return int(code not in ("", "nothing_accepted", "malformed_encoding"))


def test_odd_requests_are_no_server_errors(collector: CollectorProcess) -> None:
    with collector.client() as client:
        for path in ("/api/v1/events?x=%00", "/api/v1/collect?site=%00", "/api/v1/collect?site=" + "x" * 5_000):
            assert client.post(path, content=b"{}").status_code < 500
        for headers in ({"Content-Encoding": "\x7f"}, {"User-Agent": "\xff" * 3_000}, {"X-Forwarded-For": ",,,"}):
            encoded = {name: value.encode("latin-1") for name, value in headers.items()}
            response = httpx.post(f"{collector.address}/api/v1/events", content=b"{}", headers=encoded)
            assert response.status_code < 500
