"""The limits every event and request must keep. Source: the event contract in docs/architecture.md."""

from datetime import timedelta

NAME_LENGTH = 200
"""Characters of an event's name, and of any other short text."""

TEXT_LENGTH = 2_000
"""Characters of a URL, referrer, title or user agent."""

PROPERTIES_BYTES = 32 * 1024
"""Bytes of an event's properties, as sent."""

PROPERTIES_DEPTH = 64
"""Levels of nesting in an event's properties; ClickHouse refuses a JSON text that is nested without end."""

INTEGER_LENGTH = 4_300
"""Characters of a whole number in an event's properties, its sign included: no reader of ours takes more digits."""

NUMBER_OUT_OF_RANGE = f"a number larger than 1.8e308, or of more than {INTEGER_LENGTH:,} digits; send it as a text"
"""Of one such number in an event's properties ClickHouse's functions read the whole object as an empty one."""

AMOUNT_AT_MOST = 10**12
"""Minor units of one amount of money; a sum of 64 bits holds nine million of them."""

QUOTA_AT_MOST = 10**18
"""Events, or units of quantity, that an organization may be allowed in a day or a month."""

BATCH_EVENTS = 1_000
"""Events in one request."""

BATCH_BYTES = 5 * 1024**2
"""Bytes of one request's body, after decompression."""

FUTURE = timedelta(hours=24)
"""How far ahead of the server's clock an event may have occurred."""

REJECTED_BODY_BYTES = 64 * 1024
"""Bytes of a rejected event that are kept."""
