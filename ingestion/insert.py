"""One INSERT over HTTP with a file or bytes as its data, streamed as they are."""

import http.client
import re
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from headwater.warehouse.client import WarehouseAway, WarehouseRefused

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
}

_BLOCK_BYTES = 1024**2
_FAILED = re.compile(r"^Code: \d+\. DB::Exception", re.MULTILINE)


def insert(
    address: str,
    user: str,
    password: str,
    sql: str,
    content: bytes | Path,
    settings: Mapping[str, str] = INSERT_SETTINGS,
) -> None:
    """Send ``sql`` with ``content`` as its data; return when ClickHouse has stored the rows.

    Of a file, one block at a time is in memory. Raises WarehouseAway when nothing answers or the connection breaks,
    WarehouseRefused with ClickHouse's reason.
    """
    parts = urlsplit(address)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=600, blocksize=_BLOCK_BYTES)
    size = len(content) if isinstance(content, bytes) else content.stat().st_size
    headers = {"X-ClickHouse-User": user, "X-ClickHouse-Key": password, "Content-Length": str(size)}
    with ExitStack() as stack:
        stack.callback(connection.close)
        body = content if isinstance(content, bytes) else stack.enter_context(content.open("rb"))
        try:
            connection.request("POST", "/?" + urlencode({"query": sql, **settings}), body=body, headers=headers)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            raise WarehouseAway(f"ClickHouse at {address} broke off: {error}") from error
    if answer.status != 200 or _FAILED.search(text):
        raise WarehouseRefused(text.strip().split("\n", 1)[0])
