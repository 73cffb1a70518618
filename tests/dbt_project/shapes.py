"""What Stripe shows in more than one shape: a small business whose amounts can be added up by hand."""

from copy import deepcopy
from uuid import UUID

from tests.dbt_project.billing import BEGIN, DAY
from tests.dbt_project.books import Books, Json, booking, charge, coupon, discount, item, price, subscription
from tests.dbt_project.journeys import Event

ORG, SITE = "shapes", "shop"
LAST = BEGIN + 60 * DAY
PLAN = price("p_usd", "basic", "2000", "usd")
BIGGER = price("p_bigger", "pro", "5000", "usd")
ABROAD = price("p_abroad", "abroad", "900", "usd") | {"currency_options": {"eur": {"unit_amount_decimal": "850"}}}


def make_books() -> Books:
    books = Books(ORG, SITE)
    for one in (PLAN, BIGGER, ABROAD):
        books.list_object(one, LAST)
    list_subscriptions(books)
    schedule_a_change(books)
    discount_by_deleted_coupons(books)
    pay_after_checkouts(books)
    prorate(books)
    practise(books)
    return books


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
