"""What the business's own servers report: API requests, jobs, usage and invoices. No visitor takes part in these."""

from random import Random
from typing import Any

from simulator.calendar import DAY_MS, HOUR_MS, Calendar
from simulator.catalogue import ENDPOINTS, JOBS, PLANS, SimulatedSite
from simulator.event import ClientEvent, ScriptedEvent, instant, make_event_id
from simulator.story import SiteStory

USAGE_METRICS = (("usage.api_calls", 4000), ("usage.exports", 12), ("usage.storage_mb", 900))
"""Event and largest quantity a customer uses in a day."""


class PlatformStory:
    """The script of a site's back end, for the customers its people became."""

    def __init__(self, site: SimulatedSite, calendar: Calendar, share: float, random: Random) -> None:
        self.script: list[ScriptedEvent] = []
        self._site = site
        self._calendar = calendar
        self._share = share
        self._random = random

    def write(self, story: SiteStory) -> None:
        """Write the servers' events into ``script``."""
        customers = story.customers or [""]
        days = range(self._calendar.start_ms, self._calendar.end_ms, DAY_MS)
        requests = round(len(days) * self._site.prospects * self._share * 0.24)
        for _ in range(requests):
            self._write_request(self._calendar.choose(self._random), self._random.choice(customers))
        for midnight_ms in days:
            self._write_jobs(midnight_ms)
            self._write_usage(midnight_ms, story.customers)
        for started_ms, user_id, plan in story.subscriptions:
            name, price = PLANS[plan]
            invoice = {"plan": name, "amount": price, "currency": "usd", "quantity": 1}
            self._write(started_ms + 1500, "billing", "invoice.paid", "billing", "webhook", invoice, user_id)

    def _write_request(self, now_ms: int, user_id: str) -> None:
        random = self._random
        method, route, usual_ms = random.choice(ENDPOINTS)
        chance = random.random()
        status = 500 if chance < 0.004 else 404 if chance < 0.02 else 429 if chance < 0.03 else 200
        duration_ms = round(usual_ms * (0.5 + random.expovariate(1.5)), 1)
        properties = {"method": method, "endpoint": route, "status": status, "duration_ms": duration_ms}
        self._write(
            now_ms, "platform", "api.request", "api", "api", properties, user_id, f"r-{random.getrandbits(64):016x}"
        )

    def _write_jobs(self, midnight_ms: int) -> None:
        random = self._random
        for job in JOBS:
            for hour in range(0, 24, 2):
                now_ms = midnight_ms + hour * HOUR_MS + random.getrandbits(16)
                waited_ms, took_ms = random.getrandbits(10), 200 + random.getrandbits(13)
                event = "job.failed" if random.random() < 0.01 else "job.completed"
                properties = {"job": job, "queue": "default", "wait_ms": waited_ms, "duration_ms": took_ms}
                self._write(now_ms, "platform", event, "worker", "job", properties)

    def _write_usage(self, midnight_ms: int, customers: list[str]) -> None:
        random = self._random
        for user_id in customers:
            if random.random() < 0.25:
                event, most = random.choice(USAGE_METRICS)
                now_ms = midnight_ms + int(random.random() * DAY_MS)
                self._write(
                    now_ms, "billing", event, "meter", "api", {"quantity": 1 + int(random.random() * most)}, user_id
                )

    def _write(
        self,
        now_ms: int,
        namespace: str,
        event: str,
        service: str,
        source: str,
        properties: dict[str, Any],
        user_id: str = "",
        request_id: str = "",
    ) -> None:
        sent = ClientEvent(
            event=event,
            id=make_event_id(now_ms, self._random),
            occurred_at=instant(now_ms),
            namespace=namespace,
            user_id=user_id,
            properties=properties,
            source=source,
            service=service,
            service_version="2026.9",
            request_id=request_id,
        )
        self.script.append(ScriptedEvent(now_ms, self._site.site_id, False, sent))
