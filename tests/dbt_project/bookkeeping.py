"""Books of businesses, put into a warehouse, and the revenue models that are built of them."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from tests.dbt_project import hints, journeys, oddities, scripted, shapes
from tests.dbt_project.billing import Business
from tests.dbt_project.books import Books, moment

if TYPE_CHECKING:
    from tests.dbt_project.conftest import Models

SHOPS_ORG = "books"
SHOPS = range(10)
"""Seeds of random businesses."""


def site_of(seed: int) -> str:
    return f"shop{seed}"


@cache
def make_shop(seed: int) -> Business:
    return Business(SHOPS_ORG, site_of(seed), seed)


def open_everything(models: "Models") -> None:
    """Every business, each kind an organization of its own: they do not meet, and are built at once."""
    audience, _, year = scripted.play_year()
    payers = [hints.make_payers(seed) for seed in hints.SEEDS]
    for org_id, books, events in (
        (SHOPS_ORG, [(make_shop(seed).books, make_shop(seed).zone) for seed in SHOPS], []),
        (shapes.ORG, [(shapes.make_books(), "UTC")], shapes.make_visits()),
        (oddities.ORG, [(books, "UTC") for books in oddities.make_sites()], []),
        (hints.ORG, [(one.business.books, "UTC") for one in payers], [event for one in payers for event in one.events]),
        (scripted.ORG, [(year, scripted.ZONE)], audience.events),
    ):
        open_organization(models, org_id, books, events)


def open_organization(
    models: "Models", org_id: str, books: Sequence[tuple[Books, str]], events: Sequence[journeys.Event] = ()
) -> None:
    """Put an organization, its sites' books with their time zones, and what was seen on them into the warehouse."""
    models.insert("raw_control.organizations", [{"id": org_id, "name": org_id, "created_at": moment(0)}])
    for one, zone in books:
        open_books(models, one, zone)
    whose = {"org_id": org_id, "collector_id": org_id}
    rows = [journeys.event_row(event, number) | whose for number, event in enumerate(events)]
    if rows:
        models.insert("raw_events.events", rows)


def open_books(models: "Models", books: Books, zone: str) -> None:
    """Put a site, its connection and its rows into the warehouse."""
    whose = books.whose
    site = {"id": whose["site_id"], "org_id": whose["org_id"], "name": "Shop", "hosts": [], "timezone": zone}
    models.insert("raw_control.sites", [site | {"created_at": moment(0)}])
    models.insert("raw_control.stripe_connections", [whose | {"created_at": moment(0)}])
    for table, rows in books.rows.items():
        models.insert(table, rows[::-2])
        if len(rows) > 1:
            models.insert(table, rows[-2::-2])


OURS = [
    f"path:models/{folder}" for folder in ("staging/stripe", "staging/rates", "intermediate/revenue", "marts/revenue")
]


def build(models: "Models", *but: str) -> None:
    """Build and check the revenue models, without the checks of ``but``."""
    unchecked = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
    chosen = ("--indirect-selection", "cautious", "--exclude-resource-type", "unit_test")
    for command in (
        ("build", "--select", "+path:models/marts/revenue", *OURS, *unchecked),
        # The last reads the sites, which are built beside ours: it is not among the checks of ours alone.
        ("test", "--select", *OURS, "assert_mrr_movements_are_the_subscriptions", *chosen, *but),
    ):
        done = models.dbt(*command)
        assert done.returncode == 0, done.stdout
