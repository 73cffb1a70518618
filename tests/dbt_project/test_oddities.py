"""What Stripe may answer though few accounts see it: no check fails of it, and all is counted to the cent."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from tests.dbt_project.conftest import Models
from tests.dbt_project.oddities import CASES, ORG

pytestmark = pytest.mark.xdist_group("earnings")

FIRST, TOLD = date(2025, 1, 1), date(2025, 1, 31)


@pytest.fixture(scope="module")
def built(earnings: Models) -> Iterator[Models]:
    with earnings.of_organization(ORG) as models:
        yield models


def moved(built: Models, site: str) -> list[Any]:
    sql = (
        "SELECT transaction_id, toString(kind), amount, is_recurring, toString(matched_by) FROM marts.fct_transactions"
        " WHERE site_id = {site:String} ORDER BY transaction_id"
    )
    return list(built.client.query(sql, {"site": site})[1])


def earned(built: Models, site: str) -> dict[tuple[date, str], int]:
    """Movements of recurring revenue by day and subscription."""
    sql = (
        "SELECT day, subscription_id, sum(amount) FROM marts.fct_mrr_movements WHERE site_id = {site:String}"
        " GROUP BY day, subscription_id"
    )
    return {(row[0], row[1]): row[2] for row in built.client.query(sql, {"site": site})[1]}


def test_all_of_it_reconciles(built: Models) -> None:
    rows = built.client.rows("SELECT * FROM marts.rpt_stripe_reconciliation WHERE area = 'transactions'")
    assert {row["site_id"] for row in rows} == {case.__name__ for case in CASES if moved(built, case.__name__)}
    assert all(row["difference"] == 0 and not row["differing_ids"] for row in rows)


def test_an_authorization_that_is_let_go_of_moves_no_money(built: Models) -> None:
    assert moved(built, "released") == [("ch_paid", "payment", 1000, False, "")]


def test_what_was_not_captured_was_never_paid(built: Models) -> None:
    assert moved(built, "captured_in_part") == [
        ("ch_part", "payment", 600, False, ""),
        ("re_part", "refund", -100, False, ""),
    ]
    booked = built.client.value(
        "SELECT sum(booked) FROM marts.rpt_stripe_reconciliation WHERE site_id = 'captured_in_part'"
    )
    assert booked == 500


def test_a_debit_is_paid_when_it_is_booked_and_taken_back_when_it_fails(built: Models) -> None:
    assert moved(built, "debited") == [
        ("ch_bounced", "payment", 900, False, ""),
        ("ch_waiting", "payment", 800, False, ""),
        ("txn_bounced", "payment_failure", -900, False, ""),
    ]


def test_a_payment_without_an_invoice_is_not_of_one_that_is_to_come(built: Models) -> None:
    assert moved(built, "to_come") == [("ch_once", "payment", 700, False, "")]
    assert built.client.value("SELECT count() FROM staging.stg_stripe__invoices WHERE site_id = 'to_come'") == 0


def test_items_that_events_do_not_show_are_earned_from(built: Models) -> None:
    assert earned(built, "many_items") == {
        (FIRST, "sub_many"): sum(100 + number for number in range(12)),
        (TOLD, "sub_many"): 100,
    }


def test_what_a_webhook_leaves_out_of_a_price_and_of_a_coupon_stays_known(built: Models) -> None:
    assert earned(built, "told_of_later") == {
        (FIRST, "sub_told"): (2 * 300 + 50) + 2000 // 2,
        (FIRST, "sub_kept"): 1500,
    }


def test_a_coupon_that_has_the_id_of_a_deleted_one_changes_nothing_of_what_that_gave(built: Models) -> None:
    assert earned(built, "coupons_again") == {(FIRST, "sub_before"): 1000, (TOLD, "sub_after"): 1800}


def test_a_coupon_takes_off_its_amount_of_the_subscription_s_currency(built: Models) -> None:
    assert earned(built, "coupons_abroad") == {(FIRST, "sub_minus"): 1350, (FIRST, "sub_useless"): 1800}


def test_money_of_nobody_is_counted(built: Models) -> None:
    assert moved(built, "nobodys_money") == [
        ("ch_wild", "payment", 999, False, ""),
        ("re_balance", "refund", -40, False, ""),
        ("re_unknown", "refund", -60, False, ""),
    ]


def test_a_dispute_may_be_lost_after_it_was_won(built: Models) -> None:
    assert moved(built, "disputed_again") == [
        ("ch_disputed", "payment", 3000, False, ""),
        ("re_first", "refund", -1, False, ""),
        ("re_second", "refund", -2, False, ""),
        ("txn_dispute", "dispute", -2997, False, ""),
        ("txn_lost", "dispute", -2997, False, ""),
        ("txn_won", "dispute_reversal", 2997, False, ""),
    ]


def test_an_account_of_two_sites_is_counted_for_each(built: Models) -> None:
    assert moved(built, "connected_twice") == moved(built, "disputed_again")
