"""A real API process for a test: its own home, port and keys; what it landed can be read back."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec

from cli.supervisor import unused_port
from headwater.contracts.landing import LandedEvent, RejectedEvent
from headwater.control import create_key, ensure_site, open_control
from headwater.landing import read_frames, sealed_segments
from headwater.settings import ControlSettings, HomeSettings
from tests.conftest import REPOSITORY

HOST = "shop.example.com"


@dataclass
class CollectorProcess:
    """A running `python -m api.server` and the site `shop` of `acme` in its control database."""

    home: HomeSettings
    port: int
    process: subprocess.Popen[bytes]
    key: str

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, key: str | None = None, **headers: str) -> httpx.Client:
        """A client with the key, or another one, or with '' none."""
        chosen = self.key if key is None else key
        authorization = {"Authorization": f"Bearer {chosen}"} if chosen else {}
        return httpx.Client(base_url=self.address, headers={**authorization, **headers}, timeout=30)

    def make_key(self, scopes: Sequence[str] = ("events:write",), rate_per_minute: int = 10**9) -> tuple[str, str]:
        """Id and text of another key of the site."""
        with open_control(ControlSettings(url=None).database_url(self.home)).begin() as session:
            key, text = create_key(session, "acme", "shop", scopes=scopes, rate_per_minute=rate_per_minute)
            return key.id, text

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def landed(self) -> tuple[list[LandedEvent], list[RejectedEvent]]:
        """All records in sealed segments, after the process was stopped."""
        events, rejected = msgspec.json.Decoder(LandedEvent), msgspec.json.Decoder(RejectedEvent)
        frames = [frame for segment in sealed_segments(self.home.landing_dir) for frame in read_frames(segment)]
        return (
            [event for frame in frames for event in events.decode_lines(frame.event_lines)],
            [event for frame in frames for event in rejected.decode_lines(frame.rejected_lines)],
        )


@contextmanager
def running_collector(folder: Path, wait_seconds: float = 30, **settings: str) -> Iterator[CollectorProcess]:
    """Start the API in ``folder``; ``settings`` are environment variables. It is stopped if the test did not."""
    home = HomeSettings(home=folder / "home")
    home.home.mkdir(parents=True, exist_ok=True)
    with open_control(ControlSettings(url=None).database_url(home)).begin() as session:
        ensure_site(session, "acme", "shop", hosts=[HOST])
        ensure_site(session, "acme", "hostless")
        _, key = create_key(session, "acme", "shop", rate_per_minute=10**9)
    port = unused_port()
    own = {"HEADWATER_HOME": str(home.home), "HEADWATER_API_PORT": str(port), **settings}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HEADWATER_")}
    with (folder / "api.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.server"], env=inherited | own, cwd=REPOSITORY, stdout=log, stderr=log
        )
    collector = CollectorProcess(home, port, process, key)
    try:
        _wait_until_healthy(collector, folder / "api.log", wait_seconds)
        yield collector
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _wait_until_healthy(collector: CollectorProcess, log: Path, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            if httpx.get(f"{collector.address}/health").status_code == 200:
                return
        except httpx.TransportError:
            if collector.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the API did not start: {log.read_text()[-2000:]}") from None
            time.sleep(0.02)
