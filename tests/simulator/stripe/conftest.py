"""Scripted businesses, played once for all tests that only look, and one of them over HTTP."""

from collections.abc import Iterator

import pytest

from simulator.stripe.account import Account
from simulator.stripe.business import script_business
from tests.served_stripe import BEGINS as SERVED_SINCE
from tests.served_stripe import Served, serve

BEGINS = 1_735_689_600
"""The first of January 2025 in UTC."""


@pytest.fixture(scope="session")
def year() -> Account:
    account = Account(BEGINS)
    for _ in script_business(account, 7, BEGINS):
        pass
    return account


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """Three months of sixty customers."""
    account = Account(SERVED_SINCE)
    for _ in script_business(account, 7, SERVED_SINCE, months=3, customers=60):
        pass
    with serve(account) as running:
        yield running
