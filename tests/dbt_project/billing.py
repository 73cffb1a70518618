"""A year of random business at Stripe: subscriptions that change, money that moves. A seed always gives the same."""

import json
from copy import deepcopy
from random import Random
from typing import Any

from tests.dbt_project.books import Books, Json, booking, charge, coupon, discount, item, price, subscription

BEGIN = 1_735_689_600
"""The first of January 2025 in UTC."""
DAY = 86_400
DAYS = 300
LISTED = BEGIN + DAYS * DAY
CURRENCIES = ("usd", "eur", "jpy", "kwd")
ZONES = ("UTC", "Asia/Kathmandu", "America/New_York", "Pacific/Auckland", "Europe/Berlin")


class Business:
    """One site's business, written into its books."""

    def __init__(self, org_id: str, site_id: str, seed: int, customers: int = 12, begin: int = BEGIN) -> None:
        self.random = Random(seed)
        self.begin, self.listed = begin, begin + DAYS * DAY
        self.books = Books(org_id, site_id)
        self.zone = ZONES[seed % len(ZONES)]
        self._site = site_id
        self._counts: dict[str, int] = {}
        self.prices = {currency: self._make_prices(currency) for currency in CURRENCIES}
        self.coupons = self._make_coupons()
        for number in range(customers):
            self._live(f"cus_{site_id}_{number}", CURRENCIES[number % len(CURRENCIES)])
        self._pay_out()

    def name(self, prefix: str) -> str:
        """A new id."""
        self._counts[prefix] = self._counts.get(prefix, 0) + 1
        return f"{prefix}_{self._site}_{self._counts[prefix]:04}"

    def _make_prices(self, currency: str) -> list[Json]:
        prices = [
            price(f"p_{currency}_month", "basic", "2000", currency),
            price(f"p_{currency}_quarter", "basic", "5000", currency, "month", 3),
            price(f"p_{currency}_year", "pro", "29999", currency, "year"),
            price(f"p_{currency}_week", "pro", "333", currency, "week"),
            price(f"p_{currency}_fortnight", "pro", "1001", currency, "week", 2),
            price(f"p_{currency}_day", "daily", "7.125", currency, "day"),
            price(f"p_{currency}_packs", "packs", "250", currency)
            | {"transform_quantity": {"divide_by": 3, "round": "up"}},
            price(f"p_{currency}_usage", "usage", "5", currency),
        ]
        prices[-1]["recurring"]["usage_type"] = "metered"
        tiers = [
            {"up_to": 2, "unit_amount_decimal": "100", "flat_amount_decimal": "50"},
            {"up_to": 5, "unit_amount_decimal": "80.5", "flat_amount_decimal": None},
            {"up_to": None, "unit_amount_decimal": "60", "flat_amount_decimal": "11"},
        ]
        for mode in ("graduated", "volume"):
            tiered = {"billing_scheme": "tiered", "tiers_mode": mode, "unit_amount_decimal": None, "tiers": tiers}
            prices.append(price(f"p_{currency}_{mode}", "seats", "", currency) | tiered)
        own = {"unit_amount_decimal": "1250.5", "tiers": tiers}
        for mode in ("per_unit", "graduated"):
            abroad = price(f"p_{currency}_{mode}_abroad", "abroad", "900", "chf") | {
                "currency_options": {currency: own}
            }
            if mode == "graduated":
                abroad |= {"billing_scheme": "tiered", "tiers_mode": mode, "unit_amount_decimal": None, "tiers": []}
            prices.append(abroad)
        prices.append(price(f"p_{currency}_nowhere", "abroad", "900", "chf"))
        return [self.books.list_object(one, self.listed) for one in prices]

    def _make_coupons(self) -> list[Json]:
        made = [
            coupon("quarter_off", percent_off=25),
            coupon("odd_off", "repeating", percent_off=33.33),
            coupon("welcome", "once", percent_off=50),
            coupon("pro_only", percent_off=10, applies_to={"products": ["pro"]}),
            coupon("all_off", "repeating", percent_off=100),
            *(coupon(f"minus_{c}", amount_off=701, currency=c) for c in CURRENCIES),
        ]
        return [self.books.list_object(one, self.listed) for one in made]

    def _live(self, customer: str, currency: str) -> None:
        self.books.list_object(
            {"id": customer, "object": "customer", "created": self.begin, "currency": currency}, self.listed
        )
        at = self.begin + self.random.randrange(60 * DAY)
        if self.random.random() < 0.3:
            own = discount(self.name("di"), self.random.choice(self.coupons), at + DAY, None, customer=customer)
            self.books.tell("customer.discount.created", own, at + DAY)
            if self.random.random() < 0.5:
                self.books.tell("customer.discount.deleted", own, at + 30 * DAY)
        for _ in range(self.random.choice((1, 1, 2, 3))):
            at = self._subscribe(customer, currency, at)
            # Back within the same day, or much later.
            at += self.random.choice((3600, 5 * DAY, 40 * DAY))
        for _ in range(self.random.randrange(6)):
            self.sell(customer, currency, self.begin + self.random.randrange(DAYS * DAY))

    def _subscribe(self, customer: str, currency: str, at: int) -> int:
        random, name = self.random, self.name("sub")
        items = [item(f"si_{name}_{n}", of, random.randrange(1, 9)) for n, of in enumerate(self._choose(currency))]
        state = subscription(name, at, customer, currency, items)
        if random.random() < 0.3:
            state |= {"status": "trialing", "trial_start": at, "trial_end": at + random.choice((7, 14)) * DAY + 5}
        elif random.random() < 0.15:
            state["status"] = "incomplete"
        is_told = random.random() < 0.8
        self._record("customer.subscription.created", state, at, is_told)
        for _ in range(random.randrange(9)):
            at += random.choice((40, 3 * 3600, 2 * DAY, 17 * DAY, 33 * DAY))
            if at >= self.listed:
                break
            self._change(state, at)
            self._record("customer.subscription.updated", state, at, is_told)
        if random.random() < 0.6 and at < self.listed - DAY:
            at += random.choice((0, 60, 9 * DAY))
            state |= {"status": "canceled", "ended_at": at, "canceled_at": at}
            self._record("customer.subscription.deleted", state, at, is_told)
        self.books.list_object(self._shown(state), self.listed)
        return at

    def _choose(self, currency: str) -> list[Json]:
        return self.random.sample(self.prices[currency], self.random.choice((1, 1, 2, 3)))

    def _change(self, state: Json, at: int) -> None:
        random = self.random
        what = random.randrange(10)
        if state["status"] == "trialing" and at >= state["trial_end"] and random.random() < 0.8:
            state["status"] = "active"
        elif what == 0:
            state["items"]["data"][0]["quantity"] = random.randrange(12)
        elif what == 1:
            state["items"]["data"] = [
                item(f"si_{state['id']}_{at}_{n}", of, random.randrange(1, 5))
                for n, of in enumerate(self._choose(state["currency"]))
            ]
        elif what in (2, 3):
            self._discount(state, state["discounts"], at, {"subscription": state["id"]})
        elif what == 4:
            one = state["items"]["data"][0]
            self._discount(state, one["discounts"], at, {"subscription_item": one["id"]})
        elif what == 5:
            state["discounts"] = []
        elif what == 6:
            paused = {"behavior": "void", "resumes_at": None}
            state["pause_collection"] = None if state["pause_collection"] else paused
        elif state["status"] != "trialing":
            state["status"] = random.choice(("active", "active", "past_due", "unpaid"))

    def _discount(self, state: Json, discounts: list[Json], at: int, of: Json) -> None:
        chosen = self.random.choice(self.coupons)
        end = at + 50 * DAY if chosen["duration"] == "repeating" else None
        made = discount(self.name("di"), chosen, at, end, customer=state["customer"], **of)
        discounts.append(made)
        if self.random.random() < 0.5:
            self.books.tell("customer.discount.created", made, at)

    def _record(self, kind: str, state: Json, at: int, is_told: bool) -> None:
        if is_told:
            shown = self._shown(state)
            for one in (shown, *shown["items"]["data"]):
                one["discounts"] = [found["id"] for found in one["discounts"]]
            origins = self.random.choice((("feed",), ("webhook",), ("feed", "webhook")))
            self.books.tell(kind, shown, at, *origins)
        if self.random.random() < 0.1:
            self.books.list_object(self._shown(state), at + 20)

    @staticmethod
    def _shown(state: Json) -> Json:
        return deepcopy(state)

    # Money

    def sell(self, customer: str | None, currency: str, at: int, **members: Any) -> str:
        """A payment and what becomes of it. Returns the charge's id."""
        random, books, name = self.random, self.books, self.name("ch")
        amount = random.randrange(50, 90_000)
        paid = charge(name, at, amount, currency, customer=customer, payment_intent=f"pi_{name}", **members)
        fate = random.randrange(10)
        if fate == 0:
            paid |= {"status": "failed", "captured": False, "amount_captured": 0, "balance_transaction": None}
            books.list_object(paid, self.listed)
            return name
        # Yen are settled in dollars, everything else in itself.
        settled = "usd" if currency == "jpy" else currency

        def book(of: str, when: int, change: int, category: str, source: str, fee: int = 0) -> Json:
            worth = change // 150 if settled != currency else change
            return books.list_object(booking(of, when, worth, settled, category, source, fee), self.listed)

        book(f"txn_{name}", at, amount, "charge", name, amount // 30)
        if fate == 1:
            paid |= {"status": "failed", "failure_balance_transaction": f"txn_{name}_failed"}
            book(f"txn_{name}_failed", at + 3 * DAY, -amount, "charge_failure", name)
        elif fate in (2, 3):
            left = amount
            for part in range(random.choice((1, 2))):
                refund, given = self.name("re"), random.choice((left, max(left // 3, 1)))
                left -= given
                when = at + (part + 1) * 3 * DAY
                value = {"id": refund, "object": "refund", "created": when, "amount": given, "currency": currency}
                value |= {"charge": name, "status": "succeeded", "balance_transaction": f"txn_{refund}"}
                book(f"txn_{refund}", when, -given, "refund", refund)
                if random.random() < 0.2:
                    value |= {"status": "failed", "failure_balance_transaction": f"txn_{refund}_failed"}
                    book(f"txn_{refund}_failed", when + DAY, given, "refund_failure", refund)
                    left += given
                books.list_object(value, self.listed)
                if not left:
                    break
        elif fate == 4:
            dispute = self.name("dp")
            moved = [book(f"txn_{dispute}", at + 9 * DAY, -amount, "dispute", dispute, 1500)]
            is_won = random.random() < 0.5
            if is_won:
                moved.append(book(f"txn_{dispute}_won", at + 40 * DAY, amount, "dispute_reversal", dispute, -1500))
            value = {"id": dispute, "object": "dispute", "created": at + 9 * DAY, "amount": amount, "charge": name}
            value |= {"currency": currency, "status": "won" if is_won else "lost", "balance_transactions": moved}
            books.list_object(value, self.listed)
        books.list_object(paid, self.listed)
        return name

    def _pay_out(self) -> None:
        rows = [json.loads(row["object"]) for row in self.books.rows["raw_stripe.balance_transactions"]]
        for currency in sorted({row["currency"] for row in rows}):
            members = [row for row in rows if row["currency"] == currency]
            name, total = self.name("po"), sum(row["net"] for row in members)
            made = {"id": name, "object": "payout", "created": self.listed - 60, "amount": total, "currency": currency}
            made |= {"automatic": True, "status": "paid", "balance_transaction": f"txn_{name}"}
            self.books.list_object(made, self.listed)
            paid = booking(f"txn_{name}", self.listed - 60, -total, currency, "payout", name)
            self.books.list_object(paid, self.listed)
            self.books.pay_out(name, [row["id"] for row in members] + [paid["id"]])
