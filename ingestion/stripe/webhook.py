"""Webhooks that were landed, into ``raw_stripe.events``."""

import logging
import shutil

from headwater.contracts.stripe import FEED
from headwater.landing import DamagedSegment, Segment, mark_loaded, read_frames, sealed_segments, set_aside
from headwater.settings import HomeSettings, LoaderSettings, WarehouseSettings
from ingestion.events.batch import choose_segments
from ingestion.pipeline import LoadFailed, SourcePipeline

_log = logging.getLogger(__name__)


class WebhookLoader:
    """Loads the webhooks' landing log, again and again. For one thread, under the load lock."""

    def __init__(self, home: HomeSettings, warehouse: WarehouseSettings, loader: LoaderSettings) -> None:
        self._home, self._loader = home, loader
        self._pipeline = SourcePipeline(home, warehouse, "stripe_webhooks", "raw_stripe")
        self._folder = home.dlt_dir / "stripe_webhooks"

    def load(self) -> int:
        """Load all that waits and return how many events it was.

        A segment leaves the backlog when its rows are durable in ClickHouse; a segment that is loaded twice gives rows
        twice, and models count an event once. Raises WarehouseAway, WarehouseRefused, or LoadFailed.
        """
        total = 0
        try:
            while waiting := sealed_segments(self._home.stripe_landing_dir):
                total += self._load_some(choose_segments(waiting, self._loader.max_batch_bytes))
        except OSError as error:
            raise LoadFailed(f"the loader cannot work in {self._home.home}: {error}") from error
        return total

    def _load_some(self, segments: list[Segment]) -> int:
        from ingestion.stripe.source import stripe_tables

        self._folder.mkdir(parents=True, exist_ok=True)
        path, rows, good = self._folder / f"{FEED.table}.jsonl", 0, []
        with path.open("wb") as file:
            for segment in segments:
                try:
                    frames = list(read_frames(segment))
                except DamagedSegment as error:
                    _log.error("%s; moved to %s, the next poll brings its events", error, set_aside(segment))
                    continue
                file.writelines(frame.event_lines for frame in frames)
                rows += sum(frame.events for frame in frames)
                good.append(segment)
        if rows:
            self._pipeline.run(lambda: stripe_tables({FEED.table: path}, {FEED.table: rows}))
        for segment in good:
            mark_loaded(segment)
        shutil.rmtree(self._folder)
        return rows
