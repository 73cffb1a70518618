"""What customers do, one story each: together everything that an account of Stripe goes through."""

from collections.abc import Callable

from simulator.stripe import changes, subscriptions
from simulator.stripe.account import Account
from simulator.stripe.clock import DAY
from simulator.stripe.collection import charge_invoice, pay_everything
from simulator.stripe.customers import break_card, change_card, mend_card, rename
from simulator.stripe.discounts import give_to_customer, take_from_customer
from simulator.stripe.disputes import dispute, inquire
from simulator.stripe.life import Life
from simulator.stripe.metering import report_usage
from simulator.stripe.refunds import credit, refund
from simulator.stripe.schedules import plan_change
from simulator.stripe.shop import METER

PLANS = ("starter", "team", "business")


def stay(life: Life) -> None:
    """Subscribe by the month, quarter, year or week, and stay."""
    kind = life.random.choice(("", " quarterly", " yearly", " weekly"))
    life.after(0, lambda: life.subscribe(life.random.choice(PLANS) + kind, life.random.randrange(1, 4)))


def stay_by_the_week(life: Life) -> None:
    """Subscribe by the week, and leave in spring."""
    life.after(0, lambda: life.subscribe("starter weekly"))
    life.change(100, lambda account, of: subscriptions.cancel(account, of, at_period_end=True))


def grow(life: Life) -> None:
    """Go up from plan to plan in the middle of a month."""
    life.after(0, lambda: life.subscribe("starter"))
    life.change(47, lambda account, of: changes.change_plan(account, of, life.price("team")))
    life.change(130, lambda account, of: changes.change_plan(account, of, life.price("business"), invoice_now=True))


def shrink(life: Life) -> None:
    """Go down to a cheaper plan: what was paid too much lowers the next invoices."""
    life.after(0, lambda: life.subscribe("business"))
    life.change(35, lambda account, of: changes.change_plan(account, of, life.price("starter")))


def count_seats(life: Life) -> None:
    """Change the number of seats now and then."""
    life.after(0, lambda: life.subscribe("team", life.random.randrange(2, 9)))
    for days in (20, 21.5, 66, 150, 220):
        units = life.random.randrange(1, 15)
        life.change(days, lambda account, of, units=units: changes.change_quantity(account, of, units))  # type: ignore[misc]


def change_interval(life: Life) -> None:
    """From months to a year, or from a year to months, with what is left of the old period taken off."""
    before, after = life.random.choice((("team", "team yearly"), ("team yearly", "team"), ("team", "team quarterly")))
    life.after(0, lambda: life.subscribe(before))
    life.change(75, lambda account, of: changes.change_plan(account, of, life.price(after)))


def try_and_stay(life: Life) -> None:
    """Try for two weeks, and stay."""
    life.after(0, lambda: life.subscribe("team", trial_days=14))


def try_and_grow(life: Life) -> None:
    """Choose a greater plan while trying."""
    life.after(0, lambda: life.subscribe("starter", trial_days=30))
    life.change(12, lambda account, of: changes.change_plan(account, of, life.price("team")))


def try_and_leave(life: Life) -> None:
    """Leave while trying, at once or when the trial ends."""
    life.after(0, lambda: life.subscribe("team", trial_days=14))
    at_end = life.random.random() < 0.5
    life.change(6, lambda account, of: subscriptions.cancel(account, of, at_period_end=at_end))


def try_without_money(life: Life) -> None:
    """The card refuses when the trial ends; a new one pays, or nobody does."""
    life.after(0, lambda: life.subscribe("team", trial_days=7))
    life.after(2, lambda: break_card(life.account, life.customer, "expired_card"))
    if life.random.random() < 0.5:
        life.after(12, lambda: change_card(life.account, life.customer))


def use_percentage(life: Life) -> None:
    """A percentage off, for ever or for half a year."""
    coupon = life.random.choice(("loyal", "third"))
    life.after(0, lambda: life.subscribe("team", life.random.randrange(1, 5), coupon=coupon))
    life.change(80, lambda account, of: changes.change_quantity(account, of, 7))


def use_amount(life: Life) -> None:
    """An amount off, for ever or for three months."""
    coupon = f"{life.random.choice(('minus', 'start'))}_{life.currency}"
    life.after(0, lambda: life.subscribe("team", coupon=coupon))


def use_welcome(life: Life) -> None:
    """Half of the first invoice, or nothing for three months."""
    coupon = life.random.choice(("first_half", "free_quarter"))
    life.after(0, lambda: life.subscribe("starter", coupon=coupon))


def be_valued(life: Life) -> None:
    """The customer itself has a discount, for a while."""
    life.after(0, lambda: life.subscribe("team"))
    life.after(40, lambda: give_to_customer(life.account, life.customer, "loyal"))
    life.after(160, lambda: take_from_customer(life.account, life.customer))


def be_persuaded(life: Life) -> None:
    """A discount in the middle of a period, and the end of it."""
    life.after(0, lambda: life.subscribe("business"))
    life.change(33, lambda account, of: changes.give_to_subscription(account, of, "third"))
    life.change(50, lambda account, of: changes.give_to_subscription(account, of, f"minus_{life.currency}"))
    life.change(170, changes.take_from_subscription)


def be_taxed(life: Life) -> None:
    """Tax comes on top, also on what changes in the middle of a month, and of what discounts leave."""
    coupon = life.random.choice((None, "third", f"minus_{life.currency}"))
    rates = [life.shop.taxes[life.currency]]
    life.after(0, lambda: life.subscribe("team", 3, coupon=coupon, tax_rates=rates))
    life.change(20, lambda account, of: changes.change_quantity(account, of, 5))
    life.change(77, lambda account, of: changes.change_quantity(account, of, 1))


def plan_ahead(life: Life) -> None:
    """The price of a later day is settled before: in the middle of a month, or with the next one; some leave before."""
    life.after(0, lambda: life.subscribe("starter", 2))
    days = life.random.choice((50, 0))

    def settle(account: Account, of: str) -> None:
        renewal = account.get("subscription", of)["items"]["data"][0]["current_period_end"]
        at = account.now + days * DAY if days else renewal
        plan_change(account, of, life.price("business"), at, 1)

    life.change(10, settle)
    if life.random.random() < 0.3:
        life.change(35, subscriptions.cancel)


def take_seats(life: Life) -> None:
    """Seats in tiers beside a plan, with a discount for the seats alone."""
    seats = life.random.choice(("seats", "volume"))
    also = [(life.price("packs"), 12)]
    life.after(0, lambda: life.subscribe(seats, 7, also=also, item_coupon="loyal", coupon="seats_only"))
    life.change(50, lambda account, of: changes.change_quantity(account, of, 23))
    life.change(90, lambda account, of: changes.change_quantity(account, of, 3, place=1))


def add_products(life: Life) -> None:
    """One more product in the middle of a month, and one less."""
    life.after(0, lambda: life.subscribe("team"))
    life.change(44, lambda account, of: changes.add_item(account, of, life.price("packs"), 11))
    life.change(109, lambda account, of: changes.remove_item(account, of, 1))


def call_the_api(life: Life) -> None:
    """Pay for what was used, beside a plan; and leave with some of it not paid for."""
    life.after(0, lambda: life.subscribe("starter", also=[(life.price("api"), None)]))
    for day in range(3, 200, 5):
        value = life.random.randrange(1000)
        life.after(day, lambda value=value: report_usage(life.account, life.customer, METER, value))  # type: ignore[misc]
    life.change(190, lambda account, of: subscriptions.cancel(account, of, at_period_end=True))


def run_out_of_money(life: Life) -> None:
    """The card refuses a renewal, and works again before the last attempt."""
    life.after(0, lambda: life.subscribe(life.random.choice(PLANS)))
    life.after(45, lambda: break_card(life.account, life.customer))
    life.after(66, lambda: mend_card(life.account, life.customer))


def never_pay_again(life: Life) -> None:
    """The card refuses for good."""
    life.after(0, lambda: life.subscribe("team"))
    life.after(50, lambda: break_card(life.account, life.customer, "generic_decline"))


def pay_late(life: Life) -> None:
    """The card refuses for good; months later all that is owed is paid, if there is still a subscription."""
    never_pay_again(life)
    life.after(140, lambda: change_card(life.account, life.customer))
    life.change(140.5, pay_everything)


def fail_at_first(life: Life) -> None:
    """The first payment is refused; the customer pays within a day, or tries again later."""

    def begin() -> None:
        life.sign_up()
        break_card(life.account, life.customer)
        life.subscribe("starter")

    def try_again() -> None:
        if not life.is_subscribed():
            life.subscribe("starter")

    life.after(0, begin)
    life.after(0.3, lambda: mend_card(life.account, life.customer))
    if life.random.random() < 0.5:
        life.after(0.5, lambda: (due := life.last_invoice("open")) and charge_invoice(life.account, due["id"]))
    life.after(3, try_again)


def take_a_break(life: Life) -> None:
    """Collection is paused and goes on again, in each of Stripe's ways."""
    behavior = life.random.choice(("void", "keep_as_draft", "mark_uncollectible"))
    life.after(0, lambda: life.subscribe("team"))
    if life.random.random() < 0.5:
        life.change(40, lambda account, of: subscriptions.pause(account, of, behavior))
        life.change(111, subscriptions.resume)
    else:
        life.change(
            40, lambda account, of: subscriptions.pause(account, of, behavior, resumes_at=account.now + 60 * DAY)
        )


def leave_at_once(life: Life) -> None:
    """Cancel in the middle of a month, at once."""
    life.after(0, lambda: life.subscribe(life.random.choice(PLANS), 2))
    life.change(life.random.randrange(40, 200), subscriptions.cancel)


def leave_in_the_end(life: Life) -> None:
    """Cancel for the end of the period; some think better of it."""
    life.after(0, lambda: life.subscribe(life.random.choice(PLANS)))
    life.change(70, lambda account, of: subscriptions.cancel(account, of, at_period_end=True))
    if life.random.random() < 0.4:
        life.change(74, subscriptions.keep)


def leave_and_return(life: Life) -> None:
    """Leave, and come back: on the same day, or months later to another plan."""
    life.after(0, lambda: life.subscribe("starter"))
    life.change(60, subscriptions.cancel)
    days = life.random.choice((60.2, 95, 150))
    life.after(days, lambda: life.subscribe("team"))


def buy_books(life: Life) -> None:
    """Pay once, now and then, and sometimes leave the checkout."""
    life.after(0, life.buy)
    life.after(10, life.abandon)
    life.after(90, lambda: life.buy(3))


def buy_as_guest(life: Life) -> None:
    """Pay once without becoming a customer."""
    life.after(0, lambda: life.buy(as_guest=True))
    life.after(30, life.abandon)


def buy_and_subscribe(life: Life) -> None:
    """Pay once, then subscribe; a changed e-mail address later."""
    life.after(0, life.buy)
    life.after(25, lambda: life.subscribe("starter"))
    life.after(70, lambda: rename(life.account, life.customer, name="A new name"))


def ask_for_money(life: Life) -> None:
    """All of a payment is given back, or a part of it, or two parts."""
    life.after(0, lambda: life.subscribe("team"))
    parts = life.random.choice(([None], [0.3], [0.25, 0.5]))

    def give_back() -> None:
        charge = life.last_charge()
        for part in parts if charge else []:
            assert charge is not None
            refund(life.account, charge["id"], None if part is None else int(charge["amount"] * part))

    life.after(65, give_back)


def be_refused_money(life: Life) -> None:
    """A refund that the customer's bank sends back."""
    life.after(0, life.buy)
    life.after(9, lambda: (paid := life.last_charge()) and refund(life.account, paid["id"], 900, fails=True))


def ask_for_credit(life: Life) -> None:
    """A part of an invoice is taken back: refunded, kept for the next one, or before it is paid."""
    life.after(0, lambda: life.subscribe("business"))
    way = life.random.choice(("refund", "balance", "open"))
    if way == "open":
        life.after(50, lambda: break_card(life.account, life.customer))
        life.after(62.5, lambda: (due := life.last_invoice("open")) and credit(life.account, due["id"], 1000))
        life.after(63, lambda: mend_card(life.account, life.customer))
        return
    to_balance = way == "balance"
    life.after(
        63,
        lambda: (paid := life.last_invoice("paid")) and credit(life.account, paid["id"], 1500, to_balance=to_balance),
    )


def win_a_dispute(life: Life) -> None:
    """A payment is taken back by the customer's bank, and comes back."""
    life.after(0, lambda: life.subscribe("team"))
    life.after(40, lambda: (paid := life.last_charge()) and dispute(life.account, paid["id"], won=True))


def lose_a_dispute(life: Life) -> None:
    """A payment is taken back by the customer's bank for good, and the customer leaves."""
    life.after(0, lambda: life.subscribe("team"))
    life.after(35, lambda: (paid := life.last_charge()) and dispute(life.account, paid["id"], won=False))
    life.change(37, subscriptions.cancel)


def be_asked_about(life: Life) -> None:
    """A bank asks about a payment, and no money moves; later the customer is deleted."""
    life.after(0, life.buy)
    life.after(20, lambda: (paid := life.last_charge()) and inquire(life.account, paid["id"]))
    life.after(120, lambda: life.account.delete("customer", life.customer))


STORIES: tuple[Callable[[Life], None], ...] = (
    stay,
    grow,
    try_and_stay,
    stay_by_the_week,
    run_out_of_money,
    count_seats,
    leave_in_the_end,
    use_percentage,
    change_interval,
    ask_for_money,
    buy_books,
    try_and_leave,
    stay,
    shrink,
    win_a_dispute,
    take_a_break,
    use_amount,
    leave_and_return,
    never_pay_again,
    call_the_api,
    buy_as_guest,
    use_welcome,
    try_without_money,
    take_seats,
    be_taxed,
    plan_ahead,
    leave_at_once,
    be_valued,
    lose_a_dispute,
    fail_at_first,
    add_products,
    ask_for_credit,
    stay,
    try_and_grow,
    be_persuaded,
    pay_late,
    buy_and_subscribe,
    be_refused_money,
    be_asked_about,
)
"""Customers take them in turn, so that each of them is had by as many as any other."""
