"""A load that is killed at random moments, again and again, ends with the tables of one that was not."""

import os
import random
import subprocess
import sys
import threading
import time

import pytest

from tests.conftest import REPOSITORY
from tests.ingestion.stripe.business import fill
from tests.ingestion.stripe.conftest import ConnectedSite
from tests.ingestion.stripe.test_backfill import assert_loaded
from tests.served_stripe import Served

KILLS = 20


def start_load(site: ConnectedSite) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "cli", "stripe", "load", "--site", site.site_id],
        env=os.environ | {"HEADWATER_STRIPE_PAGE_SIZE": "5", "HEADWATER_STRIPE_WINDOW_PAGES": "4"},
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
    )


def kill_after(load: "subprocess.Popen[bytes]", served: Served, requests: int, seconds: float) -> bool:
    """Kill the process so many requests from now and a moment later; False when it ended by itself before."""
    target = len(served.requests) + requests
    while len(served.requests) < target and load.poll() is None:
        time.sleep(0.001)
    threading.Event().wait(seconds)
    was_running = load.poll() is None
    load.kill()
    load.wait()
    return was_running


def test_a_load_killed_at_twenty_random_moments_ends_with_the_same_tables(site: ConnectedSite) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    draw = random.Random(seed)
    fill(site.account, 60)
    kills, reached = 0, []
    while kills < KILLS:
        is_killed = kill_after(start_load(site), site.served, draw.randint(1, 25), draw.uniform(0, 0.6))
        kills += is_killed
        reached.append(site.count("checkpoints"))
        if not is_killed:
            # It had got to its end: there is something to load again.
            fill(site.account, 60)
    # The loads went on from where those before them were killed, instead of beginning again.
    assert reached[-1] > 1
    site.load()
    assert_loaded(site)
    again = len(site.served.requests)
    site.load()
    assert len(site.served.requests) == again + 2


@pytest.mark.parametrize("table", ["customers", "charges", "events"])
def test_rows_without_their_checkpoint_are_loaded_again(site: ConnectedSite, table: str) -> None:
    """What a kill between the rows and the checkpoint leaves: rows there twice, none missing."""
    fill(site.account, 12)
    site.load()
    rows = site.count(table)
    site.warehouse.command(
        f"ALTER TABLE raw_stripe.checkpoints DELETE WHERE site_id = '{site.site_id}' AND object = '{table}'"
        " SETTINGS mutations_sync = 1"
    )
    site.load()
    assert site.count(table) >= 2 * rows
    assert_loaded(site)
