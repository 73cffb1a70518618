"""From the bytes of a request to events: the whole body at once, or event by event when one of them is broken."""

import re
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from headwater.contracts.limits import BATCH_EVENTS, REJECTED_BODY_BYTES
from headwater.contracts.wire import WireEvent
from headwater.intake.reason import explain
from headwater.intake.rejection import BrokenBody, Code, Rejection, TooManyEvents

Entry = WireEvent | Rejection

_BYTE = re.compile(r" \(byte (\d+)\)$")
KEPT_BYTES = REJECTED_BODY_BYTES + 256
"""Bytes of a refused body that are carried on: a little more than is landed, so that no address is cut in two."""


class _Envelope(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    events: list[WireEvent]
    sent_at: Annotated[datetime, Meta(tz=True)] | None = None


class _OpenEnvelope(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    events: list[msgspec.Raw]
    sent_at: Annotated[datetime, Meta(tz=True)] | None = None


_decode_event = msgspec.json.Decoder(WireEvent).decode
_decode_events = msgspec.json.Decoder(list[WireEvent]).decode
_decode_envelope = msgspec.json.Decoder(_Envelope).decode
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_split_events = msgspec.json.Decoder(list[msgspec.Raw]).decode
_split_envelope = msgspec.json.Decoder(_OpenEnvelope).decode


def decode_body(body: bytes) -> tuple[list[Entry], datetime | None]:
    """The events of a body, in order, each one decoded or refused; and the envelope's ``sent_at``.

    A body is one event, an array of events, or ``{"events": [...], "sent_at": ...}``.
    Raises BrokenBody when it is none of them, TooManyEvents.
    """
    sent_at: datetime | None = None
    entries: list[Entry]
    try:
        # The decoder does not look into the strings of properties.
        if not body.isascii():
            body.decode()
        if body[:1] == b"{" and b'"events"' not in body:
            return [_decode_event(body)], None
        if body.lstrip()[:1] == b"{":
            envelope = _decode_envelope(body)
            entries, sent_at = list(envelope.events), envelope.sent_at
        else:
            entries = list(_decode_events(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        entries, sent_at = _decode_one_by_one(body)
    if len(entries) > BATCH_EVENTS:
        raise TooManyEvents(len(entries))
    return entries, sent_at


def _decode_one_by_one(body: bytes) -> tuple[list[Entry], datetime | None]:
    try:
        texts, sent_at = _split(body)
    except msgspec.ValidationError as error:
        code, field, reason = explain(str(error))
        raise BrokenBody(code, reason, body, field=field) from error
    except msgspec.DecodeError as error:
        raise _locate(str(error), body) from error
    except RecursionError as error:
        raise BrokenBody(Code.PROPERTIES_TOO_DEEP, "the body is nested far too deep", body) from error
    if len(texts) > BATCH_EVENTS:
        raise TooManyEvents(len(texts))
    return [_decode_text(index, text) for index, text in enumerate(texts)], sent_at


def _split(body: bytes) -> tuple[list[bytes], datetime | None]:
    """The text of each event, which is sound JSON but for its encoding."""
    first = body.lstrip()[:1]
    if first == b"[":
        return [bytes(text) for text in _split_events(body)], None
    if first != b"{":
        msgspec.json.decode(body)
        raise BrokenBody(Code.NOT_AN_OBJECT, "the body must be an event, an array of events or an envelope", body)
    try:
        fields = _decode_fields(body)
    except UnicodeDecodeError:
        # A field's name is not UTF-8; as long as nothing is known of the fields, the body is one event.
        return [body], None
    if "events" in fields and "event" not in fields:
        envelope = _split_envelope(body)
        return [bytes(text) for text in envelope.events], envelope.sent_at
    return [body], None


def _decode_text(index: int, text: bytes) -> Entry:
    field = ""
    try:
        text.decode()
        return _decode_event(text)
    except msgspec.ValidationError as error:
        code, field, reason = explain(str(error))
    except UnicodeDecodeError as error:
        code, reason = Code.INVALID_UTF8, f"byte {error.start} of the event is not UTF-8"
    except RecursionError:
        code, reason = Code.PROPERTIES_TOO_DEEP, "the event is nested far too deep"
    except msgspec.DecodeError as error:
        code, reason = Code.MALFORMED_JSON, str(error)
    return Rejection(index, code, reason, field, text[:KEPT_BYTES].decode("utf-8", "replace"))


def _locate(message: str, body: bytes) -> BrokenBody:
    """The decoder's message with its place in the body."""
    found = _BYTE.search(message)
    what = message.removeprefix("JSON is malformed: ")
    if found is None:
        return BrokenBody(Code.MALFORMED_JSON, "the JSON ends too soon", body, len(body))
    # Of what trails, the decoder names the byte behind the first one.
    byte = int(found[1]) - what.startswith("trailing")
    return BrokenBody(Code.MALFORMED_JSON, _BYTE.sub("", what), body, byte)
