"""Starts processes, watches them, starts them again when they die, and stops them in order.

A service is ready when its check says so. Its output goes line by line to ``<home>/logs/<name>.log``, which is bounded,
and, when asked for, to the terminal with the name in front.
"""

import contextlib
import ctypes
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cli.errors import CommandFailed
from cli.rotating_log import RotatingLog
from headwater.settings import LogSettings

STOP_SECONDS = 20.0
"""A service that has not ended this long after SIGTERM is killed."""

STEADY_SECONDS = 2.0
"""A service that lived this long starts again at once; one that keeps dying sooner waits longer each time."""


@dataclass(frozen=True, slots=True)
class Service:
    """One process to run. ``port`` is 0 for a process that listens nowhere."""

    name: str
    argv: Sequence[str]
    is_ready: Callable[[], bool]
    host: str = "127.0.0.1"
    port: int = 0
    port_setting: str = ""
    ready_seconds: float = 60.0
    environment: Mapping[str, str] = field(default_factory=dict)


class Supervisor:
    """Runs services: starts them in order, stops them in the opposite one."""

    def __init__(self, log_dir: Path, *, show: Callable[[str, str], None] | None = None) -> None:
        self._log_dir = log_dir
        self._show = show
        self._logs = LogSettings()
        self._running: dict[str, tuple[Service, subprocess.Popen[str]]] = {}
        self._restarts: dict[str, tuple[float, int]] = {}
        self._readers: list[threading.Thread] = []
        self._stopping = threading.Event()
        log_dir.mkdir(parents=True, exist_ok=True)

    def start(self, service: Service) -> None:
        """Start and wait until ready. Raises CommandFailed when the port is taken, it dies, or takes too long."""
        if service.port and port_is_taken(service.host, service.port):
            raise CommandFailed(
                f"port {service.port} for {service.name} is taken;"
                f" stop what listens there or set {service.port_setting}"
            )
        process = self._spawn(service)
        deadline = time.monotonic() + service.ready_seconds
        while not service.is_ready():
            if self._stopping.is_set():
                raise CommandFailed(f"stopped before {service.name} was ready")
            if process.poll() is not None:
                raise CommandFailed(f"{service.name} ended with code {process.returncode}: {self._last_words(service)}")
            if time.monotonic() > deadline:
                raise CommandFailed(
                    f"{service.name} was not ready in {service.ready_seconds:.0f} s; see {self.log_path(service)}"
                )
            time.sleep(0.05)

    def watch(self) -> None:
        """Start again whatever dies, until `stop` is called."""
        while not self._stopping.wait(0.1):
            for name, (service, process) in list(self._running.items()):
                if process.poll() is not None and not self._stopping.is_set():
                    self._say(name, f"ended with code {process.returncode}; starting it again")
                    self._pause_before_restart(name)
                    self._spawn(service)

    def stop(self) -> None:
        """Stop all services, the last started first; each drains before the one it leans on goes."""
        self._stopping.set()
        for _, process in reversed(self._running.values()):
            _end(process)
        for reader in self._readers:
            reader.join(timeout=1)

    def stop_service(self, name: str) -> None:
        """Stop one service and wait until it has ended."""
        _, process = self._running.pop(name)
        _end(process)

    def request_stop(self) -> None:
        """Make `watch` return. Safe in a signal handler."""
        self._stopping.set()

    def process_id(self, name: str) -> int:
        return self._running[name][1].pid

    def log_path(self, service: Service) -> Path:
        return self._log_dir / f"{service.name}.log"

    def _spawn(self, service: Service) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            list(service.argv),
            env={**os.environ, **service.environment, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # Ctrl-C reaches the whole foreground group; services are stopped by us, in order.
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )
        previous = self._restarts.get(service.name)
        self._restarts[service.name] = (time.monotonic(), previous[1] + 1 if previous else 0)
        self._running[service.name] = (service, process)
        reader = threading.Thread(target=self._copy_output, args=(service, process), daemon=True)
        reader.start()
        self._readers = [*(one for one in self._readers if one.is_alive()), reader]
        return process

    def _copy_output(self, service: Service, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        log = RotatingLog(self.log_path(service), self._logs)
        for line in process.stdout:
            # A full disk or a closed terminal costs lines. Not read, they would stop the service: its pipe gets full.
            with contextlib.suppress(OSError):
                log.write(line)
            with contextlib.suppress(OSError):
                self._say(service.name, line.rstrip("\n"))
        log.close()

    def _pause_before_restart(self, name: str) -> None:
        started, restarts = self._restarts[name]
        if time.monotonic() - started > STEADY_SECONDS:
            self._restarts[name] = (started, 0)
        elif restarts > 3:
            self._stopping.wait(min(10.0, 0.5 * 2 ** (restarts - 3)))

    def _last_words(self, service: Service) -> str:
        time.sleep(0.1)
        with contextlib.suppress(OSError):
            lines = [line for line in self.log_path(service).read_text().splitlines() if line.strip()]
            if lines:
                return lines[-1]
        return f"see {self.log_path(service)}"

    def _say(self, name: str, message: str) -> None:
        if self._show:
            self._show(name, message)


_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


def _end_with_parent() -> None:
    """Ask the kernel to end this process when its parent is gone, however that went: no port stays taken."""
    assert _LIBC is not None
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def unused_port() -> int:
    """A port nothing listens on right now, below those the system gives to outgoing connections.

    One of theirs could be taken, by any client on this machine, before the server that asked for it listens.
    """
    while True:
        port = secrets.choice(range(10_000, 32_768))
        if not port_is_taken("127.0.0.1", port):
            return port


def port_is_taken(host: str, port: int) -> bool:
    """Whether something listens on the port already."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
