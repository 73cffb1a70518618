"""What the simulated business consists of: its organizations and sites, campaigns, referrers, devices and crawlers."""

from dataclasses import dataclass

ORGANIZATIONS = {"lumen": "Lumen Software", "kiln": "Kiln Studio", "summit": "Summit Learning"}


@dataclass(frozen=True, slots=True)
class FunnelRates:
    """The share of the people who reached a step that also reaches the next one."""

    pricing: float
    signup: float
    activate: float
    subscribe: float


@dataclass(frozen=True, slots=True)
class SimulatedSite:
    """A site, with the people it sees in thirty days at scale 1."""

    site_id: str
    org_id: str
    host: str
    timezone: str
    """Days of the truth are days of this time zone."""
    language: str
    countries: tuple[str, ...]
    prospects: int
    """People who enter the funnel at its first step."""
    readers: int
    """People who only read, watch and leave."""
    rates: FunnelRates
    knows_addresses: bool = False
    """Whether its users are known by their e-mail addresses, as a payment then is, too."""


SITES = (
    SimulatedSite(
        site_id="lumen-us",
        org_id="lumen",
        host="www.lumen.example",
        timezone="America/New_York",
        language="en-US",
        countries=("US", "US", "US", "CA"),
        prospects=2500,
        readers=5000,
        rates=FunnelRates(pricing=0.44, signup=0.30, activate=0.65, subscribe=0.40),
        knows_addresses=True,
    ),
    SimulatedSite(
        site_id="lumen-eu",
        org_id="lumen",
        host="eu.lumen.example",
        timezone="Europe/Berlin",
        language="de-DE",
        countries=("DE", "DE", "FR", "GB"),
        prospects=1700,
        readers=3600,
        rates=FunnelRates(pricing=0.40, signup=0.25, activate=0.70, subscribe=0.35),
    ),
    SimulatedSite(
        site_id="kiln",
        org_id="kiln",
        host="kiln.example",
        timezone="Australia/Adelaide",
        language="en-AU",
        countries=("AU", "AU", "JP"),
        prospects=900,
        readers=2200,
        rates=FunnelRates(pricing=0.52, signup=0.22, activate=0.60, subscribe=0.50),
    ),
    SimulatedSite(
        site_id="summit",
        org_id="summit",
        host="learn.summit.example",
        timezone="Asia/Kathmandu",
        language="ne-NP",
        countries=("NP", "NP", "IN"),
        prospects=800,
        readers=2200,
        rates=FunnelRates(pricing=0.35, signup=0.40, activate=0.75, subscribe=0.20),
    ),
)

LANDING_PATH, PRICING_PATH, SIGNUP_PATH = "/", "/pricing", "/signup"
READING = (
    ("/blog/why-numbers-disagree", "Why numbers disagree"),
    ("/blog/event-time", "Event time, and other clocks"),
    ("/blog/half-hour-rule", "The half-hour rule"),
    ("/blog/counting-people", "Counting people"),
    ("/docs/quickstart", "Quickstart"),
    ("/docs/events", "Events"),
    ("/docs/api/reference", "API reference"),
    ("/changelog", "Changelog"),
    ("/customers", "Customers"),
    ("/about", "About us"),
)
APPLICATION = (
    ("/app", "Home"),
    ("/app/projects", "Projects"),
    ("/app/reports", "Reports"),
    ("/app/settings", "Settings"),
    ("/app/billing", "Billing"),
)
VIDEOS = (("intro-tour", 95), ("webinar-funnels", 1860), ("course-sql-1", 640), ("course-sql-2", 715))
"""Content and its length in seconds."""
CREATORS = {"webinar-funnels": "mara", "course-sql-1": "ines", "course-sql-2": "ines"}
COURSE_PRICES = {"course-sql-1": 2900, "course-sql-2": 3900}
"""What is sold to whoever has seen the beginning, in cents."""
BUTTONS = ("nav-docs", "cta-start", "cta-demo", "tab-monthly", "tab-yearly", "faq-toggle", "copy-snippet")


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a person's first page was reached: a query for its address, a referrer, and how often that happens."""

    query: str
    referrer: str
    weight: int
    click_id: str = ""
    """Name of a click id whose value is made for each arrival."""


ARRIVALS = (
    Arrival("", "", 300),
    Arrival("", "https://www.google.com/", 200),
    Arrival("", "https://www.bing.com/", 30),
    Arrival("", "https://duckduckgo.com/", 25),
    Arrival("", "https://news.ycombinator.com/", 20),
    Arrival("", "https://www.reddit.com/r/analytics/", 20),
    Arrival("", "https://www.linkedin.com/", 20),
    Arrival("", "https://t.co/9fK2mQ", 15),
    Arrival("", "https://chatgpt.com/", 25),
    Arrival("", "https://www.perplexity.ai/", 15),
    Arrival("", "https://claude.ai/", 15),
    Arrival("", "https://mail.google.com/", 10),
    Arrival("", "https://github.com/explore", 15),
    Arrival("utm_source=google&utm_medium=cpc&utm_campaign=brand", "https://www.google.com/", 60, "gclid"),
    Arrival("utm_source=google&utm_medium=cpc&utm_campaign=analytics&utm_term=web+analytics", "", 40, "gclid"),
    Arrival("utm_source=facebook&utm_medium=paid_social&utm_campaign=autumn", "https://l.facebook.com/", 40, "fbclid"),
    Arrival("utm_source=bing&utm_medium=cpc&utm_campaign=brand", "https://www.bing.com/", 15, "msclkid"),
    Arrival("utm_source=linkedin&utm_medium=paid_social&utm_campaign=b2b", "", 15, "li_fat_id"),
    Arrival("utm_source=newsletter&utm_medium=email&utm_campaign=digest&utm_content=top", "", 50),
    Arrival("utm_source=partner&utm_medium=referral&utm_campaign=summit+2026", "https://partner.example/tools", 20),
)


@dataclass(frozen=True, slots=True)
class Device:
    """A kind of device: what its browser says of itself."""

    user_agent: str
    screen: tuple[int, int]
    viewport: tuple[int, int]
    weight: int


_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
_SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
_CHROME = f"{_WEBKIT} Chrome/139.0.0.0"
_WINDOWS, _MAC = "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7"
_IPHONE, _IPAD = "iPhone; CPU iPhone OS 18_5 like Mac OS X", "iPad; CPU OS 17_7 like Mac OS X"
_AGENTS: tuple[tuple[str, tuple[int, int], tuple[int, int], int], ...] = (
    (f"({_WINDOWS}) {_CHROME} Safari/537.36", (1920, 1080), (1903, 969), 30),
    (f"({_WINDOWS}) {_CHROME} Safari/537.36 Edg/139.0.0.0", (1536, 864), (1521, 730), 8),
    (f"({_MAC}) {_CHROME} Safari/537.36", (1728, 1117), (1712, 930), 14),
    (f"({_MAC}) {_SAFARI} Version/18.5 Safari/605.1.15", (1512, 982), (1500, 830), 10),
    ("(X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0", (2560, 1440), (2540, 1290), 6),
    (f"({_IPHONE}) {_SAFARI} Version/18.5 Mobile/15E148 Safari/604.1", (393, 852), (393, 659), 18),
    (f"(Linux; Android 15; Pixel 9) {_CHROME} Mobile Safari/537.36", (412, 915), (412, 785), 12),
    (f"({_IPAD}) {_SAFARI} Version/17.7 Mobile/15E148 Safari/604.1", (820, 1180), (820, 1106), 2),
)
DEVICES = tuple(Device(f"Mozilla/5.0 {agent}", screen, viewport, weight) for agent, screen, viewport, weight in _AGENTS)

CRAWLERS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "Mozilla/5.0 (compatible; PetalBot;+https://webmaster.petalsearch.com/site/petalbot)",
)

ADDRESSES = {
    "US": ("8.8.8.", "12.34.56."),
    "CA": ("24.48.0.",),
    "DE": ("91.65.12.", "84.128.1."),
    "FR": ("90.2.3.",),
    "GB": ("81.2.69.",),
    "AU": ("1.128.5.", "203.2.218."),
    "JP": ("126.0.4.",),
    "NP": ("27.34.1.", "110.44.112."),
    "IN": ("49.36.8.",),
}
"""Address blocks of the countries, each short of its last number."""

ENDPOINTS = (
    ("GET", "/v2/projects", 35),
    ("GET", "/v2/reports/{id}", 60),
    ("POST", "/v2/events", 12),
    ("PUT", "/v2/projects/{id}", 45),
    ("POST", "/v2/exports", 240),
)
"""Method, route and usual duration in milliseconds of the application's own API."""

JOBS = ("send_digest", "rebuild_index", "render_export", "sync_invoices")
PLANS = (("starter", 1900), ("team", 7900), ("business", 24900))
"""Plan and monthly price in cents."""
