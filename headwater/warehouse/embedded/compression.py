"""Content encodings of HTTP, both ways, piece by piece."""

import zlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from headwater.warehouse.embedded.error import QueryError

_PIECE = 1024 * 1024
# Four bytes of Zstandard can stand for 128 KiB, and its decompressor takes no limit: so many bytes unfold to 16 MiB at
# most. Larger bites aren't faster.
_BITE = 512
_ALIASES = {"gz": "gzip", "x-gzip": "gzip", "brotli": "br"}
_DAMAGE = {
    "gzip": (354, "ZLIB_INFLATE_FAILED"),
    "deflate": (354, "ZLIB_INFLATE_FAILED"),
    "lz4": (618, "LZ4_DECODER_FAILED"),
    "zstd": (561, "ZSTD_DECODER_FAILED"),
    "br": (448, "BROTLI_READ_FAILED"),
}
# The first bytes of a body whose encoding is left to the server to find out.
_MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"\x04\x22\x4d\x18": "lz4"}


class Decoder(Protocol):
    """Turns an encoded body into plain pieces of about 1 MiB."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Plain pieces of the next part of the body. Raises QueryError when it isn't what it says it is."""

    def end(self) -> None:
        """The body is complete. Raises QueryError when it was cut short."""


def gather(pieces: Iterator[bytes]) -> bytes:
    """The next pieces as one of about 1 MiB; empty when there are none."""
    parts: list[bytes] = []
    size = 0
    for piece in pieces:
        parts.append(piece)
        size += len(piece)
        if size >= _PIECE:
            break
    return parts[0] if len(parts) == 1 else b"".join(parts)


class Encoder(Protocol):
    """Encodes an answer. Every piece can be decoded as soon as it arrives when it was flushed."""

    def feed(self, data: bytes) -> bytes: ...

    def end(self) -> bytes: ...


def _damaged(encoding: str, error: object) -> QueryError:
    code, name = _DAMAGE[encoding]
    return QueryError.named(code, name, f"The {encoding} body is damaged: {error}")


class _Plain:
    def feed(self, data: bytes) -> Iterator[bytes]:
        if data:
            yield data

    def end(self) -> None:
        return None


class _Guess:
    """Content-Encoding auto, as dlt sends it with plain files and with compressed ones."""

    def __init__(self) -> None:
        self._decoder: Decoder = _Plain()
        self._started = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        if data and not self._started:
            self._started = True
            found = (name for magic, name in _MAGIC.items() if data.startswith(magic))
            self._decoder = open_decoder(next(found, "")) or _Plain()
        return self._decoder.feed(data)

    def end(self) -> None:
        self._decoder.end()


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
                if self._object.eof:
                    self._object = self._fresh()
                self._started = True
                bite, data = data[:_BITE], data[_BITE:]
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
            # The output may stop at the limit while the decompressor already asks for more input.
            while piece := self._object.process(data, output_buffer_limit=_PIECE):
                yield piece
                data = b""
        except self._failure as error:
            raise _damaged("br", error) from None

    def end(self) -> None:
        if self._started and not self._object.is_finished():
            raise _damaged("br", "it ends too early")


def open_decoder(encoding: str) -> Decoder | None:
    """The decoder of a request's Content-Encoding; None for a plain body. Raises QueryError for an unknown one."""
    name = encoding.strip().lower()
    name = _ALIASES.get(name, name)
    if name in ("", "identity", "none"):
        return None
    if name == "auto":
        return _Guess()
    if name in ("gzip", "deflate"):
        return _Zlib(name)
    if name == "lz4":
        import lz4.frame

        return _Framed(name, lz4.frame.LZ4FrameDecompressor, RuntimeError)
    if name == "zstd":
        return _Zstandard()
    if name == "br":
        return _Brotli()
    text = f"Unknown compression method '{encoding}'. Only auto, none, gzip, deflate, br, zstd and lz4 are supported"
    raise QueryError.named(89, "UNKNOWN_COMPRESSION_METHOD", text)


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

        self._object = lz4.frame.LZ4FrameCompressor(auto_flush=True)
        self._head = self._object.begin()

    def feed(self, data: bytes) -> bytes:
        head, self._head = self._head, b""
        return bytes(head + self._object.compress(data))

    def end(self) -> bytes:
        head, self._head = self._head, b""
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
    """The encoding for an Accept-Encoding header, cheapest for its size first; empty for none."""
    names = set()
    for item in accepted.lower().split(","):
        name, _, weight = item.partition(";")
        if weight.replace(" ", "") not in ("q=0", "q=0.0"):
            names.add(name.strip())
    return next((name for name in ("zstd", "lz4", "br", "gzip", "deflate") if name in names), "")


def open_encoder(encoding: str, level: int) -> Encoder:
    """The encoder of an answer; ``level`` is http_zlib_compression_level, brought to between 1 and 9."""
    level = min(max(level, 1), 9)
    if encoding == "br":
        return _BrotliEncoder(min(level, 4))
    if encoding == "zstd":
        return _ZstdEncoder(level)
    if encoding == "lz4":
        return _Lz4Encoder()
    return _ZlibEncoder(encoding, level)
