"""The intake: events as sent in, one frame for the landing log out."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from headwater.contracts.event import Source
from headwater.contracts.landing import RejectedEvent
from headwater.contracts.limits import FUTURE, REJECTED_BODY_BYTES
from headwater.contracts.wire import EMPTY_OBJECT, WireEvent
from headwater.intake.address import without_addresses
from headwater.intake.agent import AgentReader
from headwater.intake.body import KEPT_BYTES, Entry, decode_body
from headwater.intake.columns import LAST_COLUMN, encode_columns, encode_request_columns
from headwater.intake.event_id import make_event_id
from headwater.intake.memo import Memo
from headwater.intake.page import PageReader, read_referrer
from headwater.intake.place import Place, Places
from headwater.intake.properties import BrokenProperties, put_on_one_line, read_properties
from headwater.intake.rejection import BrokenBody, Code, Rejection
from headwater.intake.visitor import daily_key, visitor_hash
from headwater.landing.frame import Frame

_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_BEFORE_TIME = datetime.min.replace(tzinfo=UTC)
_AFTER_TIME = datetime.max.replace(tzinfo=UTC)
_REMEMBERED_ADDRESSES = 65_536
_REMEMBERED = 16_384
"""User agents, pages and referrers that are remembered, each. Were all as long as allowed: some 100 MB."""

_DEFAULT_SOURCE = "api"
"""The source of a landed record that names none."""

_BROWSER_PREFIXES = ("Mozilla/", "Opera/")

_encode = msgspec.json.Encoder().encode
_encode_into = msgspec.json.Encoder().encode_into
_encode_lines = msgspec.json.Encoder().encode_lines


class Sender(msgspec.Struct, frozen=True):
    """Who sent a request, as the key or the site tells, never the body."""

    org_id: str
    site_id: str
    source: Source
    """Default of the events' ``source``. From `sdk`, events without a visitor get a visitor hash of the day."""
    ip: str
    """Default of the events' ``ip``; empty when there is none."""
    user_agent: str
    """Default of the events' ``user_agent``."""
    hosts: frozenset[str]
    """The site's own hosts: a referrer on one of them is none."""
    received_at: datetime
    """UTC, in whole milliseconds."""


class Receipt(msgspec.Struct, frozen=True):
    """What became of a request. It is accepted only when the landing log has the frame."""

    frame: Frame
    accepted: int
    rejected: list[Rejection]
    ids: dict[int, str] = {}
    """Ids of the accepted events that came without one, by their index."""
    broken: BrokenBody | None = None
    """Set when the body as a whole could not be read; it is landed as one rejected record."""


class Intake:
    """Decodes, checks and enriches events. Remembers user agents, addresses and pages; holds no other state.

    For one thread. A batch of 500 page views of many visitors costs about four times what decoding it alone does.
    """

    def __init__(self, places: Places, visitor_key: bytes) -> None:
        """Loads tables; takes about 0.3 s. ``visitor_key`` is 32 bytes, as `headwater.control.visitor_key` gives."""
        read_agent = AgentReader().read
        self._agents: Memo[str, bytes] = Memo(
            lambda text: encode_columns(read_agent(text)._asdict().items()), _REMEMBERED
        )
        # Addresses come in millions, places in thousands.
        place_columns: Memo[Place, bytes] = Memo(lambda place: encode_columns(place._asdict().items()), _REMEMBERED)
        self._places: Memo[str, bytes] = Memo(lambda ip: place_columns[places.find(ip)], _REMEMBERED_ADDRESSES)
        self._pages = Memo(PageReader(_REMEMBERED).read, _REMEMBERED)
        self._referrers = Memo(read_referrer, _REMEMBERED)
        self._visitor_key = visitor_key

    def accept_body(self, body: bytes, sender: Sender, collector_id: str, reserve: Callable[[int], int]) -> Receipt:
        """Take a request's body: one event, an array of events, or ``{"events": [...], "sent_at": ...}``.

        ``reserve`` gives the first of so many sequences. Raises TooManyEvents, and then nothing is reserved.
        """
        try:
            entries, sent_at = decode_body(body)
        except BrokenBody as error:
            text = body[:KEPT_BYTES].decode("utf-8", "replace")
            refused = Rejection(0, error.code, error.reason, error.field, text)
            return self._land([refused], sender, collector_id, reserve(1), None, broken=error)
        if b"\n" in body or b"\r" in body:
            for entry in entries:
                if type(entry) is WireEvent:
                    put_on_one_line(entry)
        return self._land(entries, sender, collector_id, reserve(len(entries)), sent_at)

    def accept_events(
        self,
        events: Iterable[WireEvent | Rejection],
        sender: Sender,
        collector_id: str,
        reserve: Callable[[int], int],
    ) -> Receipt:
        """Take events that are decoded already, and what was refused before. Properties must be on one line.

        The events are changed: they become what is landed.
        """
        entries = list(events)
        return self._land(entries, sender, collector_id, reserve(len(entries)), None)

    def _land(
        self,
        entries: Sequence[Entry],
        sender: Sender,
        collector_id: str,
        first_sequence: int,
        sent_at: datetime | None,
        broken: BrokenBody | None = None,
    ) -> Receipt:
        lines, accepted = bytearray(), 0
        rejected: list[Rejection] = []
        refused: list[int] = []
        ids: dict[int, str] = {}
        agents, places, pages, referrers = self._agents, self._places, self._pages, self._referrers
        hosts, received_at, sender_ip, sender_agent = sender.hosts, sender.received_at, sender.ip, _agent_of(sender)
        default_source = None if sender.source == _DEFAULT_SOURCE else sender.source
        hashes_visitors = sender.source == "sdk"
        latest = received_at + FUTURE
        request_columns = encode_request_columns(received_at, collector_id, sender.org_id, sender.site_id)
        # One long loop: a few calls for each event would cost as much as all its look-ups. Setting a field costs ten
        # times what reading it does, so only what differs is set.
        for index, event in enumerate(entries):
            if isinstance(event, Rejection):
                rejected.append(event)
                refused.append(first_sequence + index)
                continue

            if event.properties is not EMPTY_OBJECT:
                text = bytes(event.properties)
                try:
                    landed = read_properties(text)
                except BrokenProperties as broken_rule:
                    rejected.append(
                        Rejection(index, broken_rule.code, broken_rule.reason, "properties", _text_of(event))
                    )
                    refused.append(first_sequence + index)
                    continue
                if landed is not text:
                    event.properties = msgspec.Raw(landed)

            occurred_at, own_sent_at = event.occurred_at, event.sent_at
            if occurred_at is None:
                event.occurred_at = received_at
            else:
                corrected = occurred_at
                if sent_at is not None or own_sent_at is not None or occurred_at.tzinfo is not UTC:
                    corrected = _correct(occurred_at, own_sent_at or sent_at, received_at)
                if not _EARLIEST <= corrected <= latest:
                    rejected.append(_refuse_time(index, event, corrected))
                    refused.append(first_sequence + index)
                    continue
                if corrected is not occurred_at:
                    event.occurred_at = corrected
            if own_sent_at is not None:
                event.sent_at = None

            if event.id is None:
                event.id = make_event_id(received_at)
                ids[index] = str(event.id)
            if ip := event.ip:
                event.ip = ""
            else:
                ip = sender_ip
            if user_agent := event.user_agent:
                event.user_agent = ""
            else:
                user_agent = sender_agent
            if default_source is not None and event.source is None:
                event.source = default_source
            if hashes_visitors and not event.visitor_id:
                event.visitor_id = self._hash_visitor(sender, ip, user_agent)

            host, page_path, clicks = "", b"", b""
            if url := event.url:
                address, host, path, tags, clicks = pages[url]
                if address != url:
                    event.url = address
                if not event.path:
                    page_path = path
                for name, value in tags:
                    if not getattr(event, name):
                        setattr(event, name, value)
            if referrer := event.referrer:
                kept, referrer_host = referrers[referrer]
                if referrer_host and (referrer_host == host or referrer_host in hosts):
                    kept = ""
                if kept != referrer:
                    event.referrer = kept

            _encode_into(event, lines, -1)
            del lines[-1]
            lines += request_columns
            lines += agents[user_agent]
            lines += places[ip]
            lines += page_path
            lines += clicks
            lines += LAST_COLUMN % (first_sequence + index)
            accepted += 1
        return Receipt(
            frame=Frame(
                first_sequence=first_sequence,
                events=accepted,
                rejected=len(rejected),
                event_lines=bytes(lines),
                rejected_lines=_encode_refused(refused, rejected, sender, collector_id) if rejected else b"",
            ),
            accepted=accepted,
            rejected=rejected,
            ids=ids,
            broken=broken,
        )

    def _hash_visitor(self, sender: Sender, ip: str, user_agent: str) -> str:
        return visitor_hash(daily_key(self._visitor_key, sender.received_at.date()), sender.site_id, ip, user_agent)


def _agent_of(sender: Sender) -> str:
    """The header's user agent where it is the visitor's.

    With a key, a server may be the sender: its HTTP library tells nothing of the visitor, and most crawler lists would
    have it a crawler.
    """
    is_visitors = sender.source == "sdk" or sender.user_agent.startswith(_BROWSER_PREFIXES)
    return sender.user_agent if is_visitors else ""


def _correct(occurred_at: datetime, sent_at: datetime | None, received_at: datetime) -> datetime:
    """The time in UTC, moved by how far the client's clock was off when it sent the event."""
    try:
        if sent_at is not None:
            occurred_at += received_at - sent_at
        return occurred_at.astimezone(UTC)
    except OverflowError:
        return _BEFORE_TIME if occurred_at < received_at else _AFTER_TIME


def _refuse_time(index: int, event: WireEvent, occurred_at: datetime) -> Rejection:
    shown = f"`occurred_at` is {occurred_at:%Y-%m-%dT%H:%M:%SZ} by the server's clock"
    if occurred_at < _EARLIEST:
        code, reason = Code.OCCURRED_TOO_EARLY, f"{shown}, before 1970"
    else:
        code, reason = Code.OCCURRED_IN_FUTURE, f"{shown}, more than {FUTURE.total_seconds() / 3600:.0f} hours ahead"
    return Rejection(index, code, reason, "occurred_at", _text_of(event))


def _text_of(event: WireEvent) -> str:
    event.ip = ""
    return _encode(event).decode()


def _encode_refused(
    sequences: Sequence[int], rejected: Sequence[Rejection], sender: Sender, collector_id: str
) -> bytes:
    return _encode_lines(
        [
            _refused_record(sequence, rejection, sender, collector_id)
            for sequence, rejection in zip(sequences, rejected, strict=True)
        ]
    )


def _refused_record(sequence: int, rejection: Rejection, sender: Sender, collector_id: str) -> RejectedEvent:
    body = without_addresses(rejection.body, sender.ip).encode("utf-8", "replace")[:REJECTED_BODY_BYTES]
    return RejectedEvent(
        received_at=sender.received_at,
        collector_id=collector_id,
        sequence=sequence,
        org_id=sender.org_id,
        site_id=sender.site_id,
        code=str(rejection.code),
        # Reasons quote what was sent: the name of a field, a value.
        reason=without_addresses(rejection.reason, sender.ip),
        field=without_addresses(rejection.field, sender.ip),
        position=rejection.index,
        origin=rejection.origin,
        source=sender.source,
        body=body.decode("utf-8", "ignore"),
    )
