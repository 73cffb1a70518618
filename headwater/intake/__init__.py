"""The intake: what every event passes through, whether it comes over HTTP or from a file.

Bytes or decoded events in; a frame for the landing log out, enriched, without addresses. No I/O but the tables it loads
when it is made.
"""

from headwater.intake.intake import Intake, Receipt, Sender
from headwater.intake.place import Places, PlacesMissing, open_places
from headwater.intake.rejection import BrokenBody, Code, Rejection, TooManyEvents
from headwater.intake.visitor import visitor_hash

__all__ = [
    "BrokenBody",
    "Code",
    "Intake",
    "Places",
    "PlacesMissing",
    "Receipt",
    "Rejection",
    "Sender",
    "TooManyEvents",
    "open_places",
    "visitor_hash",
]
