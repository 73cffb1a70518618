"""One INSERT over HTTP, its data streamed as it is."""

import http.client
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlencode, urlsplit

from headwater.warehouse.client import WarehouseAway, WarehouseRefused
from ingestion.manifest import Extent, read_extents

INSERT_SETTINGS = {
    "date_time_input_format": "best_effort",
    "input_format_json_read_objects_as_strings": "1",
    # A field the table lacks is a migration that was not applied; its values must not vanish.
    "input_format_skip_unknown_fields": "0",
    # An answer must mean that the rows are in a part: nothing may wait in the server's memory.
    "async_insert": "0",
    # A segment that is loaded again must be stored again: the models count receipts, and a block that was dropped as
    # a repetition of another would be a hole in them.
    "insert_deduplicate": "0",
    # To cut the rows into chunks for several threads costs 0.9 µs of CPU a row, where all else costs 2.5. One thread
    # parses 400,000 rows a second, more than collectors send on the same machine.
    "input_format_parallel_parsing": "0",
}

_BLOCK_BYTES = 1024**2
_FAILED = re.compile(r"^Code: \d+\. DB::Exception", re.MULTILINE)


def insert(
    address: str,
    user: str,
    password: str,
    sql: str,
    content: bytes | Path | Sequence[Extent],
    settings: Mapping[str, str] = INSERT_SETTINGS,
    encoding: str = "",
) -> None:
    """Send ``sql`` with ``content`` as its data; return when ClickHouse has stored the rows.

    ``encoding`` is HTTP's name of what the content is compressed with, empty for nothing. Of files, one block at a time
    is in memory. Raises WarehouseAway when nothing answers or the connection breaks, WarehouseRefused with ClickHouse's
    reason.
    """
    parts = urlsplit(address)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=600, blocksize=_BLOCK_BYTES)
    with ExitStack() as stack:
        stack.callback(connection.close)
        body, size = _open(content, stack)
        headers = {"X-ClickHouse-User": user, "X-ClickHouse-Key": password, "Content-Length": str(size)}
        if encoding:
            headers["Content-Encoding"] = encoding
        try:
            with suppress(BrokenPipeError, ConnectionResetError):
                # A server that refuses a row may answer, and close, before it was sent the others.
                connection.request("POST", "/?" + urlencode({"query": sql, **settings}), body=body, headers=headers)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            raise WarehouseAway(f"ClickHouse at {address} broke off: {error}") from error
    if answer.status != 200 or _FAILED.search(text):
        raise WarehouseRefused(text.strip().split("\n", 1)[0])


def _open(
    content: bytes | Path | Sequence[Extent], stack: ExitStack
) -> tuple[bytes | BinaryIO | Iterable[bytes | memoryview], int]:
    """What http.client can send, and how many bytes it is."""
    if isinstance(content, bytes):
        return content, len(content)
    if isinstance(content, Path):
        return stack.enter_context(content.open("rb")), content.stat().st_size
    return read_extents(content), sum(extent.size for extent in content)
