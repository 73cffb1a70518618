"""Who paid and what led to it: payments with every kind of hint, against an oracle in exact fractions."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from api.auth import Caller
from api.metrics.catalogue import read_catalogue
from api.metrics.service import MetricService
from api.metrics.windows import Window
from api.revenue.errors import BrokenPlace
from api.revenue.service import RevenueService
from api.warehouse import WarehousePool
from cli.services import PROJECT
from tests.dbt_project.billing import DAY
from tests.dbt_project.conftest import Models
from tests.dbt_project.credits import MODELS
from tests.dbt_project.hints import ORG, SEEDS, Payers, make_payers
from tests.dbt_project.income import sum_divided
from tests.dbt_project.ledger import Ledger
from tests.dbt_project.payers import divide_revenue

pytestmark = pytest.mark.xdist_group("earnings")

LOOKBACK = 30 * DAY


@pytest.fixture(scope="module")
def worlds() -> dict[int, Payers]:
    return {seed: make_payers(seed) for seed in SEEDS}


@pytest.fixture(scope="module")
def built(earnings: Models) -> Iterator[Models]:
    with earnings.of_organization(ORG) as models:
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


def test_divided_revenue_of_a_day_is_what_its_parts_add_up_to(built: Models, worlds: dict[int, Payers]) -> None:
    totals = Counter[str]()
    for payers in worlds.values():
        ledger = Ledger(payers.business.books, "UTC")
        expected = sum_divided(ledger, divide_revenue(ledger, payers.owner_of_charge, payers.visits, LOOKBACK))
        rows = built.client.query(
            "SELECT day, toString(model), toString(currency) AS currency, sum(gross), sum(net), sum(first_gross),"
            " sum(first_net), sum(reporting_gross), sum(reporting_net), groupUniqArray(toString(reporting_currency))"
            " FROM marts.rpt_revenue_attribution_daily WHERE site_id = {site:String} GROUP BY day, model, currency",
            {"site": payers.business.books.whose["site_id"]},
        )[1]
        assert {tuple(row[:3]): list(row[3:7]) for row in rows} == expected
        # Without rates an amount stands as it is.
        assert all(row[7:] == (row[3], row[4], [row[2]]) for row in rows)
        for amounts in expected.values():
            totals.update(dict(zip(("gross", "net", "first_gross", "first_net"), amounts, strict=True)))
    assert len(set(totals.values())) == 4, totals


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
