"""One visit: a browser that moves through a site while its clock runs."""

from random import Random
from typing import Any

from simulator.catalogue import Arrival
from simulator.event import ClientEvent, ScriptedEvent, instant, make_event_id
from simulator.people import Browser

NO_ARRIVAL = Arrival("", "", 0)


class Visit:
    """Writes a browser's events into the script, each later than the one before."""

    def __init__(self, script: list[ScriptedEvent], browser: Browser, start_ms: int, random: Random) -> None:
        self._script = script
        self._browser = browser
        self._random = random
        self._origin = f"https://{browser.site.host}"
        self._hint = f"s-{random.getrandbits(48):012x}"
        self._url = ""
        self.now_ms = start_ms

    def wait(self, low_seconds: float, high_seconds: float) -> None:
        """Let time pass: between the two, and always less than the 30 minutes that would end the session."""
        self.now_ms += 1 + int((low_seconds + (high_seconds - low_seconds) * self._random.random()) * 1000)

    def pause(self, pause_ms: int) -> None:
        """Let exactly this time pass."""
        self.now_ms += pause_ms

    def open_page(self, path: str, title: str, arrival: Arrival = NO_ARRIVAL) -> None:
        """View a page; without an arrival, it is reached from the page before."""
        referrer = arrival.referrer if arrival is not NO_ARRIVAL else self._url
        query = arrival.query
        if arrival.click_id:
            query += f"&{arrival.click_id}={self._random.getrandbits(80):020x}"
        self._url = f"{self._origin}{path}?{query}" if query else self._origin + path
        device = self._browser.device
        self._write(
            "page_view",
            None,
            title=title,
            referrer=referrer,
            screen_width=device.screen[0],
            screen_height=device.screen[1],
            viewport_width=device.viewport[0],
            viewport_height=device.viewport[1],
        )

    def track(self, event: str, properties: dict[str, Any] | None = None) -> None:
        """Do something on the page."""
        self._write(event, properties)

    def identify(self, user_id: str) -> None:
        """From here on the browser knows its person."""
        self._browser.user_id = user_id

    def _write(self, event: str, properties: dict[str, Any] | None, **page: Any) -> None:
        browser, now_ms = self._browser, self.now_ms
        site = browser.site
        sent = ClientEvent(
            event=event,
            id=make_event_id(now_ms, self._random),
            occurred_at=instant(now_ms),
            namespace="web" if event in WEB_EVENTS else "product",
            visitor_id=browser.visitor_id,
            user_id=browser.user_id,
            session_hint=self._hint,
            properties=properties,
            url=self._url,
            timezone=site.timezone,
            language=site.language,
            source="sdk",
            user_agent=browser.user_agent,
            ip=browser.ip,
            **page,
        )
        self._script.append(ScriptedEvent(now_ms, site.site_id, browser.is_bot, sent))


WEB_EVENTS = frozenset({"page_view", "click", "scroll", "move", "attention"})
