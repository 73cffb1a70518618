"""Exchange rates: every format the European Central Bank offers, a CSV of one's own, and what is broken in them."""

import http.server
import io
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from headwater.settings import HomeSettings
from headwater.warehouse.client import Warehouse
from ingestion.rates import RatesBroken, RatesUnavailable, load_rates
from ingestion.rates.parse import ECB, Rate, parse_rates

XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
  <gesmes:subject>Reference rates</gesmes:subject>
  <Cube>
    <Cube time="2026-01-06"><Cube currency="USD" rate="1.0823"/><Cube currency="JPY" rate="171.35"/></Cube>
    <Cube time="2026-01-05"><Cube currency="USD" rate="1.0790"/></Cube>
  </Cube>
</gesmes:Envelope>"""
HISTORY = b"Date,USD,JPY,CYP,\n2026-01-06,1.0823,171.35,N/A,\n2026-01-05,1.0790,,N/A,\n"
DAILY = b"Date, USD, JPY, \n06 January 2026, 1.0823, 171.35, \n"
OWN = b"day,currency,rate,base,source\n2026-01-06,usd,1.0823,,\n2026-01-06,CHF,0.93,USD,my bank\n"

USD = Rate(date(2026, 1, 6), "EUR", "USD", Decimal("1.0823"), ECB)
JPY = Rate(date(2026, 1, 6), "EUR", "JPY", Decimal("171.35"), ECB)
USD_BEFORE = Rate(date(2026, 1, 5), "EUR", "USD", Decimal("1.0790"), ECB)


def zipped(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("eurofxref-hist.csv", content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (XML, [USD, JPY, USD_BEFORE]),
        (HISTORY, [USD, JPY, USD_BEFORE]),
        (b"\xef\xbb\xbf" + HISTORY.replace(b"\n", b"\r\n"), [USD, JPY, USD_BEFORE]),
        (zipped(HISTORY), [USD, JPY, USD_BEFORE]),
        (DAILY, [USD, JPY]),
    ],
    ids=["xml", "history", "history of windows", "zipped", "daily"],
)
def test_every_format_of_the_bank_gives_the_same_rates(content: bytes, expected: list[Rate]) -> None:
    assert parse_rates(content, "file") == expected


def test_a_csv_of_ones_own_may_name_base_and_source() -> None:
    assert parse_rates(OWN, "mine.csv") == [
        Rate(date(2026, 1, 6), "EUR", "USD", Decimal("1.0823"), "mine.csv"),
        Rate(date(2026, 1, 6), "USD", "CHF", Decimal("0.93"), "my bank"),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "neither the columns"),
        (b"a,b\n1,2\n", "neither the columns"),
        (b"\xff\xfe", "is no text"),
        (b"<html></html>", "no Cube elements"),
        (b"<Cube", "the XML is broken"),
        (b"PK\x03\x04", "the archive is broken"),
        (b"day,currency,rate\n2026-01-06,USD,nan\n", "line 2: 'nan' is no rate"),
        (b"day,currency,rate\n2026-01-06,USD,0\n", "line 2: '0' is no rate"),
        (b"day,currency,rate\n2026-01-06,USD,-1\n", "line 2: '-1' is no rate"),
        (b"day,currency,rate\n2026-01-06,USD,0.000000001\n", "the other way round"),
        (b"day,currency,rate\n2026-01-06,DOLLAR,1\n", "'DOLLAR' is no currency"),
        (b"day,currency,rate\n06/01/2026,USD,1\n", "'06/01/2026' is no day"),
        (b"day,currency,rate\n2026-01-06\n", "is no rate"),
    ],
)
def test_what_is_broken_is_named(content: bytes, said: str) -> None:
    with pytest.raises(RatesBroken, match=said):
        parse_rates(content, "file")


def stored(warehouse: Warehouse, source: str) -> list[tuple[str, Decimal]]:
    table = "raw_rates.exchange_rates"
    sql = f"SELECT currency, rate FROM {table} WHERE source = {{source:String}} ORDER BY currency, loaded_at"
    return [(currency, rate) for currency, rate in warehouse.query(sql, {"source": source})[1]]


def test_rates_are_stored_to_the_last_decimal_and_only_what_is_new_is(
    home: HomeSettings, warehouse: Warehouse, tmp_path: Path
) -> None:
    file = tmp_path / "stored.csv"
    file.write_text("day,currency,rate\n2026-01-06,XAA,0.00000001\n2026-01-06,XBB,9999999999.12345678\n")
    assert load_rates(str(file)).loaded == 2
    assert stored(warehouse, "stored.csv") == [("XAA", Decimal("1E-8")), ("XBB", Decimal("9999999999.12345678"))]
    assert load_rates(str(file)).loaded == 0
    file.write_text("day,currency,rate\n2026-01-06,XAA,0.5\n2026-01-06,XBB,9999999999.12345678\n")
    assert load_rates(str(file)).loaded == 1
    assert [rate for currency, rate in stored(warehouse, "stored.csv") if currency == "XAA"] == [
        Decimal("1E-8"),
        Decimal("0.5"),
    ]


@contextmanager
def web_server(folder: Path) -> Iterator[str]:
    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(folder))  # type: ignore[arg-type]

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_rates_come_from_the_address_in_the_settings(
    home: HomeSettings, warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "web.csv").write_text("day,currency,rate\n2026-02-06,XCC,2.5\n")
    assert load_rates().found == 0
    with web_server(tmp_path / "web") as address:
        monkeypatch.setenv("HEADWATER_RATES_SOURCE", f"{address}/web.csv")
        assert load_rates().newest == date(2026, 2, 6)
        assert stored(warehouse, "web.csv") == [("XCC", Decimal("2.5"))]
        with pytest.raises(RatesUnavailable, match="404"):
            load_rates(f"{address}/none.csv")
    with pytest.raises(RatesUnavailable, match="cannot be read from"):
        load_rates()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RatesUnavailable, match=r"none\.csv"):
        load_rates(str(tmp_path / "none.csv"))
