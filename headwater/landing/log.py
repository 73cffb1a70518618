"""The log one collector appends to: group commit, sealing, back-pressure."""

import asyncio
import logging
import os
import queue
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

import msgspec

from headwater.landing.directory import DirectoryLock, Identity, make_directory
from headwater.landing.errors import BacklogFull, LandingUnavailable
from headwater.landing.frame import Frame, encode_frame
from headwater.landing.writer import SegmentWriter
from headwater.settings import LandingSettings

_log = logging.getLogger(__name__)

_GROUP_BYTES = 8 * 1024**2
"""Bytes that share one sync, at most: more would only make the first of them wait longer."""

_REFRESH_SECONDS = 1.0
"""The loader, another process, takes segments away; this often the log looks how many bytes are left."""


class _Waiting(msgspec.Struct, frozen=True):
    """A frame, and who waits until it is durable: a future of an event loop, or of a thread when ``loop`` is None."""

    frame: Frame
    size: int
    loop: asyncio.AbstractEventLoop | None
    future: "asyncio.Future[None] | Future[None]"


class LandingLog:
    """The landing log of one collector: the only writer of its directory.

    A thread of its own takes all frames that wait, writes them, syncs once, and wakes all their senders at once. So
    the cost of a sync is shared by as many requests as came in during the one before.
    """

    def __init__(self, landing_dir: Path, settings: LandingSettings, collector: str | None = None) -> None:
        """Open ``landing_dir/<collector>``; ``collector`` defaults to the one in the settings.

        What a crash left half-written is cut off, and the rest sealed.
        Raises LandingLocked when another process has it open, LandingUnavailable when it cannot be written.
        """
        self._settings = settings
        directory = landing_dir / (collector or settings.collector)
        self._sealed_dir = directory / "sealed"
        try:
            make_directory(directory)
            self._lock = DirectoryLock(directory)
        except OSError as error:
            raise LandingUnavailable(f"cannot write to {directory}: {error.strerror}") from error
        try:
            self._identity = Identity(directory)
            self._writer = SegmentWriter(directory)
            self._sealed_bytes = self._measure_sealed()
        except OSError as error:
            self._lock.release()
            raise LandingUnavailable(f"cannot write to {directory}: {error.strerror}") from error
        self.collector_id = self._identity.collector_id
        self._next_sequence = self._identity.next_sequence
        self._counting = threading.Lock()
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._closed = False
        self._refreshed = time.monotonic()
        self._submitted_bytes = 0
        self._settled_bytes = 0
        self._thread = threading.Thread(target=self._run, name=f"landing-{directory.name}", daemon=True)
        self._thread.start()

    @property
    def unloaded_bytes(self) -> int:
        """Bytes that wait for the loader. What the loader took away is seen after about a second."""
        return self._sealed_bytes + self._writer.size + self._submitted_bytes - self._settled_bytes

    def reserve(self, count: int) -> int:
        """The first of ``count`` sequences that no record has or will have."""
        with self._counting:
            first = self._next_sequence
            self._next_sequence += count
        return first

    def ensure_room(self) -> None:
        """Raises BacklogFull or LandingUnavailable when a frame would be refused now. Costs nothing: no I/O."""
        if self._closed:
            raise LandingUnavailable("the landing log is closed")
        if self.unloaded_bytes >= self._settings.backlog_bytes:
            raise BacklogFull(self.unloaded_bytes, self._settings.backlog_bytes)

    async def append(self, frame: Frame) -> None:
        """Return when the frame is durable. A frame without records is durable already.

        Raises BacklogFull, or LandingUnavailable when it could not be written; then nothing of it is kept.
        """
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        if self._submit(frame, loop, future):
            await future

    def append_now(self, frame: Frame) -> None:
        """`append` for callers without an event loop: blocks until the frame is durable. Raises the same."""
        future: Future[None] = Future()
        if self._submit(frame, None, future):
            future.result()

    def close(self) -> None:
        """Write what waits, seal what is open, and let another process have the directory. May be called twice."""
        if self._closed:
            return
        self._closed = True
        self._queue.put(None)
        self._thread.join()
        self._lock.release()

    def _submit(
        self,
        frame: Frame,
        loop: asyncio.AbstractEventLoop | None,
        future: "asyncio.Future[None] | Future[None]",
    ) -> bool:
        self.ensure_room()
        if not frame.events + frame.rejected:
            return False
        size = frame.size
        with self._counting:
            self._submitted_bytes += size
        self._queue.put(_Waiting(frame, size, loop, future))
        return True

    def _run(self) -> None:
        is_last = False
        try:
            while not is_last:
                group, is_last = self._take_group()
                if group:
                    self._commit(group)
                self._seal_if_due(is_last)
                self._refresh_if_due()
            with suppress(OSError):
                self._identity.give_back(self._next_sequence)
        finally:
            self._closed = True
            _wake(self._take_all(), LandingUnavailable("the landing log is closed"))

    def _take_group(self) -> tuple[list[_Waiting], bool]:
        """All frames that wait, after waiting for the first; and whether the log is being closed."""
        group: list[_Waiting] = []
        size = 0
        try:
            waiting = self._queue.get(timeout=self._patience())
            while waiting is not None:
                group.append(waiting)
                size += waiting.size
                if size >= _GROUP_BYTES:
                    return group, False
                waiting = self._queue.get_nowait()
        except queue.Empty:
            return group, False
        return group, True

    def _take_all(self) -> list[_Waiting]:
        """What was submitted while the log was being closed."""
        late = []
        while not self._queue.empty():
            if (waiting := self._queue.get()) is not None:
                late.append(waiting)
        return late

    def _patience(self) -> float | None:
        """Seconds until something other than a frame needs doing; None when nothing does."""
        if self._writer.size:
            return max(self._settings.seal_seconds - self._writer.age(), 0)
        return _REFRESH_SECONDS if self.unloaded_bytes else None

    def _commit(self, group: Sequence[_Waiting]) -> None:
        failure: LandingUnavailable | None = LandingUnavailable("the landing log's writer stopped")
        try:
            self._identity.spend_to(max(waiting.frame.end_sequence for waiting in group))
            parts = [part for waiting in group for part in encode_frame(waiting.frame)]
            self._writer.write(group[0].frame.first_sequence, parts)
            failure = None
        except OSError as error:
            failure = LandingUnavailable(f"the landing log cannot be written: {error.strerror}")
        finally:
            self._settled_bytes += sum(waiting.size for waiting in group)
            _wake(group, failure)

    def _seal_if_due(self, is_last: bool) -> None:
        writer, settings = self._writer, self._settings
        if is_last or writer.size >= settings.seal_bytes or (writer.size and writer.age() >= settings.seal_seconds):
            size = writer.size
            try:
                writer.seal()
            except OSError as error:
                _log.error("a segment of %s could not be sealed, trying again: %s", self.collector_id, error)
            finally:
                self._sealed_bytes += size - writer.size

    def _refresh_if_due(self) -> None:
        now = time.monotonic()
        if now - self._refreshed >= _REFRESH_SECONDS:
            self._refreshed = now
            with suppress(OSError):
                self._sealed_bytes = self._measure_sealed()

    def _measure_sealed(self) -> int:
        total = 0
        with os.scandir(self._sealed_dir) as entries:
            for entry in entries:
                # The loader moves segments away while we look.
                with suppress(FileNotFoundError):
                    total += entry.stat().st_size
        return total


def _wake(group: Sequence[_Waiting], failure: LandingUnavailable | None) -> None:
    """Answer every sender: one call into each event loop, however many wait there."""
    by_loop: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
    for waiting in group:
        if isinstance(waiting.future, Future):
            if failure:
                waiting.future.set_exception(failure)
            else:
                waiting.future.set_result(None)
        elif waiting.loop is not None:
            by_loop.setdefault(waiting.loop, []).append(waiting.future)
    for loop, futures in by_loop.items():
        # A loop that was closed has nobody left to tell.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, futures, failure)


def _settle(futures: Sequence["asyncio.Future[None]"], failure: LandingUnavailable | None) -> None:
    for future in futures:
        if future.done():
            continue
        if failure:
            future.set_exception(failure)
        else:
            future.set_result(None)
