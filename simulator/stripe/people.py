"""Who buys: a visitor of the site, and what of it the business tells Stripe."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from simulator.stripe.clock import DAY, HOUR

LINKS = {
    "reference": 30,
    "reference to user": 5,
    "metadata of subscription": 15,
    "metadata of customer": 10,
    "user": 15,
    "e-mail": 15,
    "nothing": 10,
}
"""Of a hundred customers, how many say by what who they are."""

_FIRST = ("Ada", "Bo", "Chiyo", "Dara", "Emil", "Fatou", "Goran", "Hana", "Ines", "Jun", "Kofi", "Lena", "Mina", "Noor")
_LAST = ("Abe", "Berg", "Costa", "Diaz", "Endo", "Frank", "Gupta", "Holm", "Ito", "Jensen", "Klein", "Lopez", "Mori")


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit to the site by somebody who may buy, at ``at`` in Unix seconds. Who is no user has no ``user_id``."""

    visitor_id: str
    session_id: str
    user_id: str
    email: str
    at: int


@dataclass(frozen=True, slots=True)
class Person:
    """A customer to be: comes after its visit and says by ``link`` who it is."""

    visit: Visit
    link: str
    name: str

    @property
    def email(self) -> str:
        """As the customer types it at Stripe; who says nothing pays with a card of somebody else."""
        return f"accounts+{self.visit.visitor_id}@elsewhere.example" if self.link == "nothing" else self.visit.email

    @property
    def client_reference_id(self) -> str | None:
        """For the checkout."""
        known = {"reference": self.visit.visitor_id, "reference to user": self.visit.user_id}
        return known.get(self.link) or None

    @property
    def customer_metadata(self) -> dict[str, str]:
        """For the customer."""
        if self.link == "metadata of customer":
            return {"headwater_visitor_id": self.visit.visitor_id}
        return {"headwater_user_id": self.visit.user_id} if self.link == "user" and self.visit.user_id else {}

    @property
    def metadata(self) -> dict[str, str]:
        """For the subscription, or the payment of who subscribes to nothing."""
        named = {"headwater_visitor_id": self.visit.visitor_id, "headwater_session_id": self.visit.session_id}
        return named if self.link == "metadata of subscription" else {}


def make_visits(random: Random, begins: int, days: int, count: int) -> list[Visit]:
    """So many visitors with one visit each, spread over the days, the first ones first."""
    visits = []
    for number in range(count):
        at = begins + days * DAY * number // count + random.randrange(HOUR)
        visitor_id, user_id = f"buyer-{number:04}", f"buyer{number:04}@lumen.example"
        visits.append(Visit(visitor_id, "", user_id, user_id, at))
    return visits


def choose_people(random: Random, visits: Sequence[Visit], own: Sequence[Visit], count: int) -> list[Person]:
    """So many people, one of each visitor, as many as can be from ``visits`` and the others from ``own``."""
    first: dict[str, Visit] = {}
    for visit in sorted(visits, key=lambda visit: (visit.at, visit.visitor_id)):
        first.setdefault(visit.visitor_id, visit)
    chosen = random.sample(list(first.values()), min(count, len(first)))
    chosen += own[: count - len(chosen)]
    links = random.choices(list(LINKS), list(LINKS.values()), k=count)
    return [
        Person(visit, link, f"{random.choice(_FIRST)} {random.choice(_LAST)}")
        for visit, link in zip(sorted(chosen, key=lambda visit: (visit.at, visit.visitor_id)), links, strict=True)
    ]
