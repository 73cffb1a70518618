"""Every content encoding, both ways."""

import gzip
import zlib
from collections.abc import Callable

import brotli
import lz4.frame
import pytest
import zstandard

from headwater.warehouse.embedded.compression import open_decoder
from tests.headwater.warehouse.embedded.conftest import Server

Codec = Callable[[bytes], bytes]
ENCODE: dict[str, Codec] = {
    "gzip": gzip.compress,
    "gz": gzip.compress,
    "deflate": zlib.compress,
    "lz4": lz4.frame.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "br": lambda data: brotli.compress(data, quality=3),
}
DECODE: dict[str, Codec] = {
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
    "lz4": lz4.frame.decompress,
    "zstd": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
    "br": brotli.decompress,
}
LINES = b"".join(b"%d\tname %d\n" % (number, number) for number in range(200_000))


@pytest.mark.parametrize("encoding", ENCODE)
def test_body_may_be_encoded(server: Server, table: str, encoding: str) -> None:
    body = ENCODE[encoding](LINES)
    query = f"INSERT INTO {table} FORMAT TabSeparated"
    assert server.send(body, query=query, headers={"Content-Encoding": encoding}).status == 200
    assert server.rows(f"SELECT count(), sum(id) FROM {table}") == [["200000", str(sum(range(200_000)))]]


@pytest.mark.parametrize("encoding", ENCODE)
def test_statement_and_rows_may_be_encoded_together(server: Server, table: str, encoding: str) -> None:
    body = ENCODE[encoding](f"INSERT INTO {table} FORMAT CSV\n".encode() + b"1,a\n2,b\n")
    assert server.send(body, headers={"Content-Encoding": encoding}).status == 200
    assert server.value(f"SELECT count() FROM {table}") == "2"


@pytest.mark.parametrize(
    "body",
    [b"1\ta\n", gzip.compress(b"1\ta\n"), lz4.frame.compress(b"1\ta\n")],
    ids=["plain", "gzip", "lz4"],
)
def test_encoding_auto_is_found_out(server: Server, table: str, body: bytes) -> None:
    query = f"INSERT INTO {table} FORMAT TabSeparated"
    assert server.send(body, query=query, headers={"Content-Encoding": "auto"}).status == 200
    assert server.value(f"SELECT count() FROM {table}") == "1"


@pytest.mark.parametrize("encoding", sorted(ENCODE))
def test_body_cut_short_is_refused(server: Server, table: str, encoding: str) -> None:
    body = ENCODE[encoding](LINES)[:-20]
    query = f"INSERT INTO {table} FORMAT TabSeparated"
    assert server.send(body, query=query, headers={"Content-Encoding": encoding}).status == 500


def test_unknown_encoding_is_refused(server: Server) -> None:
    reply = server.send("SELECT 1", headers={"Content-Encoding": "rot13"})
    assert reply.headers["X-ClickHouse-Exception-Code"] == "89"


@pytest.mark.parametrize("encoding", DECODE)
def test_answer_is_encoded_when_the_client_asks(server: Server, encoding: str) -> None:
    reply = server.send("SELECT number FROM numbers(300000)", headers={"Accept-Encoding": encoding})
    assert reply.headers["Content-Encoding"] == encoding
    assert DECODE[encoding](reply.body).count(b"\n") == 300_000


def test_answer_is_plain_when_compression_is_switched_off(server: Server) -> None:
    reply = server.send("SELECT 1", headers={"Accept-Encoding": "gzip"}, enable_http_compression=0)
    assert (reply.body, "Content-Encoding" in reply.headers) == (b"1\n", False)


def test_several_gzip_members_are_one_body(server: Server, table: str) -> None:
    body = gzip.compress(b"1\ta\n") + gzip.compress(b"2\tb\n")
    query = f"INSERT INTO {table} FORMAT TabSeparated"
    assert server.send(body, query=query, headers={"Content-Encoding": "gzip"}).status == 200
    assert server.value(f"SELECT count() FROM {table}") == "2"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "lz4", "zstd", "br"])
def test_body_that_unfolds_comes_in_bounded_pieces(encoding: str) -> None:
    decoder = open_decoder(encoding)
    assert decoder is not None
    size = largest = 0
    for piece in decoder.feed(ENCODE[encoding](b"\0" * 2**28)):
        size += len(piece)
        largest = max(largest, len(piece))
    decoder.end()
    assert size == 2**28
    assert largest <= 32 * 2**20


@pytest.mark.parametrize("encoding", DECODE)
@pytest.mark.parametrize("level", ["0", "99", "-1"])
def test_level_out_of_range_is_the_nearest(server: Server, encoding: str, level: str) -> None:
    reply = server.send("SELECT 1", http_zlib_compression_level=level, headers={"Accept-Encoding": encoding})
    assert DECODE[encoding](reply.body) == b"1\n"
