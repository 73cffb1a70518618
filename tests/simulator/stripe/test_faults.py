"""What goes wrong on request, and what is written once although it is asked for twice."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from headwater.contracts.stripe import API_VERSION
from simulator.stripe.admission import Faults
from simulator.stripe.clock import DAY
from simulator.stripe.server import CLOCK
from tests.served_stripe import RESTRICTED, SECRET, Served

METER = "/v1/billing/meter_events"


@pytest.fixture(autouse=True)
def mended(served: Served) -> Iterator[None]:
    """Nothing is broken for whoever comes next."""
    yield
    served.admission.faults = Faults()
    served.admission.requests_per_second = 10_000


def test_too_many_requests_are_told_to_come_again_and_are_answered_then(served: Served) -> None:
    served.admission.requests_per_second = 5
    with pytest.raises(stripe.RateLimitError) as refused:
        ask_often(served.client(retries=3), 6)
    headers = refused.value.headers or {}
    assert headers["Stripe-Rate-Limited-Reason"] == "global-rate"
    assert headers["Retry-After"] == "1"
    time.sleep(float(headers["Retry-After"]))
    assert served.client().v1.charges.list().data


def ask_often(client: stripe.StripeClient, times: int) -> None:
    for _ in range(times):
        client.v1.charges.list()


@pytest.mark.parametrize(("status", "error"), [(500, stripe.APIError), (0, stripe.APIConnectionError)])
def test_faults_come_when_they_are_asked_for_and_go(
    served: Served, status: int, error: type[stripe.StripeError]
) -> None:
    served.admission.faults = Faults(every=2, status=status, times=1)
    client = served.client()
    assert client.v1.charges.list().data
    with pytest.raises(error):
        client.v1.charges.list()
    assert client.v1.charges.list().data
    assert client.v1.charges.list().data


def test_faults_are_chosen_over_http_and_strike_what_they_are_aimed_at(served: Served) -> None:
    client = served.client()
    client.raw_request("post", "/simulator/faults", every=1, status=403, target="GET /v1/disputes")
    assert client.v1.charges.list().data
    with pytest.raises(stripe.PermissionError):
        client.v1.disputes.list()
    client.raw_request("post", "/simulator/faults", every=1, status="none", delay_seconds=0.2, times=1)
    began = time.monotonic()
    assert client.v1.disputes.list()
    assert time.monotonic() - began >= 0.2
    client.raw_request("post", "/simulator/faults", every=1, status=200, times=1)
    assert client.raw_request("get", "/v1/charges").data == {}
    assert client.v1.charges.list().data


@pytest.mark.parametrize(
    ("status", "said"), [(409, "true"), (429, "true"), (503, "true"), (500, None), (502, None), (404, None)]
)
def test_stripe_says_of_some_failures_whether_to_try_again(served: Served, status: int, said: str | None) -> None:
    served.admission.faults = Faults(every=1, status=status, times=1, retry_after="3")
    with pytest.raises(stripe.StripeError) as refused:
        served.client().v1.charges.list()
    assert (refused.value.headers or {}).get("Stripe-Should-Retry") == said
    assert (refused.value.headers or {})["Retry-After"] == "3"


@pytest.mark.parametrize("status", [409, 429, 503, None], ids=["409", "429", "503", "answered too late"])
def test_the_library_tries_a_write_again_and_it_is_done_once(served: Served, status: int | None) -> None:
    """Even when Stripe had done it and only the answer was lost."""
    before, asked = len(served.account.meter_events), len(served.admission.requests)
    served.admission.faults = Faults(every=1, status=status, times=1, delay_seconds=0 if status else 2)
    client = stripe.StripeClient(
        RESTRICTED,
        stripe_version=API_VERSION,
        base_addresses={"api": served.address},
        max_network_retries=2,
        http_client=stripe.RequestsClient(timeout=1),
    )
    answer = client.raw_request("post", METER, **usage_of(served))
    assert answer.data["object"] == "billing.meter_event"
    assert len(served.admission.requests) == asked + 2
    assert len(served.account.meter_events) == before + 1
    assert answer.headers.get("Idempotent-Replayed") == (None if status else "true")


def test_a_write_whose_answer_broke_off_is_answered_to_the_same_key(served: Served) -> None:
    served.admission.faults = Faults(every=1, status=0, times=1)
    client, usage = served.client(RESTRICTED), usage_of(served, "broken off")
    with pytest.raises(stripe.APIConnectionError):
        client.raw_request("post", METER, **usage, idempotency_key="broken off")
    assert "broken off" in served.account.meter_events
    again = client.raw_request("post", METER, **usage, idempotency_key="broken off")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.data["identifier"] == "broken off"


def usage_of(served: Served, identifier: str = "") -> dict[str, Any]:
    payload = {"stripe_customer_id": next(iter(served.account.of("customer"))), "value": "5"}
    usage = {"event_name": "api_calls", "payload": payload, "timestamp": served.account.now}
    return usage | ({"identifier": identifier} if identifier else {})


def test_the_same_write_with_the_same_key_is_answered_as_before(served: Served) -> None:
    client, usage = served.client(RESTRICTED), usage_of(served, "of a key")
    first = client.raw_request("post", METER, **usage, idempotency_key="same")
    again = client.raw_request("post", METER, **usage, idempotency_key="same")
    assert again.data == first.data
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    with pytest.raises(stripe.InvalidRequestError, match="already exists"):
        client.raw_request("post", METER, **usage, idempotency_key="another")


def test_another_write_with_the_same_key_is_refused(served: Served) -> None:
    client = served.client()
    client.raw_request("post", METER, **usage_of(served, "first"), idempotency_key="taken")
    with pytest.raises(stripe.IdempotencyError, match="same parameters") as refused:
        client.raw_request("post", METER, **usage_of(served, "second"), idempotency_key="taken")
    assert refused.value.http_status == 400
    path = f"/v1/test_helpers/test_clocks/{CLOCK}/advance"
    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        client.raw_request("post", path, frozen_time=served.account.now, idempotency_key="taken")
    assert "second" not in served.account.meter_events
    with pytest.raises(stripe.IdempotencyError, match="255"):
        client.raw_request("post", METER, **usage_of(served, "third"), idempotency_key="k" * 256)


def test_a_key_of_one_account_key_is_nothing_to_another(served: Served) -> None:
    for key in (SECRET, RESTRICTED):
        usage = usage_of(served, f"by {key[:2]}")
        answer = served.client(key).raw_request("post", METER, **usage, idempotency_key="of both")
        assert answer.data["identifier"] == f"by {key[:2]}"


def test_what_was_refused_may_be_put_right_with_the_same_key(served: Served) -> None:
    client, usage = served.client(), usage_of(served, "put right")
    with pytest.raises(stripe.InvalidRequestError):
        client.raw_request("post", METER, event_name="api_calls", idempotency_key="refused")
    assert client.raw_request("post", METER, **usage, idempotency_key="refused").data["identifier"] == "put right"


def test_a_failure_of_stripes_own_is_told_again_to_the_same_key(served: Served) -> None:
    served.admission.faults = Faults(every=1, status=500, times=1)
    client, usage = served.client(retries=2), usage_of(served, "failed")
    for replayed in (None, "true"):
        with pytest.raises(stripe.APIError) as failed:
            client.raw_request("post", METER, **usage, idempotency_key="failed")
        headers = failed.value.headers or {}
        assert headers["Stripe-Should-Retry"] == "false"
        assert headers.get("Idempotent-Replayed") == replayed
    assert "failed" not in served.account.meter_events
    assert client.raw_request("post", METER, **usage, idempotency_key="other").data["identifier"] == "failed"


def test_a_key_is_forgotten_after_a_day(served: Served) -> None:
    client, path = served.client(), f"/v1/test_helpers/test_clocks/{CLOCK}/advance"
    first, second = served.account.now + DAY, served.account.now + 2 * DAY
    client.raw_request("post", path, frozen_time=first, idempotency_key="of a day")
    with pytest.raises(stripe.IdempotencyError):
        client.raw_request("post", path, frozen_time=second, idempotency_key="of a day")
    client.raw_request("post", path, frozen_time=second, idempotency_key="of another")
    third = served.account.now + DAY
    assert client.raw_request("post", path, frozen_time=third, idempotency_key="of a day").data["frozen_time"] == third
