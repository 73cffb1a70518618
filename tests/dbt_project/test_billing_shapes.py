"""What Stripe shows in more than one shape, against amounts added up by hand."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from api.auth import Caller
from api.metrics.catalogue import read_catalogue
from api.metrics.service import MetricService
from api.metrics.windows import Window
from api.warehouse import WarehousePool
from cli.services import PROJECT
from tests.dbt_project.conftest import Models
from tests.dbt_project.shapes import ORG, SITE

pytestmark = pytest.mark.xdist_group("earnings")


@pytest.fixture(scope="module")
def built(earnings: Models) -> Iterator[Models]:
    with earnings.of_organization(ORG) as models:
        yield models


def test_recurring_revenue_is_what_hands_add_up(built: Models) -> None:
    rows = built.client.query(
        "SELECT day, subscription_id, toString(kind), currency, product_id, amount FROM marts.fct_mrr_movements"
        " ORDER BY day, subscription_id, product_id"
    )[1]
    first, told, listed = (date(2025, 1, 1), date(2025, 1, 21), date(2025, 2, 10))
    assert rows == [
        (first, "sub_abroad", "new", "eur", "abroad", 2 * 850),
        (first, "sub_polled", "new", "usd", "basic", 2000),
        (first, "sub_quarter", "new", "usd", "basic", 1500),
        (first, "sub_scheduled", "new", "usd", "basic", 2000),
        (first, "sub_tenth", "new", "usd", "basic", 1800),
        # The phase that has begun, and not the one that is to come.
        (told, "sub_scheduled", "expansion", "usd", "basic", -2000),
        (told, "sub_scheduled", "expansion", "usd", "pro", 5000),
        # Nobody told of it: it counts from the list that showed it.
        (listed, "sub_polled", "expansion", "usd", "basic", 4000),
    ]


def test_a_checkout_names_who_paid_by_payment_by_invoice_and_by_subscription(built: Models) -> None:
    rows = built.client.query(
        "SELECT charge_id, amount, toString(matched_by), visitor_id FROM marts.fct_transactions ORDER BY charge_id"
    )[1]
    assert rows == [
        ("ch_expired", 1400, "", ""),
        ("ch_intent", 1100, "client_reference_id", "v1"),
        ("ch_invoice", 1200, "client_reference_id", "v2"),
        ("ch_renewal", 1300, "client_reference_id", "v3"),
    ]


def test_only_rows_of_the_connection_s_mode_pass(built: Models) -> None:
    raw = built.client.query("SELECT DISTINCT livemode FROM raw_stripe.charges ORDER BY livemode")[1]
    assert raw == [(False,), (True,)]
    for table, column in (
        ("stg_stripe__charges", "charge_id"),
        ("stg_stripe__balance_transactions", "balance_transaction_id"),
        ("stg_stripe__subscription_versions", "subscription_id"),
        ("stg_stripe__events", "object_id"),
    ):
        practised = f"SELECT count() FROM staging.{table} WHERE {column} LIKE '%practice%'"
        assert built.client.value(practised) == 0, table
    assert built.client.value("SELECT amount FROM staging.stg_stripe__charges WHERE charge_id = 'ch_intent'") == 1100


def test_lines_of_a_proration_are_told_from_those_of_a_period(built: Models) -> None:
    rows = built.client.query(
        "SELECT line_id, subscription_id, price_id, product_id, amount, is_proration, toDate(period_start)"
        " FROM staging.stg_stripe__invoice_lines ORDER BY line_id"
    )[1]
    begin = date(2025, 1, 16)
    assert rows == [
        ("il_newer", "sub_scheduled", "p_bigger", "pro", 2581, True, begin),
        ("il_older", "sub_scheduled", "p_usd", "basic", -1032, True, begin),
        ("il_renewed", "sub_scheduled", "p_bigger", "pro", 5000, False, begin),
    ]


def test_a_discount_of_a_deleted_coupon_keeps_its_terms(built: Models) -> None:
    rows = built.client.query(
        "SELECT discount_id, coupon_id, is_known, toString(percent_off), toString(duration)"
        " FROM staging.stg_stripe__discounts ORDER BY discount_id"
    )[1]
    assert rows == [
        ("di_quarter", "quarter_off", True, "25", "forever"),
        ("di_tenth", "tenth_off", True, "10", "forever"),
    ]


@pytest.fixture(scope="module")
def ask(built: Models) -> Iterator[Callable[..., dict[Any, float]]]:
    """Values of a metric by its group."""
    pool = WarehousePool(built.settings)
    metrics = MetricService(read_catalogue(PROJECT / "dbt_project" / "models"), pool)
    caller = Caller("key", ORG, SITE, frozenset({"metrics:read"}), 60, frozenset(), "UTC")

    def ask(name: str, group: str = "") -> dict[Any, float]:
        answer = metrics.answer(caller, name, Window(date(2025, 1, 1), date(2026, 1, 1)), (group,) if group else ())
        return {row.group[group]: row.value for row in answer.rows} if group else {"": answer.total}

    yield ask
    pool.close()


def test_revenue_by_visitor_session_channel_and_page_is_what_hands_add_up(
    ask: Callable[..., dict[Any, float]],
) -> None:
    # 1100 of the first visitor, 1200 of the second, 1300 of the third. Nobody knows who paid the other 1400.
    for model in ("first_touch", "last_touch", "linear"):
        assert ask(f"revenue_{model}") == {"": 3600}
        assert ask(f"revenue_per_visitor_{model}") == {"": 3600 / 4}
        assert ask(f"revenue_per_session_{model}") == {"": 3600 / 5}
        assert ask(f"revenue_{model}", "channel") == {"Direct": 2400, "Email": 1200}
    assert ask("page_revenue_sessions", "path") == {"/": 4, "/pricing": 2, "/thanks": 1}
    assert ask("page_value_last_touch", "path") == {"/": (1100 + 1200) / 4, "/pricing": (1100 + 1300) / 2, "/thanks": 0}
    assert ask("page_value_first_touch", "path") == {"/": (1100 + 1200) / 4, "/pricing": 1300 / 2, "/thanks": 0}
    assert ask("page_value_linear", "path") == {
        "/": (550 + 550 + 1200) / 4,
        "/pricing": (550 + 1300) / 2,
        "/thanks": 0,
    }


def test_shares_matched_and_lifetime_values_are_what_hands_add_up(ask: Callable[..., dict[Any, float]]) -> None:
    assert ask("payment_match_share") == {"": 3 / 4}
    assert ask("customers_won", "month") == {date(2025, 1, 1): 3, date(2025, 2, 1): 1}
    value = ask("customer_lifetime_value", "month")
    assert value == pytest.approx({date(2025, 1, 1): (1100 + 1200 + 1400) / 3, date(2025, 2, 1): 1300})


def test_cohorts_show_what_their_people_paid_in_each_period(
    built: Models, ask: Callable[..., dict[Any, float]]
) -> None:
    rows = built.client.query(
        "SELECT toString(grain), cohort_start, period, currency, payers, net FROM marts.rpt_cohort_revenue"
        " WHERE cohort_id = '' AND breakdown = '' ORDER BY grain, cohort_start, period"
    )[1]
    # Two who came on the first of January, a Wednesday, paid on the second; one of the sixth on the first of February.
    assert rows == [
        ("day", date(2025, 1, 1), 1, "usd", 2, 2300),
        ("day", date(2025, 1, 6), 26, "usd", 1, 1300),
        ("month", date(2025, 1, 1), 0, "usd", 2, 2300),
        ("month", date(2025, 1, 1), 1, "usd", 1, 1300),
        ("week", date(2024, 12, 30), 0, "usd", 2, 2300),
        ("week", date(2025, 1, 6), 3, "usd", 1, 1300),
    ]
    assert ask("monthly_cohort_revenue", "period") == {"0": 2300, "1": 1300}
    by_source = built.client.query(
        "SELECT breakdown_value, net FROM marts.rpt_cohort_revenue"
        " WHERE grain = 'day' AND breakdown = 'source' ORDER BY net"
    )[1]
    assert by_source == [("(direct)", 1100), ("newsletter", 1200), ("(direct)", 1300)]
