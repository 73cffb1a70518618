"""A year of the scripted business, played once for all tests that only look."""

import pytest

from simulator.stripe.account import Account
from simulator.stripe.business import script_business

BEGINS = 1_735_689_600
"""The first of January 2025 in UTC."""


@pytest.fixture(scope="session")
def year() -> Account:
    account = Account(BEGINS)
    for _ in script_business(account, 7, BEGINS):
        pass
    return account
