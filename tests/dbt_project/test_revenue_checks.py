"""The checks of the revenue models find what they are there for."""

import pytest

from tests.dbt_project import oddities
from tests.dbt_project.conftest import Models
from tests.dbt_project.test_invariants import findings, inserted

pytestmark = pytest.mark.xdist_group("earnings")


@pytest.mark.parametrize(
    ("check", "table", "change"),
    [
        ("mrr_movements_are_the_subscriptions", "marts.rpt_mrr_daily", "closing + 1 AS closing"),
        ("mrr_movements_are_the_subscriptions", "marts.rpt_mrr_daily", "day + 2 AS day"),
        ("mrr_movements_are_the_subscriptions", "intermediate.int_subscription_periods", "mrr + 1 AS mrr"),
        ("attributed_revenue_is_the_revenue", "marts.fct_revenue_attribution", "amount + 1 AS amount"),
        ("attributed_revenue_is_the_revenue", "marts.rpt_revenue_attribution_daily", "gross + 1 AS gross"),
        ("attributed_revenue_is_the_revenue", "marts.rpt_revenue_daily", "net + 1 AS net"),
        ("revenue_reconciles_with_stripe", "marts.rpt_stripe_reconciliation", "-difference - 1 AS difference"),
        ("revenue_reconciles_with_stripe", "marts.rpt_stripe_reconciliation", "['po_1'] AS differing_ids"),
    ],
)
def test_a_row_that_cannot_be_is_found(earnings: Models, check: str, table: str, change: str) -> None:
    assert findings(earnings, check) == 0
    row = f"SELECT * REPLACE ({change}) FROM {table} WHERE org_id = '{oddities.ORG}' ORDER BY ALL DESC LIMIT 1"
    with inserted(earnings, table, row):
        assert findings(earnings, check) > 0
    assert findings(earnings, check) == 0


def test_amounts_without_a_rate_and_items_without_a_price_are_named(earnings: Models) -> None:
    def found(check: str, column: str) -> set[str]:
        sql = (earnings.target / "compiled" / "headwater" / "tests" / f"assert_{check}.sql").read_text()
        return {row[0] for row in earnings.client.query(f"SELECT {column} FROM ({sql})")[1]}

    paid = earnings.client.query("SELECT DISTINCT currency FROM marts.fct_transactions WHERE currency != 'usd'")[1]
    assert found("amounts_have_a_rate", "currency") == {row[0] for row in paid} != set()
    # The books have a price in each currency that says nothing of it, and discounts that nothing shows any more.
    unknown = found("subscriptions_are_priced", "unknown")
    prices = {name for name in unknown if name.startswith("p_")}
    assert prices == {f"p_{name}_nowhere" for name in ("usd", "eur", "jpy", "kwd")}
    assert all(name.startswith("di_") for name in unknown - prices)
