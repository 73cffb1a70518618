"""Ends of trials and discounts are known before they come: they are changes when they have come, and not before."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from tests.dbt_project.billing import BEGIN, DAY
from tests.dbt_project.bookkeeping import open_books
from tests.dbt_project.books import Books, coupon, discount, item, moment, price, subscription
from tests.dbt_project.conftest import Models, serve_models

pytestmark = pytest.mark.xdist_group("planned")

ORG, SITE = "planned", "shop"
PLAN = price("p_usd", "basic", "2000", "usd")
BUILT = ("int_mrr_changes", "dim_subscriptions", "fct_mrr_movements", "rpt_mrr_daily")
CHOSEN = ("--select", "+rpt_mrr_daily", "+dim_subscriptions")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Models]:
    """A trial of 20 days, a discount of 40 and a cancellation after 50, all told of on the first day."""
    books = Books(ORG, SITE)
    books.list_object(PLAN, BEGIN)
    half = coupon("half", "repeating", percent_off=50)
    books.list_object(half, BEGIN)
    members: dict[str, dict[str, Any]] = {
        "trial": {"status": "trialing", "trial_start": BEGIN, "trial_end": BEGIN + 20 * DAY + 3600},
        "discount": {"discounts": [discount("di_half", half, BEGIN, BEGIN + 40 * DAY)]},
        "leaver": {"cancel_at": BEGIN + 50 * DAY},
    }
    for name, more in members.items():
        books.list_object(
            subscription(f"sub_{name}", BEGIN, f"cus_{name}", "usd", [item(f"si_{name}", PLAN)], **more), BEGIN
        )
    with serve_models(tmp_path_factory.mktemp("planned")) as models:
        models.insert("raw_control.organizations", [{"id": ORG, "name": ORG, "created_at": moment(0)}])
        open_books(models, books, "UTC")
        yield models


def hear_until(models: Models, at: int) -> None:
    """A poll that brings nothing ends at a time, and the models are built."""
    whose = {"org_id": ORG, "site_id": SITE, "livemode": True}
    told = {"object": "events", "window_end": moment(at), "cursor": "", "finished_at": moment(at), "rows": 0}
    models.insert("raw_stripe.checkpoints", [whose | told])
    assert models.dbt("run", *CHOSEN).returncode == 0


def day_after(days: int) -> date:
    return date.fromisoformat(moment(BEGIN)[:10]) + timedelta(days=days)


def state_of(models: Models) -> list[list[Any]]:
    return [
        models.client.query(
            f"SELECT * FROM {'intermediate' if name.startswith('int_') else 'marts'}.{name} ORDER BY ALL"
        )[1]
        for name in BUILT
    ]


def test_a_change_that_is_decided_happens_when_its_time_has_come(models: Models) -> None:
    movements = "SELECT day, subscription_id, toString(kind), amount FROM marts.fct_mrr_movements ORDER BY day, amount"
    current = (
        "SELECT subscription_id, toDate(valid_from), if(valid_to = '2300-01-01', NULL, toDate(valid_to))"
        " FROM marts.dim_subscriptions WHERE is_current ORDER BY subscription_id"
    )
    first = [
        (day_after(0), "sub_discount", "new", 1000),
        (day_after(0), "sub_leaver", "new", 2000),
    ]
    forever = None

    hear_until(models, BEGIN + 10 * DAY)
    assert models.client.query(movements)[1] == first
    assert models.client.query(current)[1] == [
        ("sub_discount", day_after(0), day_after(40)),
        ("sub_leaver", day_after(0), forever),
        ("sub_trial", day_after(0), day_after(20)),
    ]
    assert models.client.value("SELECT max(day) FROM marts.rpt_mrr_daily") == day_after(10)

    # On its day, and an hour before.
    hear_until(models, BEGIN + 20 * DAY)
    assert models.client.query(movements)[1] == first

    hear_until(models, BEGIN + 30 * DAY)
    first.append((day_after(20), "sub_trial", "new", 2000))
    assert models.client.query(movements)[1] == first
    assert models.client.value("SELECT closing FROM marts.rpt_mrr_daily ORDER BY day DESC LIMIT 1") == 5000

    hear_until(models, BEGIN + 60 * DAY)
    first.append((day_after(40), "sub_discount", "expansion", 1000))
    # Nobody told of the cancellation, so it did not happen: Stripe says when it does.
    assert models.client.query(movements)[1] == first
    assert models.client.query(current)[1] == [
        ("sub_discount", day_after(40), forever),
        ("sub_leaver", day_after(0), forever),
        ("sub_trial", day_after(20), forever),
    ]

    found = state_of(models)
    assert models.dbt("run", "--full-refresh", *CHOSEN).returncode == 0
    assert state_of(models) == found
