"""Who is asking: API keys, verified against the control database and remembered for a few seconds."""

import asyncio
import time
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

from api.errors import InvalidKey, MissingKey, MissingScope, RateLimited, Unavailable
from api.rate_limit import TokenBucket
from headwater.control import READ_ONLY, ApiKey, find_key, find_site

REMEMBER_SECONDS = 5.0
"""A key that was revoked is refused after this long at the latest."""

_REMEMBERED = 10_000
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


@dataclass(frozen=True, slots=True)
class _Known:
    caller: Caller | None
    """None for a key that is wrong, revoked or expired."""
    bucket: TokenBucket | None
    until: float


class KeyRing:
    """Verifies keys. For one event loop; the database is asked in threads."""

    def __init__(self, sessions: sessionmaker[Session], remember_seconds: float = REMEMBER_SECONDS) -> None:
        self._sessions = sessions
        self._remember_seconds = remember_seconds
        self._known: dict[bytes, _Known] = {}
        self._asking: dict[bytes, asyncio.Task[_Known]] = {}
        self._buckets: dict[str, TokenBucket] = {}

    async def admit(self, headers: Mapping[bytes, bytes], scope: str) -> Caller:
        """The caller these request headers name, if it may do ``scope`` and not too often.

        Raises MissingKey, InvalidKey, MissingScope, RateLimited, or Unavailable when the database cannot be asked.
        """
        text = headers.get(b"authorization") or headers.get(b"x-api-key")
        if not text:
            raise MissingKey
        known = self._known.get(text)
        if known is None or known.until < time.monotonic():
            known = await self._ask(text)
        caller, bucket = known.caller, known.bucket
        if caller is None or bucket is None:
            raise InvalidKey
        if scope not in caller.scopes:
            raise MissingScope(f"The key {caller.key_id} lacks the scope {scope}.")
        if wait := bucket.take():
            raise RateLimited(
                f"The key {caller.key_id} is good for {caller.rate_per_minute:,} requests a minute.", retry_after=wait
            )
        return caller

    async def _ask(self, text: bytes) -> _Known:
        """Ask the database, once for all who wait for the same key."""
        task = self._asking.get(text)
        if task is None:
            task = self._asking[text] = asyncio.create_task(self._verify(text))
            task.add_done_callback(lambda _: self._asking.pop(text, None))
        return await asyncio.shield(task)

    async def _verify(self, text: bytes) -> _Known:
        try:
            caller, is_use_noted = await asyncio.to_thread(self._find, _key_text(text))
        except SQLAlchemyError as error:
            raise Unavailable("The control database does not answer.") from error
        if caller and not is_use_noted:
            asyncio.get_running_loop().run_in_executor(None, self._note_use, caller.key_id)
        known = _Known(caller, self._bucket(caller), time.monotonic() + self._remember_seconds)
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[text] = known
        return known

    def _find(self, text: str) -> tuple[Caller | None, bool]:
        """The caller of a key in force, and whether its last use was noted lately."""
        now = datetime.now(UTC)
        with self._sessions() as session:
            session.connection(execution_options=READ_ONLY)
            key = find_key(session, text)
            if key is None or not key.is_in_force(now):
                return None, True
            site = find_site(session, key.site_id)
            caller = Caller(
                key_id=key.id,
                org_id=key.org_id,
                site_id=key.site_id,
                scopes=frozenset(key.scopes),
                rate_per_minute=key.rate_per_minute,
                hosts=frozenset(site.hosts if site else ()),
            )
            return caller, key.last_used_at is not None and now - key.last_used_at < _NOTE_USE_EVERY

    def _note_use(self, key_id: str) -> None:
        # Nobody waits for this, and a note that is missed is made at the next occasion.
        with suppress(SQLAlchemyError), self._sessions.begin() as session:
            session.execute(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=datetime.now(UTC)))

    def _bucket(self, caller: Caller | None) -> TokenBucket | None:
        if caller is None:
            return None
        bucket = self._buckets.get(caller.key_id)
        if bucket is None or bucket.rate_per_minute != caller.rate_per_minute:
            bucket = self._buckets[caller.key_id] = TokenBucket(caller.rate_per_minute)
        return bucket


def require(scope: str) -> Callable[..., Awaitable[Caller]]:
    """A FastAPI dependency: the caller, if its key has the scope."""

    async def authorize(
        request: Request,
        _bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
        _api_key: Annotated[str | None, Security(_API_KEY)],
    ) -> Caller:
        keys: KeyRing = request.app.state.keys
        return await keys.admit(dict(request.scope["headers"]), scope)

    return authorize


MetricsReader = Annotated[Caller, Depends(require("metrics:read"))]
"""A caller that may read metrics of its own organization and site."""


def _key_text(header: bytes) -> str:
    """The key in a header's value, with or without `Bearer`."""
    scheme, _, rest = header.partition(b" ")
    text = rest if rest and scheme.lower() == b"bearer" else header
    return text.strip().decode("latin-1")
