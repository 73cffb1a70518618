"""Who is asking: API keys, verified against the control database and remembered for a few seconds."""

import threading
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker
from starlette.types import Scope

from api.collector.client_address import ClientAddress
from api.errors import InvalidKey, MissingKey, MissingScope, RateLimited
from api.rate_limit import TokenBucket
from api.remembered import Remembered
from headwater.control import READ_ONLY, ApiKey, Site, find_key
from headwater.intake.memo import Memo

REMEMBER_SECONDS = 5.0
"""A key that was revoked is refused after this long at the latest."""

FAILURES_PER_MINUTE = 300
"""Wrong keys from one address. Many clients may share one behind a proxy that is not trusted to name them."""

_REMEMBERED = 10_000
_REMEMBERED_ADDRESSES = 65_536
_NOTE_USE_EVERY = timedelta(minutes=1)

_BEARER = HTTPBearer(auto_error=False, description="An API key, as in `hw_…`.")
_API_KEY = APIKeyHeader(name="X-API-Key", auto_error=False, description="The same key, for clients without Bearer.")


@dataclass(frozen=True, slots=True)
class Caller:
    """What an API key says of who sends it."""

    key_id: str
    org_id: str
    site_id: str
    scopes: frozenset[str]
    rate_per_minute: int
    hosts: frozenset[str]
    """The site's own hosts."""
    timezone: str
    """The site's, an IANA name."""


class KeyRing:
    """Verifies keys. For one event loop; the database is asked in threads."""

    def __init__(
        self, sessions: sessionmaker[Session], addresses: ClientAddress, remember_seconds: float = REMEMBER_SECONDS
    ) -> None:
        self._sessions = sessions
        self._addresses = addresses
        self._callers = Remembered(self._find, remember_seconds, _REMEMBERED)
        self._buckets: dict[str, TokenBucket] = {}
        self._failures: Memo[str, TokenBucket] = Memo(lambda _: TokenBucket(FAILURES_PER_MINUTE), _REMEMBERED_ADDRESSES)

    async def admit(self, request: Scope, headers: Mapping[bytes, bytes], scope: str) -> Caller:
        """The caller whom the headers of this request name, if it may do ``scope`` and not too often.

        Raises MissingKey, InvalidKey, MissingScope, RateLimited, or Unavailable when the database cannot be asked.
        """
        text = headers.get(b"authorization") or headers.get(b"x-api-key")
        if not text:
            raise MissingKey
        caller = await self._verify(text, request, headers)
        if scope not in caller.scopes:
            raise MissingScope(f"The key {caller.key_id} lacks the scope {scope}.")
        if wait := self._bucket(caller).take():
            raise RateLimited(
                f"The key {caller.key_id} is good for {caller.rate_per_minute:,} requests a minute.", retry_after=wait
            )
        return caller

    async def _verify(self, text: bytes, request: Scope, headers: Mapping[bytes, bytes]) -> Caller:
        """Raises InvalidKey, RateLimited for an address with many of them, Unavailable."""
        if self._callers.holds(text):
            # Whoever shares its address with somebody who guesses keeps sending.
            caller = await self._callers.get(text)
        else:
            failures = self._failures[self._addresses.find(request, headers)]
            # Before the database is asked, so that many guesses at once count too.
            if wait := failures.take():
                raise RateLimited(
                    f"One address may send {FAILURES_PER_MINUTE:,} wrong keys a minute.", retry_after=wait
                )
            caller = await self._callers.get(text)
            if caller is not None:
                failures.put_back()
        if caller is None:
            raise InvalidKey
        return caller

    def _bucket(self, caller: Caller) -> TokenBucket:
        bucket = self._buckets.get(caller.key_id)
        if bucket is None or bucket.rate_per_minute != caller.rate_per_minute:
            bucket = self._buckets[caller.key_id] = TokenBucket(caller.rate_per_minute)
        return bucket

    def _find(self, header: bytes) -> Caller | None:
        """The caller of a key; None when it is wrong, revoked or expired. Blocks."""
        now = datetime.now(UTC)
        with self._sessions() as session:
            session.connection(execution_options=READ_ONLY)
            key = find_key(session, _key_text(header))
            if key is None or not key.is_in_force(now):
                return None
            site = session.get_one(Site, key.site_id)
        if key.last_used_at is None or now - key.last_used_at > _NOTE_USE_EVERY:
            threading.Thread(target=self._note_use, args=(key.id, now), daemon=True).start()
        return Caller(
            key_id=key.id,
            org_id=key.org_id,
            site_id=key.site_id,
            scopes=frozenset(key.scopes),
            rate_per_minute=key.rate_per_minute,
            hosts=frozenset(site.hosts),
            timezone=site.timezone,
        )

    def _note_use(self, key_id: str, at: datetime) -> None:
        # Nobody waits for this, and a note that is missed is made at the next occasion.
        with suppress(SQLAlchemyError), self._sessions.begin() as session:
            session.execute(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=at))


def require(scope: str) -> Callable[..., Awaitable[Caller]]:
    """A FastAPI dependency: the caller, if its key has the scope."""

    async def authorize(
        request: Request,
        _bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
        _api_key: Annotated[str | None, Security(_API_KEY)],
    ) -> Caller:
        keys: KeyRing = request.app.state.keys
        return await keys.admit(request.scope, dict(request.scope["headers"]), scope)

    return authorize


MetricsReader = Annotated[Caller, Depends(require("metrics:read"))]
"""A caller that may read metrics of its own organization and site."""


def _key_text(header: bytes) -> str:
    """The key in a header's value, with or without `Bearer`."""
    scheme, _, rest = header.partition(b" ")
    text = rest if rest and scheme.lower() == b"bearer" else header
    return text.strip().decode("latin-1")
