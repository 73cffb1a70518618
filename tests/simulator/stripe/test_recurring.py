"""Monthly recurring revenue as the simulator counts it while time passes, and as a ledger reads it in what was told."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from simulator.stripe.account import Account
from simulator.stripe.business import script_business
from simulator.stripe.recurring import count_recurring, watch_recurring
from tests.dbt_project.ledger import Ledger
from tests.dbt_project.scripted import write_books
from tests.simulator.stripe.conftest import BEGINS

ZONE = "America/New_York"


def test_what_is_earned_on_each_day_of_a_year_is_what_a_ledger_finds() -> None:
    account = Account(BEGINS - 86_400)
    first, last = date(2024, 12, 31), date(2025, 12, 30)
    closings = watch_recurring(account, first, last, ZoneInfo(ZONE))
    for _ in script_business(account, 5, BEGINS, customers=74):
        pass
    assert datetime.fromtimestamp(account.now, UTC).date() == last + timedelta(days=2)
    expected: Counter[tuple[date, str]] = Counter()
    until = int(datetime.combine(last + timedelta(days=1), datetime.min.time(), ZoneInfo(ZONE)).timestamp()) - 1
    for day, lines in Ledger(write_books(account, "org", "site"), ZONE).days(first, until):
        for (currency, *_), amount in lines.items():
            expected[day, currency] += amount
    assert closings == expected
    assert {currency for _, currency in closings} == {"usd", "eur", "jpy"}
    assert len({day for day, _ in closings}) > 350
    assert count_recurring(account, account.now).keys() == {"usd", "eur", "jpy"}
