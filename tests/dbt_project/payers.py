"""Who paid, by what Stripe's objects say, and how what they paid is divided: plain Python, payment by payment."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tests.dbt_project.books import Json
from tests.dbt_project.credits import MODELS, share, weigh
from tests.dbt_project.income import invoice_of_intent
from tests.dbt_project.ledger import Ledger

Owner = tuple[str, str]
"""('user', its id) or ('visitor', its id)."""
Touch = tuple[int, str]
"""When a session began, and its source; '' when it came directly."""


@dataclass(frozen=True)
class Known:
    """Whom the site has seen: the owner of every visitor, and of every user by its id."""

    visitors: Mapping[str, Owner]
    users: Mapping[str, Owner]

    def by_address(self, address: str | None) -> Owner | None:
        """The user whose id is the address or its hash."""
        if not address:
            return None
        plain = address.strip().lower()
        digest = hashlib.sha256(plain.encode()).hexdigest()
        for user, owner in self.users.items():
            if user.lower() in (plain, digest):
                return owner
        return None


def find_owners(ledger: Ledger, known: Known) -> dict[str, tuple[Owner, str]]:
    """By charge that was paid, the owner and by what it was found; who isn't found is not in it."""
    invoices, customers = invoice_of_intent(ledger), ledger.newest("customer")
    subscriptions, intents = ledger.newest("subscription"), ledger.newest("payment_intent")
    checkouts: dict[tuple[str, str], list[Json]] = {}
    done = (one for one in ledger.newest("checkout.session").values() if one["status"] == "complete")
    for session in sorted(done, key=lambda one: (one["created"], one["id"])):
        for kind in ("payment_intent", "invoice", "subscription", "customer"):
            if session[kind]:
                checkouts.setdefault((kind, session[kind]), []).append(session)
    found = {}
    for charge in ledger.newest("charge").values():
        if charge["status"] != "succeeded":
            continue
        invoice = invoices.get(charge["payment_intent"], {})
        subscription = subscriptions.get(_subscription_of(invoice), {})
        customer = customers.get(charge["customer"], {})
        chain = (
            [charge, invoice, {"metadata": _details(invoice).get("metadata")}],
            [
                intents.get(charge["payment_intent"], {}),
                *checkouts.get(("payment_intent", charge["payment_intent"]), []),
            ],
            checkouts.get(("invoice", invoice.get("id", "")), []),
            [subscription, *checkouts.get(("subscription", subscription.get("id", "")), [])],
            [customer, *checkouts.get(("customer", customer.get("id", "")), [])],
        )
        near = [one for part in chain for one in part]
        for owner, by in _guess(charge, customer, near, known):
            if owner:
                found[charge["id"]] = owner, by
                break
    return found


def _guess(charge: Json, customer: Json, near: Sequence[Json], known: Known) -> Iterator[tuple[Owner | None, str]]:
    """Every hint, the most believed first."""
    references = [one["client_reference_id"] for one in near if one.get("client_reference_id")]
    metadata = [one.get("metadata") or {} for one in near]
    for reference in references:
        yield known.visitors.get(reference), "client_reference_id"
    for reference in references:
        yield known.users.get(reference), "client_reference_id"
    for said in metadata:
        yield known.visitors.get(said.get("headwater_visitor_id", "")), "metadata"
    for said in metadata:
        yield known.users.get(said.get("headwater_user_id", "")), "user"
    yield known.by_address(charge["billing_details"]["email"]), "email_hash"
    yield known.by_address(customer.get("email")), "email_hash"


def _details(invoice: Json) -> Json:
    details: Json = (invoice.get("parent") or {}).get("subscription_details") or {}
    return details


def _subscription_of(invoice: Json) -> str:
    return _details(invoice).get("subscription") or ""


def divide_revenue(
    ledger: Ledger,
    owner_of_charge: Mapping[str, tuple[Owner, str]],
    touches_of: Mapping[Owner, Sequence[Touch]],
    lookback: int,
) -> dict[tuple[str, str, int], tuple[int, bool]]:
    """By (transaction, model, position of the touch): its part of the amount, and whether it is of a first payment."""
    charges, moved = ledger.newest("charge"), ledger.transactions()
    by_payer: dict[str, list[str]] = {}
    for name, one in moved.items():
        by_payer.setdefault(charges[one["charge"]]["customer"] or one["charge"], []).append(name)
    expected = {}
    for names in by_payer.values():
        paid = sorted((moved[name]["at"], name) for name in names if moved[name]["kind"] == "payment")
        owners = [owner_of_charge[name][0] for _, name in paid if name in owner_of_charge]
        first_at, first = paid[0]
        visits = touches_of.get(owners[0], ()) if owners else ()
        touches = sorted(touch for touch in visits if first_at - lookback <= touch[0] <= first_at)
        is_direct = [source == "" for _, source in touches]
        for model in MODELS:
            weights = weigh(model, [at * 1000 for at, _ in touches], is_direct) if touches else [Fraction(1)]
            for name in names:
                amount = moved[name]["amount"]
                parts = share(abs(amount), weights)
                for position, (part, weight) in enumerate(zip(parts, weights, strict=True), start=1):
                    if weight:
                        place = position if touches else 0
                        expected[name, model, place] = (-part if amount < 0 else part, first == moved[name]["charge"])
    return expected
