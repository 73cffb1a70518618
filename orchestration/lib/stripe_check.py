"""Verdicts on Stripe: when each connected account was last asked, and answered, and what it would not show."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from headwater.settings import WarehouseSettings
from headwater.warehouse.client import Warehouse
from ingestion.stripe.refused import Refused, name_refused
from orchestration.lib.landing_check import Verdict

LAST_POLLS = """
SELECT connection.site_id AS site_id, max(checkpoint.finished_at) AS finished_at, any(connection.created_at) AS since
FROM raw_control.stripe_connections AS connection
LEFT JOIN (
    SELECT org_id, site_id, livemode, finished_at
    FROM raw_stripe.checkpoints
    -- The feed is asked at every poll; its cursor is a number while it is read for the first time.
    WHERE object = 'events' AND NOT match(cursor, '^[0-9]+$')
) AS checkpoint
    ON checkpoint.org_id = connection.org_id
    AND checkpoint.site_id = connection.site_id
    AND checkpoint.livemode = connection.livemode
GROUP BY connection.site_id
ORDER BY site_id
"""


def fetch_last_polls(warehouse: WarehouseSettings) -> dict[str, datetime]:
    """When each connected site's feed was last read to its end; when it was connected, if it never was.

    Raises WarehouseAway or WarehouseRefused.
    """
    with Warehouse(warehouse) as client:
        # The client gives times of UTC without their zone.
        return {
            row["site_id"]: max(row["finished_at"], row["since"]).replace(tzinfo=UTC) for row in client.rows(LAST_POLLS)
        }


def judge_polls(polls: Mapping[str, datetime], now: datetime, latest: timedelta) -> Verdict:
    """Fails when an account has not been polled for longer than ``latest``; what was loaded before is still there."""
    late = {site: now - polled for site, polled in polls.items() if now - polled > latest}
    named = ", ".join(f"{site} for {age.total_seconds() / 60:,.0f} min" for site, age in late.items())
    return Verdict(
        not late,
        f"not loaded: {named}; `headwater stripe load` says why" if late else f"{len(polls)} accounts are up to date",
        metadata={"connected accounts": len(polls), "late accounts": len(late)},
    )


def judge_refused(refused: Sequence[Refused]) -> Verdict:
    """Warns while Stripe does not show objects that events name, and names some of them."""
    return Verdict(
        not refused,
        name_refused([f"{one.site_id}: {one.reason}" for one in refused]) if refused else "Stripe shows every object",
        is_severe=False,
        metadata={"refused objects": len(refused)},
    )
