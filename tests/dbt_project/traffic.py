"""Random receipts that lie where rules turn: gaps of exactly 30 minutes, equal times, midnights, repeats, bots."""

from dataclasses import replace
from datetime import datetime
from random import Random
from uuid import UUID

from tests.dbt_project.oracle import DAY_MS, EPOCH, THIRTY_MINUTES_MS, Receipt

ORG = "random"
GAPS_MS = (
    0,
    0,
    1,
    9_999,
    10_000,
    60_000,
    THIRTY_MINUTES_MS - 1,
    THIRTY_MINUTES_MS,
    THIRTY_MINUTES_MS + 1,
    5 * 3_600_000,
)
ZONES = (
    *("UTC", "Asia/Kathmandu", "America/New_York", "America/St_Johns", "Pacific/Chatham", "Australia/Lord_Howe"),
    *("Asia/Kolkata", "Pacific/Kiritimati", "America/Sao_Paulo", "Europe/London"),
)
STARTS = ("2026-03-06", "2026-10-30", "2026-12-30")
"""Days before a change of clocks in New York and St John's, one back, and before the end of a year."""


def make_site(seed: int) -> tuple[str, str]:
    """Name and time zone of a seed's site."""
    return f"site-{seed}", ZONES[seed % len(ZONES)]


def make_receipts(seed: int) -> list[Receipt]:
    """A site's receipts, in no order, with some of them twice: as when a segment is loaded again."""
    random = Random(seed)
    site_id, _ = make_site(seed)
    start = datetime.fromisoformat(f"{random.choice(STARTS)}T00:00:00+00:00")
    clock_ms = round((start - EPOCH).total_seconds() * 1000)
    receipts: list[Receipt] = []

    def receive(receipt: Receipt) -> None:
        collector_id = f"{site_id}-{random.randrange(2)}"
        receipts.append(replace(receipt, collector_id=collector_id, sequence=len(receipts)))

    for visitor in range(random.randrange(2, 7)):
        occurred_ms = clock_ms + random.randrange(2 * DAY_MS)
        for _ in range(random.randrange(1, 20)):
            occurred_ms += random.choice(GAPS_MS)
            event = Receipt(
                org_id=ORG,
                site_id=site_id,
                id=str(UUID(int=random.getrandbits(128))),
                event=random.choice(("page_view", "page_view", "click", "signup")),
                occurred_ms=occurred_ms,
                received_ms=occurred_ms + random.choice((0, 40, 3_600_000, DAY_MS - 1, DAY_MS, 3 * DAY_MS)),
                collector_id="",
                sequence=0,
                visitor_id=f"visitor-{visitor}" if visitor else "",
                user_id=random.choice(("", "", "ann", "bob")),
                path=random.choice(("/", "/pricing", "/docs")),
                referrer=random.choice(("", "https://example.org/")),
                utm_source=random.choice(("", "newsletter")),
                gclid=random.choice(("", "", "x")),
                device_type=random.choice(("desktop", "mobile")),
                country=random.choice(("", "NP", "US")),
                is_bot=random.random() < 0.2,
                quantity=random.choice(("", "", "2", "0.1", "-1.5", "123456789.123456789")),
            )
            receive(event)
            while random.random() < 0.2:
                receive(
                    replace(
                        event,
                        event="changed",
                        occurred_ms=event.occurred_ms + random.choice(GAPS_MS),
                        received_ms=event.received_ms + random.choice((-1, 0, 1)),
                        path="/changed",
                    )
                )
    again = [receipt for receipt in receipts if random.random() < 0.3]
    random.shuffle(receipts)
    return receipts + again
