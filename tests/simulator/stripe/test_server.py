"""The simulated account as the unmodified stripe library sees it over HTTP."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import stripe

from headwater.contracts.stripe import OBJECTS
from simulator.stripe.clock import DAY
from simulator.stripe.listing import FILTERS
from simulator.stripe.server import CLOCK
from tests.served_stripe import BEGINS, RESTRICTED, SECRET, Served


def test_every_list_is_read_to_its_end_the_newest_first(served: Served) -> None:
    for kind in OBJECTS:
        path = kind.path.removeprefix("/v1/")
        found: list[Any] = []
        after: dict[str, str] = {}
        while True:
            page = served.client().raw_request("get", kind.path, limit=7, **dict(kind.parameters), **after).data
            found += page["data"]
            if not page["has_more"]:
                break
            after = {"starting_after": found[-1]["id"]}
        assert [one["id"] for one in found] == sorted(
            served.account.objects[path], key=lambda id_: _place(served, path, id_), reverse=True
        )
        assert found or path in ("subscription_schedules", "credit_notes", "disputes")


def _place(served: Served, path: str, id_: str) -> tuple[int, int]:
    ids = list(served.account.objects[path])
    return served.account.objects[path][id_]["created"], ids.index(id_)


def test_the_librarys_own_pages_are_those_of_the_account(served: Served) -> None:
    listed = [one.id for one in served.client().v1.charges.list({"limit": 10}).auto_paging_iter()]
    assert set(listed) == served.account.of("charge").keys()
    middle = listed[20]
    before = served.client().v1.charges.list({"limit": 5, "ending_before": middle})
    assert [one.id for one in before.data] == listed[15:20]


def test_lists_are_filtered(served: Served) -> None:
    client, since = served.client(), BEGINS + 40 * DAY
    charges = served.account.of("charge").values()
    found = client.v1.charges.list({"created": {"gte": since}, "limit": 100})
    assert {one.id for one in found.auto_paging_iter()} == {one["id"] for one in charges if one["created"] >= since}
    customer = next(iter(served.account.of("subscription").values()))["customer"]
    assert {one.customer for one in client.v1.subscriptions.list({"customer": customer, "status": "all"}).data} == {
        customer
    }
    payout = next(iter(served.account.paid_out))
    paid = client.v1.balance_transactions.list({"payout": payout, "limit": 100}).data
    assert {one.id for one in paid} == set(served.account.paid_out[payout])


def test_invoices_of_a_subscription_and_events_of_a_family_are_found(served: Served) -> None:
    client, invoices = served.client(), served.account.of("invoice").values()
    wanted = next(iter(served.account.of("subscription")))
    expected = {one["id"] for one in invoices if one["parent"]["subscription_details"]["subscription"] == wanted}
    assert {one.id for one in client.v1.invoices.list({"subscription": wanted, "limit": 100}).data} == expected
    assert expected
    told = client.v1.events.list({"type": "invoice.*", "limit": 100}).data
    assert {one.type.partition(".")[0] for one in told} == {"invoice"}
    assert all(one.active for one in client.v1.prices.list({"active": True}).data)
    assert not client.v1.prices.list({"active": False}).data


@pytest.mark.parametrize("path", sorted(FILTERS))
def test_a_list_is_filtered_by_nothing_that_stripe_does_not_know(path: str) -> None:
    names = {"billing/meters": "billing.Meter", "checkout/sessions": "checkout.Session", "invoiceitems": "InvoiceItem"}
    group, _, name = names.get(path, path.removesuffix("s").replace("_", " ").title().replace(" ", "")).rpartition(".")
    params = getattr(stripe.params, group) if group else stripe.params
    assert set(FILTERS[path]) <= set(getattr(params, f"{name}ListParams").__annotations__)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/charges", "colour"),
        ("/v1/charges", "status"),
        ("/v1/coupons", "customer"),
        ("/v1/customers", "created[before]"),
        ("/v1/customers", "limit[gte]"),
        ("/v1/subscription_items", "customer"),
        ("/v1/invoices/{invoice}/lines", "created"),
        ("/v1/invoices/{invoice}", "limit"),
    ],
)
def test_a_parameter_that_is_unknown_is_named(served: Served, path: str, name: str) -> None:
    path = path.format(invoice=next(iter(served.account.of("invoice"))))
    with pytest.raises(stripe.InvalidRequestError) as refused:
        served.client().raw_request("get", f"{path}?{name}=1")
    assert refused.value.http_status == 400
    assert refused.value.code == "parameter_unknown"
    assert refused.value.param == name
    assert refused.value.error is not None
    assert refused.value.error.type == "invalid_request_error"


def test_another_version_of_the_api_is_refused(served: Served) -> None:
    client = stripe.StripeClient(SECRET, stripe_version="2020-08-27", base_addresses={"api": served.address})
    with pytest.raises(stripe.InvalidRequestError, match="2020-08-27"):
        client.v1.charges.list()


def test_ended_subscriptions_are_listed_only_when_all_are_asked_for(served: Served) -> None:
    ended = {one["id"] for one in served.account.of("subscription").values() if one["status"] == "canceled"}
    assert ended
    listed = {one.id for one in served.client().v1.subscriptions.list({"limit": 100}).auto_paging_iter()}
    assert not ended & listed


def test_members_are_expanded_when_they_are_asked_for(served: Served) -> None:
    client = served.client()
    invoice = next(one for one in served.account.of("invoice").values() if one["payments"]["data"])
    path = f"/v1/invoices/{invoice['id']}"
    bare, whole = (client.raw_request("get", path, expand=e).data for e in ([], ["payments", "customer"]))
    assert "payments" not in bare
    assert whole["payments"]["data"][0]["id"] == invoice["payments"]["data"][0]["id"]
    assert whole["customer"]["id"] == bare["customer"] == invoice["customer"]
    price = next(one for one in served.account.of("price").values() if one["billing_scheme"] == "tiered")
    assert client.v1.prices.retrieve(price["id"], {"expand": ["tiers"]}).tiers
    for kind in OBJECTS:
        expand = [f"data.{member}" for member in kind.expand]
        assert client.raw_request("get", kind.path, limit=100, expand=expand).data["data"] is not None
    discounted = [one for one in served.account.of("subscription").values() if one["discounts"]]
    shown = client.v1.subscriptions.list({"status": "all", "expand": ["data.discounts"], "limit": 100})
    by_id = {one.id: one.discounts for one in shown.auto_paging_iter()}
    assert discounted
    for one in discounted:
        assert [getattr(found, "id", None) for found in by_id[one["id"]]] == one["discounts"]
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        client.v1.invoices.retrieve(invoice["id"], {"expand": ["nothing"]})


def test_lists_inside_an_object_have_an_address(served: Served) -> None:
    invoice = max(served.account.of("invoice").values(), key=lambda one: len(one["lines"]["data"]))
    lines = served.client().v1.invoices.line_items.list(invoice["id"], {"limit": 1}).auto_paging_iter()
    assert [one.id for one in lines] == [one["id"] for one in invoice["lines"]["data"]]
    subscription = next(iter(served.account.of("subscription").values()))
    items = served.client().v1.subscription_items.list({"subscription": subscription["id"]}).data
    assert [one.id for one in items] == [one["id"] for one in subscription["items"]["data"]]


def test_what_is_not_there_or_not_allowed_is_refused_in_stripes_words(served: Served) -> None:
    with pytest.raises(stripe.InvalidRequestError) as missing:
        served.client().v1.charges.retrieve("ch_nothing")
    assert missing.value.code == "resource_missing"
    with pytest.raises(stripe.InvalidRequestError):
        served.client().v1.charges.list({"starting_after": "ch_nothing"})
    with pytest.raises(stripe.InvalidRequestError, match="limit"):
        served.client().v1.charges.list({"limit": 101})
    with pytest.raises(stripe.AuthenticationError):
        served.client("sk_test_of_somebody_else").v1.charges.list()
    with pytest.raises(stripe.PermissionError):
        served.client(RESTRICTED).raw_request("post", "/v1/webhook_endpoints", url="http://127.0.0.1:1")


def test_only_events_of_the_past_thirty_days_are_known(served: Served) -> None:
    listed = [one.id for one in served.client().v1.events.list({"limit": 100}).auto_paging_iter()]
    recent = served.account.now - 30 * DAY
    assert listed == [one["id"] for one in reversed(served.account.events.values()) if one["created"] > recent]
    assert 0 < len(listed) < len(served.account.events)


@pytest.mark.parametrize("form", [{}, {"shuffled": 3, "times": 2}])
def test_the_clock_moves_and_webhooks_are_signed(served: Served, form: dict[str, int]) -> None:
    received: list[tuple[bytes, str]] = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((body, self.headers["Stripe-Signature"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Listener) as listener:
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        client, known = served.client(), len(served.account.events)
        url = f"http://127.0.0.1:{listener.server_port}"
        secret = client.raw_request("post", "/v1/webhook_endpoints", url=url, enabled_events=["*"]).data["secret"]
        path = f"/v1/test_helpers/test_clocks/{CLOCK}/advance"
        later = served.account.now + 3 * DAY
        assert client.raw_request("post", path, frozen_time=later).data["frozen_time"] == later
        client.raw_request("post", "/simulator/deliveries", **form)
        listener.shutdown()
        thread.join()
    happened = list(served.account.events)[known:]
    sent = [stripe.Webhook.construct_event(body, signature, secret).id for body, signature in received]
    assert happened
    assert sorted(sent) == sorted(happened * form.get("times", 1))
    assert (sent == happened) == (not form)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(received[0][0], received[0][1], hashlib.sha256(b"other").hexdigest())
