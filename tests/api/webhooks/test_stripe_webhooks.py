"""Stripe's webhooks at a real API process: what is kept, what is refused, and that the refused is nowhere."""

import json
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe

from headwater.contracts.stripe_row import EventRow
from headwater.control import SecretBox, ensure_site, make_secret_key, open_control, save_stripe_connection
from headwater.landing import read_frames, sealed_segments
from headwater.settings import ControlSettings, HomeSettings, SecretSettings
from headwater.warehouse.client import Warehouse
from ingestion.loader import load_once
from tests.api.collector.test_answers import error_of
from tests.api.collector_process import CollectorProcess, running_collector

SECRET = "whsec_of_the_shop"


def connect(home: HomeSettings, key: str, site: str, webhook_secret: str | None) -> None:
    box = SecretBox(SecretSettings.model_validate({"secret_key": key}))
    with open_control(ControlSettings(url=None).database_url(home)).begin() as session:
        ensure_site(session, "acme", site)
        save_stripe_connection(session, box, site, "rk_test_1", webhook_secret)


@contextmanager
def connected_shop(folder: Path) -> Iterator[CollectorProcess]:
    """An API whose site `shop` is connected in test mode, and whose site `polled` takes no webhooks."""
    key = make_secret_key()
    with running_collector(folder, HEADWATER_SECRET_KEY=key) as running:
        connect(running.home, key, "shop", SECRET)
        connect(running.home, key, "polled", None)
        yield running


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CollectorProcess]:
    """One for all tests that leave it running; their events have ids of their own."""
    with connected_shop(tmp_path_factory.mktemp("shop")) as running:
        yield running


@pytest.fixture
def own_shop(tmp_path: Path) -> Iterator[CollectorProcess]:
    with connected_shop(tmp_path) as running:
        yield running


def event(id_: str = "", **members: Any) -> bytes:
    about = {"id": "cus_1", "object": "customer", "created": 1_700_000_000, "email": "ada@example.com"}
    whole = {
        "id": id_ or f"evt_{secrets.token_hex(8)}",
        "object": "event",
        "type": "customer.updated",
        "created": 1_700_000_100,
        "livemode": False,
        "data": {"object": about},
    }
    return json.dumps(whole | members, indent=2).encode()


def sign(body: bytes, secret: str = SECRET, age: float = 0) -> str:
    header: str = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, int(time.time() - age))
    return header


def send(shop: CollectorProcess, body: bytes, signature: str | None = None, site: str = "shop") -> httpx.Response:
    return httpx.post(
        f"{shop.address}/api/v1/webhooks/stripe/{site}",
        content=body,
        headers={"Stripe-Signature": sign(body) if signature is None else signature},
        timeout=30,
    )


def landed(shop: CollectorProcess) -> list[bytes]:
    """Every frame's bytes that the log holds, in segments sealed or open."""
    while True:
        # A segment that is sealed meanwhile has another name.
        with suppress(FileNotFoundError):
            return sorted(path.read_bytes() for path in shop.home.stripe_landing_dir.glob("*/*/*.frames"))


def bytes_of(shop: CollectorProcess) -> int:
    return sum(map(len, landed(shop)))


def records(shop: CollectorProcess) -> list[dict[str, Any]]:
    """Every landed event, after the API was stopped."""
    assert shop.stop() == 0
    segments = sealed_segments(shop.home.stripe_landing_dir)
    frames = [frame for segment in segments for frame in read_frames(segment)]
    return [json.loads(line) for frame in frames for line in frame.event_lines.splitlines()]


def test_a_signed_event_is_on_disk_when_it_is_answered(own_shop: CollectorProcess) -> None:
    body = event("evt_1")
    answer = send(own_shop, body)
    assert (answer.status_code, answer.json()) == (200, {"id": "evt_1"})
    # Killed, not stopped: what was answered must not need another moment.
    own_shop.process.kill()
    own_shop.process.wait()
    assert any(b"evt_1" in content for content in landed(own_shop))


def test_an_events_row_says_what_it_is_about(own_shop: CollectorProcess) -> None:
    body = event("evt_1")
    send(own_shop, body)
    (row,) = records(own_shop)
    assert set(row) == set(EventRow.__struct_fields__)
    assert {name: row[name] for name in row if name not in ("object", "created", "version_at")} == {
        "org_id": "acme",
        "site_id": "shop",
        "livemode": False,
        "id": "evt_1",
        "is_deleted": False,
        "type": "customer.updated",
        "object_type": "customer",
        "object_id": "cus_1",
        "origin": "webhook",
    }
    assert row["created"] == row["version_at"] == "2023-11-14T22:15:00Z"
    assert json.loads(row["object"]) == json.loads(body)


@pytest.mark.parametrize(
    ("forge", "why"),
    [
        (lambda body: sign(body, "whsec_of_another"), "matching the expected signature"),
        (lambda body: sign(body + b" "), "matching the expected signature"),
        (lambda _: "", "No Stripe-Signature"),
        (lambda _: "t=now,v1=", "Unable to extract timestamp"),
        (lambda body: sign(body).replace("v1=", "v0="), "No signatures found"),
        (lambda body: sign(body, age=301), "outside the tolerance zone"),
    ],
    ids=["another secret", "another body", "none", "no signature", "another scheme", "too old"],
)
def test_a_forged_or_old_signature_is_answered_with_400_and_nothing_is_kept(
    shop: CollectorProcess, forge: Callable[[bytes], str], why: str
) -> None:
    body = event()
    before = bytes_of(shop)
    answer = send(shop, body, forge(body))
    assert answer.status_code == 400
    error = error_of(answer)
    assert error["code"] == "invalid_signature"
    assert why in error["message"]
    assert bytes_of(shop) == before


def test_an_event_signed_a_moment_ago_is_kept(shop: CollectorProcess) -> None:
    body = event()
    before = bytes_of(shop)
    assert send(shop, body, sign(body, age=290)).status_code == 200
    assert bytes_of(shop) > before


@pytest.mark.parametrize(("site", "code"), [("nowhere", "unknown_site"), ("hostless", "not_connected")])
def test_a_site_without_a_connection_is_answered_with_404_and_nothing_is_kept(
    shop: CollectorProcess, site: str, code: str
) -> None:
    body = event()
    before = bytes_of(shop)
    answer = send(shop, body, site=site)
    assert answer.status_code == 404
    assert error_of(answer)["code"] == code
    assert bytes_of(shop) == before


def test_a_site_that_is_only_polled_takes_no_webhooks(shop: CollectorProcess) -> None:
    """An empty secret must not be one that anybody can sign with."""
    body = event()
    before = bytes_of(shop)
    answer = send(shop, body, sign(body, ""), site="polled")
    assert answer.status_code == 404
    assert bytes_of(shop) == before


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"not json",
        b"{}",
        event(object="v2.core.event"),
        event(created=-1),
        event(created=10**12),
        event(data={"object": "text"}),
        event(livemode=True),
    ],
    ids=["array", "text", "empty", "thin event", "before 1970", "far future", "about nothing", "live mode"],
)
def test_a_signed_body_that_is_no_event_for_the_site_is_refused(shop: CollectorProcess, body: bytes) -> None:
    before = bytes_of(shop)
    answer = send(shop, body)
    assert answer.status_code == 400
    assert error_of(answer)["code"] == "broken_event"
    assert bytes_of(shop) == before


def test_bytes_that_are_no_text_are_refused(shop: CollectorProcess) -> None:
    body = b'{"a": "not\xfftext"}'
    before = bytes_of(shop)
    answer = send(shop, body, sign(b"{}"))
    assert answer.status_code == 400
    assert bytes_of(shop) == before


def test_without_the_secret_key_stripe_is_asked_to_send_again(tmp_path: Path) -> None:
    with running_collector(tmp_path, HEADWATER_SECRET_KEY="") as running:
        connect(running.home, make_secret_key(), "shop", SECRET)
        body = event()
        before = bytes_of(running)
        answer = send(running, body)
        assert answer.status_code == 503
        assert "HEADWATER_SECRET_KEY is not set" in error_of(answer)["message"]
        assert answer.headers["retry-after"]
        assert bytes_of(running) == before


def test_what_was_landed_is_loaded_and_what_comes_twice_is_recognised_by_its_id(
    own_shop: CollectorProcess, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies = [event(f"evt_{number}") for number in range(5)]
    for body in [*bodies, bodies[0]]:
        assert send(own_shop, body).status_code == 200
    assert own_shop.stop() == 0
    monkeypatch.setenv("HEADWATER_HOME", str(own_shop.home.home))
    where = {"site": "shop"}
    before = "SELECT count() FROM raw_stripe.events WHERE site_id = {site:String}"
    assert warehouse.value(before, where) == 0
    load_once()
    assert sealed_segments(own_shop.home.stripe_landing_dir) == []
    rows = warehouse.rows("SELECT * FROM raw_stripe.events WHERE site_id = {site:String} ORDER BY id", where)
    assert [row["id"] for row in rows] == ["evt_0", "evt_0", "evt_1", "evt_2", "evt_3", "evt_4"]
    assert {row["origin"] for row in rows} == {"webhook"}
    assert all(json.loads(row["object"])["data"]["object"]["email"] == "ada@example.com" for row in rows)
