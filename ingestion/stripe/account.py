"""The account that is loaded: which site it belongs to, and in which mode."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Account:
    """A connection of the control database, opened."""

    org_id: str
    site_id: str
    livemode: bool
    connected_at: datetime
    """Checkpoints from before are another connection's, and don't count."""
