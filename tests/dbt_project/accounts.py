"""What a Stripe account of a world brought: rows of the raw tables, of which some show the object at another time."""

import json
from random import Random
from typing import Any

from tests.dbt_project.billing import DAY, DAYS, Business
from tests.dbt_project.books import Json, moment

Rows = dict[str, list[Json]]
RATES = {"usd": "1.1", "jpy": "160", "kwd": "0.34"}
OTHERS = (
    {"id": "cn", "object": "credit_note", "amount": 5, "currency": "usd", "status": "issued", "total": 5},
    {"id": "basic", "object": "product", "name": "Basic", "active": True},
    {"id": "sched", "object": "subscription_schedule", "customer": "c", "status": "active"},
)
TABLES_OF_OTHERS = {
    "product": "products",
    "credit_note": "credit_notes",
    "subscription_schedule": "subscription_schedules",
}


def make_account(random: Random, org_id: str, site_id: str, now: int) -> Rows:
    """Rows by raw table, without loaded_at: a business of a few customers, some of them known visitors of the site.

    ``now``: Unix seconds up to which it happened.
    """
    business = Business(org_id, site_id, random.randrange(2**32), customers=3, begin=now - DAYS * DAY)
    for customer in range(3):
        for _ in range(3):
            at = now - random.randrange(40 * DAY)
            invoiced = random.choice(({}, {"invoice": f"in_{site_id}_{random.randrange(4)}"}))
            business.sell(
                f"cus_{site_id}_{customer}",
                random.choice(("usd", "eur", "jpy")),
                at,
                **invoiced,
                metadata=_hint(random),
            )
    rows = dict(business.books.rows)
    whose = {"org_id": org_id, "site_id": site_id, "livemode": True}
    _add_checkouts(random, whose, rows, now)
    for value in OTHERS:
        made = value | {"created": now - DAY}
        rows[f"raw_stripe.{TABLES_OF_OTHERS[str(value['object'])]}"] = [_row(whose, made, now)]
    for table, known in rows.items():
        if table.startswith("raw_stripe.") and table not in ("raw_stripe.events", "raw_stripe.payout_transactions"):
            known += [_other_version(random, row) for row in known if random.random() < 0.25]
        for row in known:
            # Of the other mode: another account, as good as.
            if random.random() < 0.05:
                row["livemode"] = False
    rows["raw_stripe.checkpoints"] = [_checkpoint(random, whose, now) for _ in range(12)]
    rows["raw_rates.exchange_rates"] = _rates(random, now)
    return rows


def _hint(random: Random) -> dict[str, str]:
    return random.choice((
        {}, {"headwater_visitor_id": f"visitor-{random.randrange(1, 5)}"}, {"headwater_user_id": "ann"},
        {"headwater_session_id": "00000000-0000-0000-0000-000000000001"}, {"user_id": "bob"},
    ))  # fmt: skip


def _add_checkouts(random: Random, whose: Json, rows: Rows, now: int) -> None:
    """Payment intents, invoices and their payments, and checkouts of some of the charges."""
    charges = [json.loads(row["object"]) for row in rows["raw_stripe.charges"]]
    site_id = whose["site_id"]
    tables: Rows = {"payment_intents": [], "invoices": [], "checkout_sessions": [], "events": []}
    for number, paid in enumerate(random.sample(charges, len(charges) // 2)):
        intent, at = paid.get("payment_intent"), paid["created"]
        made = {"created": at, "customer": paid["customer"]}
        tables["payment_intents"].append(made | {"id": intent, "object": "payment_intent", "metadata": _hint(random)})
        tables["invoices"].append(
            made
            | {
                "id": f"in_{site_id}_{number}",
                "object": "invoice",
                "currency": paid["currency"],
                "metadata": _hint(random),
            }
            | {"subscription": random.choice(("", f"sub_{site_id}_0001", f"sub_{site_id}_0002"))}
            | {"payments": {"data": [{"id": f"inpay_{number}", "payment": {"payment_intent": intent}}]}}
        )
        if random.random() < 0.5:
            of = random.choice(
                ({"payment_intent": intent}, {"customer": paid["customer"]}, {"invoice": f"in_{site_id}_{number}"})
            )
            tables["checkout_sessions"].append(
                {"id": f"cs_{site_id}_{number}", "object": "checkout.session", "created": at, "status": "complete"}
                | {"client_reference_id": random.choice(("ann", f"visitor-{random.randrange(1, 5)}", None))}
                | of
            )
        if random.random() < 0.5:
            told = {
                "id": f"inpay_{number}",
                "object": "invoice_payment",
                "invoice": f"in_{site_id}_{random.randrange(9)}",
            }
            told |= {"payment": random.choice(({"payment_intent": intent}, {"charge": paid["id"]}))}
            event = {"id": f"evt_{site_id}_paid_{number}", "type": "invoice_payment.paid", "data": {"object": told}}
            tables["events"].append(
                whose
                | {"id": event["id"], "created": moment(at), "version_at": moment(at), "is_deleted": False}
                | {"object": json.dumps(event), "type": event["type"], "object_type": "invoice_payment"}
                | {"object_id": told["id"], "origin": "feed"}
            )
    for table, made_rows in tables.items():
        new = made_rows if table == "events" else [_row(whose, value, now) for value in made_rows]
        rows.setdefault(f"raw_stripe.{table}", []).extend(new)


def _row(whose: Json, value: Json, at: int) -> Json:
    return whose | {
        "id": value["id"],
        "created": moment(value["created"]),
        "version_at": moment(at),
        "is_deleted": False,
        "object": json.dumps(value),
    }


def _other_version(random: Random, row: Json) -> Json:
    """The same object at another time, as it was then: changed, or deleted."""
    value = json.loads(row["object"])
    at = max(value.get("created", 0) + 1, 1_700_000_000) + random.randrange(400 * DAY)
    if random.random() < 0.1:
        deleted = {"id": value["id"], "object": value["object"], "deleted": True}
        return row | {"is_deleted": True, "object": json.dumps(deleted), "version_at": moment(at)}
    changes: list[dict[str, Any]] = [
        {"metadata": _hint(random)},
        {"amount": 77, "amount_captured": 77, "unit_amount_decimal": "77", "net": 70, "amount_off": 7},
        {"status": random.choice(("failed", "active", "past_due", "succeeded"))},
        {"email": random.choice(("ann", "bob", "")), "billing_details": {"email": "Ann "}, "discount": None},
        {"invoice": "in_site-0_1", "created": value.get("created", 0) + 40 * DAY},
    ]
    return row | {"object": json.dumps(value | random.choice(changes)), "version_at": moment(at)}


def _checkpoint(random: Random, whose: Json, now: int) -> Json:
    at = moment(now + random.randrange(-5 * DAY, DAY))
    names = ("events", "charges", "refunds", "disputes", "balance_transactions")
    return whose | {
        "object": random.choice(names),
        "window_end": at,
        "cursor": random.choice(("", "", "17")),
        "finished_at": at,
    }


def _rates(random: Random, now: int) -> list[Json]:
    """Of all currencies on some days: one that lacks the reporting currency converts nothing."""
    rows = []
    for _ in range(8):
        day = moment(now - random.randrange(random.choice((45, DAYS)) * DAY))[:10]
        rows += [
            {"day": day, "base": "EUR", "currency": currency.upper(), "rate": rate, "source": "bank"}
            for currency, rate in RATES.items()
        ]
    return rows
