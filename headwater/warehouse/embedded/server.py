"""The process: one data directory, one engine, one port."""

import logging
import os
import signal
import socket
import sys
import tempfile
from pathlib import Path

from headwater.settings import HomeSettings, WarehouseSettings
from headwater.warehouse.embedded.address import is_loopback
from headwater.warehouse.embedded.allocator import keep_memory
from headwater.warehouse.embedded.app import Application
from headwater.warehouse.embedded.config import parse_bytes, write_config
from headwater.warehouse.embedded.engine import Engine
from headwater.warehouse.embedded.error import StartError
from headwater.warehouse.embedded.executor import Executor
from headwater.warehouse.embedded.lock import lock_directory
from headwater.warehouse.embedded.sandbox import confine

_BACKLOG = 1024


def serve(
    home: HomeSettings,
    warehouse: WarehouseSettings,
    *,
    host: str | None = None,
    port: int | None = None,
    data_dir: Path | None = None,
) -> None:
    """Serve the embedded ClickHouse until SIGTERM or SIGINT, then let running queries finish.

    Raises StartError when it cannot start: a public address without a password, a port or directory that is taken, a
    memory limit that is no size.
    """
    directory = (data_dir or home.warehouse_dir).expanduser().resolve()
    host, port = host or warehouse.host, port or warehouse.port
    password = warehouse.password.get_secret_value()
    if not password and not is_loopback(host):
        raise StartError(f"refusing to listen on {host} without a password: set HEADWATER_CLICKHOUSE_PASSWORD")
    try:
        memory = parse_bytes(warehouse.max_memory)
    except ValueError as error:
        raise StartError(f"HEADWATER_CLICKHOUSE_MAX_MEMORY is {error}") from None
    directory.mkdir(parents=True, exist_ok=True)
    keep_memory()
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    with lock_directory(directory, address), _listen(host, port) as listening:
        config = write_config(directory, memory, warehouse.max_threads)
        _import_all()
        confine(directory)
        # What /tmp is for is out of reach.
        tempfile.tempdir = str(directory / "tmp")
        engine = Engine(directory, config)
        executor = Executor(engine, warehouse.max_concurrent_queries)
        app = Application(executor, warehouse.user, password)
        try:
            _run(app, listening, f"ClickHouse {engine.version} answers at {address}, data in {directory}")
        finally:
            executor.close()


def _import_all() -> None:
    """Load what is imported where it is used: once confined, the process may not read every place of its libraries."""
    import brotli
    import lz4.frame
    import uvicorn.protocols.http.httptools_impl
    import uvloop
    import zstandard
    from chdb import _chdb

    del brotli, lz4, uvicorn, uvloop, zstandard, _chdb


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise StartError(f"cannot listen on {host}:{port}: {error.strerror or error}") from None
    return listening


def _run(app: Application, listening: socket.socket, announcement: str) -> None:
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            _announce(announcement)

    # uvicorn raises the signal that stopped it once more, behind the handlers it found: there must be some.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    # An answer that breaks off because its query failed is meant to, and no fault of the application.
    logging.getLogger("uvicorn.error").addFilter(lambda record: "without completing response" not in record.msg)
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=30,
    )
    Server(config).run([listening])


def _announce(line: str) -> None:
    """Print the one line, then send the engine's own output to nowhere: chDB prints the rows of a failed query."""
    print(line, flush=True)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
