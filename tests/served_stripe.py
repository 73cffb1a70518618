"""A simulated Stripe account at an address, for whoever asks it over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import stripe

from headwater.contracts.stripe import API_VERSION
from simulator.stripe.account import Account
from simulator.stripe.admission import Admission
from simulator.stripe.server import serving

SECRET, RESTRICTED = "sk_test_of_the_account", "rk_test_of_a_reader"
BEGINS = 1_760_000_000


@dataclass
class Served:
    """An account, its door, and where it is."""

    account: Account
    admission: Admission
    address: str

    @property
    def requests(self) -> list[str]:
        """Every request's method and target, in order."""
        return self.admission.requests

    def client(self, key: str = SECRET, retries: int = 0) -> stripe.StripeClient:
        """Stripe's own library, pointed at the address."""
        return stripe.StripeClient(
            key, stripe_version=API_VERSION, base_addresses={"api": self.address}, max_network_retries=retries
        )


@contextmanager
def serve(account: Account) -> Iterator[Served]:
    """Serve it until the end of the block, to both keys and as fast as anybody asks."""
    admission = Admission(frozenset({SECRET, RESTRICTED}), requests_per_second=10_000)
    with serving(account, admission) as address:
        yield Served(account, admission, address)
