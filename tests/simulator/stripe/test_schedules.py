"""Prices that are settled for a later day."""

import pytest

from simulator.stripe.account import Account
from simulator.stripe.catalogue import make_price, make_product
from simulator.stripe.clock import DAY
from simulator.stripe.customers import make_customer
from simulator.stripe.schedules import plan_change
from simulator.stripe.subscriptions import cancel, subscribe
from tests.served_stripe import Served, serve

APRIL = 1_743_465_600
"""The first of April 2025; April has thirty days, and May has one more."""


class Planned:
    """A subscription for 1000 a month since the first of April, and a price of 3000 to come."""

    def __init__(self) -> None:
        self.account = Account(APRIL)
        product = make_product(self.account, "Team")
        self.old, self.new = (make_price(self.account, product, text, "usd", "month") for text in ("1000", "3000"))
        customer = make_customer(self.account, "ada@example.com", "Ada")
        self.subscription = subscribe(self.account, customer, self.old)

    def invoices(self, served: Served) -> list[list[int]]:
        """The lines of each, the first one first."""
        listed = served.client().v1.invoices.list({"subscription": self.subscription}).data
        return [[line.amount for line in one.lines.data] for one in reversed(listed)]


def test_a_price_changes_on_its_day_with_what_it_costs_for_the_rest_of_the_month() -> None:
    planned = Planned()
    schedule = plan_change(planned.account, planned.subscription, planned.new, APRIL + 15 * DAY)
    with serve(planned.account) as served:
        client = served.client()
        shown = client.v1.subscription_schedules.retrieve(schedule)
        assert (shown.status, shown.subscription, len(shown.phases)) == ("active", planned.subscription, 2)
        assert shown.current_phase is not None
        assert (shown.current_phase.start_date, shown.current_phase.end_date) == (APRIL, APRIL + 15 * DAY)
        assert [phase.items[0].price for phase in shown.phases] == [planned.old, planned.new]
        planned.account.advance(APRIL + 15 * DAY - 1)
        held = client.v1.subscriptions.retrieve(planned.subscription)
        assert (held["items"].data[0].price.id, held.schedule) == (planned.old, schedule)
        planned.account.advance(APRIL + 15 * DAY)
        assert client.v1.subscriptions.retrieve(planned.subscription)["items"].data[0].price.id == planned.new
        planned.account.advance(APRIL + 31 * DAY)
        assert planned.invoices(served) == [[1000], [-500, 1500, 3000]]
        planned.account.advance(APRIL + 60 * DAY)
        released = client.v1.subscription_schedules.retrieve(schedule)
        assert (released.status, released.subscription) == ("released", None)
        assert released.released_subscription == planned.subscription
        told = [one.type for one in client.v1.events.list({"type": "subscription_schedule.*"}).data]
        assert told == ["subscription_schedule.released"]
    types = [event["type"] for event in planned.account.events.values()]
    assert [one for one in types if one.startswith("subscription_schedule.")] == [
        "subscription_schedule.created",
        "subscription_schedule.updated",
        "subscription_schedule.released",
    ]


def test_a_price_that_changes_with_the_month_is_what_the_month_costs() -> None:
    planned = Planned()
    plan_change(planned.account, planned.subscription, planned.new, APRIL + 30 * DAY, 2)
    planned.account.advance(APRIL + 31 * DAY)
    with serve(planned.account) as served:
        assert planned.invoices(served) == [[1000], [6000]]


def test_a_subscription_that_ends_takes_its_schedule_with_it() -> None:
    planned = Planned()
    schedule = plan_change(planned.account, planned.subscription, planned.new, APRIL + 15 * DAY)
    planned.account.advance(APRIL + 5 * DAY)
    cancel(planned.account, planned.subscription)
    planned.account.advance(APRIL + 40 * DAY)
    with serve(planned.account) as served:
        shown = served.client().v1.subscription_schedules.retrieve(schedule)
        assert (shown.status, shown.canceled_at) == ("canceled", APRIL + 5 * DAY)
        assert planned.invoices(served) == [[1000]]


def test_what_is_over_or_planned_already_is_not_planned() -> None:
    planned = Planned()
    with pytest.raises(ValueError, match="a time to come"):
        plan_change(planned.account, planned.subscription, planned.new, APRIL)
    plan_change(planned.account, planned.subscription, planned.new, APRIL + DAY)
    with pytest.raises(ValueError, match="no other schedule"):
        plan_change(planned.account, planned.subscription, planned.new, APRIL + 2 * DAY)
