"""`POST /api/v1/collect?site=SITE`: events from pages, without a key. The page's host must be one of the site's."""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from sqlalchemy.orm import Session, sessionmaker
from starlette.types import Receive, Scope, Send

from api.auth import REMEMBER_SECONDS
from api.collector.answer import Header, as_api_error, send_error, send_json
from api.collector.body import ClientGone, read_body
from api.collector.collector import Collector
from api.errors import BrokenRequest, ForeignOrigin, MethodNotAllowed, RateLimited, UnknownSite
from api.rate_limit import TokenBucket
from api.remembered import Remembered
from headwater.control import READ_ONLY, find_site
from headwater.intake.memo import Memo

_REMEMBERED_SITES = 10_000
_REMEMBERED_ADDRESSES = 65_536

_PREFLIGHT: tuple[Header, ...] = (
    (b"access-control-allow-methods", b"POST"),
    (b"access-control-allow-headers", b"content-type, content-encoding"),
    (b"access-control-max-age", b"86400"),
)


@dataclass(frozen=True, slots=True)
class _Hosted:
    """A site as a page's event needs it."""

    org_id: str
    site_id: str
    hosts: frozenset[str]


class PageCollector:
    """Takes what pages send with ``fetch`` or ``navigator.sendBeacon``, as JSON or text/plain."""

    def __init__(self, collector: Collector, sessions: sessionmaker[Session], address_rate_per_minute: int) -> None:
        self._collector = collector
        self._sessions = sessions
        self._sites = Remembered(self._find_site, REMEMBER_SECONDS, _REMEMBERED_SITES)
        self._rate_per_minute = address_rate_per_minute
        self._buckets: Memo[str, TokenBucket] = Memo(
            lambda _: TokenBucket(address_rate_per_minute), _REMEMBERED_ADDRESSES
        )

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request: the ASGI application of the route."""
        cross_origin: tuple[Header, ...] = ((b"vary", b"origin"),)
        try:
            method = scope["method"]
            if method not in ("POST", "OPTIONS"):
                raise MethodNotAllowed("OPTIONS, POST")
            headers = dict(scope["headers"])
            address = self._collector.addresses.find(scope, headers)
            if wait := self._buckets[address].take():
                raise RateLimited(
                    f"One address may send {self._rate_per_minute:,} requests a minute.", retry_after=wait
                )
            site = await self._site_of(scope["query_string"])
            check_origin(headers.get(b"origin"), headers.get(b"referer"), site.hosts)
            if origin := headers.get(b"origin"):
                # sendBeacon always sends with credentials, and a browser then wants to read this of itself.
                allowed = ((b"access-control-allow-origin", origin), (b"access-control-allow-credentials", b"true"))
                cross_origin = (*cross_origin, *allowed)
            if method == "OPTIONS":
                await send({"type": "http.response.start", "status": 204, "headers": [*cross_origin, *_PREFLIGHT]})
                await send({"type": "http.response.body"})
                return
            sender = self._collector.sender(scope, headers, site.org_id, site.site_id, site.hosts, "sdk")
            answer = await self._collector.take(await read_body(headers, receive), sender)
        except ClientGone:
            return
        except Exception as error:  # noqa: BLE001  a collector answers whatever happens; what is unforeseen is logged
            await send_error(send, as_api_error(error), cross_origin)
            return
        await send_json(send, 202, answer, cross_origin)

    async def _site_of(self, query_string: bytes) -> _Hosted:
        """Raises BrokenRequest without a site parameter, UnknownSite."""
        try:
            named = parse_qs(query_string.decode("ascii"), max_num_fields=20).get("site")
        except ValueError:
            named = None
        if not named:
            raise BrokenRequest("The `site` parameter is missing.", field="site")
        site = await self._sites.get(named[0].encode("utf-8", "replace"))
        if site is None:
            raise UnknownSite(field="site")
        return site

    def _find_site(self, site_id: bytes) -> _Hosted | None:
        with self._sessions() as session:
            session.connection(execution_options=READ_ONLY)
            site = find_site(session, site_id.decode("utf-8", "replace"))
            return None if site is None else _Hosted(site.org_id, site.id, frozenset(site.hosts))


def check_origin(origin: bytes | None, referrer: bytes | None, hosts: frozenset[str]) -> None:
    """Raises ForeignOrigin unless the page that sends is on one of the hosts.

    The Origin header tells; where a browser leaves it out, the Referer does.
    """
    text = (origin or referrer or b"").decode("latin-1")
    try:
        host = (urlsplit(text).hostname or "").rstrip(".")
    except ValueError:
        host = ""
    if host not in hosts:
        shown = f"{host!r} is not one of the site's hosts." if host else "The request names no page it comes from."
        raise ForeignOrigin(shown)
