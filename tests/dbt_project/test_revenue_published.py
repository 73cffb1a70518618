"""Seeds that a published package tests itself with, as Stripe's own JSON; the totals are computed by hand."""

import csv
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.dbt_project.bookkeeping import build, open_books
from tests.dbt_project.books import Books, Json, item, moment, price, subscription
from tests.dbt_project.conftest import Models, serve_models

pytestmark = pytest.mark.xdist_group("published")

ORG = SITE = "fivetran"
LISTED = 1_800_000_000


@pytest.fixture(scope="module")
def built(shared_data: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Models]:
    seeds = shared_data("fivetran_stripe") / "integration_tests" / "seeds"
    books = Books(ORG, SITE)
    for row in read(seeds / "balance_transaction_data.csv"):
        value = {key: int(row[key]) for key in ("amount", "fee", "net")} | {
            "id": row["id"],
            "currency": row["currency"],
        }
        value |= {"object": "balance_transaction", "created": instant(row["created"]), "type": row["type"]}
        books.list_object(value | {"source": row["source"], "reporting_category": row["type"]}, LISTED)
        if row["type"] == "charge":
            # The seeds have the bookings of these charges, and not the charges.
            paid: Json = {"id": row["source"], "object": "charge", "captured": True, "status": "succeeded"}
            paid |= {"amount": value["amount"], "amount_captured": value["amount"], "currency": row["currency"]}
            books.list_object(paid | {"created": value["created"], "balance_transaction": row["id"]}, LISTED)
    for row in read(seeds / "charge_data.csv"):
        value = {"id": row["id"], "object": "charge", "created": instant(row["created"]), "currency": row["currency"]}
        value |= {"amount": int(row["amount"]), "captured": row["captured"] == "TRUE", "status": row["status"]}
        books.list_object(value | {"balance_transaction": row["balance_transaction_id"] or None}, LISTED)
    for row in read(seeds / "refund_data.csv"):
        value = {"id": row["id"], "object": "refund", "created": instant(row["created"]), "currency": row["currency"]}
        value |= {"amount": int(row["amount"]), "charge": row["charge_id"], "status": row["status"]}
        books.list_object(value | {"balance_transaction": row["balance_transaction_id"]}, LISTED)
    plans = {row["id"]: row for row in read(seeds / "plan_data.csv")}
    items = [row for row in read(seeds / "subscription_item_data.csv") if row["plan_id"] in plans]
    for number, row in enumerate(items):
        plan = plans[row["plan_id"]]
        of = price(plan["id"], "p", plan["amount"], plan["currency"], plan["interval"], int(plan["interval_count"]))
        begun = instant(row["created"])
        lines = [item(row["id"], of, int(row["quantity"]))]
        books.list_object(subscription(f"sub_{number:02}", begun, f"cus_{number:02}", "usd", lines), LISTED)
    with serve_models(tmp_path_factory.mktemp("published")) as models:
        models.insert("raw_control.organizations", [{"id": ORG, "name": ORG, "created_at": moment(0)}])
        open_books(models, books, "UTC")
        # The refunds' bookings are not among the seeds, and the reconciliation is to say so.
        build(models, "--exclude", "assert_revenue_reconciles_with_stripe")
        yield models


def test_payments_and_refunds_are_what_the_seeds_add_up_to(built: Models) -> None:
    rows = built.client.rows(
        "SELECT toString(kind) AS name, count() AS found, sum(fct.amount) AS total FROM marts.fct_transactions AS fct"
        " GROUP BY name"
    )
    by_kind = {row["name"]: (row["found"], row["total"]) for row in rows}
    # 2,040,000 + 117,524 + 7,239,375 + 255,360 + 438,750 + 19,350 + 3,519,960 + 7,499,999; other charges were declined.
    # 675,000 + 13,650 + 1,541,221 + 161,550.
    assert by_kind == {"payment": (8, 21_130_318), "refund": (4, -2_391_421)}
    february = built.client.value(
        "SELECT sum(net) FROM marts.rpt_revenue_daily WHERE toStartOfMonth(day) = '2021-02-01'"
    )
    # Payments of 117,524 + 7,239,375 + 255,360, refunds of 675,000 + 13,650 + 1,541,221.
    assert february == 5_382_388


def test_monthly_recurring_revenue_is_what_the_plans_and_quantities_add_up_to(built: Models) -> None:
    by_day = {row["day"]: row["closing"] for row in built.client.rows("SELECT day, closing FROM marts.rpt_mrr_daily")}
    first = min(by_day)
    closings = [by_day[first.replace(day=day)] for day in range(1, 14)]
    # A day each, in dollars a month: 1 × 1,500, 2 × 1,500, 1 × 1,500 ÷ 6, 3 × 1,800 ÷ 6, 2 × 2,640.30 ÷ 3, 450,
    # 2 × 200, 3 × 1, 500, 2 × 400, 150, 3 × 115, 2 × 890.
    each = [150_000, 300_000, 25_000, 90_000, 176_020, 45_000, 40_000, 300, 50_000, 80_000, 15_000, 34_500, 178_000]
    assert str(first) == "2024-07-01"
    assert closings == [sum(each[: number + 1]) for number in range(13)]
    assert by_day[max(by_day)] == 1_183_820


def test_the_reconciliation_names_the_refunds_that_were_not_booked(built: Models) -> None:
    assert built.dbt("test", "--select", "assert_revenue_reconciles_with_stripe").returncode == 1
    named = built.client.value(
        "SELECT arraySort(arrayFlatten(groupArray(differing_ids))) FROM marts.rpt_stripe_reconciliation"
    )
    assert named == sorted(
        built.client.value(
            "SELECT groupArray(balance_transaction_id) FROM marts.fct_transactions WHERE kind = 'refund'"
        )
    )


def read(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def instant(text: str) -> int:
    """Unix seconds of a time in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
