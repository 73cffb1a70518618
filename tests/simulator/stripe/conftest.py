"""Scripted businesses, played once for all tests that only look, and one of them over HTTP."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import stripe

from headwater.contracts.stripe import API_VERSION
from simulator.stripe.account import Account
from simulator.stripe.admission import Admission
from simulator.stripe.business import script_business
from simulator.stripe.server import serving

BEGINS = 1_735_689_600
"""The first of January 2025 in UTC."""

SERVED_SINCE = 1_760_000_000
SECRET, RESTRICTED = "sk_test_of_the_business", "rk_test_of_a_reader"


@pytest.fixture(scope="session")
def year() -> Account:
    account = Account(BEGINS)
    for _ in script_business(account, 7, BEGINS):
        pass
    return account


@dataclass
class Served:
    """An account at an address."""

    account: Account
    admission: Admission
    address: str

    def client(self, key: str = SECRET, retries: int = 0) -> stripe.StripeClient:
        """Stripe's own library, pointed at the address."""
        return stripe.StripeClient(
            key, stripe_version=API_VERSION, base_addresses={"api": self.address}, max_network_retries=retries
        )


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """Three months of sixty customers."""
    account = Account(SERVED_SINCE)
    for _ in script_business(account, 7, SERVED_SINCE, months=3, customers=60):
        pass
    admission = Admission(frozenset({SECRET, RESTRICTED}), requests_per_second=10_000)
    with serving(account, admission) as address:
        yield Served(account, admission, address)
