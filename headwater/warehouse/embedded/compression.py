"""Content encodings of HTTP, both ways, piece by piece."""

import zlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from headwater.warehouse.embedded.error import QueryError

_PIECE = 1024 * 1024
_ALIASES = {"gz": "gzip", "x-gzip": "gzip", "brotli": "br"}


class Decoder(Protocol):
    """Turns an encoded body into plain pieces of about 1 MiB."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Plain pieces of the next part of the body. Raises QueryError when it isn't what it says it is."""

    def end(self) -> None:
        """The body is complete. Raises QueryError when it was cut short."""


class Encoder(Protocol):
    """Encodes an answer. Every piece can be decoded as soon as it arrives when it was flushed."""

    def feed(self, data: bytes) -> bytes: ...

    def end(self) -> bytes: ...


def _damaged(encoding: str, error: object) -> QueryError:
    return QueryError.named(
        354,
        "ZLIB_INFLATE_FAILED" if encoding in ("gzip", "deflate") else "CANNOT_DECOMPRESS",
        f"The {encoding} body is damaged: {error}",
    )


class _Plain:
    def feed(self, data: bytes) -> Iterator[bytes]:
        if data:
            yield data

    def end(self) -> None:
        return None


class _Zlib:
    """gzip and deflate; several members one after another are one body."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._object = self._fresh()
        self._started = False

    def _fresh(self) -> Any:
        return zlib.decompressobj(zlib.MAX_WBITS | 16 if self._encoding == "gzip" else zlib.MAX_WBITS)

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            while data:
                if self._object.eof:
                    self._object = self._fresh()
                self._started = True
                piece = self._object.decompress(data, _PIECE)
                data = self._object.unconsumed_tail or self._object.unused_data
                if piece:
                    yield piece
            while not self._object.eof and (piece := self._object.decompress(b"", _PIECE)):
                yield piece
        except zlib.error as error:
            raise _damaged(self._encoding, error) from None

    def end(self) -> None:
        if self._started and not self._object.eof:
            raise _damaged(self._encoding, "it ends too early")


class _Framed:
    """LZ4 and Zstandard frames, whose decompressors of lz4 and backports have one shape."""

    def __init__(self, encoding: str, fresh: Callable[[], Any], failure: type[Exception]) -> None:
        self._encoding, self._fresh, self._failure = encoding, fresh, failure
        self._object: Any = fresh()
        self._started = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            while data:
                if self._object.eof:
                    self._object = self._fresh()
                self._started = True
                piece = self._object.decompress(data, _PIECE)
                if piece:
                    yield piece
                while not self._object.eof and not self._object.needs_input:
                    piece = self._object.decompress(b"", _PIECE)
                    if piece:
                        yield piece
                data = (self._object.unused_data or b"") if self._object.eof else b""
        except self._failure as error:
            raise _damaged(self._encoding, error) from None

    def end(self) -> None:
        if self._started and not self._object.eof:
            raise _damaged(self._encoding, "it ends too early")


class _Zstandard:
    def __init__(self) -> None:
        import zstandard

        self._fresh = zstandard.ZstdDecompressor(max_window_size=2**31).decompressobj
        self._failure = zstandard.ZstdError
        self._object = self._fresh()
        self._started = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            while data:
                # Small bites keep a highly compressed body from unfolding all at once.
                if self._object.eof:
                    self._object = self._fresh()
                self._started = True
                bite, data = data[:16384], data[16384:]
                piece = self._object.decompress(bite)
                if self._object.eof:
                    data = self._object.unused_data + data
                if piece:
                    yield piece
        except self._failure as error:
            raise _damaged("zstd", error) from None

    def end(self) -> None:
        if self._started and not self._object.eof:
            raise _damaged("zstd", "it ends too early")


class _Brotli:
    def __init__(self) -> None:
        import brotli

        self._object, self._failure = brotli.Decompressor(), brotli.error
        self._started = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            self._started = self._started or bool(data)
            piece = self._object.process(data, output_buffer_limit=_PIECE)
            if piece:
                yield piece
            while not self._object.can_accept_more_data():
                piece = self._object.process(b"", output_buffer_limit=_PIECE)
                if piece:
                    yield piece
        except self._failure as error:
            raise _damaged("br", error) from None

    def end(self) -> None:
        if self._started and not self._object.is_finished():
            raise _damaged("br", "it ends too early")


def open_decoder(encoding: str) -> Decoder:
    """The decoder of a request's Content-Encoding. Raises QueryError for one ClickHouse doesn't know."""
    name = encoding.strip().lower()
    name = _ALIASES.get(name, name)
    if name in ("", "identity", "auto"):
        return _Plain()
    if name in ("gzip", "deflate"):
        return _Zlib(name)
    if name == "lz4":
        import lz4.frame

        return _Framed(name, lz4.frame.LZ4FrameDecompressor, RuntimeError)
    if name == "zstd":
        return _Zstandard()
    if name == "br":
        return _Brotli()
    raise QueryError.named(
        89,
        "UNKNOWN_COMPRESSION_METHOD",
        f"Unknown compression method '{encoding}'. Only 'auto', 'none', 'gzip', 'deflate', 'br', 'zstd', 'lz4' are supported as compression methods",
    )


class _ZlibEncoder:
    def __init__(self, encoding: str, level: int) -> None:
        self._object = zlib.compressobj(
            level, zlib.DEFLATED, zlib.MAX_WBITS | 16 if encoding == "gzip" else zlib.MAX_WBITS
        )

    def feed(self, data: bytes) -> bytes:
        return self._object.compress(data) + self._object.flush(zlib.Z_SYNC_FLUSH)

    def end(self) -> bytes:
        return self._object.flush()


class _Lz4Encoder:
    def __init__(self) -> None:
        import lz4.frame

        self._object = lz4.frame.LZ4FrameCompressor()
        self._begun = False

    def feed(self, data: bytes) -> bytes:
        head = b"" if self._begun else self._object.begin()
        self._begun = True
        return (
            bytes(head + self._object.compress(data) + self._object.flush_block())
            if False
            else bytes(head + self._object.compress(data))
        )

    def end(self) -> bytes:
        head = b"" if self._begun else self._object.begin()
        return bytes(head + self._object.flush())


class _ZstdEncoder:
    def __init__(self, level: int) -> None:
        import zstandard

        self._object = zstandard.ZstdCompressor(level=level).compressobj()
        self._flush = zstandard.COMPRESSOBJ_FLUSH_BLOCK

    def feed(self, data: bytes) -> bytes:
        return self._object.compress(data) + self._object.flush(self._flush)

    def end(self) -> bytes:
        return self._object.flush()


class _BrotliEncoder:
    def __init__(self, level: int) -> None:
        import brotli

        self._object = brotli.Compressor(quality=level)

    def feed(self, data: bytes) -> bytes:
        return bytes(self._object.process(data) + self._object.flush())

    def end(self) -> bytes:
        return bytes(self._object.finish())


def choose_encoding(accepted: str) -> str:
    """The encoding ClickHouse picks for an Accept-Encoding header; empty for none."""
    for name in ("br", "gzip", "deflate", "zstd", "lz4"):
        if name in accepted:
            return name
    return ""


def open_encoder(encoding: str, level: int) -> Encoder:
    """The encoder of an answer; ``level`` is http_zlib_compression_level, 1 to 9."""
    if encoding == "br":
        return _BrotliEncoder(min(level, 4))
    if encoding == "zstd":
        return _ZstdEncoder(level)
    if encoding == "lz4":
        return _Lz4Encoder()
    return _ZlibEncoder(encoding, level)
