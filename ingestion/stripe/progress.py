"""What a load of Stripe did and is doing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """Rows were stored. ``reached``: how far back a list is read by now; None when it is read to its end."""

    site_id: str
    table: str
    rows: int
    """Of this table, by this load, so far."""
    reached: datetime | None


Tell = Callable[[Progress], None]


@dataclass(slots=True)
class StripeReport:
    """What a load did."""

    sites: int = 0
    requests: int = 0
    """Sent to Stripe, those tried again included."""
    rows: dict[str, int] = field(default_factory=dict)
    """Stored in each table, where any were."""
    failures: dict[str, str] = field(default_factory=dict)
    """Why a site could not be loaded to the end, by site."""
    warnings: list[str] = field(default_factory=list)
    """What the operator should know of sites that were loaded, beginning with the site."""
    seconds: float = 0.0

    def count_request(self) -> None:
        """One more request was sent."""
        self.requests += 1

    def add(self, rows: dict[str, int]) -> None:
        """Count rows that were stored."""
        for table, count in rows.items():
            self.rows[table] = self.rows.get(table, 0) + count
