"""What goes back to the client: headers, status, and bodies."""

import json
from collections.abc import Mapping

from headwater.warehouse.embedded.body import Send
from headwater.warehouse.embedded.engine import Progress

Headers = list[tuple[bytes, bytes]]

_CONTENT_TYPES = {
    "JSON": "application/json; charset=UTF-8",
    "CSV": "text/csv; charset=UTF-8; header=absent",
    "CSVWithNames": "text/csv; charset=UTF-8; header=present",
    "CSVWithNamesAndTypes": "text/csv; charset=UTF-8; header=present",
    "TabSeparated": "text/tab-separated-values; charset=UTF-8",
    "XML": "application/xml; charset=UTF-8",
    "Native": "application/octet-stream",
}


async def send_text(send: Send, status: int, text: str, headers: Headers) -> None:
    """Send a short text answer."""
    body = text.encode("utf-8", "replace")
    start = [*headers, (b"content-type", b"text/plain; charset=UTF-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body})


def content_type(output_format: str) -> bytes:
    """The media type ClickHouse sends a format with."""
    return _CONTENT_TYPES.get(output_format, "text/plain; charset=UTF-8").encode()


def summary(progress: Progress, elapsed_ns: int) -> bytes:
    """X-ClickHouse-Summary: numbers as text, as ClickHouse writes them."""
    numbers: Mapping[str, int] = {
        "read_rows": progress.read_rows,
        "read_bytes": progress.read_bytes,
        "written_rows": progress.written_rows,
        "written_bytes": progress.written_bytes,
        "total_rows_to_read": progress.read_rows,
        "result_rows": progress.result_rows,
        "result_bytes": progress.result_bytes,
        "elapsed_ns": elapsed_ns,
    }
    return json.dumps({name: str(value) for name, value in numbers.items()}, separators=(",", ":")).encode()
