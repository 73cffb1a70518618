"""Exchange rates into ``raw_rates``, from the European Central Bank's files or a CSV."""

from ingestion.rates.errors import RatesBroken, RatesError, RatesUnavailable
from ingestion.rates.load import RateReport, load_rates

__all__ = ["RateReport", "RatesBroken", "RatesError", "RatesUnavailable", "load_rates"]
