"""One customer's dealings with the business: what it can do, and when it does it."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from simulator.stripe.account import Account, Object
from simulator.stripe.checkout import open_checkout, pay_at_checkout, subscribe_at_checkout
from simulator.stripe.clock import DAY
from simulator.stripe.customers import make_customer
from simulator.stripe.people import Person
from simulator.stripe.shop import Shop
from simulator.stripe.subscriptions import subscribe


@dataclass
class Life:
    """A customer of the business from its first visit on."""

    account: Account
    shop: Shop
    random: Random
    person: Person
    currency: str
    customer: str = ""
    subscription: str = ""
    """The latest one."""

    def after(self, days: float, act: Callable[[], object]) -> None:
        """Have it done so many days after the first visit, at a second of its own."""
        at = self.person.visit.at + int(days * DAY) + self.random.randrange(300, 7000)
        self.account.schedule(at, act)

    def change(self, days: float, act: Callable[[Account, str], object]) -> None:
        """Have something done to the subscription, unless it is over by then."""
        self.after(days, lambda: self.is_subscribed() and act(self.account, self.subscription))

    def is_subscribed(self) -> bool:
        """Whether its latest subscription has not ended."""
        return bool(self.subscription) and not self.account.get("subscription", self.subscription)["ended_at"]

    def price(self, name: str) -> str:
        """A price of the shop in the customer's currency."""
        return self.shop.price(name, self.currency)

    def sign_up(self) -> str:
        """Become a customer, if it isn't one. Returns its id."""
        if not self.customer:
            person = self.person
            self.customer = make_customer(self.account, person.email, person.name, person.customer_metadata)
        return self.customer

    def subscribe(self, name: str, quantity: int | None = 1, **choices: Any) -> None:
        """Subscribe to a price of the shop, through the checkout if that is how it says who it is."""
        choices = {"metadata": self.person.metadata} | choices
        customer, price = self.sign_up(), self.price(name)
        reference = self.person.client_reference_id
        if reference or self.random.random() < 0.3:
            session = open_checkout(
                self.account, "subscription", price, quantity or 0, customer=customer, client_reference_id=reference
            )
            self.subscription = subscribe_at_checkout(self.account, session, price, quantity, **choices)
        else:
            self.subscription = subscribe(self.account, customer, price, quantity, **choices)

    def buy(self, quantity: int = 1, *, as_guest: bool = False) -> str | None:
        """Pay once. Returns the charge's id, or None when the card refused."""
        person, metadata = self.person, self.person.metadata
        customer = None if as_guest else self.sign_up()
        session = open_checkout(
            self.account,
            "payment",
            self.price("book"),
            quantity,
            customer=customer,
            client_reference_id=person.client_reference_id,
            metadata=person.customer_metadata if as_guest else None,
        )
        return pay_at_checkout(self.account, session, person.email, person.name, metadata)

    def abandon(self) -> None:
        """Open the checkout, and leave."""
        open_checkout(self.account, "payment", self.price("book"), client_reference_id=self.person.client_reference_id)

    def last_charge(self) -> Object | None:
        """Its latest payment that succeeded and has not been given back or disputed, even in part."""
        for charge in reversed(self.account.of("charge").values()):
            if charge["customer"] == self.customer and charge["status"] == "succeeded":
                return None if charge["amount_refunded"] or charge["disputed"] else charge
        return None

    def last_invoice(self, status: str) -> Object | None:
        """Its latest invoice, if it has this status and something was to be paid."""
        held = self.account.get("subscription", self.subscription) if self.subscription else None
        invoice = self.account.get("invoice", held["latest_invoice"]) if held else None
        return invoice if invoice and invoice["status"] == status and invoice["amount_due"] else None
