"""One load of landed events: sealed segments in, rows in ``raw_events``, segments out of the backlog."""

import logging
import shutil
import time
from dataclasses import dataclass

from headwater.landing import mark_loaded, sealed_segments, set_aside
from headwater.settings import HomeSettings, LoaderSettings, WarehouseSettings
from headwater.warehouse.client import WarehouseRefused
from ingestion.events.batch import Batch, choose_segments, write_batch
from ingestion.pipeline import LoadFailed, SourcePipeline

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What one load did. All zero and without a ``load_id`` when nothing waited."""

    events: int = 0
    """Rows brought to ``raw_events.events``."""
    rejected: int = 0
    """Rows brought to ``raw_events.rejected_events``, the refused ones among them."""
    refused: int = 0
    """Accepted by the collector, refused by ClickHouse."""
    segments: int = 0
    damaged: int = 0
    """Segments that were not what was written: their whole frames are among the rows, and they are set aside."""
    bytes: int = 0
    """Of the segments, as they lie in the log."""
    seconds: float = 0.0
    load_id: str = ""
    """dlt's id of the load, as in ``raw_events._dlt_loads``."""
    waiting: int = 0
    """Segments that were sealed and not part of this load."""


class EventLoader:
    """Loads landed events, again and again. For one thread, under the load lock."""

    def __init__(self, home: HomeSettings, warehouse: WarehouseSettings, loader: LoaderSettings) -> None:
        self._home, self._warehouse, self._loader = home, warehouse, loader
        self._pipeline = SourcePipeline(home, warehouse, "events", "raw_events", carried="manifests")
        self._folder = home.dlt_dir / "batch"

    def load(self) -> LoadReport:
        """Load what waits, up to ``max_batch_bytes``.

        A segment leaves the backlog when its rows are durable in ClickHouse. Whatever happens before, it stays and is
        loaded again: then raw tables hold its receipts twice, and models count them once.
        Raises WarehouseAway, WarehouseRefused, or LoadFailed.
        """
        began = time.perf_counter()
        waiting = sealed_segments(self._home.landing_dir)
        if not waiting:
            return LoadReport()
        try:
            batch = write_batch(choose_segments(waiting, self._loader.max_batch_bytes), self._folder)
            load_id, refused_events, refused_rejections = self._bring(batch)
            for segment in batch.whole:
                mark_loaded(segment)
            for segment in batch.damaged:
                _log.error("%s is kept as %s", segment.path, set_aside(segment))
            shutil.rmtree(self._folder)
        except OSError as error:
            raise LoadFailed(f"the loader cannot work in {self._home.home}: {error}") from error
        return LoadReport(
            events=batch.events.rows - refused_events,
            rejected=batch.rejected.rows + refused_events,
            refused=refused_events + refused_rejections,
            segments=len(batch.whole),
            damaged=len(batch.damaged),
            bytes=batch.bytes,
            seconds=time.perf_counter() - began,
            load_id=load_id,
            waiting=len(waiting) - len(batch.segments),
        )

    def _bring(self, batch: Batch) -> tuple[str, int, int]:
        """dlt's load id, and how many events and rejections ClickHouse refused."""
        from ingestion.events.quarantine import is_about_data, quarantine

        if not batch.parts:
            return "", 0, 0
        try:
            return self._run(batch), 0, 0
        except WarehouseRefused as error:
            if not is_about_data(error):
                raise
            _log.warning("ClickHouse refuses rows; looking which: %s", error)
        found = quarantine(batch, self._pipeline.stored_tables, self._warehouse)
        _log.error("ClickHouse refused %d rows; they are in raw_events.rejected_events", found.events + found.rejected)
        return self._run(found.remainder), found.events, found.rejected

    def _run(self, batch: Batch) -> str:
        from ingestion.events.source import landed_events

        return self._pipeline.run(lambda: landed_events(batch))
