"""Who paid and what led to it: payments with every kind of hint, against an oracle in exact fractions."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any
from uuid import UUID

import pytest

from api.auth import Caller
from api.metrics.catalogue import read_catalogue
from api.metrics.service import MetricService
from api.metrics.windows import Window
from api.revenue.errors import BrokenPlace
from api.revenue.service import RevenueService
from api.warehouse import WarehousePool
from cli.services import PROJECT
from tests.dbt_project import journeys
from tests.dbt_project.billing import BEGIN, DAY, LISTED, Business
from tests.dbt_project.books import moment
from tests.dbt_project.conftest import Models, serve_models
from tests.dbt_project.journeys import Event
from tests.dbt_project.ledger import Ledger
from tests.dbt_project.payers import divide_revenue
from tests.dbt_project.test_attribution import MODELS
from tests.dbt_project.test_revenue import build, open_books

pytestmark = pytest.mark.xdist_group("payers")

ORG = "payers"
SEEDS = range(3)
LOOKBACK = 30 * DAY
SOURCES = ("", "news", "google", "facebook")


@dataclass
class Payers:
    """A site's people, their visits, what they paid, and how it can be told who they are."""

    business: Business
    events: list[Event] = field(default_factory=list)
    owner_of_charge: dict[str, tuple[tuple[str, str], str]] = field(default_factory=dict)
    """Person and how it is found, by charge; who is not found is not in it."""
    visits: defaultdict[tuple[str, str], list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    """(began, source) of a person's sessions."""


def make_payers(seed: int) -> Payers:
    random = Random(seed)
    site = f"site{seed}"
    payers = Payers(Business(ORG, site, seed, customers=0))
    books = payers.business.books
    for number in range(30):
        email = f"Person{number}@{site}.example"
        user = random.choice((f"u{number}-{site}", email.lower(), hashlib.sha256(email.lower().encode()).hexdigest()))
        visitor, is_known = f"v{number}-{site}", random.random() < 0.7
        owner = ("user", user) if is_known else ("visitor", visitor)
        first = BEGIN + random.randrange(100 * DAY)
        times = sorted({first + random.randrange(70 * DAY) // 3600 * 3600 for _ in range(random.randrange(1, 6))})
        for at in times:
            source = random.choice(SOURCES)
            payers.visits[owner].append((at, source))
            payers.events.append(
                Event(
                    site_id=site,
                    id=UUID(int=seed * 10**6 + len(payers.events)),
                    event="page_view",
                    occurred_ms=at * 1000,
                    visitor_id=visitor,
                    user_id=user if is_known and at == times[-1] else "",
                    utm_source=source,
                )
            )
        way = random.choice(("reference", "reference user", "passed over", "metadata", "user", "id", "e-mail", "none"))
        customer = user if way == "id" else f"cus_{site}_{number}"
        members: dict[str, Any] = {"metadata": {}}
        found = ""
        if way == "reference":
            refer(payers, customer, visitor)
            found = "client_reference_id"
        elif way == "reference user":
            refer(payers, customer, user)
            found = "client_reference_id" if is_known else ""
        elif way in ("passed over", "metadata"):
            if way == "passed over":
                refer(payers, customer, "nobody")
            members = {"metadata": {"headwater_visitor_id": visitor}}
            found = "metadata"
        elif way == "user":
            members = {"metadata": {"headwater_user_id": user}}
            found = "user" if is_known else ""
        elif way == "id":
            found = "user" if is_known else ""
        elif way == "e-mail" and user != f"u{number}-{site}":
            found = "email_hash" if is_known else ""
        value = {"id": customer, "object": "customer", "created": BEGIN, "email": email if way == "e-mail" else None}
        books.list_object(value, LISTED)
        begin = first + random.randrange(80 * DAY)
        is_guest = way == "metadata" and random.random() < 0.5
        for _ in range(random.randrange(1, 5)):
            at = begin + random.randrange(100 * DAY)
            charge = payers.business.sell(None if is_guest else customer, random.choice(("usd", "kwd")), at, **members)
            if found:
                payers.owner_of_charge[charge] = owner, found
    return payers


def refer(payers: Payers, customer: str, reference: str) -> None:
    name = payers.business.name("cs")
    value = {"id": name, "object": "checkout.session", "created": BEGIN, "customer": customer, "status": "complete"}
    payers.business.books.list_object(value | {"client_reference_id": reference}, LISTED)


@pytest.fixture(scope="module")
def worlds() -> dict[int, Payers]:
    return {seed: make_payers(seed) for seed in SEEDS}


@pytest.fixture(scope="module")
def built(worlds: dict[int, Payers], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Models]:
    with serve_models(tmp_path_factory.mktemp("payers")) as models:
        models.insert("raw_control.organizations", [{"id": ORG, "name": ORG, "created_at": moment(0)}])
        number = 0
        for payers in worlds.values():
            open_books(models, payers.business.books, "UTC")
            rows = []
            for event in payers.events:
                rows.append(journeys.event_row(event, number) | {"org_id": ORG})
                number += 1
            models.insert("raw_events.events", rows)
        build(models)
        yield models


def test_payers_are_found_by_the_first_hint_that_names_somebody(built: Models, worlds: dict[int, Payers]) -> None:
    ways: Counter[str] = Counter()
    for payers in worlds.values():
        rows = built.client.rows(
            "SELECT charge_id, matched_by FROM marts.fct_transactions WHERE site_id = {site:String}",
            {"site": payers.business.books.whose["site_id"]},
        )
        for row in rows:
            assert row["matched_by"] == payers.owner_of_charge.get(row["charge_id"], ("", ""))[1], row
            ways[row["matched_by"]] += 1
    assert set(ways) == {"", "client_reference_id", "metadata", "user", "email_hash"}, ways


def test_revenue_is_divided_among_the_sessions_before_the_first_payment(
    built: Models, worlds: dict[int, Payers]
) -> None:
    touches_of: Counter[int] = Counter()
    for payers in worlds.values():
        ledger = Ledger(payers.business.books, "UTC")
        expected = divide_revenue(ledger, payers.owner_of_charge, payers.visits, LOOKBACK)
        touches_of.update(Counter(place for _, _, place in expected))
        rows = built.client.query(
            "SELECT transaction_id, toString(model), position, amount, is_first_payment"
            " FROM marts.fct_revenue_attribution WHERE site_id = {site:String}",
            {"site": payers.business.books.whose["site_id"]},
        )[1]
        assert {tuple(row[:3]): tuple(row[3:]) for row in rows} == expected
    assert all(touches_of[n] for n in range(3)), touches_of


@pytest.fixture
def caller(built: Models) -> Caller:
    return Caller("key", ORG, "site0", frozenset({"metrics:read"}), 60, frozenset(), "UTC")


@pytest.fixture
def pool(built: Models) -> Iterator[WarehousePool]:
    pool = WarehousePool(built.settings)
    yield pool
    pool.close()


WINDOW = Window(date(2025, 1, 1), date(2027, 1, 1))


def test_sources_of_every_model_add_up_to_the_revenue(
    caller: Caller, pool: WarehousePool, worlds: dict[int, Payers]
) -> None:
    earned: Counter[str] = Counter()
    for one in Ledger(worlds[0].business.books, "UTC").transactions().values():
        earned[one["currency"]] += one["amount"]
    for model in MODELS:
        for dimension in ("channel", "source", "medium", "campaign"):
            answer = RevenueService(pool).revenue(caller, WINDOW, model, dimension)  # type: ignore[arg-type]
            assert {total.currency: total.net for total in answer.totals} == earned
            sums: Counter[str] = Counter()
            for source in answer.sources:
                sums[source.currency] += source.net
            assert sums == earned
            assert not answer.truncated


def test_pages_of_transactions_hold_each_of_them_once(
    caller: Caller, pool: WarehousePool, worlds: dict[int, Payers]
) -> None:
    moved = Ledger(worlds[0].business.books, "UTC").transactions()
    service = RevenueService(pool)
    found, before = [], None
    while True:
        page = service.transactions(caller, WINDOW, [], "", before, 7)
        found += page.transactions
        before = page.next
        if before is None:
            break
        assert len(page.transactions) == 7
    assert [(one.transaction_id, one.amount) for one in found] == [
        (name, moved[name]["amount"])
        for name in sorted(moved, key=lambda name: (moved[name]["at"], name), reverse=True)
    ]
    refunds = service.transactions(caller, WINDOW, ["refund"], "", None, 1000).transactions
    assert {one.transaction_id for one in refunds} == {name for name, one in moved.items() if one["kind"] == "refund"}
    customer = next(one.customer_id for one in found if one.customer_id)
    theirs = service.transactions(caller, WINDOW, [], customer, None, 1000).transactions
    assert len(theirs) == sum(one.customer_id == customer for one in found)
    with pytest.raises(BrokenPlace):
        service.transactions(caller, WINDOW, [], "", "yesterday", 7)


def test_revenue_metrics_are_those_of_the_ledger(
    caller: Caller, pool: WarehousePool, worlds: dict[int, Payers]
) -> None:
    metrics = MetricService(read_catalogue(PROJECT / "dbt_project" / "models"), pool)
    moved = Ledger(worlds[0].business.books, "UTC").transactions().values()
    payments = [one for one in moved if one["kind"] == "payment"]
    matched = [one for one in payments if one["charge"] in worlds[0].owner_of_charge]

    def ask(name: str, *groups: str) -> Any:
        answer = metrics.answer(caller, name, WINDOW, groups)
        return {row.group[groups[0]]: row.value for row in answer.rows} if groups else answer.total

    assert ask("payments") == len(payments)
    assert ask("payments_matched") == len(matched)
    assert ask("payment_match_share") == pytest.approx(len(matched) / len(payments))
    dollars = sum(one["amount"] for one in moved if one["currency"] == "usd")
    assert ask("revenue_net", "currency")["usd"] == dollars
    for model in MODELS:
        by_channel = ask(f"revenue_{model}", "channel")
        sessions = ask("revenue_sessions", "channel")
        per_session = ask(f"revenue_per_session_{model}", "channel")
        assert sum(by_channel.values()) == ask(f"revenue_{model}")
        for channel, amount in by_channel.items():
            assert per_session[channel] == pytest.approx(amount / sessions[channel])
