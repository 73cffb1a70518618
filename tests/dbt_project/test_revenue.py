"""Recurring revenue and money that moved: random businesses against a ledger in plain Python, to the cent every day."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from tests.dbt_project.billing import LISTED, Business
from tests.dbt_project.bookkeeping import SHOPS, SHOPS_ORG, make_shop, site_of
from tests.dbt_project.books import moment
from tests.dbt_project.conftest import Models
from tests.dbt_project.income import find_cohorts, months_between
from tests.dbt_project.ledger import KINDS, Ledger, name_movements

pytestmark = pytest.mark.xdist_group("earnings")


@pytest.fixture(scope="module")
def businesses() -> dict[int, Business]:
    return {seed: make_shop(seed) for seed in SHOPS}


@pytest.fixture(scope="module")
def built(earnings: Models) -> Iterator[Models]:
    with earnings.of_organization(SHOPS_ORG) as models:
        yield models


def test_recurring_revenue_is_that_of_the_ledger_on_every_day(built: Models, businesses: dict[int, Business]) -> None:
    kinds: Counter[str] = Counter()
    for seed, business in businesses.items():
        ledger = Ledger(business.books, business.zone)
        closings = list(ledger.days(date(2024, 12, 30), LISTED))
        expected = {
            (day, currency): amount
            for day, lines in closings
            for currency, amount in sum_by_currency(lines).items()
            if amount
        }
        rows = built.client.rows(
            "SELECT day, currency, closing FROM marts.rpt_mrr_daily WHERE site_id = {site:String}",
            {"site": site_of(seed)},
        )
        assert {(row["day"], row["currency"]): row["closing"] for row in rows if row["closing"]} == expected
        assert max(row["day"] for row in rows) == ledger.day_of(LISTED)
        moved = name_movements(closings)
        found = built.client.query(
            "SELECT day, kind, currency, customer_id, subscription_id, product_id, amount"
            " FROM marts.fct_mrr_movements WHERE site_id = {site:String}",
            {"site": site_of(seed)},
        )[1]
        assert {tuple(row[:-1]): row[-1] for row in found} == moved
        assert len(found) == len(moved)
        kinds.update(key[1] for key in moved)
    assert set(kinds) == {"new", "expansion", "contraction", "churn", "reactivation"}, kinds


def test_every_movement_of_money_is_that_of_the_ledger(built: Models, businesses: dict[int, Business]) -> None:
    kinds: Counter[str] = Counter()
    for seed, business in businesses.items():
        ledger = Ledger(business.books, business.zone)
        expected = {
            name: (one["kind"], ledger.day_of(one["at"]), one["amount"], one["currency"], one["charge"])
            for name, one in ledger.transactions().items()
        }
        rows = built.client.query(
            "SELECT transaction_id, kind, day, amount, currency, charge_id FROM marts.fct_transactions"
            " WHERE site_id = {site:String}",
            {"site": site_of(seed)},
        )[1]
        assert {row[0]: tuple(row[1:]) for row in rows} == expected
        kinds.update(one[0] for one in expected.values())
        by_day: defaultdict[tuple[Any, ...], int] = defaultdict(int)
        for kind, day, amount, currency, _ in expected.values():
            by_day[day, currency, "net"] += amount
            by_day[day, currency, kind] += amount
        daily = built.client.rows(
            "SELECT day, currency, sum(gross) AS gross, sum(refunded) AS refunded, sum(disputed) AS disputed,"
            " sum(net) AS net FROM marts.rpt_revenue_daily WHERE site_id = {site:String} GROUP BY day, currency",
            {"site": site_of(seed)},
        )
        assert len(daily) == len({key[:2] for key in by_day})
        for row in daily:
            sums = {kind: by_day.get((row["day"], row["currency"], kind), 0) for kind in (*KINDS, "net")}
            assert row["net"] == sums["net"]
            assert row["gross"] == sums["payment"] + sums["payment_failure"]
            assert row["refunded"] == -sums["refund"] - sums["refund_failure"]
            assert row["disputed"] == -sums["dispute"] - sums["dispute_reversal"]
    assert set(kinds) == set(KINDS)


def test_lifetime_value_by_cohort_is_that_of_the_ledger(built: Models, businesses: dict[int, Business]) -> None:
    for seed, business in businesses.items():
        ledger = Ledger(business.books, business.zone)
        cohorts = find_cohorts(ledger)
        rows = built.client.rows(
            "SELECT * FROM marts.rpt_customer_ltv_cohorts WHERE site_id = {site:String}", {"site": site_of(seed)}
        )
        assert {(row["cohort_month"], row["currency"]) for row in rows} == set(cohorts.customers)
        for row in rows:
            cohort, age = (row["cohort_month"], row["currency"]), row["months_since"]
            assert row["customers"] == cohorts.customers[cohort]
            assert row["net"] == cohorts.earned[cohort, age]
            assert row["cumulative_net"] == sum(cohorts.earned[cohort, month] for month in range(age + 1))
        last = max(ledger.day_of(LISTED).replace(day=1), cohorts.last)
        assert Counter((row["cohort_month"], row["currency"]) for row in rows) == {
            cohort: months_between(cohort[0], last) + 1 for cohort in cohorts.customers
        }


def test_wrong_amounts_make_the_reconciliation_name_a_payment_and_a_payout(built: Models) -> None:
    charge = built.client.value(
        "SELECT any(transaction_id) FROM marts.fct_transactions WHERE kind = 'payment' AND settled_currency = currency"
    )
    payout = built.client.value(
        f"SELECT any(id) FROM raw_stripe.payouts WHERE org_id = '{SHOPS_ORG}' AND JSONExtractInt(object, 'amount') > 0"
    )
    wrong = (("charges", charge, "amount_captured"), ("payouts", payout, "amount"))
    for table, id_, member in wrong:
        built.client.command(
            f"INSERT INTO raw_stripe.{table} (org_id, site_id, livemode, id, created, version_at, is_deleted, object)"
            " SELECT org_id, site_id, livemode, id, created, version_at + INTERVAL 1 SECOND, false,"
            f" replaceRegexpOne(object, '\"{member}\": ([0-9]+)', '\"{member}\": 1\\\\1')"
            f" FROM raw_stripe.{table} WHERE id = '{id_}'"
        )
    select = "+rpt_stripe_reconciliation"
    try:
        assert built.dbt("run", "--select", select, "--exclude", "+fct_sessions").returncode == 0
        checked = built.dbt("test", "--select", "assert_revenue_reconciles_with_stripe")
        assert checked.returncode == 1
        named = built.client.query(
            "SELECT area, differing_ids FROM marts.rpt_stripe_reconciliation WHERE difference != 0 ORDER BY area"
        )[1]
        assert [tuple(row) for row in named] == [("payouts", [payout]), ("transactions", [f"txn_{charge}"])]
    finally:
        for table, id_, member in wrong:
            built.client.command(
                f"ALTER TABLE raw_stripe.{table} DELETE WHERE id = '{id_}' AND match(object, '{member}\": 1[0-9]+')"
                f" AND version_at != '{moment(LISTED)}' SETTINGS mutations_sync = 2"
            )
        assert built.dbt("run", "--select", select, "--exclude", "+fct_sessions").returncode == 0
    assert built.dbt("test", "--select", "assert_revenue_reconciles_with_stripe").returncode == 0


def sum_by_currency(lines: Counter[tuple[str, str, str, str]]) -> Counter[str]:
    totals: Counter[str] = Counter()
    for (currency, *_), amount in lines.items():
        totals[currency] += amount
    return totals
