"""Time zones in Native: what is data and what is the head of a column is never mistaken."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.warehouse.embedded.native_block import encode_text
from tests.headwater.warehouse.embedded.conftest import Server

_VERSION = 54405
_ZONES = ("Asia/Tokyo", "America/New_York")


def _literal(data: bytes) -> str:
    return "unhex('" + data.hex() + "')"


def _as(template: str) -> st.SearchStrategy[str]:
    return _texts().map(lambda data: template.format(_literal(data)))


def _texts() -> st.SearchStrategy[bytes]:
    """Strings that look like the head of a column, cut anywhere, and values behind it."""
    heads = st.sampled_from("tttuv").flatmap(
        lambda name: st.sampled_from(
            [
                encode_text(name) + b"\x08DateTime",
                encode_text(name) + b"\x08DateTime" + b"\0" * 8 + b"\x01x\x08DateTime",
                b"\x08DateTime",
                b"",
            ]
        )
    )
    return st.tuples(heads, st.binary(max_size=12)).map(b"".join)


_PLAIN_COLUMNS = st.one_of(
    _as("{}"),
    _as("[{0}, '', {0}]"),
    _as("({}, 1)"),
    _as("map({}, toUInt8(1))"),
    _as("toNullable({})"),
    _as("toFixedString(substring({}, 1, 14), 14)"),
    _as("toLowCardinality({})"),
    _as("{}::Variant(String, UInt8)"),
    st.sampled_from(("toUInt8(1)", "toDecimal64(1, 2)", "NULL", "[[1], []]", "today()", "toDateTime64(0, 3, 'UTC')")),
)
_ZONED = st.tuples(st.integers(0, 2**32 - 1), st.sampled_from(_ZONES)).map(lambda t: f"toDateTime({t[0]}, '{t[1]}')")
_COLUMNS = st.tuples(st.lists(st.one_of(_PLAIN_COLUMNS, _ZONED), min_size=1, max_size=5), _ZONED)


def _expected(server: Server, selected: list[str], rows: int) -> list[tuple[bytes, bytes]]:
    """Each column as chDB writes it and with its zone named, from results of one column each."""
    columns = []
    for column in selected:
        plain = named = server.send(f"SELECT {column} FROM numbers({rows}) FORMAT Native").body[2:]
        kind = server.value(f"SELECT toTypeName({column.rpartition(' AS ')[0]})").replace("\\'", "'")
        if kind.startswith("DateTime("):
            head = encode_text(column.rpartition(" AS ")[2])
            named = head + encode_text(kind) + plain[len(head) + len(b"\x08DateTime") :]
        columns.append((plain, named))
    return columns


@settings(max_examples=60, deadline=None)
@given(columns=_COLUMNS.map(lambda pair: [*pair[0], pair[1]]), rows=st.integers(1, 3))
def test_zones_are_named_where_they_belong_and_nowhere_else(server: Server, columns: list[str], rows: int) -> None:
    selected = [f"{column} AS {name}" for column, name in zip(columns, "yxwvut"[-len(columns) :], strict=True)]
    begin = bytes([len(selected), rows])
    expected = _expected(server, selected, rows)
    sql = f"SELECT {', '.join(selected)} FROM numbers({rows}) SETTINGS allow_suspicious_low_cardinality_types = 1"
    body = server.send(f"{sql} FORMAT Native", client_protocol_version=_VERSION).body
    assert server.send(f"{sql} FORMAT Native").body == begin + b"".join(plain for plain, _ in expected)
    # Behind a type that can't be read, with data that looks like a column's head, a zone may stay unnamed.
    unreadable = any(word in column for column in columns for word in ("Variant", "LowCardinality"))
    allowed = product(*expected) if unreadable else [[named for _, named in expected]]
    assert body[8:] in {begin + b"".join(parts) for parts in allowed}


def test_data_that_looks_like_a_column_is_left_alone(server: Server) -> None:
    head = b"\x01t\x08DateTime"
    sql = f"SELECT {_literal(head)} AS s, toDateTime(0, 'Asia/Tokyo') AS t FORMAT Native"
    body = server.send(sql, client_protocol_version=_VERSION).body
    zone = b"\x16DateTime('Asia/Tokyo')"
    assert body[8:] == b"\x02\x01\x01s\x06String\x0b" + head + b"\x01t" + zone + b"\0\0\0\0"
