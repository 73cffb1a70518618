"""What can go wrong between Headwater and Stripe.

StripeFailed
├── StripeAway      nothing answers, or only errors and requests to slow down, for longer than the patience
├── StripeRefused   Stripe answered that it will not: the key is wrong or lacks a right, or a request is broken
└── ObjectMissing   Stripe has no object of the id
"""

from datetime import UTC, datetime


class StripeFailed(Exception):
    """Stripe could not be asked. What was loaded stays; the next load goes on from there."""


class StripeAway(StripeFailed):
    """Nothing answers, or only errors and requests to slow down, for longer than the patience."""


class StripeRefused(StripeFailed):
    """Stripe answered that it will not. ``status`` is the answer's, ``at`` when it said so."""

    def __init__(self, message: str, status: int = 200, at: datetime | None = None) -> None:
        super().__init__(message)
        self.status, self.at = status, at or datetime.now(UTC)


class ObjectMissing(StripeFailed):
    """Stripe has no object of the id, or no more. ``at``: when it said so."""

    def __init__(self, message: str, at: datetime) -> None:
        super().__init__(message)
        self.at = at
