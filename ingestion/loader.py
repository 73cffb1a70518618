"""The resident loader: landed segments, webhooks and the control database into ClickHouse, again and again.

`load_once` is what Dagster's assets call, `run_loader` what `headwater loader` runs. Both hold the same lock for each
load, so they can run side by side.
"""

import logging
import signal
import sys
import threading
import time
from collections.abc import Callable

from headwater.control import ControlUnavailable
from headwater.file_lock import LockBusy
from headwater.landing import prune_loaded, sealed_segments
from headwater.settings import ControlSettings, HomeSettings, LandingSettings, LoaderSettings, WarehouseSettings
from headwater.warehouse.client import Warehouse, WarehouseAway, WarehouseError
from headwater.warehouse.schema import apply_schema
from ingestion.control import ControlLoader
from ingestion.events import EventLoader, LoadReport
from ingestion.lock import load_lock
from ingestion.pipeline import LoadFailed
from ingestion.stripe.webhook import WebhookLoader

__all__ = ["LoadReport", "Loader", "load_once", "main", "run_loader"]

_CONTROL_SECONDS = 5.0
_PRUNE_SECONDS = 60.0
_LONGEST_PAUSE_SECONDS = 5.0
_WAIT_FOR_LOCK_SECONDS = 300.0
_MUCH_BYTES = 16 * 1024**2
"""Of segments in one load: 22,000 events in the usual half second."""


class Loader:
    """Everything that is loaded every few seconds, with the state that makes the second load cheap. For one thread."""

    def __init__(
        self,
        home: HomeSettings,
        warehouse: WarehouseSettings,
        landing: LandingSettings,
        loader: LoaderSettings,
        control: ControlSettings,
    ) -> None:
        self._home, self._warehouse, self._landing = home, warehouse, landing
        self._events = EventLoader(home, warehouse, loader)
        self._webhooks = WebhookLoader(home, warehouse, loader)
        self._control = ControlLoader(home, warehouse, control)
        self._has_schema = False
        self._control_due = self._prune_due = 0.0
        self.has_control = True
        """Whether the control database could be copied when it was last due."""

    def has_work(self) -> bool:
        """Whether a segment waits or the control database is due to be looked at."""
        if time.monotonic() >= self._control_due:
            return True
        return bool(sealed_segments(self._home.landing_dir) or sealed_segments(self._home.stripe_landing_dir))

    def load(
        self, wait_seconds: float = _WAIT_FOR_LOCK_SECONDS, *, pause: Callable[[float], object] = time.sleep
    ) -> LoadReport:
        """Load what waits, at most one batch of it. ``pause`` is how to wait for the lock, as `file_lock` says.

        Raises LockBusy, WarehouseAway, WarehouseRefused, or LoadFailed, and ControlUnavailable after all else is done.
        Nothing is lost by any.
        """
        with load_lock(self._home, wait_seconds, pause=pause):
            try:
                self._ensure_schema()
                report = self._events.load()
                self._webhooks.load()
                self._prune_if_due()
                self._load_control_if_due()
            except WarehouseError:
                # Whatever answers next may be another server, or the same one after its data was lost.
                self._has_schema = False
                self._control.forget()
                raise
        return report

    def _ensure_schema(self) -> None:
        if not self._has_schema:
            with Warehouse(self._warehouse) as warehouse:
                apply_schema(warehouse)
            self._has_schema = True

    def _load_control_if_due(self) -> None:
        if time.monotonic() >= self._control_due:
            # Due again whether it works or not: events don't wait for a database that is away.
            self.has_control = False
            try:
                self._control.load()
                self.has_control = True
            finally:
                self._control_due = time.monotonic() + _CONTROL_SECONDS

    def _prune_if_due(self) -> None:
        if time.monotonic() >= self._prune_due:
            for landing_dir in (self._home.landing_dir, self._home.stripe_landing_dir):
                try:
                    prune_loaded(landing_dir, self._landing.retain_days)
                except OSError as error:
                    raise LoadFailed(f"old segments cannot be deleted from {landing_dir}: {error}") from error
            self._prune_due = time.monotonic() + _PRUNE_SECONDS


def load_once(
    home: HomeSettings | None = None,
    warehouse: WarehouseSettings | None = None,
    landing: LandingSettings | None = None,
    loader: LoaderSettings | None = None,
    control: ControlSettings | None = None,
    *,
    wait_seconds: float = _WAIT_FOR_LOCK_SECONDS,
) -> LoadReport:
    """Load what waits, all of it, and return the sum. Settings come from the environment where they are not given.

    Raises LockBusy when another process still loads after ``wait_seconds``, and what `Loader.load` raises.
    """
    began = time.perf_counter()
    worker = _loader(home, warehouse, landing, loader, control)
    total = report = worker.load(wait_seconds)
    while report.waiting and report.segments + report.damaged:
        report = worker.load(wait_seconds)
        total = LoadReport(
            events=total.events + report.events,
            rejected=total.rejected + report.rejected,
            refused=total.refused + report.refused,
            segments=total.segments + report.segments,
            damaged=total.damaged + report.damaged,
            bytes=total.bytes + report.bytes,
            seconds=time.perf_counter() - began,
            load_id=report.load_id or total.load_id,
            waiting=report.waiting,
        )
    return total


def run_loader(
    stop: threading.Event,
    home: HomeSettings | None = None,
    warehouse: WarehouseSettings | None = None,
    landing: LandingSettings | None = None,
    loader: LoaderSettings | None = None,
    control: ControlSettings | None = None,
    *,
    say: Callable[[str], None] = print,
) -> None:
    """Load until ``stop`` is set. Failures are said once and tried again, at most five seconds apart.

    A control database that is away holds nothing up: only the copy of it stays as it is.
    """
    loader = loader or LoaderSettings()
    worker = _loader(home, warehouse, landing, loader, control)
    _import_dlt()
    say("loader: ready")
    trouble, pause, is_control_away = "", 0.0, False
    while not stop.is_set():
        began = time.monotonic()
        try:
            report = worker.load(pause=stop.wait) if trouble or worker.has_work() else LoadReport()
        except ControlUnavailable as error:
            if not is_control_away:
                say(f"loader: {error}; events are loaded, its copy waits until it answers")
            is_control_away, report = True, LoadReport()
        except (LockBusy, WarehouseError, LoadFailed, OSError) as error:
            if stop.is_set():
                return
            if trouble != (trouble := _kind(error)):
                say(f"loader: {error}; trying again until it works")
            pause = min(max(pause * 2, loader.interval_seconds), _LONGEST_PAUSE_SECONDS)
            stop.wait(pause)
            continue
        if trouble:
            say("loader: loading again")
            trouble, pause = "", 0.0
        if is_control_away and worker.has_control:
            say("loader: the control database answers again")
            is_control_away = False
        if not report.waiting:
            # From start to start: while a long load ran, others have been waiting for as long.
            stop.wait(max(began + seconds_between(report, loader.interval_seconds) - time.monotonic(), 0))


def seconds_between(report: LoadReport, interval_seconds: float) -> float:
    """Seconds from the start of the load with this report to the start of the next.

    Twice the interval while much comes in. A load costs dlt 0.1 s of CPU and ClickHouse a part, whatever it brings: at
    100,000 events a second half as many loads save 1 µs of the 12 that an event costs, and rows still come in time.
    """
    return interval_seconds * (2 if report.bytes >= _MUCH_BYTES else 1)


def main() -> None:
    """`python -m ingestion.loader`: run until SIGINT or SIGTERM; its own load is finished first, another's is not."""
    logging.basicConfig(format="loader: %(message)s", stream=sys.stdout, level=logging.WARNING)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    run_loader(stop, say=lambda line: print(line, flush=True))


def _loader(
    home: HomeSettings | None,
    warehouse: WarehouseSettings | None,
    landing: LandingSettings | None,
    loader: LoaderSettings | None,
    control: ControlSettings | None,
) -> Loader:
    return Loader(
        home or HomeSettings(),
        warehouse or WarehouseSettings(),
        landing or LandingSettings(),
        loader or LoaderSettings(),
        control or ControlSettings(),
    )


def _kind(error: Exception) -> str:
    """What makes two failures the same to a reader: being away has many wordings, a refusal only its own."""
    return "away" if isinstance(error, WarehouseAway) else str(error)


def _import_dlt() -> None:
    """dlt takes most of a second to import; better before the first segment than while it waits."""
    import ingestion.control.source
    import ingestion.destination
    import ingestion.events.source
    import ingestion.stripe.source  # noqa: F401


if __name__ == "__main__":
    main()
