"""Exchange rates from bytes: the European Central Bank's XML, CSV and zipped CSV, or a CSV of one rate a line."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from xml.etree import ElementTree

import msgspec

from ingestion.rates.errors import RatesBroken

ECB = "ecb"
"""The source of rates in the bank's own formats, which are all against the euro."""

_CURRENCY = re.compile(r"[A-Z]{3}")
_DATE_FORMATS = ("%Y-%m-%d", "%d %B %Y")
_LARGEST = Decimal(10) ** 10
_UNPACKED_BYTES = 64 * 1024**2
_MISSING = {"", "N/A"}


class Rate(msgspec.Struct, frozen=True):
    """One unit of ``base`` is ``rate`` units of ``currency`` on that day. A row of ``raw_rates.exchange_rates``."""

    day: date
    base: str
    """ISO 4217, in capitals, as ``currency``."""
    currency: str
    rate: Decimal
    """To eight decimals."""
    source: str


def parse_rates(content: bytes, name: str) -> list[Rate]:
    """The rates in a file's content. ``name`` is the source of those that don't name theirs.

    Raises RatesBroken with the line at fault.
    """
    if content.startswith(b"PK"):
        content = _unpack(content)
    if content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return list(_parse_xml(content))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RatesBroken(f"{name} is no text: {error}") from error
    reader = csv.DictReader(io.StringIO(text), skipinitialspace=True)
    columns = {(column or "").strip().lower() for column in reader.fieldnames or ()}
    if {"day", "currency", "rate"} <= columns:
        return list(_parse_lines(reader, name))
    if "date" in columns and len(columns) > 1:
        return list(_parse_table(reader))
    raise RatesBroken(f"{name} has neither the columns day, currency, rate nor those of the European Central Bank")


def _unpack(content: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            first = archive.infolist()[0]
            if first.file_size > _UNPACKED_BYTES:
                raise RatesBroken(f"the archive unpacks to {first.file_size:,} bytes, {_UNPACKED_BYTES:,} are allowed")
            return archive.read(first)
    except (zipfile.BadZipFile, IndexError) as error:
        raise RatesBroken("the archive is broken or empty") from error


def _parse_xml(content: bytes) -> Iterator[Rate]:
    try:
        root = ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        raise RatesBroken(f"the XML is broken: {error}") from error
    found = False
    for day in root.iterfind(".//{*}Cube[@time]"):
        for cube in day.iterfind("{*}Cube[@currency]"):
            found = True
            where = f"{cube.get('currency')} of {day.get('time')}"
            yield _build(day.get("time", ""), "EUR", cube.get("currency", ""), cube.get("rate", ""), ECB, where)
    if not found:
        raise RatesBroken("the XML has no Cube elements with a currency, as the European Central Bank's have")


def _parse_table(reader: "csv.DictReader[str]") -> Iterator[Rate]:
    """A column for each currency, a line for each day."""
    for row in reader:
        members = {column.strip(): (value or "").strip() for column, value in row.items() if column and column.strip()}
        day = members.pop("Date", members.pop("date", ""))
        for currency, rate in members.items():
            if rate not in _MISSING:
                yield _build(day, "EUR", currency, rate, ECB, f"line {reader.line_num}")


def _parse_lines(reader: "csv.DictReader[str]", name: str) -> Iterator[Rate]:
    """A line for each rate: day, currency, rate, and if need be base (EUR) and source."""
    for row in reader:
        members: Mapping[str, str] = {(column or "").strip().lower(): (value or "") for column, value in row.items()}
        yield _build(
            members["day"].strip(),
            (members.get("base") or "EUR").strip(),
            members["currency"].strip(),
            members["rate"].strip(),
            (members.get("source") or name).strip(),
            f"line {reader.line_num}",
        )


def _build(day: str, base: str, currency: str, rate: str, source: str, where: str) -> Rate:
    try:
        number = Decimal(rate)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not 0 < number < _LARGEST:
        raise RatesBroken(f"{where}: {rate!r} is no rate; write it as in 1.0823")
    for code in (base, currency):
        if not _CURRENCY.fullmatch(code.upper()):
            raise RatesBroken(f"{where}: {code!r} is no currency; write it as in USD")
    rounded = number.quantize(Decimal("1E-8"))
    if not rounded:
        raise RatesBroken(f"{where}: {rate} is 0 to eight decimals; give the rate the other way round")
    return Rate(_parse_day(day, where), base.upper(), currency.upper(), rounded, source)


def _parse_day(text: str, where: str) -> date:
    for format_ in _DATE_FORMATS:
        try:
            return datetime.strptime(text, format_).date()
        except ValueError:
            continue
    raise RatesBroken(f"{where}: {text!r} is no day; write it as in 2026-01-31")
