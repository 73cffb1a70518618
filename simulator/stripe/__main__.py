"""``python -m simulator.stripe``: a scripted business at Stripe, served until Ctrl-C."""

import argparse
import signal
import sys
import threading
from datetime import UTC, datetime, timedelta

from simulator.stripe.account import Account
from simulator.stripe.admission import Admission
from simulator.stripe.business import script_business
from simulator.stripe.clock import add_months
from simulator.stripe.server import CLOCK, serving

KEY = "sk_test_HeadwaterSimulator"


def main(arguments: list[str] | None = None) -> int:
    """Script the business, say where it is, and serve it."""
    parser = argparse.ArgumentParser(prog="python -m simulator.stripe", description=__doc__)
    parser.add_argument("--port", type=int, default=12111, help="where it listens, on 127.0.0.1 (default: 12111)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same business (default: 1)")
    parser.add_argument("--months", type=int, default=12, help="how long it lasts, until yesterday (default: 12)")
    parser.add_argument("--customers", type=int, default=300, help="how many it has (default: 300)")
    parser.add_argument("--key", default=KEY, help=f"the key that is asked for (default: {KEY})")
    parser.add_argument("--requests-per-second", type=float, default=100, help="beyond it: 429 (default: 100)")
    chosen = parser.parse_args(arguments)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    begins = add_months(int(today.timestamp()), -chosen.months)
    account = Account(begins - int(timedelta(days=1).total_seconds()))
    month = ""
    for day in script_business(account, chosen.seed, begins, chosen.months, chosen.customers):
        if (now := f"{day:%Y-%m}") != month:
            print(f"scripting {now}", file=sys.stderr, flush=True)
            month = now
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        with serving(account, Admission(frozenset({chosen.key}), chosen.requests_per_second), chosen.port) as address:
            held = sum(map(len, account.objects.values()))
            print(f"{held:,} objects and {len(account.events):,} events at {address}; test clock {CLOCK}")
            print(f"  export HEADWATER_STRIPE_API_BASE={address}")
            print(f"  STRIPE_API_KEY={chosen.key} headwater stripe connect --site my-site", flush=True)
            stop.wait()
    except OSError as error:
        print(f"simulator.stripe: {error}; choose another with --port", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
