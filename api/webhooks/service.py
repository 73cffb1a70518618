"""Taking Stripe's webhooks: whose they are, whether Stripe sent them, and keeping them."""

import asyncio
from dataclasses import dataclass

import msgspec
from sqlalchemy.orm import Session, sessionmaker

from api.errors import BrokenEvent, InvalidSignature, NotConnected, Unavailable, UnknownSite
from api.remembered import Remembered
from headwater.contracts.stripe import SIGNATURE_SECONDS
from headwater.contracts.stripe_row import build_event_row, decode_event
from headwater.control import READ_ONLY, SecretBox, SecretKeyMissing, find_site, find_stripe_connection
from headwater.landing import BacklogFull, Frame, LandingError, LandingLog
from headwater.settings import SecretSettings

_REMEMBER_SECONDS = 5.0
_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """A site that webhooks may be sent to. ``secret`` is empty when it takes none."""

    org_id: str
    livemode: bool
    secret: str


class StripeWebhooks:
    """Takes webhooks into a landing log of their own. For one event loop."""

    def __init__(self, sessions: sessionmaker[Session], secret: SecretSettings, log: LandingLog) -> None:
        self._sessions, self._secret, self._log = sessions, secret, log
        self._endpoints = Remembered(self._find, _REMEMBER_SECONDS, _REMEMBERED)

    async def take(self, site_id: str, body: bytes, signature: str) -> str:
        """Keep an event and return its id, once it is durable.

        Raises UnknownSite, NotConnected, InvalidSignature, BrokenEvent, or Unavailable; then nothing is kept.
        """
        endpoint = await self._endpoint(site_id)
        await asyncio.to_thread(_verify, body, signature, endpoint.secret)
        try:
            event, head = decode_event(body)
        except msgspec.MsgspecError as error:
            raise BrokenEvent(f"The body is no event of Stripe: {error}.") from error
        if event.livemode != endpoint.livemode:
            mode = "live" if endpoint.livemode else "test"
            raise BrokenEvent(f"The site {site_id} is connected in {mode} mode, and the event is of the other.")
        row = build_event_row(endpoint.org_id, site_id, body, event, head, "webhook")
        line = msgspec.json.encode(row) + b"\n"
        try:
            await self._log.append(Frame(self._log.reserve(1), 1, 0, line, b""))
        except BacklogFull as error:
            raise Unavailable(f"The backlog is full: {error}", retry_after=error.retry_after) from error
        except LandingError as error:
            raise Unavailable(f"The landing log cannot be written: {error}") from error
        return event.id

    async def _endpoint(self, site_id: str) -> _Endpoint:
        try:
            endpoint = await self._endpoints.get(site_id.encode())
        except SecretKeyMissing as error:
            raise Unavailable(f"Stripe's secrets cannot be read: {error}") from error
        if endpoint is None:
            raise UnknownSite(f"There is no site {site_id!r}.")
        if not endpoint.secret:
            raise NotConnected(f"The site {site_id} has no connection with a webhook secret.")
        return endpoint

    def _find(self, site_id: bytes) -> _Endpoint | None:
        """The endpoint of a site; None when there is no such site. Blocks."""
        with self._sessions() as session:
            session.connection(execution_options=READ_ONLY)
            site = find_site(session, site_id.decode())
            if site is None:
                return None
            connection = find_stripe_connection(session, site.id)
        if connection is None or connection.webhook_secret_encrypted is None:
            return _Endpoint(site.org_id, False, "")
        secret = SecretBox(self._secret).decrypt(connection.webhook_secret_encrypted)
        return _Endpoint(connection.org_id, connection.livemode, secret)


def _verify(body: bytes, signature: str, secret: str) -> None:
    """Raises InvalidSignature. Blocks: the first call imports the library, which takes half a second."""
    import stripe

    try:
        stripe.WebhookSignature.verify_header(body, signature, secret, SIGNATURE_SECONDS)
    except (stripe.SignatureVerificationError, UnicodeDecodeError) as error:
        raise InvalidSignature(f"{str(error).split(chr(10), 1)[0]}.") from error
