"""A year of a business at Stripe, day by day. A seed always gives the same, whoever looks on."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from random import Random

from simulator.stripe.account import Account
from simulator.stripe.balance import begin_payouts, close_bank, open_bank
from simulator.stripe.clock import DAY, add_months
from simulator.stripe.life import Life
from simulator.stripe.people import Visit, choose_people, make_visits
from simulator.stripe.shop import CURRENCIES, open_shop
from simulator.stripe.stories import STORIES

__all__ = ["Visit", "script_business"]

_BUYING_DAYS = 0.75
"""New customers come in this part of the time, so that there is time left for what they do."""

_BANK_CLOSED_DAYS = 8


def script_business(
    account: Account,
    seed: int,
    begins: int,
    months: int = 12,
    customers: int = 300,
    visits: Sequence[Visit] = (),
) -> Iterator[date]:
    """Play the business on an account that is at ``begins``, in Unix seconds, or before; yields each day (UTC) done.

    One customer comes of each visitor in ``visits``, after its first visit; when they are too few, the others come of
    visits of nobody. In the first half of the time a subscription that isn't paid for stays unpaid, then it is
    cancelled. Late in the time the bank account for US dollars is closed for a few days, and payouts to it come back.
    """
    random = Random(seed)
    ends = add_months(begins, months)
    account.advance(begins)
    account.after_retries = "unpaid"
    account.schedule((begins + ends) // 2, lambda: setattr(account, "after_retries", "cancel"))
    shop = open_shop(account)
    begin_payouts(account)
    closes = begins + (ends - begins) // DAY * 3 // 4 * DAY
    account.schedule(closes, lambda: close_bank(account, "usd"))
    account.schedule(closes + _BANK_CLOSED_DAYS * DAY, lambda: open_bank(account, "usd"))
    own = make_visits(random, begins, int((ends - begins) // DAY * _BUYING_DAYS), customers)
    for number, person in enumerate(choose_people(random, visits, own, customers)):
        (currency,) = random.choices(list(CURRENCIES), list(CURRENCIES.values()))
        life = Life(account, shop, Random(f"{seed}-{number}"), person, currency)
        STORIES[number % len(STORIES)](life)
    for day in range(begins + DAY, ends + DAY, DAY):
        account.advance(min(day, ends))
        yield datetime.fromtimestamp(min(day, ends) - 1, UTC).date()
