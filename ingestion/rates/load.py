"""Loading exchange rates: those that are not in the warehouse yet, or are other ones there."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec

from headwater.settings import HomeSettings, RateSettings, WarehouseSettings
from headwater.warehouse.client import Warehouse
from headwater.warehouse.schema import apply_schema
from ingestion.lock import load_lock
from ingestion.pipeline import LoadFailed, SourcePipeline
from ingestion.rates.errors import RatesUnavailable
from ingestion.rates.parse import Rate, parse_rates

_TABLE = "exchange_rates"
_WAIT_SECONDS = 300.0
_ANSWER_SECONDS = 30.0

KNOWN = """
SELECT day, base, currency, argMax((rate, source), loaded_at) AS newest
FROM raw_rates.exchange_rates
WHERE day BETWEEN {since:Date} AND {until:Date}
GROUP BY day, base, currency
"""


@dataclass(frozen=True, slots=True)
class RateReport:
    """What a load of rates did."""

    found: int = 0
    loaded: int = 0
    """Of those, the ones that were not known, or known otherwise."""
    newest: date | None = None


def load_rates(
    source: str | None = None, home: HomeSettings | None = None, warehouse: WarehouseSettings | None = None
) -> RateReport:
    """Load the rates of a file or URL, by default of HEADWATER_RATES_SOURCE; nothing when there is none.

    Raises RatesUnavailable, RatesBroken, LockBusy, WarehouseAway, WarehouseRefused, or LoadFailed.
    """
    place = source or RateSettings().source
    if not place:
        return RateReport()
    rates = parse_rates(fetch_rates(place), Path(place).name)
    if not rates:
        return RateReport()
    home, warehouse = home or HomeSettings(), warehouse or WarehouseSettings()
    with load_lock(home, _WAIT_SECONDS):
        with Warehouse(warehouse) as client:
            apply_schema(client)
            known = _fetch_known(client, rates)
        new = [rate for rate in rates if known.get((rate.day, rate.base, rate.currency)) != (rate.rate, rate.source)]
        if new:
            _store(home, warehouse, new)
    return RateReport(len(rates), len(new), max(rate.day for rate in rates))


def fetch_rates(place: str) -> bytes:
    """What is at a path or an http(s) URL. Raises RatesUnavailable."""
    import httpx

    try:
        if place.startswith(("http://", "https://")):
            answer = httpx.get(place, timeout=_ANSWER_SECONDS, follow_redirects=True)
            return answer.raise_for_status().content
        return Path(place).expanduser().read_bytes()
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise RatesUnavailable(f"the exchange rates cannot be read from {place}: {error}") from error


def _fetch_known(client: Warehouse, rates: list[Rate]) -> dict[tuple[date, str, str], tuple[Decimal, str]]:
    days = [rate.day for rate in rates]
    found = client.query(KNOWN, {"since": min(days), "until": max(days)})[1]
    return {(day, base, currency): tuple(newest) for day, base, currency, newest in found}


def _store(home: HomeSettings, warehouse: WarehouseSettings, rates: list[Rate]) -> None:
    from ingestion.rates.source import rate_table

    path = home.dlt_dir / "rates" / f"{_TABLE}.jsonl"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(msgspec.json.encode(rate) + b"\n" for rate in rates))
    except OSError as error:
        raise LoadFailed(f"cannot write below {home.dlt_dir}: {error.strerror}") from error
    SourcePipeline(home, warehouse, "rates", "raw_rates").run(lambda: rate_table(_TABLE, path, len(rates)))
    path.unlink()
