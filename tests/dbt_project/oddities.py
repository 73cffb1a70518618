"""What Stripe may answer though few accounts see it: a site for each case, small enough to be added up by hand."""

from collections.abc import Callable
from copy import deepcopy

from tests.dbt_project.billing import BEGIN, DAY
from tests.dbt_project.books import Books, Json, booking, charge, coupon, discount, item, price, subscription

ORG = "oddities"
TOLD = BEGIN + 30 * DAY
LAST = BEGIN + 60 * DAY
MONTHLY = price("p_monthly", "basic", "2000", "usd")


def make_sites() -> list[Books]:
    """The books of every case; its site has the name of its function."""
    return [_make(fill) for fill in CASES]


def _make(fill: Callable[[Books], None]) -> Books:
    books = Books(ORG, fill.__name__)
    books.list_object(MONTHLY, LAST)
    fill(books)
    return books


def released(books: Books) -> None:
    """Money that was held and never captured: to let go of it is a refund that books nothing."""
    held = {"captured": False, "amount_captured": 0, "amount_refunded": 5000, "balance_transaction": None}
    books.list_object(charge("ch_released", BEGIN, 5000, "usd", **held), LAST)
    let_go: Json = {"id": "re_released", "object": "refund", "created": BEGIN + 7 * DAY, "charge": "ch_released"}
    let_go |= {"amount": 5000, "currency": "usd", "status": "succeeded", "balance_transaction": None}
    books.list_object(let_go, LAST)
    _pay(books, "ch_paid", BEGIN + DAY, 1000)


def captured_in_part(books: Books) -> None:
    """All that was held is booked, and what was not captured is taken back at once; later a part is given back."""
    books.list_object(charge("ch_part", BEGIN, 1000, "usd", amount_captured=600, amount_refunded=500), LAST)
    books.list_object(booking("txn_ch_part", BEGIN, 1000, "usd", "charge", "ch_part"), LAST)
    _give_back(books, "re_uncaptured", "ch_part", BEGIN, 400, "partial_capture_reversal")
    _give_back(books, "re_part", "ch_part", BEGIN + 9 * DAY, 100)


def debited(books: Books) -> None:
    """Debits of bank accounts are booked when they are sent to the bank, which answers days later, yes or no."""
    _pay(books, "ch_waiting", BEGIN, 800, status="pending")
    _pay(books, "ch_bounced", BEGIN, 900, status="failed", failure_balance_transaction="txn_bounced")
    books.list_object(booking("txn_bounced", BEGIN + 4 * DAY, -900, "usd", "charge_failure", "ch_bounced"), LAST)
    unsent = {"status": "pending", "balance_transaction": None}
    books.list_object(charge("ch_unsent", BEGIN, 1000, "usd", **unsent), LAST)


def to_come(books: Books) -> None:
    """An invoice that is to come has no id, and a payment without an invoice none either."""
    _pay(books, "ch_once", BEGIN + DAY, 700)
    upcoming: Json = {"id": "", "object": "invoice", "created": BEGIN, "currency": "usd", "status": "draft"}
    upcoming |= {"parent": {"subscription_details": {"subscription": "sub_1", "metadata": {"user_id": "somebody"}}}}
    books.tell("invoice.upcoming", upcoming, BEGIN)


def many_items(books: Books) -> None:
    """Events show ten of twelve items. Between them the quantity of the first became two."""
    items = [item(f"si_{n:02}", price(f"p_{n:02}", f"product_{n:02}", str(100 + n), "usd")) for n in range(12)]
    whole = subscription("sub_many", BEGIN, "cus_many", "usd", items)
    shown = whole | {"items": {"data": items[:10], "has_more": True}}
    books.tell("customer.subscription.created", deepcopy(shown), BEGIN)
    items[0]["quantity"] = 2
    books.tell("customer.subscription.updated", deepcopy(shown), TOLD)
    books.list_object(whole, LAST)


def told_of_later(books: Books) -> None:
    """Webhooks about a price, a coupon and a discount after they were listed: they show less of them than lists do."""
    tiered = price("p_tiers", "seats", "", "usd") | {"billing_scheme": "tiered", "tiers_mode": "graduated"}
    tiered["unit_amount_decimal"] = None
    tiers = [{"up_to": None, "unit_amount_decimal": "300", "flat_amount_decimal": "50"}]
    half, quarter = coupon("half_of_basic", percent_off=50), coupon("deleted", percent_off=25)
    books.list_object(tiered | {"tiers": tiers}, TOLD)
    books.list_object(half | {"applies_to": {"products": ["basic"]}}, TOLD)
    for name, given, items in (
        ("told", discount("di_half", half, BEGIN), [item("si_tiers", tiered, 2), item("si_basic", MONTHLY)]),
        ("kept", discount("di_quarter", quarter, BEGIN), [item("si_kept", MONTHLY)]),
    ):
        given |= {"customer": f"cus_{name}", "subscription": f"sub_{name}"}
        shown = given if name == "told" else given | {"source": {"type": "coupon", "coupon": quarter}}
        state = subscription(f"sub_{name}", BEGIN, f"cus_{name}", "usd", items, discounts=[shown])
        books.list_object(state, TOLD)
        books.tell("customer.discount.updated", given, LAST, "webhook")
    books.tell("price.updated", tiered | {"nickname": "Seats"}, LAST, "webhook")
    books.tell("coupon.updated", half | {"name": "Half"}, LAST, "webhook")


def coupons_again(books: Books) -> None:
    """A coupon's id that has other terms since the first one was deleted."""
    first = coupon("SUMMER", percent_off=50) | {"created": BEGIN - DAY}
    second = coupon("SUMMER", percent_off=10) | {"created": TOLD}
    books.list_object(first, BEGIN)
    books.list_object(second, LAST)
    for name, of, at in (("before", first, BEGIN), ("after", second, TOLD)):
        given = discount(f"di_{name}", of, at, customer=f"cus_{name}", subscription=f"sub_{name}")
        given["source"] = {"type": "coupon", "coupon": of}
        items = [item(f"si_{name}", MONTHLY)]
        books.list_object(subscription(f"sub_{name}", at, f"cus_{name}", "usd", items, discounts=[given]), LAST)


def coupons_abroad(books: Books) -> None:
    """A coupon with an amount for each of two currencies, and one with an amount in another."""
    options = {"usd": {"amount_off": 500}, "eur": {"amount_off": 450}}
    minus = coupon("minus", amount_off=500, currency="usd", currency_options=options)
    useless = coupon("useless", amount_off=500, currency="usd")
    for of in (minus, useless):
        books.list_object(of, LAST)
        name = of["id"]
        given = discount(f"di_{name}", of, BEGIN, customer=f"cus_{name}", subscription=f"sub_{name}")
        items = [item(f"si_{name}", price("p_eur", "basic", "1800", "eur"))]
        books.list_object(subscription(f"sub_{name}", BEGIN, f"cus_{name}", "eur", items, discounts=[given]), LAST)


def nobodys_money(books: Books) -> None:
    """A charge of no customer with metadata of any kind, refunds of a balance and of a charge that is not known."""
    wild = {"headwater_visitor_id": "x" * 500, "headwater_session_id": "no-uuid", "\N{GRINNING FACE}": "\0\n\"'\\"}
    _pay(books, "ch_wild", BEGIN, 999, metadata=wild, customer=None, billing_details={"email": None})
    _give_back(books, "re_balance", None, BEGIN + DAY, 40)
    _give_back(books, "re_unknown", "ch_unknown", BEGIN + DAY, 60)


def disputed_again(books: Books) -> None:
    """Two refunds, and what is left is disputed, won, and lost after all."""
    _pay(books, "ch_disputed", BEGIN, 3000, customer="cus_disputed")
    _give_back(books, "re_first", "ch_disputed", BEGIN + DAY, 1)
    _give_back(books, "re_second", "ch_disputed", BEGIN + 2 * DAY, 2)
    moved = [
        books.list_object(booking(f"txn_{name}", BEGIN + day * DAY, amount, "usd", category, "dp_1", 1500), LAST)
        for name, category, day, amount in (
            ("dispute", "dispute", 3, -2997),
            ("won", "dispute_reversal", 30, 2997),
            ("lost", "dispute", 40, -2997),
        )
    ]
    value: Json = {"id": "dp_1", "object": "dispute", "created": BEGIN + 3 * DAY, "charge": "ch_disputed"}
    value |= {"amount": 2997, "currency": "usd", "status": "lost", "balance_transactions": moved}
    books.list_object(value, LAST)


def connected_twice(books: Books) -> None:
    """A second site of the account of another one: every id is there twice."""
    disputed_again(books)


def _pay(books: Books, name: str, at: int, amount: int, **members: object) -> None:
    books.list_object(booking(f"txn_{name}", at, amount, "usd", "charge", name), LAST)
    books.list_object(charge(name, at, amount, "usd", **members), LAST)


def _give_back(books: Books, name: str, of: str | None, at: int, amount: int, category: str = "refund") -> None:
    books.list_object(booking(f"txn_{name}", at, -amount, "usd", category, name) | {"type": "refund"}, LAST)
    value: Json = {"id": name, "object": "refund", "created": at, "charge": of, "status": "succeeded"}
    value |= {"amount": amount, "currency": "usd", "balance_transaction": f"txn_{name}"}
    books.list_object(value, LAST)


CASES = (
    released,
    captured_in_part,
    debited,
    to_come,
    many_items,
    told_of_later,
    coupons_again,
    coupons_abroad,
    nobodys_money,
    disputed_again,
    connected_twice,
)
