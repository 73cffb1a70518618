"""An intake, and what it lands, decoded."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from headwater.contracts.landing import LandedEvent, RejectedEvent
from headwater.intake import Intake, Receipt, Sender, open_places
from headwater.settings import EnrichmentSettings

NOW = datetime(2026, 1, 31, 12, 0, 0, 500_000, tzinfo=UTC)
COLLECTOR = "api-0123abcd"


@dataclass(frozen=True)
class Landed:
    """A receipt and the records of its frame."""

    receipt: Receipt
    events: list[LandedEvent]
    rejected: list[RejectedEvent]


Accept = Callable[..., Landed]


@pytest.fixture(scope="session")
def intake() -> Intake:
    return Intake(open_places(EnrichmentSettings(maxmind_path=None)), visitor_key=b"k" * 32)


@pytest.fixture
def accept(intake: Intake) -> Accept:
    """Take a body (bytes, or anything JSON) from a sender; keyword arguments change the sender."""

    def take(body: Any, **sender: Any) -> Landed:
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        receipt = intake.accept_body(raw, make_sender(**sender), COLLECTOR, lambda count: 1_000)
        return decode(receipt)

    return take


def make_sender(**changes: Any) -> Sender:
    usual = {
        "org_id": "acme",
        "site_id": "shop",
        "source": "api",
        "ip": "",
        "user_agent": "",
        "hosts": frozenset({"shop.example.com"}),
        "received_at": NOW,
    }
    return Sender(**{**usual, **changes})


def decode(receipt: Receipt) -> Landed:
    """Decode a frame as the landing record's own contract, and check what holds for every frame."""
    frame = receipt.frame
    events = msgspec.json.Decoder(LandedEvent).decode_lines(frame.event_lines)
    rejected = msgspec.json.Decoder(RejectedEvent).decode_lines(frame.rejected_lines)
    assert (len(events), len(rejected)) == (frame.events, frame.rejected) == (receipt.accepted, len(receipt.rejected))
    assert frame.event_lines.count(b"\n") == frame.events
    assert frame.rejected_lines.count(b"\n") == frame.rejected
    sequences = sorted(record.sequence for record in (*events, *rejected))
    assert sequences == list(range(frame.first_sequence, frame.first_sequence + len(sequences)))
    return Landed(receipt, events, rejected)
