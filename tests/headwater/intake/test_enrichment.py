"""What is added to an event: agent, place, campaign, referrer, time, ids."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from headwater.contracts.landing import CAMPAIGN_TAGS, CLICK_IDS
from headwater.contracts.wire import WireEvent
from headwater.intake import Intake, Rejection, visitor_hash
from tests.headwater.intake.conftest import COLLECTOR, NOW, Accept, decode, make_sender

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def test_what_was_said_is_landed_as_it_is(accept: Accept) -> None:
    said: dict[str, Any] = {
        "event": "signup",
        "id": "018f3a5e-7c4b-7d2e-9a61-0c5b8e4f2d10",
        "namespace": "product",
        "occurred_at": "2026-01-31T11:00:00.123000Z",
        "visitor_id": "v",
        "user_id": "u",
        "session_hint": "s",
        "title": "Pricing ü",
        "path": "/said",
        "url": "https://shop.example.com/pricing?utm_source=query&utm_medium=query",
        "utm_source": "said",
        "screen_width": 1,
        "screen_height": 2,
        "viewport_width": 3,
        "viewport_height": 4,
        "timezone": "Europe/Zurich",
        "language": "de-CH",
        "source": "job",
        "service": "checkout",
        "service_version": "1.2",
        "request_id": "r",
        "schema_version": 7,
    }
    (event,) = accept({**said, "properties": {"a": [1, {"b": None}]}}).events
    landed = msgspec.json.decode(msgspec.json.encode(event))
    expected = {**said, "utm_medium": "query"}
    assert {name: landed[name] for name in expected} == expected
    assert msgspec.json.decode(event.properties) == {"a": [1, {"b": None}]}
    assert (event.org_id, event.site_id, event.collector_id, event.sequence) == ("acme", "shop", COLLECTOR, 1_000)
    assert event.received_at == NOW


def test_every_landed_column_is_reached(accept: Accept) -> None:
    """No column of the landing record stays at its default for an event that says all."""
    clicks = "&".join(f"{name}={name}-1" for name in CLICK_IDS)
    tags = "&".join(f"{name}={name}-1" for name in CAMPAIGN_TAGS)
    body = {
        **dict.fromkeys(("event", "namespace", "visitor_id", "user_id", "session_hint", "title"), "x"),
        **dict.fromkeys(("timezone", "language", "service", "service_version", "request_id"), "x"),
        **dict.fromkeys(("screen_width", "screen_height", "viewport_width", "viewport_height"), 9),
        "url": f"https://shop.example.com/?{tags}&{clicks}",
        "referrer": "https://search.example/",
        "properties": {"a": 1},
        "source": "job",
        "schema_version": 2,
        "user_agent": "Mozilla/5.0 (compatible; Googlebot/2.1) (Windows NT 10.0) Chrome/120.0",
        "ip": "8.8.8.8",
    }
    (event,) = accept(body).events
    at_default = {
        name
        for name, default in zip(event.__struct_fields__[8:], event.__struct_defaults__, strict=True)
        if getattr(event, name) == default
    }
    # From iptocc there are countries only.
    assert at_default == {"region", "city"}
    assert event.gclid == "gclid-1"
    assert event.li_fat_id == "li_fat_id-1"


def test_the_agent_is_read_and_dropped(accept: Accept) -> None:
    landed = accept({"event": "a", "user_agent": FIREFOX})
    (event,) = landed.events
    assert (event.browser, event.browser_version, event.os, event.device_type) == (
        "Firefox",
        "128.0",
        "Linux",
        "desktop",
    )
    assert not event.is_bot
    assert b"Gecko" not in landed.receipt.frame.event_lines


def test_crawlers_are_flagged_and_kept(accept: Accept) -> None:
    (event,) = accept({"event": "a", "user_agent": GOOGLEBOT}).events
    assert event.is_bot
    assert event.device_type == "bot"


def test_a_browsers_header_stands_in_for_the_agent_and_a_librarys_does_not(accept: Accept) -> None:
    assert accept({"event": "a"}, user_agent=FIREFOX).events[0].browser == "Firefox"
    (from_server,) = accept({"event": "a"}, user_agent="python-requests/2.32").events
    assert not from_server.is_bot
    assert from_server.browser == ""
    assert accept({"event": "a"}, user_agent="python-requests/2.32", source="sdk").events[0].is_bot


def test_country_comes_from_the_address(accept: Accept) -> None:
    assert accept({"event": "a", "ip": "8.8.8.8"}).events[0].country == "US"
    assert accept({"event": "a"}, ip="2001:4860:4860::8888").events[0].country == "US"
    assert accept({"event": "a", "ip": "8.8.8.8"}, ip="193.0.0.1").events[0].country == "US"
    for unknown in ("127.0.0.1", "10.1.2.3", "not an address", ""):
        assert accept({"event": "a", "ip": unknown}).events[0].country == ""


@pytest.mark.parametrize(
    ("url", "path", "found"),
    [
        ("https://shop.example.com", "/", {}),
        ("https://shop.example.com?utm_source=a", "/", {"utm_source": "a"}),
        ("https://shop.example.com/a/b?x=1#utm_source=no", "/a/b", {"utm_source": ""}),
        ("/relative/path?utm_source=a", "/relative/path", {"utm_source": "a"}),
        ("https://x/p?UTM_Source=A%20b+c&utm_source=late", "/p", {"utm_source": "A b c"}),
        ("https://x/p?utm_source=&utm_source=second", "/p", {"utm_source": "second"}),
        ("https://x/p?gclid=G&fbclid=F", "/p", {"gclid": "G", "fbclid": "F"}),
        ("https://x/p?utm_campaign=%FF", "/p", {"utm_campaign": "�"}),
        (f"https://x/p?utm_campaign={'c' * 300}", "/p", {"utm_campaign": "c" * 200}),
        ("not an address", "", {}),
        ("https://x/?" + "&" * 1_900, "/", {}),
        ("https://[::1/p?gclid=1", "/p", {"gclid": "1"}),
    ],
)
def test_path_and_campaign_come_from_the_url(accept: Accept, url: str, path: str, found: dict[str, str]) -> None:
    (event,) = accept({"event": "a", "url": url}).events
    assert event.path == path
    assert event.url == url
    assert {name: getattr(event, name) for name in found} == found


def test_a_password_in_an_address_is_not_kept(accept: Accept) -> None:
    landed = accept(
        {"event": "a", "url": "https://me:secret@shop.example.com:8443/p?q=1#f", "referrer": "https://me:secret@x/y#f"}
    )
    (event,) = landed.events
    assert (event.url, event.referrer) == ("https://shop.example.com:8443/p?q=1#f", "https://x/y")
    assert b"secret" not in landed.receipt.frame.event_lines


@pytest.mark.parametrize(
    ("referrer", "kept"),
    [
        ("https://search.example/?q=shoes", "https://search.example/?q=shoes"),
        ("https://shop.example.com/other", ""),
        ("https://SHOP.example.com:8443/other", ""),
        ("https://app.example.com/", ""),
        ("android-app://com.google.android.gm/", "android-app://com.google.android.gm/"),
        ("nonsense", "nonsense"),
    ],
)
def test_a_referrer_on_the_sites_own_host_is_none(accept: Accept, referrer: str, kept: str) -> None:
    (event,) = accept({"event": "a", "url": "https://app.example.com/p", "referrer": referrer}).events
    assert event.referrer == kept


def test_a_wrong_clock_is_corrected(accept: Accept) -> None:
    ten_minutes_fast = {"event": "a", "occurred_at": "2026-01-31T12:09:00.5Z", "sent_at": "2026-01-31T12:10:00.5Z"}
    assert accept(ten_minutes_fast).events[0].occurred_at == NOW - timedelta(minutes=1)
    envelope = {
        "events": [{"event": "a", "occurred_at": "2026-01-31T12:09:00.5Z"}, ten_minutes_fast, {"event": "b"}],
        "sent_at": "2026-01-31T14:09:00.5+02:00",
    }
    assert [event.occurred_at for event in accept(envelope).events] == [NOW, NOW - timedelta(minutes=1), NOW]


def test_when_it_was_sent_is_not_landed_whether_or_not_it_says_when_it_occurred(accept: Accept) -> None:
    at_noon = "2026-01-31T12:00:00Z"
    events = [{"event": "a", "sent_at": at_noon}, {"event": "b", "sent_at": at_noon, "occurred_at": at_noon}]
    landed = accept(events)
    assert [event.occurred_at for event in landed.events] == [NOW, NOW]
    assert b"sent_at" not in landed.receipt.frame.event_lines


def test_the_future_is_judged_after_the_correction(accept: Accept) -> None:
    a_week_fast = {"event": "a", "occurred_at": "2026-02-07T12:00:00Z", "sent_at": "2026-02-07T12:00:00Z"}
    assert accept(a_week_fast).events[0].occurred_at == NOW
    a_week_slow = {"event": "a", "occurred_at": "2026-01-26T12:00:00Z", "sent_at": "2026-01-24T12:00:00Z"}
    assert accept(a_week_slow).receipt.rejected[0].code == "occurred_in_future"
    beyond_time = {"event": "a", "occurred_at": "9999-12-31T23:59:59Z", "sent_at": "0001-01-01T00:00:00Z"}
    assert accept(beyond_time).receipt.rejected[0].code == "occurred_in_future"
    before_time = {"event": "a", "occurred_at": "0001-01-01T00:00:00Z", "sent_at": "9999-12-31T23:59:59Z"}
    assert accept(before_time).receipt.rejected[0].code == "occurred_too_early"


def test_times_are_landed_in_utc(accept: Accept) -> None:
    landed = accept({"event": "a", "occurred_at": "2026-01-31T13:00:00+02:00"})
    assert landed.events[0].occurred_at == datetime(2026, 1, 31, 11, tzinfo=UTC)
    assert b'"occurred_at":"2026-01-31T11:00:00Z"' in landed.receipt.frame.event_lines


def test_events_without_id_get_one_that_sorts_by_time(accept: Accept) -> None:
    landed = accept([{"event": "a"}, {"event": "b", "id": "018f3a5e-7c4b-7d2e-9a61-0c5b8e4f2d10"}, {"event": "c"}])
    assert set(landed.receipt.ids) == {0, 2}
    for index, text in landed.receipt.ids.items():
        made = UUID(text)
        assert made == landed.events[index].id
        assert made.version == 7
        assert made.variant == "specified in RFC 4122"
        assert made.int >> 80 == int(NOW.timestamp() * 1000)
    assert len({event.id for event in accept([{"event": "a"}] * 1_000).events}) == 1_000


def test_a_page_without_a_visitor_gets_a_hash_of_the_day(accept: Accept) -> None:
    page = {"source": "sdk", "ip": "8.8.8.8", "user_agent": FIREFOX}
    first = accept({"event": "a"}, **page).events[0].visitor_id
    assert len(first) == 32
    assert accept({"event": "b"}, **page).events[0].visitor_id == first
    assert accept({"event": "b"}, **page, received_at=NOW + timedelta(days=1)).events[0].visitor_id != first
    assert accept({"event": "b"}, **(page | {"ip": "8.8.4.4"})).events[0].visitor_id != first
    assert accept({"event": "b"}, **page, site_id="other").events[0].visitor_id != first
    assert accept({"event": "b", "visitor_id": "v"}, **page).events[0].visitor_id == "v"
    assert accept({"event": "b"}, ip="8.8.8.8", user_agent=FIREFOX).events[0].visitor_id == ""


def test_visitor_hashes_do_not_run_parts_together() -> None:
    assert visitor_hash(b"k", "a", "bc", "d") != visitor_hash(b"k", "ab", "c", "d")
    assert visitor_hash(b"k", "a", "b", "c") != visitor_hash(b"l", "a", "b", "c")


def test_decoded_events_and_earlier_refusals_are_taken_too(intake: Intake) -> None:
    entries = [
        WireEvent(event="a", source="import", user_agent=FIREFOX, ip="8.8.8.8"),
        Rejection(7, "malformed_line", "no request", body="8.8.4.4 - - oops", origin="access.log"),
        WireEvent(event="b"),
    ]
    landed = decode(intake.accept_events(entries, make_sender(source="import"), COLLECTOR, lambda count: 50))
    assert [(event.event, event.source, event.sequence) for event in landed.events] == [
        ("a", "import", 50),
        ("b", "import", 52),
    ]
    (record,) = landed.rejected
    assert (record.sequence, record.position, record.origin, record.code) == (51, 7, "access.log", "malformed_line")
    assert "8.8.4.4" not in record.body
