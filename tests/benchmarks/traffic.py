"""Events for benchmarks, seeded, and the HTTP requests that carry them."""

import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML) Version/{v}.1 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:{v}.0) Gecko/20100101 Firefox/{v}.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_{v} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
)
REFERRERS = ("", "", "https://www.google.com/", "https://news.ycombinator.com/item?id=1", "https://t.co/abc")
PATHS = tuple(f"/docs/page-{n}" for n in range(200))


def encode_events(count: int, seed: int) -> list[bytes]:
    """`make_events`, each as JSON."""
    return [msgspec.json.encode(event) for event in make_events(count, seed)]


def make_events(count: int, seed: int) -> list[dict[str, Any]]:
    """``count`` page views and clicks of about 450 bytes each, with ids, agents and addresses of their own."""
    choose = random.Random(seed)
    start = datetime.now(UTC) - timedelta(days=2)
    events = []
    for n in range(count):
        path = choose.choice(PATHS)
        campaign = f"?utm_source=newsletter&utm_campaign=c{choose.randrange(20)}" if n % 5 == 0 else ""
        events.append(
            {
                "id": str(uuid.UUID(int=choose.getrandbits(128), version=4)),
                "event": "page_view" if n % 4 else "click",
                "occurred_at": (start + timedelta(milliseconds=n * 37)).isoformat(timespec="milliseconds"),
                "visitor_id": f"v-{choose.randrange(count // 8 + 1)}",
                "url": f"https://example.com{path}{campaign}",
                "title": f"Page {path}",
                "referrer": choose.choice(REFERRERS),
                "properties": {"plan": "pro", "position": n % 40, "variant": f"b{n % 7}"},
                "user_agent": choose.choice(AGENTS).format(v=choose.randrange(100, 130)),
                "ip": f"93.184.{choose.randrange(64)}.{choose.randrange(256)}",
            }
        )
    return events


def batch_requests(events: list[bytes], size: int, key: str, host: str) -> list[bytes]:
    """Whole HTTP requests of ``size`` encoded events each."""
    return [
        http_request("/api/v1/events/batch", b"[" + b",".join(events[n : n + size]) + b"]", key, host)
        for n in range(0, len(events), size)
    ]


def single_requests(events: list[dict[str, Any]], key: str, host: str) -> list[bytes]:
    """Whole HTTP requests of one event each."""
    return [http_request("/api/v1/events", msgspec.json.encode(event), key, host) for event in events]


def http_request(path: str, body: bytes, key: str, host: str) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
