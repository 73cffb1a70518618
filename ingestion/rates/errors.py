"""What can be wrong with exchange rates.

RatesError
├── RatesUnavailable  the file or URL cannot be read
└── RatesBroken       what was read is none of the formats, or a line of it is broken
"""


class RatesError(Exception):
    """The rates could not be loaded. Those loaded before stay."""


class RatesUnavailable(RatesError):
    """The file or URL cannot be read."""


class RatesBroken(RatesError):
    """What was read is none of the formats, or a line of it is broken."""
