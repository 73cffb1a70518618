"""`python -m simulator.stripe`: from the command to an answer."""

import os
import signal
import subprocess
import sys

import stripe

from cli.supervisor import unused_port
from headwater.contracts.stripe import API_VERSION
from tests.conftest import REPOSITORY


def test_the_business_is_served_until_it_is_told_to_end() -> None:
    port, key = unused_port(), "sk_test_of_the_command"
    arguments = ("--port", str(port), "--months", "1", "--customers", "20", "--key", key)
    process = subprocess.Popen(
        [sys.executable, "-m", "simulator.stripe", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = f"http://127.0.0.1:{port}"
        assert address in process.stdout.readline()
        client = stripe.StripeClient(key, stripe_version=API_VERSION, base_addresses={"api": address})
        assert client.v1.customers.list().data
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
