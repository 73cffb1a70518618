"""What Stripe shows in more than one shape, against amounts added up by hand."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from api.auth import Caller
from api.metrics.catalogue import read_catalogue
from api.metrics.service import MetricService
from api.metrics.windows import Window
from api.warehouse import WarehousePool
from cli.services import PROJECT
from tests.dbt_project import journeys
from tests.dbt_project.billing import BEGIN, DAY
from tests.dbt_project.books import Books, Json, booking, charge, coupon, discount, item, moment, price, subscription
from tests.dbt_project.conftest import Models, serve_models
from tests.dbt_project.journeys import Event
from tests.dbt_project.test_revenue import build, open_books

pytestmark = pytest.mark.xdist_group("shapes")

ORG, SITE = "shapes", "shop"
LAST = BEGIN + 60 * DAY
PLAN = price("p_usd", "basic", "2000", "usd")
BIGGER = price("p_bigger", "pro", "5000", "usd")
ABROAD = price("p_abroad", "abroad", "900", "usd") | {"currency_options": {"eur": {"unit_amount_decimal": "850"}}}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Models]:
    books = Books(ORG, SITE)
    for one in (PLAN, BIGGER, ABROAD):
        books.list_object(one, LAST)
    list_subscriptions(books)
    schedule_a_change(books)
    discount_by_deleted_coupons(books)
    pay_after_checkouts(books)
    prorate(books)
    practise(books)
    with serve_models(tmp_path_factory.mktemp("shapes")) as models:
        models.insert("raw_control.organizations", [{"id": ORG, "name": ORG, "created_at": moment(0)}])
        open_books(models, books, "UTC")
        visits = [journeys.event_row(visit, number) | {"org_id": ORG} for number, visit in enumerate(make_visits())]
        models.insert("raw_events.events", visits)
        build(models)
        yield models


def make_visits() -> list[Event]:
    """Page views in five sessions of four visitors. The first visitor pays between the last two of its own."""
    paid_at = BEGIN + DAY
    seen: list[tuple[str, int, str, str]] = [
        ("v1", BEGIN, "/", ""),
        ("v1", paid_at - 120, "/", ""),
        ("v1", paid_at - 60, "/pricing", ""),
        ("v1", paid_at - 30, "/", ""),
        ("v1", paid_at + 30, "/thanks", ""),
        ("v2", BEGIN, "/", "newsletter"),
        ("v3", BEGIN + 5 * DAY, "/pricing", ""),
        ("v4", BEGIN, "/", ""),
    ]
    return [
        Event(
            site_id=SITE,
            id=UUID(int=number),
            event="page_view",
            occurred_ms=at * 1000,
            visitor_id=visitor,
            path=path,
            utm_source=source,
            utm_medium="email" if source else "",
        )
        for number, (visitor, at, path, source) in enumerate(seen, start=1)
    ]


def list_subscriptions(books: Books) -> None:
    """Known from two lists and no event; and one in a currency that is not its price's own."""
    polled = subscription("sub_polled", BEGIN, "cus_polled", "usd", [item("si_polled", PLAN, 1)])
    books.list_object(polled, BEGIN + 10 * DAY)
    more = deepcopy(polled)
    more["items"]["data"][0]["quantity"] = 3
    books.list_object(more, BEGIN + 40 * DAY)
    books.list_object(subscription("sub_abroad", BEGIN, "cus_abroad", "eur", [item("si_abroad", ABROAD, 2)]), LAST)


def schedule_a_change(books: Books) -> None:
    """A schedule with a phase that began, of which an event told, and one that is to come."""
    first, second, third = (BEGIN + days * DAY for days in (0, 20, 90))
    phases = [
        {"start_date": first, "end_date": second, "items": [{"price": "p_usd", "quantity": 1}]},
        {"start_date": second, "end_date": third, "items": [{"price": "p_bigger", "quantity": 1}]},
        {"start_date": third, "end_date": third + 30 * DAY, "items": [{"price": "p_bigger", "quantity": 9}]},
    ]
    schedule = {"id": "sub_sched", "object": "subscription_schedule", "created": BEGIN, "status": "active"}
    books.list_object(schedule | {"subscription": "sub_scheduled", "phases": phases}, LAST)
    state = subscription("sub_scheduled", BEGIN, "cus_scheduled", "usd", [item("si_1", PLAN)], schedule="sub_sched")
    books.tell("customer.subscription.created", state, first)
    state = state | {"items": {"data": [item("si_1", BIGGER)]}}
    books.tell("customer.subscription.updated", state, second)
    books.list_object(state, LAST)


def discount_by_deleted_coupons(books: Books) -> None:
    """Coupons that are in no list any more: a discount shows its own whole."""
    quarter, tenth = coupon("quarter_off", percent_off=25), coupon("tenth_off", percent_off=10)
    of_subscription = discount("di_quarter", quarter, BEGIN, customer="cus_quarter", subscription="sub_quarter")
    of_subscription["source"] = {"type": "coupon", "coupon": quarter}
    state = subscription("sub_quarter", BEGIN, "cus_quarter", "usd", [item("si_quarter", PLAN)])
    books.list_object(state | {"discounts": [of_subscription]}, LAST)
    of_customer = discount("di_tenth", tenth, BEGIN, customer="cus_tenth")
    of_customer["source"] = {"type": "coupon", "coupon": tenth}
    customer = {"id": "cus_tenth", "object": "customer", "created": BEGIN, "discount": of_customer}
    books.list_object(customer, LAST)
    books.list_object(subscription("sub_tenth", BEGIN, "cus_tenth", "usd", [item("si_tenth", PLAN)]), LAST)


def pay(books: Books, name: str, at: int, amount: int, **members: object) -> None:
    books.list_object(booking(f"txn_{name}", at, amount, "usd", "charge", name), LAST)
    books.list_object(charge(name, at, amount, "usd", **members), LAST)


def pay_after_checkouts(books: Books) -> None:
    """A checkout of a payment, of an invoice and of a subscription; and one that expired."""
    at = BEGIN + DAY
    pay(books, "ch_intent", at, 1100, payment_intent="pi_1")
    pay(books, "ch_invoice", at, 1200, payment_intent="pi_2")
    pay(books, "ch_renewal", at + 30 * DAY, 1300, payment_intent="pi_3")
    pay(books, "ch_expired", at, 1400, payment_intent="pi_4")
    for name, intent, members in (
        ("in_once", "pi_2", {}),
        ("in_renewal", "pi_3", {"parent": {"subscription_details": {"subscription": "sub_polled"}}}),
    ):
        payments = {"data": [{"id": f"inpay_{name}", "status": "paid", "payment": {"payment_intent": intent}}]}
        books.list_object({"id": name, "object": "invoice", "created": at, "payments": payments} | members, LAST)
    checkouts: list[tuple[str, str, Json]] = [
        ("v1", "complete", {"payment_intent": "pi_1"}),
        ("v2", "complete", {"invoice": "in_once"}),
        ("v3", "complete", {"subscription": "sub_polled"}),
        ("v4", "expired", {"payment_intent": "pi_4"}),
    ]
    for visitor, status, members in checkouts:
        value = {"id": f"cs_{visitor}", "object": "checkout.session", "created": at, "status": status}
        books.list_object(value | {"client_reference_id": visitor} | members, LAST)


def prorate(books: Books) -> None:
    """An invoice of a change within a month, its lines as older and as newer versions of the interface write them."""
    period = {"start": BEGIN + 15 * DAY, "end": BEGIN + 31 * DAY}
    older = {"id": "il_older", "amount": -1032, "currency": "usd", "quantity": 1, "proration": True, "period": period}
    older |= {"subscription": "sub_scheduled", "price": {"id": "p_usd", "product": "basic"}}
    newer = {"id": "il_newer", "amount": 2581, "currency": "usd", "quantity": 1, "period": period}
    newer |= {"parent": {"subscription_item_details": {"subscription": "sub_scheduled", "proration": True}}}
    newer |= {"pricing": {"price_details": {"price": "p_bigger", "product": "pro"}}}
    renewed = {"id": "il_renewed", "amount": 5000, "currency": "usd", "quantity": 1, "period": period}
    renewed |= {"parent": {"subscription_item_details": {"subscription": "sub_scheduled", "proration": False}}}
    renewed |= {"pricing": {"price_details": {"price": "p_bigger", "product": "pro"}}}
    made = {"id": "in_change", "object": "invoice", "created": BEGIN + 20 * DAY, "total": 6549, "currency": "usd"}
    books.list_object(made | {"lines": {"data": [older, newer, renewed]}}, LAST)


def practise(books: Books) -> None:
    """Rows of the test mode beside those of the site, some under the ids of live ones."""
    practice = Books(ORG, SITE, livemode=False)
    pay(practice, "ch_practice", BEGIN, 9900)
    pay(practice, "ch_intent", BEGIN + 2 * DAY, 77, payment_intent="pi_1")
    state = subscription("sub_practice", BEGIN, "cus_practice", "usd", [item("si_practice", BIGGER, 9)])
    practice.list_object(state, LAST)
    practice.tell("customer.subscription.updated", state, BEGIN + DAY)
    practice.tell("customer.subscription.deleted", state | {"id": "sub_polled", "ended_at": BEGIN + 5 * DAY}, LAST)
    for table, rows in practice.rows.items():
        books.rows[table] += rows


def test_recurring_revenue_is_what_hands_add_up(built: Models) -> None:
    rows = built.client.query(
        "SELECT day, subscription_id, toString(kind), currency, product_id, amount FROM marts.fct_mrr_movements"
        " ORDER BY day, subscription_id, product_id"
    )[1]
    first, told, listed = (date(2025, 1, 1), date(2025, 1, 21), date(2025, 2, 10))
    assert rows == [
        (first, "sub_abroad", "new", "eur", "abroad", 2 * 850),
        (first, "sub_polled", "new", "usd", "basic", 2000),
        (first, "sub_quarter", "new", "usd", "basic", 1500),
        (first, "sub_scheduled", "new", "usd", "basic", 2000),
        (first, "sub_tenth", "new", "usd", "basic", 1800),
        # The phase that has begun, and not the one that is to come.
        (told, "sub_scheduled", "expansion", "usd", "basic", -2000),
        (told, "sub_scheduled", "expansion", "usd", "pro", 5000),
        # Nobody told of it: it counts from the list that showed it.
        (listed, "sub_polled", "expansion", "usd", "basic", 4000),
    ]


def test_a_checkout_names_who_paid_by_payment_by_invoice_and_by_subscription(built: Models) -> None:
    rows = built.client.query(
        "SELECT charge_id, amount, toString(matched_by), visitor_id FROM marts.fct_transactions ORDER BY charge_id"
    )[1]
    assert rows == [
        ("ch_expired", 1400, "", ""),
        ("ch_intent", 1100, "client_reference_id", "v1"),
        ("ch_invoice", 1200, "client_reference_id", "v2"),
        ("ch_renewal", 1300, "client_reference_id", "v3"),
    ]


def test_only_rows_of_the_connection_s_mode_pass(built: Models) -> None:
    raw = built.client.query("SELECT DISTINCT livemode FROM raw_stripe.charges ORDER BY livemode")[1]
    assert raw == [(False,), (True,)]
    for table, column in (
        ("stg_stripe__charges", "charge_id"),
        ("stg_stripe__balance_transactions", "balance_transaction_id"),
        ("stg_stripe__subscription_versions", "subscription_id"),
        ("stg_stripe__events", "object_id"),
    ):
        practised = f"SELECT count() FROM staging.{table} WHERE {column} LIKE '%practice%'"
        assert built.client.value(practised) == 0, table
    assert built.client.value("SELECT amount FROM staging.stg_stripe__charges WHERE charge_id = 'ch_intent'") == 1100


def test_lines_of_a_proration_are_told_from_those_of_a_period(built: Models) -> None:
    rows = built.client.query(
        "SELECT line_id, subscription_id, price_id, product_id, amount, is_proration, toDate(period_start)"
        " FROM staging.stg_stripe__invoice_lines ORDER BY line_id"
    )[1]
    begin = date(2025, 1, 16)
    assert rows == [
        ("il_newer", "sub_scheduled", "p_bigger", "pro", 2581, True, begin),
        ("il_older", "sub_scheduled", "p_usd", "basic", -1032, True, begin),
        ("il_renewed", "sub_scheduled", "p_bigger", "pro", 5000, False, begin),
    ]


def test_a_discount_of_a_deleted_coupon_keeps_its_terms(built: Models) -> None:
    rows = built.client.query(
        "SELECT discount_id, coupon_id, is_known, toString(percent_off), toString(duration)"
        " FROM staging.stg_stripe__discounts ORDER BY discount_id"
    )[1]
    assert rows == [
        ("di_quarter", "quarter_off", True, "25", "forever"),
        ("di_tenth", "tenth_off", True, "10", "forever"),
    ]


@pytest.fixture(scope="module")
def ask(built: Models) -> Iterator[Callable[..., dict[Any, float]]]:
    """Values of a metric by its group."""
    pool = WarehousePool(built.settings)
    metrics = MetricService(read_catalogue(PROJECT / "dbt_project" / "models"), pool)
    caller = Caller("key", ORG, SITE, frozenset({"metrics:read"}), 60, frozenset(), "UTC")

    def ask(name: str, group: str = "") -> dict[Any, float]:
        answer = metrics.answer(caller, name, Window(date(2025, 1, 1), date(2026, 1, 1)), (group,) if group else ())
        return {row.group[group]: row.value for row in answer.rows} if group else {"": answer.total}

    yield ask
    pool.close()


def test_revenue_by_visitor_session_channel_and_page_is_what_hands_add_up(
    ask: Callable[..., dict[Any, float]],
) -> None:
    # 1100 of the first visitor, 1200 of the second, 1300 of the third. Nobody knows who paid the other 1400.
    for model in ("first_touch", "last_touch", "linear"):
        assert ask(f"revenue_{model}") == {"": 3600}
        assert ask(f"revenue_per_visitor_{model}") == {"": 3600 / 4}
        assert ask(f"revenue_per_session_{model}") == {"": 3600 / 5}
        assert ask(f"revenue_{model}", "channel") == {"Direct": 2400, "Email": 1200}
    assert ask("page_revenue_sessions", "path") == {"/": 4, "/pricing": 2, "/thanks": 1}
    assert ask("page_value_last_touch", "path") == {"/": (1100 + 1200) / 4, "/pricing": (1100 + 1300) / 2, "/thanks": 0}
    assert ask("page_value_first_touch", "path") == {"/": (1100 + 1200) / 4, "/pricing": 1300 / 2, "/thanks": 0}
    assert ask("page_value_linear", "path") == {
        "/": (550 + 550 + 1200) / 4,
        "/pricing": (550 + 1300) / 2,
        "/thanks": 0,
    }


def test_shares_matched_and_lifetime_values_are_what_hands_add_up(ask: Callable[..., dict[Any, float]]) -> None:
    assert ask("payment_match_share") == {"": 3 / 4}
    assert ask("customers_won", "month") == {date(2025, 1, 1): 3, date(2025, 2, 1): 1}
    value = ask("customer_lifetime_value", "month")
    assert value == pytest.approx({date(2025, 1, 1): (1100 + 1200 + 1400) / 3, date(2025, 2, 1): 1300})


def test_cohorts_show_what_their_people_paid_in_each_period(
    built: Models, ask: Callable[..., dict[Any, float]]
) -> None:
    rows = built.client.query(
        "SELECT toString(grain), cohort_start, period, currency, payers, net FROM marts.rpt_cohort_revenue"
        " WHERE cohort_id = '' AND breakdown = '' ORDER BY grain, cohort_start, period"
    )[1]
    # Two who came on the first of January, a Wednesday, paid on the second; one of the sixth on the first of February.
    assert rows == [
        ("day", date(2025, 1, 1), 1, "usd", 2, 2300),
        ("day", date(2025, 1, 6), 26, "usd", 1, 1300),
        ("month", date(2025, 1, 1), 0, "usd", 2, 2300),
        ("month", date(2025, 1, 1), 1, "usd", 1, 1300),
        ("week", date(2024, 12, 30), 0, "usd", 2, 2300),
        ("week", date(2025, 1, 6), 3, "usd", 1, 1300),
    ]
    assert ask("monthly_cohort_revenue", "period") == {"0": 2300, "1": 1300}
    by_source = built.client.query(
        "SELECT breakdown_value, net FROM marts.rpt_cohort_revenue"
        " WHERE grain = 'day' AND breakdown = 'source' ORDER BY net"
    )[1]
    assert by_source == [("(direct)", 1100), ("newsletter", 1200), ("(direct)", 1300)]
