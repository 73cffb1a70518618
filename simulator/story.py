"""What the people of a site do: read, watch, go down the funnel, come back as customers. And what crawlers do.

Only prospects open the landing and the pricing page, and only they sign up, so that the funnel's counts are exactly
those of its rates, counted by visitor or by person.
"""

from random import Random

from simulator.calendar import DAY_MS, HOUR_MS, Calendar
from simulator.catalogue import (
    APPLICATION,
    BUTTONS,
    COURSE_PRICES,
    CREATORS,
    LANDING_PATH,
    PLANS,
    PRICING_PATH,
    READING,
    SIGNUP_PATH,
    VIDEOS,
    FunnelRates,
    SimulatedSite,
)
from simulator.event import ScriptedEvent
from simulator.people import Browser, choose_arrival, make_browser, make_crawler
from simulator.visit import NO_ARRIVAL, Visit

HALF_HOUR_MS = 30 * 60 * 1000
LANDING, PRICING, SIGNUP, ACTIVATE, SUBSCRIBE = range(1, 6)


def plan_funnel(prospects: int, rates: FunnelRates) -> tuple[int, int, int, int, int]:
    """How many people reach each step."""
    pricing = round(prospects * rates.pricing)
    signup = round(pricing * rates.signup)
    activate = round(signup * rates.activate)
    return prospects, pricing, signup, activate, round(activate * rates.subscribe)


class SiteStory:
    """The script of one site's people and crawlers."""

    def __init__(self, site: SimulatedSite, calendar: Calendar, share: float, random: Random) -> None:
        """``share`` is the number of people, as a share of what the site sees in thirty days at scale 1."""
        self.script: list[ScriptedEvent] = []
        self.customers: list[str] = []
        """User ids of those who activated."""
        self.subscriptions: list[tuple[int, str, int]] = []
        """Instant, user id and index of the plan of every subscription."""
        self._site = site
        self._calendar = calendar
        self._random = random
        self._share = share
        self.funnel = plan_funnel(max(1, round(site.prospects * share)), site.rates)

    def write(self) -> None:
        """Write everybody's events, person by person, into ``script``."""
        depths = [
            depth
            for depth, reached in enumerate(self.funnel, start=1)
            for _ in range(reached - (self.funnel[depth] if depth < len(self.funnel) else 0))
        ]
        self._random.shuffle(depths)
        for number, depth in enumerate(depths):
            self._write_prospect(self._name_user(number), depth)
        for _ in range(round(self._site.readers * self._share)):
            self._write_reader()
        for _ in range(round(self._site.readers * self._share * 0.12)):
            self._write_crawler()

    def _visit(self, browser: Browser, start_ms: int) -> Visit:
        return Visit(self.script, browser, start_ms, self._random)

    def _name_user(self, number: int) -> str:
        site = self._site
        return f"u{number}@{site.site_id}.example" if site.knows_addresses else f"{site.site_id}-u{number}"

    def _write_prospect(self, user_id: str, depth: int) -> None:
        random = self._random
        browser = make_browser(self._site, random)
        visit = self._visit(browser, self._calendar.choose(random))
        visit.open_page(LANDING_PATH, "Welcome", choose_arrival(random))
        if random.random() < 0.5:
            visit.wait(3, 40)
            visit.track("scroll", {"depth": random.choice((25, 50, 75, 100))})
        if depth < PRICING:
            self._browse(visit, int(random.random() * random.random() * 6))
            return
        visit.wait(5, 90)
        visit.track("click", {"element": "cta-pricing", "x": random.getrandbits(10), "y": random.getrandbits(9)})
        visit.wait(0.2, 1)
        visit.open_page(PRICING_PATH, "Pricing")
        if depth < SIGNUP:
            self._browse(visit, int(random.random() * 3))
            return
        visit = self._continue(visit, browser, within_days=2)
        visit.open_page(SIGNUP_PATH, "Sign up")
        visit.wait(10, 120)
        visit.identify(user_id)
        visit.track("signup", {"method": random.choice(("email", "google", "github"))})
        self._use_application(visit, 2)
        if depth >= ACTIVATE:
            visit = self._continue(visit, browser, within_days=2)
            visit.track("project_created", {"template": random.choice(("blank", "demo"))})
            self.customers.append(user_id)
        if depth >= SUBSCRIBE:
            visit = self._continue(visit, browser, within_days=5)
            plan = random.choice((0, 0, 0, 1, 1, 2))
            name, price = PLANS[plan]
            visit.open_page("/app/billing", "Billing")
            visit.wait(20, 120)
            visit.track("subscription_started", {"plan": name, "amount": price, "currency": "usd"})
            self.subscriptions.append((visit.now_ms, user_id, plan))
        if depth >= ACTIVATE:
            self._return_as_customer(browser, user_id, visit.now_ms)

    def _continue(self, visit: Visit, browser: Browser, within_days: int) -> Visit:
        """Go on at once, or come back on a later day if the simulated days leave room for it."""
        visit.wait(10, 200)
        later_ms = visit.now_ms + HOUR_MS + int(self._random.random() * within_days * DAY_MS)
        if self._random.random() < 0.6 or later_ms > self._calendar.end_ms - HOUR_MS:
            return visit
        visit = self._visit(browser, later_ms)
        if browser.user_id:
            visit.open_page(*APPLICATION[0])
            visit.wait(3, 60)
        return visit

    def _return_as_customer(self, browser: Browser, user_id: str, since_ms: int) -> None:
        random = self._random
        second = make_browser(self._site, random)
        now_ms = since_ms
        while True:
            now_ms += int((0.3 + 3 * random.random()) * DAY_MS)
            if now_ms > self._calendar.end_ms - HOUR_MS:
                return
            device = second if random.random() < 0.35 else browser
            visit = self._visit(device, now_ms)
            if device.user_id != user_id:
                visit.open_page("/login", "Log in")
                visit.wait(3, 30)
                visit.identify(user_id)
                visit.track("login")
            self._use_application(visit, 3 + int(random.random() * 8))

    def _use_application(self, visit: Visit, pages: int) -> None:
        for _ in range(pages):
            visit.wait(2, 150)
            visit.open_page(*self._random.choice(APPLICATION))
            if self._random.random() < 0.5:
                visit.wait(1, 60)
                visit.track(
                    "report_viewed",
                    {"report": f"r{self._random.getrandbits(4)}", "rows": 1 + self._random.getrandbits(9)},
                )

    def _write_reader(self) -> None:
        random = self._random
        browser = make_browser(self._site, random)
        for _ in range(1 + int(random.random() * random.random() * 4)):
            visit = self._visit(browser, self._calendar.choose(random))
            visit.open_page(*random.choice(READING), choose_arrival(random))
            self._browse(visit, int(random.random() * random.random() * 7))
            self._watch(visit)
            self._test_half_hour(visit)
            if random.random() < 0.03:
                visit.wait(5, 60)
                visit.track("newsletter_subscribed", {"list": "digest"})

    def _browse(self, visit: Visit, pages: int) -> None:
        random = self._random
        for _ in range(pages):
            visit.wait(4, 240)
            if random.random() < 0.4:
                visit.track("scroll", {"depth": random.choice((25, 50, 75, 100))})
                visit.wait(1, 20)
            if random.random() < 0.6:
                x, y = random.getrandbits(10), random.getrandbits(11)
                visit.track("click", {"element": random.choice(BUTTONS), "x": x, "y": y})
                visit.wait(0.1, 1)
            self._look_around(visit)
            visit.open_page(*random.choice(READING))

    def _look_around(self, visit: Visit) -> None:
        """Now and then the tracker samples what the mouse does, and says what of the page is seen and for how long."""
        random = self._random
        if random.random() > 0.05:
            return
        for _ in range(3):
            visit.wait(0.1, 0.1)
            visit.track("move", {"x": random.getrandbits(10), "y": random.getrandbits(11)})
        seen_ms = 500 + random.getrandbits(14)
        visit.wait(seen_ms / 1000, seen_ms / 1000)
        visit.track("attention", {"y": 100 * random.getrandbits(4), "duration_ms": seen_ms})

    def _watch(self, visit: Visit) -> None:
        random = self._random
        if random.random() > 0.1:
            return
        content, length = random.choice(VIDEOS)
        visit.wait(2, 30)
        creator = {"creator_id": CREATORS[content]} if content in CREATORS else {}
        visit.track("play", {"content_id": content, "content_type": "video", "position_seconds": 0} | creator)
        watched = int(length * min(1.0, 0.1 + random.random() * 1.2))
        visit.wait(watched * 0.9, watched * 0.9)
        done = watched >= length
        visit.track("complete" if done else "pause", {"content_id": content, "position_seconds": min(watched, length)})
        if content in COURSE_PRICES and random.random() < 0.3:
            visit.wait(5, 90)
            visit.track("purchase", {"content_id": content, "amount": COURSE_PRICES[content], "currency": "usd"})

    def _test_half_hour(self, visit: Visit) -> None:
        """Now and then a pause of exactly 30 minutes, which a session survives, or of a millisecond more."""
        chance = self._random.random()
        if chance < 0.02:
            visit.pause(HALF_HOUR_MS if chance < 0.01 else HALF_HOUR_MS + 1)
            visit.open_page(*self._random.choice(READING))

    def _write_crawler(self) -> None:
        random = self._random
        visit = self._visit(make_crawler(self._site, random), self._calendar.choose(random))
        pages = ((LANDING_PATH, "Welcome"), (PRICING_PATH, "Pricing"), *READING)
        for _ in range(1 + int(random.random() * 14)):
            visit.open_page(*random.choice(pages), NO_ARRIVAL)
            visit.wait(0.5, 4)
