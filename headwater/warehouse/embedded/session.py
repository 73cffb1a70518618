"""Sessions: a connection that outlives a request."""

import asyncio
import time
from dataclasses import dataclass

from headwater.warehouse.embedded.engine import Connection, Engine
from headwater.warehouse.embedded.error import QueryError

DEFAULT_TIMEOUT = 60
MAX_TIMEOUT = 3600
# A session nobody asks for again is closed at most this long after its time. Seconds.
_SWEEP = 5


@dataclass(slots=True)
class Session:
    """What the statements of a session left behind, besides what its connection keeps.

    ``settings`` are those its own SET statements changed. ``expires`` is a monotonic time, ``timeout`` in seconds.
    """

    connection: Connection
    database: str
    timezone: str
    settings: dict[str, str]
    busy: bool = False
    broken: bool = False
    timeout: int = DEFAULT_TIMEOUT
    expires: float = 0.0

    def remember(self, word: str, defaults: dict[str, str]) -> None:
        """Note what a statement that begins with ``word`` has changed. Blocking."""
        if word == "USE":
            self.database = self.connection.value("SELECT currentDatabase()")
        elif word == "SET":
            changed = self.connection.value(
                "SELECT name, value FROM system.settings WHERE changed FORMAT TabSeparatedRaw"
            )
            rows = (line.partition("\t") for line in changed.split("\n"))
            self.settings = {name: value for name, _, value in rows if defaults.get(name) != value}
            self.timezone = self.connection.value("SELECT timezone()")


class Sessions:
    """The sessions of one server. Used from the event loop only."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sessions: dict[str, Session] = {}
        self._sweep: asyncio.TimerHandle | None = None

    def acquire(self, name: str, timeout: int, must_exist: bool) -> Session:
        """Take a session for one request. Raises QueryError when it is missing, busy, or the time-out too long."""
        self.expire()
        if timeout > MAX_TIMEOUT:
            text = f"Session timeout '{timeout}' is larger than max_session_timeout: {MAX_TIMEOUT}"
            raise QueryError.named(374, "INVALID_SESSION_TIMEOUT", text)
        session = self._sessions.get(name)
        if session is None:
            if must_exist:
                raise QueryError.named(372, "SESSION_NOT_FOUND", f"Session {name} not found")
            engine = self._engine
            session = Session(engine.connect(), "default", engine.timezone, {})
            self._sessions[name] = session
        elif session.busy:
            raise QueryError.named(373, "SESSION_IS_LOCKED", f"Session {name} is locked by a concurrent client")
        session.busy, session.timeout = True, timeout
        return session

    def release(self, name: str, close: bool) -> None:
        """Give a session back; its time-out begins now."""
        session = self._sessions[name]
        session.busy, session.expires = False, time.monotonic() + session.timeout
        if close or session.broken:
            self._drop(name)
        elif self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(_SWEEP, self._expire_again)

    def expire(self) -> None:
        """Close the sessions whose time is over."""
        now = time.monotonic()
        for name in [name for name, session in self._sessions.items() if not session.busy and session.expires < now]:
            self._drop(name)

    def _expire_again(self) -> None:
        self.expire()
        self._sweep = asyncio.get_running_loop().call_later(_SWEEP, self._expire_again) if self._sessions else None

    def close(self) -> None:
        """Close every session that no request uses."""
        for name in [name for name, session in self._sessions.items() if not session.busy]:
            self._drop(name)

    def _drop(self, name: str) -> None:
        self._sessions.pop(name).connection.close()
