"""Revenue that comes late, is said otherwise than before, or falls on another day: built anew where it changed."""

from typing import Any
from uuid import UUID

from tests.dbt_project import journeys
from tests.dbt_project.conftest import Models
from tests.dbt_project.journeys import DAY_MS, HOUR_MS, Event

MORNING_MS = 1_772_700_000_000 // DAY_MS * DAY_MS + 9 * HOUR_MS
"""5 March 2026, nine o'clock in UTC."""

BUILD = ("run", "--select", "+rpt_attribution_daily")
REPORT = (
    "SELECT toString(day), conversion_kind, source, toFloat64(credit), revenue, currency"
    " FROM marts.rpt_attribution_daily WHERE model = 'linear' ORDER BY ALL"
)


def paid(number: int, amount: int, occurred_ms: int) -> Event:
    """As a server reports it: of a user, without a visitor."""
    properties = {"amount": amount, "currency": "EUR"}
    return Event("shop", UUID(int=number), "invoice.paid", occurred_ms, user_id="ann", properties=properties)


def insert(models: Models, *events: Event, first_sequence: int, received_ms: int) -> None:
    rows = [journeys.event_row(event, first_sequence + n) for n, event in enumerate(events)]
    models.insert("raw_events.events", [row | {"received_at": journeys.clock(received_ms)} for row in rows])


def set_zone(models: Models, zone: str) -> None:
    models.client.command("TRUNCATE TABLE raw_control.sites")
    site: dict[str, Any] = {"id": "shop", "org_id": journeys.ORG, "name": "shop", "timezone": zone}
    models.insert("raw_control.sites", [site | {"hosts": [], "created_at": journeys.clock(0)}])


def build(models: Models, *arguments: str) -> list[list[Any]]:
    """What the report says then."""
    done = models.dbt(*BUILD, *arguments)
    assert done.returncode == 0, done.stdout
    return [list(row) for row in models.client.query(REPORT)[1]]


def test_revenue_that_a_server_reports_late_or_otherwise_is_credited_as_if_it_had_come_at_once(models: Models) -> None:
    visit = Event("shop", UUID(int=1), "page_view", MORNING_MS, "phone", "ann", utm_source="news", utm_medium="email")
    set_zone(models, "UTC")
    assert models.dbt("seed").returncode == 0
    insert(
        models, visit, paid(2, 500, MORNING_MS + 10 * HOUR_MS), first_sequence=1, received_ms=MORNING_MS + 12 * HOUR_MS
    )
    assert build(models) == [["2026-03-05", "revenue", "news", 1.0, 500, "eur"]]

    # Nothing of a session changes here: one that came late, and the first receipt of one that said another amount.
    late, corrected = paid(3, 40, MORNING_MS + HOUR_MS), paid(2, 700, MORNING_MS + 10 * HOUR_MS)
    insert(models, late, corrected, first_sequence=11, received_ms=MORNING_MS + 11 * HOUR_MS)
    assert build(models) == [["2026-03-05", "revenue", "news", 2.0, 740, "eur"]]

    # Seven in the evening is the next day there.
    set_zone(models, "Asia/Kathmandu")
    moved = build(models)
    assert moved == [
        ["2026-03-05", "revenue", "news", 1.0, 40, "eur"],
        ["2026-03-06", "revenue", "news", 1.0, 700, "eur"],
    ]

    rebuilt = models.client.rows("SELECT DISTINCT model FROM staging.build_watermarks WHERE rebuilt_at > 1")
    assert not rebuilt, "built at once, so nothing was shown"
    assert build(models, "--full-refresh") == moved
