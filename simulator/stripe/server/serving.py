"""The application at an address of this machine."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from simulator.stripe.account import Account
from simulator.stripe.admission import Admission
from simulator.stripe.server.app import make_app


@contextmanager
def serving(account: Account, admission: Admission, port: int = 0) -> Iterator[str]:
    """Serve the account in a thread until the end of the block. Yields its address."""
    config = uvicorn.Config(
        make_app(account, admission),
        host="127.0.0.1",
        port=port,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise OSError(f"nothing can be served on port {port}")
            time.sleep(0.01)
        bound = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{bound}"
    finally:
        server.should_exit = True
        thread.join()
