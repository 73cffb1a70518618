"""The landing record: a row of ``raw_events.events`` or ``raw_events.rejected_events`` as it lies in the log.

JSON names are column names. Fields at their default are left out of the text: ClickHouse fills them in.
"""

from datetime import datetime
from uuid import UUID

import msgspec

from headwater.contracts.wire import EMPTY_OBJECT


class LandedEvent(msgspec.Struct, omit_defaults=True, gc=False):
    """An accepted event, enriched. One row of ``raw_events.events``.

    ``(collector_id, sequence)`` names the receipt: it is unique, so a segment that is loaded twice can be told from an
    event that was sent twice.
    """

    id: UUID
    event: str
    occurred_at: datetime
    received_at: datetime
    collector_id: str
    sequence: int
    org_id: str
    site_id: str
    namespace: str = ""
    visitor_id: str = ""
    user_id: str = ""
    session_hint: str = ""
    properties: msgspec.Raw = EMPTY_OBJECT
    url: str = ""
    path: str = ""
    title: str = ""
    referrer: str = ""
    utm_source: str = ""
    utm_medium: str = ""
    utm_campaign: str = ""
    utm_term: str = ""
    utm_content: str = ""
    gclid: str = ""
    gbraid: str = ""
    wbraid: str = ""
    dclid: str = ""
    fbclid: str = ""
    msclkid: str = ""
    ttclid: str = ""
    twclid: str = ""
    li_fat_id: str = ""
    browser: str = ""
    browser_version: str = ""
    os: str = ""
    os_version: str = ""
    device_type: str = ""
    screen_width: int = 0
    screen_height: int = 0
    viewport_width: int = 0
    viewport_height: int = 0
    country: str = ""
    region: str = ""
    city: str = ""
    timezone: str = ""
    language: str = ""
    source: str = "api"
    service: str = ""
    service_version: str = ""
    request_id: str = ""
    is_bot: bool = False
    schema_version: int = 1


CLICK_IDS = ("gclid", "gbraid", "wbraid", "dclid", "fbclid", "msclkid", "ttclid", "twclid", "li_fat_id")
CAMPAIGN_TAGS = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")


class RejectedEvent(msgspec.Struct, omit_defaults=True, gc=False):
    """What was refused, and why. One row of ``raw_events.rejected_events``."""

    received_at: datetime
    collector_id: str
    sequence: int
    org_id: str
    site_id: str
    code: str
    """Stable name of the broken rule, as in `field_too_long`."""
    reason: str
    """What is wrong and where, for a person."""
    field: str = ""
    """The field at fault, where there is one."""
    position: int = 0
    """Index in the batch, or line in the imported file."""
    origin: str = ""
    """File the event was imported from."""
    source: str = "api"
    body: str = ""
    """The event as sent, without its address, cut at `limits.REJECTED_BODY_BYTES`."""
