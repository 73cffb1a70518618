"""What an event of Stripe is about: of any kind and any version of the interface."""

import json
from typing import Any

import msgspec
import pytest

from headwater.contracts.stripe import Head
from headwater.contracts.stripe_row import decode_event


def event(type_: str, about: Any) -> bytes:
    whole = {"id": "evt_1", "object": "event", "type": type_, "created": 1_700_000_000, "livemode": False}
    return json.dumps(whole | {"data": {"object": about}}).encode()


@pytest.mark.parametrize(
    ("about", "id_"),
    [
        ({"object": "account", "id": "acct_1", "created": None}, "acct_1"),
        ({"object": "capability", "id": "card_payments", "created": "2026-01-01T00:00:00Z"}, "card_payments"),
        ({"object": "balance", "id": None}, ""),
        ({"id": "no_kind", "deleted": None}, "no_kind"),
    ],
)
def test_what_is_not_loaded_need_not_begin_as_what_is(about: Any, id_: str) -> None:
    assert decode_event(event("account.updated", about))[1] == Head(id=id_, object=about.get("object", ""))


@pytest.mark.parametrize("id_", [None, "upcoming_in_1"])
def test_an_invoice_to_come_is_no_object(id_: str | None) -> None:
    about = {"object": "invoice", "id": id_, "created": 1_700_000_000}
    assert decode_event(event("invoice.upcoming", about))[1] == Head(object="invoice")


@pytest.mark.parametrize("about", [{"object": "invoice", "id": "in_1", "created": None}, "text", None, []])
def test_what_is_loaded_is_dated_and_nothing_else_than_an_object_is_one(about: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        decode_event(event("invoice.paid", about))
