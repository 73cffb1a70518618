"""`POST /api/v1/events` and `/api/v1/events/batch`: a request with a key, from its first header to its answer."""

from collections.abc import Mapping
from datetime import UTC, datetime

from starlette.types import Receive, Scope, Send

from api.auth import KeyRing
from api.collector.answer import as_api_error, encode_receipt, send_error, send_json
from api.collector.body import ClientGone, read_body
from api.collector.client_address import ClientAddress
from api.errors import MethodNotAllowed
from headwater.contracts.event import Source
from headwater.contracts.limits import TEXT_LENGTH
from headwater.intake import Intake, Sender
from headwater.landing import LandingLog

WRITE = "events:write"
"""The scope that sending takes."""


class Collector:
    """Takes bodies through the intake into the landing log."""

    def __init__(self, intake: Intake, log: LandingLog, keys: KeyRing, addresses: ClientAddress) -> None:
        self._intake = intake
        self._log = log
        self.keys = keys
        self.addresses = addresses

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request: the ASGI application of both routes."""
        try:
            if scope["method"] != "POST":
                raise MethodNotAllowed("POST")
            headers = dict(scope["headers"])
            caller = await self.keys.admit(scope, headers, WRITE)
            sender = self.sender(scope, headers, caller.org_id, caller.site_id, caller.hosts, "api")
            answer = await self.take(await read_body(headers, receive), sender)
        except ClientGone:
            return
        except Exception as error:  # noqa: BLE001  a collector answers whatever happens; what is unforeseen is logged
            await send_error(send, as_api_error(error))
            return
        await send_json(send, 202, answer)

    def sender(
        self,
        scope: Scope,
        headers: Mapping[bytes, bytes],
        org_id: str,
        site_id: str,
        hosts: frozenset[str],
        source: Source,
    ) -> Sender:
        """Who sends, and when it was received: now."""
        now = datetime.now(UTC)
        return Sender(
            org_id=org_id,
            site_id=site_id,
            source=source,
            ip=self.addresses.find(scope, headers),
            user_agent=headers.get(b"user-agent", b"")[:TEXT_LENGTH].decode("latin-1"),
            hosts=hosts,
            received_at=now.replace(microsecond=now.microsecond // 1000 * 1000),
        )

    async def take(self, body: bytes, sender: Sender) -> bytes:
        """Land a body and return the answer's body, once everything of it is durable, refused events too.

        Raises ApiError, TooManyEvents or LandingError.
        """
        # Before the work of decoding, which a full backlog would waste.
        self._log.ensure_room()
        receipt = self._intake.accept_body(body, sender, self._log.collector_id, self._log.reserve)
        await self._log.append(receipt.frame)
        return encode_receipt(receipt)
