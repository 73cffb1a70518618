"""Reading a request's body: bounded in bytes, before and after decompression, and in time."""

import asyncio
import zlib
from collections.abc import Callable, Mapping

import brotli
import zstandard
from starlette.types import Receive

from api.errors import BodyTooLarge, BodyTooSlow, MalformedBody, UnsupportedEncoding
from headwater.contracts.limits import BATCH_BYTES

BODY_SECONDS = 30.0
"""Time for a body to arrive, from the request's head to the last part."""

DISCARDED_BYTES = 64 * 1024**2
"""Bytes of an oversized body that are read and thrown away: a client that is cut off while it sends never sees why."""

_GZIP, _ZLIB, _RAW_DEFLATE = 31, 15, -15


class ClientGone(Exception):
    """The client closed the connection before its body was whole; nobody is left to answer."""


async def read_body(headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
    """The whole body, decompressed.

    Raises BodyTooLarge, BodyTooSlow, UnsupportedEncoding, MalformedBody when it cannot be decompressed, ClientGone.
    """
    declared = headers.get(b"content-length", b"")
    too_large = len(declared) > 6 and int(declared) > BATCH_BYTES
    if too_large and b"expect" in headers:
        raise BodyTooLarge
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await _receive_all(receive)
    except TimeoutError:
        raise BodyTooSlow from None
    if too_large or len(body) > BATCH_BYTES:
        raise BodyTooLarge
    encoding = headers.get(b"content-encoding")
    return body if encoding is None else decompress(body, encoding)


async def _receive_all(receive: Receive) -> bytes:
    """All parts of a body. Raises BodyTooLarge, ClientGone."""
    part, more = await _receive_part(receive)
    if not more:
        # Nearly every body comes in one part, which needn't be copied.
        return part
    body, size = bytearray(part), len(part)
    while more and size <= DISCARDED_BYTES:
        part, more = await _receive_part(receive)
        size += len(part)
        if size <= BATCH_BYTES:
            body += part
        else:
            body.clear()
    if size > BATCH_BYTES:
        raise BodyTooLarge
    return bytes(body)


async def _receive_part(receive: Receive) -> tuple[bytes, bool]:
    """The next part, and whether there are more."""
    message = await receive()
    if message["type"] != "http.request":
        raise ClientGone
    return message.get("body", b""), message.get("more_body", False)


def decompress(body: bytes, encoding: bytes) -> bytes:
    """The body as it was before its ``Content-Encoding``. Never makes more than `BATCH_BYTES` of it.

    Raises BodyTooLarge, UnsupportedEncoding, or MalformedBody.
    """
    name = encoding.strip().lower().decode("latin-1")
    if name in ("", "identity"):
        return body
    expand = _EXPANDERS.get(name)
    if expand is None:
        raise UnsupportedEncoding(f"Content-Encoding {name!r} is not known here.")
    try:
        expanded = expand(body, BATCH_BYTES + 1)
    except (zlib.error, zstandard.ZstdError, brotli.error, EOFError) as error:
        raise MalformedBody(
            f"The body is not {name} data, or is cut off.",
            hint="Send what the Content-Encoding header says, whole.",
            code="malformed_encoding",
        ) from error
    if len(expanded) > BATCH_BYTES:
        raise BodyTooLarge
    return expanded


def _expand_gzip(body: bytes, limit: int) -> bytes:
    """Gzip data may have several members, one after another."""
    expanded = bytearray()
    while body and len(expanded) < limit:
        member = zlib.decompressobj(_GZIP)
        expanded += member.decompress(body, limit - len(expanded))
        if not member.eof and len(expanded) < limit:
            raise EOFError
        body = member.unused_data
    return bytes(expanded)


def _expand_deflate(body: bytes, limit: int) -> bytes:
    """Deflate means zlib's format; some clients send the bare stream."""
    is_zlib = len(body) > 1 and body[0] & 0x0F == 8 and int.from_bytes(body[:2]) % 31 == 0
    stream = zlib.decompressobj(_ZLIB if is_zlib else _RAW_DEFLATE)
    expanded = stream.decompress(body, limit)
    if not stream.eof and len(expanded) < limit:
        raise EOFError
    return expanded


def _expand_zstd(body: bytes, limit: int) -> bytes:
    """A cut-off frame gives what there was of it; the JSON then ends too soon."""
    # A frame may ask for a window of gigabytes; none of an allowed body needs more than this.
    reader = zstandard.ZstdDecompressor(max_window_size=8 * 1024**2).stream_reader(body, read_across_frames=True)
    expanded = bytearray()
    while len(expanded) < limit and (part := reader.read(limit - len(expanded))):
        expanded += part
    return bytes(expanded)


def _expand_brotli(body: bytes, limit: int) -> bytes:
    stream = brotli.Decompressor()
    expanded: bytes = stream.process(body, output_buffer_limit=limit)
    if not stream.is_finished() and len(expanded) < limit:
        raise EOFError
    return expanded


_EXPANDERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _expand_gzip,
    "x-gzip": _expand_gzip,
    "deflate": _expand_deflate,
    "zstd": _expand_zstd,
    "br": _expand_brotli,
}
