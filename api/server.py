"""The API's process: `python -m api.server`. Listens on HEADWATER_API_HOST and HEADWATER_API_PORT."""

import gc
import signal
import socket
import sys

import uvicorn

from api.app import Configuration, create_app
from api.connection import HttpConnection
from headwater.contracts.limits import BATCH_BYTES
from headwater.control import ControlError
from headwater.intake import PlacesMissing
from headwater.landing import LandingError

_FINISH_SECONDS = 20
"""Time that requests under way have to finish after SIGTERM."""

_KEEP_ALIVE_SECONDS = 75
"""Longer than the usual idle time-outs of proxies, so that it is they who close."""

_BACKLOG = 2048


def main() -> None:
    """Serve until SIGTERM or SIGINT, finish the requests under way, seal the landing log, and return.

    Exits with 1 and one line when it cannot start.
    """
    configuration = Configuration()
    try:
        listener = _listen(configuration.api.host, configuration.api.port)
        app = create_app(configuration)
    except (OSError, ControlError, LandingError, PlacesMissing) as error:
        sys.exit(f"headwater api: {error}")
    # What is loaded now lives as long as the process: the collector of garbage need not look at it again.
    gc.collect()
    gc.freeze()
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            loop="uvloop",
            http=HttpConnection,
            ws="websockets-sansio",
            ws_max_size=BATCH_BYTES,
            lifespan="on",
            log_level="warning",
            access_log=False,
            server_header=False,
            # Whose X-Forwarded-For is believed is decided in api.collector.client_address.
            proxy_headers=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_FINISH_SECONDS,
        )
    )
    # uvicorn raises the signal that ended it once more when it is done: an orderly end is exit code 0.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)
    server.run(sockets=[listener])
    if not server.started:
        sys.exit(1)


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises OSError that names address and setting."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise OSError(f"cannot listen on {host}:{port} ({error.strerror}); set HEADWATER_API_PORT") from error
    return listener


if __name__ == "__main__":
    main()
