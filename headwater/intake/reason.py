"""What the decoder found wrong, told to a person: code, field and reason."""

import re
from difflib import get_close_matches

from headwater.contracts.event import SOURCES
from headwater.contracts.limits import NAME_LENGTH
from headwater.contracts.wire import WireEvent
from headwater.intake.rejection import Code

_FIELDS = WireEvent.__struct_fields__

_USUAL_NAMES = {
    **dict.fromkeys(("timestamp", "time", "ts", "at", "date", "created_at", "event_time"), "occurred_at"),
    **dict.fromkeys(("name", "type", "event_name", "event_type", "action"), "event"),
    **dict.fromkeys(("distinct_id", "anonymous_id", "device_id", "client_id", "vid"), "visitor_id"),
    **dict.fromkeys(("uid", "customer_id"), "user_id"),
    **dict.fromkeys(("props", "data", "attributes", "params", "metadata", "payload"), "properties"),
    **dict.fromkeys(("session_id", "session"), "session_hint"),
    **dict.fromkeys(("event_id", "message_id", "uuid", "insert_id"), "id"),
    **dict.fromkeys(("page", "page_url", "location", "href"), "url"),
    **dict.fromkeys(("referer", "referring_url"), "referrer"),
    **dict.fromkeys(("ip_address", "address", "client_ip"), "ip"),
    **dict.fromkeys(("ua", "agent"), "user_agent"),
    **dict.fromkeys(("locale", "lang"), "language"),
    **dict.fromkeys(("tz",), "timezone"),
}
"""Names that other trackers use, with ours."""

_GIVEN_BY_KEY = frozenset({"org_id", "site_id", "organization_id", "project_id"})
_DERIVED = {
    **dict.fromkeys(("browser", "browser_version", "os", "os_version", "device_type", "is_bot"), "user_agent"),
    **dict.fromkeys(("country", "region", "city"), "ip"),
    **dict.fromkeys(
        ("gclid", "gbraid", "wbraid", "dclid", "fbclid", "msclkid", "ttclid", "twclid", "li_fat_id"), "url"
    ),
}

_PLACE = re.compile(r"(?P<what>.*) - at `\$(?:\.(?P<field>\w+))?.*`", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(\w+)`")
_TYPE = re.compile(r"Expected `(?P<wanted>.+)`, got `(?P<got>\w+)`")
_BOUND = re.compile(r"Expected `(?P<type>\w+)` (?P<length>of length )?(?P<sign>[<>]=) (?P<limit>\d+)")
_VALUE = re.compile(r"Invalid enum value (.*)", re.DOTALL)
_SHOWN = 80
_TYPE_NAMES = {
    "str": "a text",
    "int": "a whole number",
    "object": "an object",
    "array": "an array",
    "datetime": "a time",
    "uuid": "a UUID",
}


def explain(message: str) -> tuple[Code, str, str]:
    """Code, field ('' where there is none) and reason, from the message of a msgspec.ValidationError."""
    if unknown := _UNKNOWN.match(message):
        name = unknown[1].split("` - at `")[0]
        return Code.UNKNOWN_FIELD, name[:NAME_LENGTH], _explain_unknown(name)
    if missing := _MISSING.match(message):
        return Code.MISSING_FIELD, missing[1], f"required field `{missing[1]}` is missing"
    place = _PLACE.fullmatch(message)
    what, field = (place["what"], place["field"] or "") if place else (message, "")
    code, reason = _explain_value(what, field)
    return code, field, f"`{field}` {reason}" if field else reason


def _explain_value(what: str, field: str) -> tuple[Code, str]:
    if bound := _BOUND.match(what):
        if not bound["length"]:
            most = "at most" if bound["sign"] == "<=" else "at least"
            return Code.OUT_OF_RANGE, f"must be {most} {bound['limit']}"
        if bound["sign"] == ">=":
            return Code.EMPTY_FIELD, "must not be empty"
        return Code.FIELD_TOO_LONG, f"is longer than {bound['limit']} characters"
    if wrong := _TYPE.match(what):
        wanted = _TYPE_NAMES.get(wrong["wanted"].split(" | ")[0], wrong["wanted"])
        code = Code.WRONG_TYPE if field else Code.NOT_AN_OBJECT
        subject = "must be" if field else "an event must be"
        hint = "; leave the field out when there is no value" if wrong["got"] == "null" and field else ""
        return code, f"{subject} {wanted}, not {wrong['got']}{hint}"
    if value := _VALUE.match(what):
        return Code.UNKNOWN_VALUE, f"cannot be {value[1][:_SHOWN]}; it is one of {', '.join(SOURCES)}"
    if "UUID" in what:
        return Code.INVALID_ID, "must be a UUID, as in 018f3a5e-7c4b-7d2e-9a61-0c5b8e4f2d10"
    if "RFC3339" in what or "datetime" in what:
        return Code.INVALID_TIME, "must be an RFC 3339 time with its offset, as in 2026-01-31T12:00:00Z"
    return Code.OUT_OF_RANGE if "range" in what else Code.WRONG_TYPE, what[:1].lower() + what[1:]


def _explain_unknown(name: str) -> str:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[-. ]+", "_", name).lower()
    said = f"unknown field `{name[:_SHOWN]}`"
    if snake in _GIVEN_BY_KEY:
        return f"{said}; organization and site come from the API key"
    if source := _DERIVED.get(snake):
        return f"{said}; it is read from `{source}`"
    candidates = [snake] if snake in _FIELDS else [_USUAL_NAMES[snake]] if snake in _USUAL_NAMES else []
    candidates = candidates or get_close_matches(snake, _FIELDS, n=1, cutoff=0.75)
    if candidates:
        return f"{said}; did you mean `{candidates[0]}`?"
    return f"{said}; put what is your own into `properties`"
