"""`headwater stripe` and `headwater import rates`: connecting in five minutes, and what is said when that is not so."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.supervisor import unused_port
from simulator.stripe.account import Account
from simulator.stripe.admission import Faults
from tests.ingestion.stripe.business import fill
from tests.served_stripe import BEGINS, Served, serve
from tests.served_stripe import RESTRICTED as KEY

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def served() -> Iterator[Served]:
    with serve(Account(BEGINS)) as running:
        fill(running.account, 3)
        yield running


@pytest.fixture
def headwater(tmp_path: Path, served: Served) -> Run:
    """Runs the command in a home of its own, beside an account; ``said`` is its standard input."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("HEADWATER_", "STRIPE_"))}
    environment = inherited | {
        "HEADWATER_HOME": str(tmp_path),
        "HEADWATER_CLICKHOUSE_PORT": str(unused_port()),
        "HEADWATER_STRIPE_API_BASE": served.address,
        "HEADWATER_STRIPE_PATIENCE_SECONDS": "0",
    }

    def run(*arguments: str, said: str = "", **extra: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "cli", *arguments],
            env=environment | extra,
            input=said,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def make_secret_key(headwater: Run) -> str:
    return headwater("stripe", "secret-key").stdout.strip()


def test_a_site_is_connected_loaded_listed_and_disconnected(headwater: Run, served: Served) -> None:
    secret = {"HEADWATER_SECRET_KEY": make_secret_key(headwater)}
    headwater("keys", "create", "--site", "shop")

    connected = headwater("stripe", "connect", "--site", "shop", said=f"{KEY}\nwhsec_1\n", **secret)
    assert "shop is connected in test mode" in connected.stdout

    loaded = headwater("stripe", "load", **secret)
    assert loaded.returncode == 0, loaded.stderr
    assert "shop: charges 3 rows" in loaded.stdout
    assert f"{len(served.requests)} requests" in loaded.stdout
    assert "0 rows of 1 sites, 2 requests" in headwater("stripe", "load", "--site", "shop", **secret).stdout

    listed = headwater("stripe", "list").stdout
    assert "default/shop  test  webhooks and polls" in listed
    assert KEY not in listed

    assert headwater("stripe", "disconnect", "--site", "shop").returncode == 0
    assert headwater("stripe", "list").stdout == ""


def test_the_key_may_come_from_the_environment(headwater: Run) -> None:
    headwater("keys", "create", "--site", "shop")
    done = headwater(
        "stripe",
        "connect",
        "--site",
        "shop",
        HEADWATER_SECRET_KEY=make_secret_key(headwater),
        STRIPE_API_KEY="rk_live_1",
    )
    assert "connected in live mode" in done.stdout
    assert "live  polls" in headwater("stripe", "list").stdout


def test_the_key_is_nowhere_on_disk(headwater: Run, tmp_path: Path) -> None:
    headwater("keys", "create", "--site", "shop")
    done = headwater(
        "stripe", "connect", "--site", "shop", said=f"{KEY}\n", HEADWATER_SECRET_KEY=make_secret_key(headwater)
    )
    assert done.returncode == 0, done.stderr
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if KEY.encode() in path.read_bytes()]


def test_an_outage_ends_with_the_code_for_what_is_not_running(headwater: Run, served: Served) -> None:
    secret = {"HEADWATER_SECRET_KEY": make_secret_key(headwater)}
    headwater("keys", "create", "--site", "shop")
    headwater("stripe", "connect", "--site", "shop", said=f"{KEY}\n", **secret)
    served.admission.faults = Faults(every=1, status=503)
    done = headwater("stripe", "load", **secret)
    assert done.returncode == 3
    assert "failed: shop: Stripe does not answer /v1/events" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said", "has_key", "code", "answer"),
    [
        (("stripe", "connect", "--site", "shop"), "rk_test_1\n", False, 1, "`headwater stripe secret-key`"),
        (("stripe", "connect", "--site", "shop"), "rk_test_1\n", True, 1, "there is no site 'shop'"),
        (("stripe", "load", "--site", "shop"), "", True, 1, "`headwater stripe connect` makes one"),
        (("stripe", "disconnect", "--site", "shop"), "", True, 1, "has no Stripe connection"),
        (("import", "rates"), "", True, 1, "HEADWATER_RATES_SOURCE"),
        (("import", "rates", "nowhere.xml"), "", True, 1, "nowhere.xml"),
    ],
)
def test_a_mistake_is_answered_in_one_line(
    headwater: Run, arguments: tuple[str, ...], said: str, has_key: bool, code: int, answer: str
) -> None:
    secret = {"HEADWATER_SECRET_KEY": make_secret_key(headwater)} if has_key else {}
    done = headwater(*arguments, said=said, **secret)
    assert done.returncode == code, done.stderr
    assert answer in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("key", ["", "pk_live_1", "whsec_1"])
def test_what_is_no_secret_key_is_refused(headwater: Run, key: str) -> None:
    headwater("keys", "create", "--site", "shop")
    done = headwater(
        "stripe", "connect", "--site", "shop", said=f"{key}\n", HEADWATER_SECRET_KEY=make_secret_key(headwater)
    )
    assert done.returncode == 1
    assert "begins with sk_live_" in done.stderr


def test_rates_are_imported_from_a_file(headwater: Run, tmp_path: Path) -> None:
    file = tmp_path / "rates.csv"
    file.write_text("day,currency,rate\n2026-01-06,USD,1.0823\n")
    assert "1 rates up to 2026-01-06: 1 new or changed" in headwater("import", "rates", str(file)).stdout
    assert "0 new or changed" in headwater("import", "rates", HEADWATER_RATES_SOURCE=str(file)).stdout
