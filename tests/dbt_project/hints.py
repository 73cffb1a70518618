"""Payments with every kind of hint to who made them, by people whose visits are known."""

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any
from uuid import UUID

from tests.dbt_project.billing import BEGIN, DAY, LISTED, Business
from tests.dbt_project.journeys import Event

ORG = "payers"
SEEDS = range(3)
SOURCES = ("", "news", "google", "facebook")


@dataclass
class Payers:
    """A site's people, their visits, what they paid, and how it can be told who they are."""

    business: Business
    events: list[Event] = field(default_factory=list)
    owner_of_charge: dict[str, tuple[tuple[str, str], str]] = field(default_factory=dict)
    """Person and how it is found, by charge; who is not found is not in it."""
    visits: defaultdict[tuple[str, str], list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    """(began, source) of a person's sessions."""


@cache
def make_payers(seed: int) -> Payers:
    """The payers of one of the sites."""
    random = Random(seed)
    site = f"site{seed}"
    payers = Payers(Business(ORG, site, seed, customers=0))
    books = payers.business.books
    for number in range(30):
        email = f"Person{number}@{site}.example"
        user = random.choice((f"u{number}-{site}", email.lower(), hashlib.sha256(email.lower().encode()).hexdigest()))
        visitor, is_known = f"v{number}-{site}", random.random() < 0.7
        owner = ("user", user) if is_known else ("visitor", visitor)
        first = BEGIN + random.randrange(100 * DAY)
        times = sorted({first + random.randrange(70 * DAY) // 3600 * 3600 for _ in range(random.randrange(1, 6))})
        for at in times:
            source = random.choice(SOURCES)
            payers.visits[owner].append((at, source))
            payers.events.append(
                Event(
                    site_id=site,
                    id=UUID(int=seed * 10**6 + len(payers.events)),
                    event="page_view",
                    occurred_ms=at * 1000,
                    visitor_id=visitor,
                    user_id=user if is_known and at == times[-1] else "",
                    utm_source=source,
                )
            )
        way = random.choice(("reference", "reference user", "passed over", "metadata", "user", "id", "e-mail", "none"))
        customer = user if way == "id" else f"cus_{site}_{number}"
        members: dict[str, Any] = {"metadata": {}}
        found = ""
        if way == "reference":
            refer(payers, customer, visitor)
            found = "client_reference_id"
        elif way == "reference user":
            refer(payers, customer, user)
            found = "client_reference_id" if is_known else ""
        elif way in ("passed over", "metadata"):
            if way == "passed over":
                refer(payers, customer, "nobody")
            members = {"metadata": {"headwater_visitor_id": visitor}}
            found = "metadata"
        elif way == "user":
            members = {"metadata": {"headwater_user_id": user}}
            found = "user" if is_known else ""
        elif way == "id":
            found = "user" if is_known else ""
        elif way == "e-mail" and user != f"u{number}-{site}":
            found = "email_hash" if is_known else ""
        value = {"id": customer, "object": "customer", "created": BEGIN, "email": email if way == "e-mail" else None}
        books.list_object(value, LISTED)
        begin = first + random.randrange(80 * DAY)
        is_guest = way == "metadata" and random.random() < 0.5
        for _ in range(random.randrange(1, 5)):
            at = begin + random.randrange(100 * DAY)
            charge = payers.business.sell(None if is_guest else customer, random.choice(("usd", "kwd")), at, **members)
            if found:
                payers.owner_of_charge[charge] = owner, found
    return payers


def refer(payers: Payers, customer: str, reference: str) -> None:
    name = payers.business.name("cs")
    value = {"id": name, "object": "checkout.session", "created": BEGIN, "customer": customer, "status": "complete"}
    payers.business.books.list_object(value | {"client_reference_id": reference}, LISTED)
