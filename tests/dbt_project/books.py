"""Rows of Stripe's raw tables: what a list or an event of it would have brought. Times are Unix seconds."""

import json
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from headwater.contracts.stripe_row import is_deletion

Json = dict[str, Any]

TABLES = {
    "product": "products",
    "price": "prices",
    "coupon": "coupons",
    "customer": "customers",
    "subscription": "subscriptions",
    "subscription_schedule": "subscription_schedules",
    "invoice": "invoices",
    "credit_note": "credit_notes",
    "charge": "charges",
    "refund": "refunds",
    "dispute": "disputes",
    "payment_intent": "payment_intents",
    "checkout.session": "checkout_sessions",
    "balance_transaction": "balance_transactions",
    "payout": "payouts",
}
FOREVER = 4_000_000_000


def moment(seconds: int) -> str:
    """As ClickHouse reads it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S.000")


class Books:
    """The raw rows of one site."""

    def __init__(self, org_id: str, site_id: str, livemode: bool = True) -> None:
        self.whose = {"org_id": org_id, "site_id": site_id, "livemode": livemode}
        self.rows: defaultdict[str, list[Json]] = defaultdict(list)
        self._events = 0

    def list_object(self, value: Json, at: int) -> Json:
        """The object as a list showed it at a time."""
        row = self.whose | {
            "id": value["id"],
            "created": moment(value.get("created", 0)),
            "version_at": moment(at),
            "is_deleted": bool(value.get("deleted")),
            "object": json.dumps(value),
        }
        self.rows[f"raw_stripe.{TABLES[value['object']]}"].append(row)
        return value

    def tell(self, kind: str, value: Json, at: int, *origins: str) -> None:
        """An event about the object as it was at a time, received once from each origin, by default the feed."""
        self._events += 1
        name = f"evt_{self.whose['site_id']}_{self._events:06}"
        event = {"id": name, "object": "event", "type": kind, "created": at, "data": {"object": value}}
        self.receive(event, *origins)

    def receive(self, event: Json, *origins: str) -> None:
        """An event as Stripe sent it, received once from each origin, by default the feed."""
        about = event["data"]["object"]
        for origin in origins or ("feed",):
            self.rows["raw_stripe.events"].append(
                self.whose
                | {
                    "id": event["id"],
                    "created": moment(event["created"]),
                    "version_at": moment(event["created"]),
                    "is_deleted": is_deletion(event["type"]),
                    "object": json.dumps(event),
                    "type": event["type"],
                    "object_type": about["object"],
                    "object_id": about["id"],
                    "origin": origin,
                }
            )

    def pay_out(self, payout_id: str, balance_transactions: list[str]) -> None:
        """Which balance transactions a payout paid out."""
        for one in balance_transactions:
            row = self.whose | {"payout_id": payout_id, "balance_transaction_id": one}
            self.rows["raw_stripe.payout_transactions"].append(row)


def booking(name: str, created: int, amount: int, currency: str, category: str, source: str, fee: int = 0) -> Json:
    """A balance transaction."""
    return {
        "id": name,
        "object": "balance_transaction",
        "created": created,
        "amount": amount,
        "currency": currency,
        "fee": fee,
        "net": amount - fee,
        "type": "adjustment" if category.startswith("dispute") else category,
        "reporting_category": category,
        "source": source,
    }


def charge(name: str, created: int, amount: int, currency: str, **members: Any) -> Json:
    """A charge that was paid and booked as `txn_<name>`."""
    return {
        "id": name,
        "object": "charge",
        "created": created,
        "amount": amount,
        "amount_captured": amount,
        "currency": currency,
        "captured": True,
        "status": "succeeded",
        "balance_transaction": f"txn_{name}",
        "metadata": {},
    } | members


def price(name: str, product: str, unit_amount: str, currency: str, interval: str = "month", count: int = 1) -> Json:
    """A price for each unit and interval."""
    return {
        "id": name,
        "object": "price",
        "created": 1,
        "product": product,
        "currency": currency,
        "billing_scheme": "per_unit",
        "unit_amount_decimal": unit_amount,
        "recurring": {"interval": interval, "interval_count": count, "usage_type": "licensed"},
    }


def item(name: str, of: Json, quantity: int | None = 1, discounts: tuple[Json | str, ...] = ()) -> Json:
    """An item of a subscription."""
    listed = {key: value for key, value in of.items() if key not in ("tiers", "currency_options")}
    return {
        "id": name,
        "object": "subscription_item",
        "price": listed,
        "quantity": quantity,
        "discounts": list(discounts),
    }


def subscription(name: str, created: int, customer: str, currency: str, items: list[Json], **members: Any) -> Json:
    """A subscription that is active, unless ``members`` say otherwise."""
    return {
        "id": name,
        "object": "subscription",
        "created": created,
        "start_date": created,
        "customer": customer,
        "currency": currency,
        "status": "active",
        "items": {"data": items},
        "discounts": [],
        "trial_start": None,
        "trial_end": None,
        "ended_at": None,
        "pause_collection": None,
        "metadata": {},
    } | members


def coupon(name: str, duration: str = "forever", **members: Any) -> Json:
    """A coupon; ``members`` say percent_off, or amount_off and currency."""
    return {"id": name, "object": "coupon", "created": 1, "duration": duration} | members


def discount(name: str, of: Json, start: int, end: int | None = None, **members: Any) -> Json:
    """A coupon's discount, as a subscription shows it when it is listed."""
    source = {"type": "coupon", "coupon": of["id"]}
    return {"id": name, "object": "discount", "source": source, "start": start, "end": end} | members
