"""An address is used and dropped: it is in no landed byte, accepted or refused."""

from typing import Any

import pytest

from headwater.intake.address import without_addresses
from tests.headwater.intake.conftest import Accept

SENDER = "203.0.113.77"
VISITOR = "198.51.100.23"
VISITOR_6 = "2001:db8:85a3::8a2e:370:7334"

BODIES: list[Any] = [
    {"event": "a", "ip": VISITOR},
    {"event": "a", "ip": VISITOR_6},
    {"event": "a"},
    [{"event": "a", "ip": VISITOR}, {"event": "", "ip": VISITOR}, {"ip": VISITOR}],
    {"event": "a", "ip": VISITOR, "occurred_at": "2999-01-01T00:00:00Z"},
    {"event": "a", "ip": VISITOR, "properties": [1]},
    {"event": "a", "ipAddress": VISITOR},
    {"event": "a", "client_ip": VISITOR_6},
    {"event": "a", "forwarded": f"{VISITOR}, {SENDER}"},
    {"event": "a", "remote": [VISITOR, VISITOR_6]},
    {"event": "a", VISITOR: 1},
    {"event": "a", "source": VISITOR},
    {"event": "a", "ip": {"v4": VISITOR}},
    f'{{"event": "a", "ip": "{VISITOR}", '.encode(),
    f'{{"event": "a", "ip": "{VISITOR}'.encode(),
    f"{VISITOR} - - [31/Jan/2026] GET /".encode(),
    f'{{"event": "a", "userId": "{SENDER}:4711"}}'.encode(),
    b'{"event": "\xff", "ip": "' + VISITOR_6.encode() + b'"}',
]


@pytest.mark.parametrize("body", BODIES)
def test_no_landed_byte_holds_an_address(accept: Accept, body: Any) -> None:
    landed = accept(body, ip=SENDER)
    frame = landed.receipt.frame
    for address in (SENDER, VISITOR, VISITOR_6):
        assert address.encode() not in frame.event_lines + frame.rejected_lines


def test_an_address_at_the_cut_of_a_long_body_is_dropped_whole(accept: Accept) -> None:
    for filling in range(65_500, 65_540):
        landed = accept(b'{"event": "' + b"x" * filling + b'", "other": "' + VISITOR.encode() + b'"}')
        assert b"198.51" not in landed.receipt.frame.rejected_lines


def test_numbers_that_are_no_addresses_stay() -> None:
    text = '{"user_agent": "Chrome/120.0.0.0", "at": "12:30:45", "version": "1.2.3", "size": "1.2.3.400"}'
    assert without_addresses(text, "") == text
