"""What a Stripe account holds, and how time changes it. No HTTP, no arithmetic: verbs live in the modules beside it.

Objects are what Stripe answers without ``expand``, together with what it holds back until asked (``HELD_BACK``); lists
inside them are whole. ``show`` makes of such an object what an answer or an event shows.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from headwater.contracts.stripe import API_VERSION, BY_KIND

Object = dict[str, Any]
"""A Stripe object. Never changed in place: events share its parts, `Account.put` puts another in its place."""

PATHS = {kind.kind: kind.path.removeprefix("/v1/") for kind in BY_KIND.values()} | {
    "billing.meter": "billing/meters",
    "discount": "discounts",
    "invoice_payment": "invoice_payments",
    "invoiceitem": "invoiceitems",
    "payment_method": "payment_methods",
    "tax_rate": "tax_rates",
}
"""Where each kind is listed, without /v1. Stripe lists no discounts; they are kept for who expands them."""

HELD_BACK = {
    "price": ("tiers", "currency_options"),
    "coupon": ("applies_to", "currency_options"),
    "invoice": ("payments",),
}
"""Members that are shown only when they are asked for."""

LINES_SHOWN = 10
"""Members of a list inside an object that are shown with it."""

_MODELESS = {"balance_transaction", "discount", "refund"}
_UNDATED = {"discount", "invoiceitem"}
_FAMILIES = {"subscription": "customer.subscription", "discount": "customer.discount", "dispute": "charge.dispute"}
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PREFIXES = {
    "balance_transaction": "txn",
    "billing.meter": "mtr",
    "charge": "ch",
    "checkout.session": "cs_test",
    "credit_note": "cn",
    "credit_note_line_item": "cnli",
    "customer": "cus",
    "discount": "di",
    "dispute": "dp",
    "event": "evt",
    "invoice": "in",
    "invoice_payment": "inpay",
    "invoiceitem": "ii",
    "line_item": "il",
    "payment_intent": "pi",
    "payment_method": "pm",
    "payout": "po",
    "price": "price",
    "product": "prod",
    "refund": "re",
    "subscription": "sub",
    "subscription_item": "si",
    "subscription_schedule": "sub_sched",
    "tax_rate": "txr",
}


@dataclass
class Account:
    """One account in test mode. Its verbs say what happens now; `advance` lets time pass."""

    now: int
    """Unix seconds; moved by `advance` alone."""
    objects: dict[str, dict[str, Object]] = field(default_factory=lambda: {path: {} for path in PATHS.values()})
    """By list path without /v1, then by id; in the order in which they were made."""
    events: dict[str, Object] = field(default_factory=dict)
    """By id, in order; ids of later events are greater."""
    paid_out: dict[str, list[str]] = field(default_factory=dict)
    """Ids of balance transactions by payout, its own among them."""
    unpaid: dict[str, list[str]] = field(default_factory=dict)
    """By currency, ids of balance transactions that no payout has paid out yet."""
    meter_events: dict[str, Object] = field(default_factory=dict)
    """By identifier."""
    listeners: list[Callable[[Object], None]] = field(default_factory=list)
    """Called with every new event."""
    declines: dict[str, str] = field(default_factory=dict)
    """By customer, the code with which its card refuses payments."""
    retry_days: tuple[int, ...] = (3, 5, 7)
    """Days from each failed attempt at an invoice's payment to the next one."""
    closed_banks: set[str] = field(default_factory=set)
    """Currencies whose bank account takes no payouts."""
    after_retries: str = "cancel"
    """What becomes of the subscription when the last one fails: cancel, unpaid or past_due."""
    numbered: int = 0
    """Invoices that are final, which have a number."""
    _due: list[tuple[int, bool, int, Callable[[], object]]] = field(default_factory=list, repr=False)
    _made: int = 0

    def of(self, kind: str) -> dict[str, Object]:
        """The objects of a kind by id."""
        return self.objects[PATHS[kind]]

    def get(self, kind: str, id_: str) -> Object:
        """An object as it is now. Raises KeyError."""
        return self.objects[PATHS[kind]][id_]

    def name(self, kind: str) -> str:
        """A new id of a kind. Ids of a kind are greater the later they were made."""
        self._made += 1
        return f"{_PREFIXES[kind]}_1{_in_digits(self.now, 6)}HwSimAccnt{_in_digits(self._made, 7)}"

    def put(self, kind: str, id_: str, event: str = "", **members: Any) -> Object:
        """Make or change an object and tell of it: ``event`` names the type, 'none' tells nothing.

        A change that changes nothing is not told.
        """
        held = self.objects[PATHS[kind]]
        before = held.get(id_)
        if before is None:
            start: Object = {"id": id_, "object": kind}
            if kind not in _UNDATED:
                start["created"] = self.now
            if kind not in _MODELESS:
                start["livemode"] = False
            after, previous = start | members, None
        else:
            previous = {name: before.get(name) for name, value in members.items() if before.get(name) != value}
            if not previous and not event:
                return before
            after = before | members
        held[id_] = after
        if event != "none":
            self.tell(event or f"{_FAMILIES.get(kind, kind)}.{'updated' if previous else 'created'}", after, previous)
        return after

    def delete(self, kind: str, id_: str) -> None:
        """Remove an object and tell of it, as it was last."""
        self.tell(f"{_FAMILIES.get(kind, kind)}.deleted", self.objects[PATHS[kind]].pop(id_))

    def tell(self, type_: str, about: Object, previous: Object | None = None) -> Object:
        """Add an event about an object as it is now; ``previous``: what its changed members were."""
        data: Object = {"object": show(about)}
        held_back = HELD_BACK.get(about["object"], ())
        shown = {name: value for name, value in (previous or {}).items() if name not in held_back}
        if shown and type_.endswith(".updated"):
            data["previous_attributes"] = shown
        event: Object = {
            "id": self.name("event"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now,
            "data": data,
            "livemode": False,
            "pending_webhooks": len(self.listeners),
            "request": {"id": None, "idempotency_key": None},
            "type": type_,
        }
        self.events[event["id"]] = event
        for listener in self.listeners:
            listener(event)
        return event

    def schedule(self, at: int, action: Callable[[], object], *, before_others: bool = False) -> None:
        """Have something done when it is due, and ``before_others`` of the same moment; in the past: at once.

        That is at the next advance.
        """
        self._made += 1
        heapq.heappush(self._due, (at, not before_others, self._made, action))

    def advance(self, to: int) -> None:
        """Let time pass until ``to``; what is due is done in order of time. Raises ValueError when ``to`` is past."""
        if to < self.now:
            raise ValueError(f"the account is at {self.now} already, later than {to}")
        while self._due and self._due[0][0] <= to:
            at, _, _, action = heapq.heappop(self._due)
            self.now = max(self.now, at)
            action()
        self.now = to


def show(whole: Object) -> Object:
    """An object as answers and events show it: lists inside cut to `LINES_SHOWN`, without what is held back."""
    shown = whole
    for name in HELD_BACK.get(whole["object"], ()):
        if name in shown:
            shown = {member: value for member, value in shown.items() if member != name}
    for name in ("items", "lines"):
        nested = shown.get(name)
        if nested and len(nested["data"]) > LINES_SHOWN:
            shown = shown | {name: nested | {"data": nested["data"][:LINES_SHOWN], "has_more": True}}
    return shown


def list_of(members: list[Object], url: str) -> Object:
    """A list inside an object, whole."""
    return {"object": "list", "data": members, "has_more": False, "url": url}


def _in_digits(number: int, width: int) -> str:
    """Fixed width, so that greater numbers sort behind smaller ones."""
    digits = ""
    for _ in range(width):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits
