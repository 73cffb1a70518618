"""What becomes of a logged request."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

from ingestion.imports.combined import LogLine
from ingestion.imports.request import build_event, is_page_view

EVENT_ID = UUID("0191f3a5-7c4b-8d2e-9a61-0c5b8e4f2d10")


@pytest.mark.parametrize(
    ("method", "path", "status", "expected"),
    [
        ("GET", "/", 200, True),
        ("GET", "/blog/half-hour", 200, True),
        ("GET", "/article/v1.2", 200, True),
        ("GET", "/index.html", 304, True),
        ("GET", "/shop.PHP", 200, True),
        ("GET", "/logo.png", 200, False),
        ("GET", "/style.css", 200, False),
        ("GET", "/feed.xml", 200, False),
        ("GET", "/robots.txt", 200, False),
        ("GET", "/old", 301, False),
        ("GET", "/missing", 404, False),
        ("GET", "/broken", 500, False),
        ("HEAD", "/", 200, False),
        ("POST", "/", 200, False),
        ("", "", 400, False),
    ],
)
def test_a_page_view_is_a_page_somebody_was_shown(method: str, path: str, status: int, expected: bool) -> None:
    assert is_page_view(method, path, status) is expected


@pytest.mark.parametrize(
    ("target", "host", "url", "path"),
    [
        ("/a?b=1", "example.com", "https://example.com/a?b=1", "/a"),
        ("/a?b=1", "", "/a?b=1", "/a"),
        ("/a#b?c", "", "/a#b?c", "/a"),
        ("http://other.example/a?b", "example.com", "http://other.example/a?b", "/a"),
        ("http://other.example", "example.com", "http://other.example", "/"),
        ("http://[broken/x", "example.com", "http://[broken/x", "/x"),
        ("*", "example.com", "*", "*"),
        ("other.example:443", "example.com", "other.example:443", "other.example:443"),
        ("", "example.com", "", ""),
    ],
)
def test_every_form_of_target_gives_an_address_and_a_path(target: str, host: str, url: str, path: str) -> None:
    line = LogLine(address="::1", occurred_at=datetime(2026, 1, 1, tzinfo=UTC), status=200, target=target)
    event = build_event(line, EVENT_ID, "v", host)
    assert (event.url, event.path) == (url, path)


def test_the_host_of_the_line_goes_before_that_of_the_site() -> None:
    line = LogLine(
        address="::1", occurred_at=datetime(2026, 1, 1, tzinfo=UTC), status=200, target="/", host="b.example"
    )
    assert build_event(line, EVENT_ID, "v", "a.example").url == "https://b.example/"


def test_the_answer_is_kept_as_properties() -> None:
    line = LogLine(
        address="::1",
        occurred_at=datetime(2026, 1, 1, tzinfo=UTC),
        status=206,
        method="GET",
        target="/x.pdf",
        protocol="HTTP/2.0",
        size=10,
        user="frank",
    )
    event = build_event(line, EVENT_ID, "v", "")
    assert msgspec.json.decode(event.properties) == {
        "status": 206,
        "bytes": 10,
        "method": "GET",
        "protocol": "HTTP/2.0",
    }
    assert (event.event, event.user_id, event.source) == ("request", "frank", "import")
