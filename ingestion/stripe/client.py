"""Asking Stripe: the stripe library's client, paced, patient, at one version of the API, with its errors typed."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from headwater.contracts.stripe import API_VERSION
from headwater.settings import StripeSettings
from ingestion.stripe.errors import StripeAway, StripeRefused
from ingestion.stripe.pace import Pace, Patience

_ANSWER_SECONDS = 60
_TRY_AGAIN = {409, 429}
"""Statuses below 500 that another try may get over: a lock held by another request, and too many requests."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What Stripe answered. ``at``: the time there, to the second, so that it compares with what Stripe dates."""

    body: bytes
    at: datetime


class StripeApi:
    """One account's API. For one thread."""

    def __init__(self, secret_key: str, settings: StripeSettings, count: Callable[[], None] | None = None) -> None:
        """``count`` is called for each request that is sent."""
        import stripe

        self._stripe = stripe
        self._client = stripe.StripeClient(
            secret_key,
            stripe_version=API_VERSION,
            base_addresses={"api": settings.api_base or None} if settings.api_base else None,
            # Its own way to try again neither obeys 429 nor the patience set here.
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=_ANSWER_SECONDS),
        )
        self._pace = Pace(settings.requests_per_second)
        self._patience_seconds = settings.patience_seconds
        self._count = count
        self.requests = 0
        """Requests sent so far."""

    def get(self, path: str, parameters: Mapping[str, Any]) -> Answer:
        """GET ``path``. Raises StripeAway, StripeRefused."""
        return self._ask("get", path, parameters)

    def post(self, path: str, parameters: Mapping[str, Any]) -> Answer:
        """POST to ``path`` what Stripe knows again when it comes twice. Raises StripeAway, StripeRefused.

        Each try has an idempotency key of its own, which the library gives it: with a key it knows, Stripe would for a
        day answer with the failure that it answered first.
        """
        return self._ask("post", path, parameters)

    def _ask(self, method: str, path: str, parameters: Mapping[str, Any]) -> Answer:
        patience = Patience(self._patience_seconds)
        while True:
            self._pace.wait()
            self.requests += 1
            if self._count:
                self._count()
            try:
                answer = self._client.raw_request(method, path, **parameters)
            except self._stripe.StripeError as error:
                status = error.http_status or 0
                if status in _TRY_AGAIN or status >= 500 or isinstance(error, self._stripe.APIConnectionError):
                    if patience.pause(_retry_after(error.headers)):
                        continue
                    raise StripeAway(f"Stripe does not answer {path}: {_first_line(error)}") from error
                raise StripeRefused(
                    _explain(status, path, _first_line(error)), status, _time_there(error.headers)
                ) from error
            return Answer(answer.body.encode(), _time_there(answer.headers))


def _explain(status: int, path: str, said: str) -> str:
    if status == 401:
        return f"Stripe does not know the key: {said}; connect again with `headwater stripe connect`"
    if status == 403:
        return f"the Stripe key may not read {path}: {said}; docs/stripe.md lists the rights a restricted key needs"
    return f"Stripe refuses {path} with {status}: {said}"


def _retry_after(headers: Mapping[str, str] | None) -> float | None:
    text = _header(headers, "retry-after")
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) else None


def _time_there(headers: Mapping[str, str] | None) -> datetime:
    text = _header(headers, "date")
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except ValueError:
        return datetime.now(UTC)


def _header(headers: Mapping[str, str] | None, name: str) -> str:
    return next((value for key, value in (headers or {}).items() if key.lower() == name), "")


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).split("\n", 1)[0]
