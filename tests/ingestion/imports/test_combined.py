"""The combined log format, line by line."""

import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.imports.combined import LineRefused, LogLine, parse_line, parse_time

ORDINARY = (
    '203.0.113.9 - frank [17/May/2015:10:05:03 +0200] "GET /a/b?x=1 HTTP/1.1" 200 2326 '
    '"https://example.com/start" "Mozilla/5.0 (X11; Linux x86_64)"'
)


def line(
    *,
    address: str = "203.0.113.9",
    user: str = "-",
    logged_at: str = "17/May/2015:10:05:03 +0000",
    request: str = "GET / HTTP/1.1",
    answer: str = "200 12",
    tail: str = ' "-" "-"',
) -> str:
    return f'{address} - {user} [{logged_at}] "{request}" {answer}{tail}'


def test_an_ordinary_line_gives_all_its_parts() -> None:
    assert parse_line(ORDINARY) == LogLine(
        address="203.0.113.9",
        occurred_at=datetime(2015, 5, 17, 8, 5, 3, tzinfo=UTC),
        status=200,
        method="GET",
        target="/a/b?x=1",
        protocol="HTTP/1.1",
        size=2326,
        referrer="https://example.com/start",
        user_agent="Mozilla/5.0 (X11; Linux x86_64)",
        user="frank",
    )


def test_dashes_are_nothing() -> None:
    parsed = parse_line(line(answer="304 -"))
    assert (parsed.user, parsed.size, parsed.referrer, parsed.user_agent) == ("", None, "", "")


@pytest.mark.parametrize("address", ["2001:db8::1", "::1", "::ffff:192.0.2.1", "client.example.net"])
def test_any_kind_of_address_is_read(address: str) -> None:
    assert parse_line(line(address=address)).address == address


def test_a_virtual_host_in_front_is_kept_and_its_port_is_not() -> None:
    parsed = parse_line("www.example.com:443 " + line(address="2001:db8::1"))
    assert (parsed.host, parsed.address) == ("www.example.com", "2001:db8::1")


@pytest.mark.parametrize("protocol", ["HTTP/1.0", "HTTP/1.1", "HTTP/2", "HTTP/2.0", "HTTP/3.0"])
def test_every_version_of_http_is_a_request(protocol: str) -> None:
    assert parse_line(line(request=f"GET /x {protocol}")).protocol == protocol


def test_a_request_without_a_version_is_a_request() -> None:
    parsed = parse_line(line(request="GET /old"))
    assert (parsed.method, parsed.target, parsed.protocol) == ("GET", "/old", "")


def test_blanks_in_a_target_stay_in_it() -> None:
    assert parse_line(line(request="GET /a file.html HTTP/1.1")).target == "/a file.html"


@pytest.mark.parametrize(
    ("logged", "sent"), [("-", ""), ("", ""), ("\\x16\\x03\\x01", "\x16\x03\x01"), ("\\n", "\n"), ("ssh", "ssh")]
)
def test_what_is_no_request_is_kept_as_it_was_sent(logged: str, sent: str) -> None:
    parsed = parse_line(line(request=logged, answer="400 0"))
    assert (parsed.method, parsed.target, parsed.request) == ("", "", sent)


def test_an_escaped_quote_does_not_end_the_user_agent() -> None:
    assert parse_line(line(tail=r' "-" "a \"b\" \\"')).user_agent == 'a "b" \\'


def test_nginx_escapes_become_what_was_sent() -> None:
    assert parse_line(line(tail=r' "-" "caf\xC3\xA9 \x22x\x22"')).user_agent == 'café "x"'


def test_the_common_format_has_neither_referrer_nor_user_agent() -> None:
    parsed = parse_line(line(tail=""))
    assert (parsed.referrer, parsed.user_agent, parsed.status) == ("", "", 200)


def test_fields_after_the_user_agent_are_left_out() -> None:
    assert parse_line(line(tail=' "-" "agent" "198.51.100.7, 10.0.0.1" 0.004')).user_agent == "agent"


def test_a_user_name_may_hold_blanks() -> None:
    assert parse_line(line(user="frank miller")).user == "frank miller"


@pytest.mark.parametrize(
    ("logged", "utc"),
    [
        ("17/May/2015:10:05:03 +0000", datetime(2015, 5, 17, 10, 5, 3, tzinfo=UTC)),
        ("17/May/2015:01:05:03 +0545", datetime(2015, 5, 16, 19, 20, 3, tzinfo=UTC)),
        ("31/Dec/2015:20:00:00 -0800", datetime(2016, 1, 1, 4, 0, 0, tzinfo=UTC)),
        ("30/Jun/2015:23:59:60 +0000", datetime(2015, 6, 30, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_the_zone_of_the_log_is_honoured(logged: str, utc: datetime) -> None:
    assert parse_time(logged) == utc


@pytest.mark.parametrize(
    "logged_at",
    [
        "31/Feb/2015:10:00:00 +0000",
        "17/Mai/2015:10:00:00 +0000",
        "17/May/2015:25:00:00 +0000",
        "2015-05-17T10:00:00Z",
        "01/Jan/0001:00:00:00 +1400",
    ],
)
def test_a_time_that_is_none_is_refused_and_named(logged_at: str) -> None:
    with pytest.raises(LineRefused) as refused:
        parse_line(line(logged_at=logged_at))
    assert (refused.value.code, refused.value.field) == ("time_malformed", "time")


@pytest.mark.parametrize(
    "text",
    ["", "hello", ORDINARY[:-1], ORDINARY.replace(" 200 ", " abc "), '{"json": true}', ORDINARY.replace("[", "")],
)
def test_a_line_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(LineRefused) as refused:
        parse_line(text)
    assert refused.value.code == "line_malformed"


def apache_escaped(text: str) -> str:
    """As Apache's log module writes a header: quotes, backslashes and controls escaped, other bytes too."""
    special = {0x22: '\\"', 0x5C: "\\\\", 0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t", 0x0B: "\\v", 0x0C: "\\f", 0x08: "\\b"}
    return "".join(
        special.get(byte, chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}") for byte in text.encode("utf-8")
    )


def nginx_escaped(text: str) -> str:
    """As nginx's default log escaping writes a variable."""
    return "".join(
        chr(byte) if 32 <= byte < 127 and byte not in (0x22, 0x5C) else f"\\x{byte:02X}"
        for byte in text.encode("utf-8")
    )


anything = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60).filter(lambda text: text != "-")


@given(
    user_agent=anything,
    referrer=anything,
    target=st.text(st.characters(exclude_categories=["Cs", "Z", "Cc"]), max_size=40).map(lambda text: "/" + text),
    status=st.integers(100, 599),
    size=st.none() | st.integers(0, 2**40),
    moment=st.datetimes(datetime(1995, 1, 1), datetime(2100, 1, 1)).map(lambda moment: moment.replace(microsecond=0)),
    escape=st.sampled_from([apache_escaped, nginx_escaped]),
)
def test_whatever_a_server_logs_comes_back(user_agent, referrer, target, status, size, moment, escape) -> None:  # type: ignore[no-untyped-def]
    logged = (
        f"198.51.100.7 - - [{moment:%d/%b/%Y:%H:%M:%S} +0000] "
        f'"GET {escape(target)} HTTP/1.1" {status} {"-" if size is None else size} '
        f'"{escape(referrer)}" "{escape(user_agent)}"'
    )
    parsed = parse_line(logged)
    assert (parsed.user_agent, parsed.referrer, parsed.target) == (user_agent, referrer, target)
    assert (parsed.status, parsed.size, parsed.occurred_at) == (status, size, moment.replace(tzinfo=UTC))


@given(st.text(max_size=200) | st.text('[]" -\\', max_size=60).map(lambda text: ORDINARY[:20] + text))
def test_any_text_at_all_is_a_line_or_is_refused(text: str) -> None:
    with suppress(LineRefused):
        assert parse_line(text).status >= 0


@pytest.mark.parametrize("part", [" [", '\\"', '" "', "- ", '] "', ' "\\'])
def test_a_long_line_of_nonsense_takes_no_time(part: str) -> None:
    nonsense = part * (64 * 1024 // len(part))
    began = time.perf_counter()
    for text in (nonsense, ORDINARY[:-1] + nonsense, ORDINARY[:60] + nonsense):
        with suppress(LineRefused):
            parse_line(text)
    assert time.perf_counter() - began < 1
