"""A year of the simulated business, as the warehouse gets to know it: Stripe's raw rows, and the visits before."""

import hashlib
from dataclasses import dataclass, field
from functools import cache
from random import Random
from uuid import UUID

from simulator.stripe.account import Account, Object
from simulator.stripe.business import Visit, script_business
from tests.dbt_project.books import TABLES, Books
from tests.dbt_project.journeys import Event
from tests.dbt_project.payers import Known, Owner, Touch

BEGINS = 1_735_689_600
"""The first of January 2025 in UTC."""
DAY = 86_400
ORG, SITE, ZONE = "scripted", "lumen", "America/New_York"
SEED, CUSTOMERS = 1, 300
SOURCES = ("", "", "news", "google", "facebook")


@dataclass
class Audience:
    """Visitors of the site, some of whom buy."""

    visits: list[Visit] = field(default_factory=list)
    """Of each, the last one before it may buy."""
    events: list[Event] = field(default_factory=list)
    known: Known = field(default_factory=lambda: Known({}, {}))
    touches: dict[Owner, list[Touch]] = field(default_factory=dict)


@cache
def play_year() -> tuple[Audience, Account, Books]:
    """The business whose models are built: who came, what Stripe keeps of it, and its rows."""
    audience, account = make_audience(SITE, SEED, CUSTOMERS), Account(BEGINS)
    play(account, audience, SEED, CUSTOMERS)
    return audience, account, write_books(account, ORG, SITE)


def make_audience(site: str, seed: int, count: int) -> Audience:
    """So many visitors over nine months: each comes some times, most of them log in, some come back after buying."""
    random, audience = Random(seed), Audience()
    visitors: dict[str, Owner] = {}
    users: dict[str, Owner] = {}
    for number in range(count):
        visitor, email = f"visitor-{number}", f"Buyer{number}@{site}.example"
        user = random.choice((f"user-{number}", email.lower(), hashlib.sha256(email.lower().encode()).hexdigest()))
        is_user = random.random() < 0.8
        owner = ("user", user) if is_user else ("visitor", visitor)
        visitors[visitor] = owner
        if is_user:
            users[user] = owner
        last = BEGINS + 3 * DAY + 270 * DAY * number // count + random.randrange(DAY)
        hours = sorted(random.sample(range(1, 45 * 24), random.randrange(5)), reverse=True)
        times = [last - hour * 3600 for hour in hours] + [last]
        times += [last + 20 * DAY] if random.random() < 0.3 else []
        audience.touches[owner] = []
        for at in times:
            source = random.choice(SOURCES)
            audience.touches[owner].append((at, source))
            name = UUID(int=seed * 10**6 + len(audience.events))
            who = {"visitor_id": visitor, "user_id": user if is_user else ""}
            audience.events.append(Event(site, name, "page_view", at * 1000, utm_source=source, **who))
        audience.visits.append(Visit(visitor, "", user, email, last))
    audience.known = Known(visitors, users)
    return audience


def play(account: Account, audience: Audience, seed: int, customers: int) -> None:
    """Twelve months of business, to the end."""
    for _ in script_business(account, seed, BEGINS, months=12, customers=customers, visits=audience.visits):
        pass


def write_books(account: Account, org_id: str, site_id: str) -> Books:
    """All that was ever told of the account, and its objects as they are listed now, with what the loader asks for."""
    books = Books(org_id, site_id, livemode=False)
    for event in account.events.values():
        books.receive(event)
    for kind in TABLES:
        for held in account.of(kind).values():
            books.list_object(_expand(account, held), account.now)
    for payout, members in account.paid_out.items():
        books.pay_out(payout, members)
    return books


def _expand(account: Account, held: Object) -> Object:
    if held["object"] == "subscription":
        items = [item | {"discounts": _discounts(account, item)} for item in held["items"]["data"]]
        return held | {"discounts": _discounts(account, held), "items": held["items"] | {"data": items}}
    return held | {"discounts": _discounts(account, held)} if held["object"] == "invoice" else held


def _discounts(account: Account, held: Object) -> list[Object]:
    return [account.get("discount", id_) for id_ in held["discounts"]]
