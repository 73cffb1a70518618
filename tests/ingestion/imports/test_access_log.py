"""Importing access logs: what is landed, and what importing again adds."""

import gzip
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from headwater.landing import sealed_segments
from headwater.settings import HomeSettings
from ingestion.imports import ImportReport
from tests.ingestion.imports.conftest import Installation, log_line

MakeLog = Callable[..., Path]


def ids(events: list[dict[str, Any]]) -> list[str]:
    return [event["id"] for event in events]


@pytest.fixture
def elastic_log(shared_data: Callable[[str], Path]) -> Path:
    return shared_data("access_logs_elastic") / "apache_combined.log"


def test_the_public_log_gives_its_known_numbers(installation: Installation, elastic_log: Path) -> None:
    report = installation.load(elastic_log)
    events, rejected = installation.landed()
    assert report == ImportReport(accepted=9_999, rejected=1)
    assert (len(events), len(set(ids(events))), len(rejected)) == (9_999, 9_999, 1)

    visits: dict[str, list[datetime]] = {}
    for event in events:
        visits.setdefault(event["visitor_id"], []).append(datetime.fromisoformat(event["occurred_at"]))
    assert len(visits) == 1_861
    sessions = 0
    for moments in map(sorted, visits.values()):
        gaps = (later - earlier for earlier, later in pairwise(moments))
        sessions += 1 + sum(gap > timedelta(minutes=30) for gap in gaps)
    assert sessions == 3_223
    assert any(event.get("is_bot") for event in events)
    assert {event["event"] for event in events} == {"page_view", "request"}


def test_the_refused_line_is_kept_with_number_file_and_reason_and_without_the_address(
    installation: Installation, elastic_log: Path
) -> None:
    installation.load(elastic_log)
    (refused,) = installation.landed()[1]
    assert (refused["position"], refused["origin"], refused["code"]) == (8899, "apache_combined.log", "line_malformed")
    assert (refused["org_id"], refused["site_id"], refused["source"]) == ("org", "blog", "import")
    assert refused["body"].startswith("- - - [20/May/2015:12:05:17 +0000]")
    assert "46.118.127.106" not in str(refused)


def test_no_address_is_landed(installation: Installation, elastic_log: Path) -> None:
    addresses = {line.split(b" ", 1)[0] for line in elastic_log.read_bytes().splitlines()}
    installation.load(elastic_log)
    for segment in sealed_segments(installation.home.landing_dir):
        content = segment.path.read_bytes()
        assert not any(b'"' + address + b'"' in content for address in addresses)


def test_a_second_import_adds_nothing(installation: Installation, elastic_log: Path) -> None:
    installation.load(elastic_log)
    first = installation.landed()
    assert installation.load(elastic_log) == ImportReport(known=10_000)
    assert installation.landed() == first


def test_renamed_and_gzipped_it_is_the_same_log(installation: Installation, make_log: MakeLog, tmp_path: Path) -> None:
    original = make_log("access.log", 2_500)
    installation.load(original)
    packed = tmp_path / "access.log.1.gz"
    packed.write_bytes(gzip.compress(original.read_bytes()))
    assert installation.load(packed) == ImportReport(known=2_500)


def test_imported_again_on_purpose_every_line_keeps_its_receipt(installation: Installation, make_log: MakeLog) -> None:
    path = make_log("access.log", 1_500)
    installation.load(path)
    first = installation.landed()
    assert installation.load(path, again=True) == ImportReport(accepted=1_500)
    assert installation.landed() == first, "what waits for the loader is not landed once more"
    installation.take_away()
    assert installation.load(path, again=True) == ImportReport(accepted=1_500)
    assert installation.landed() == first, "the same receipts, received at the same time"
    assert installation.load(path) == ImportReport(known=1_500)


@pytest.mark.parametrize(("before", "after"), [(1, 2), (400, 401), (1_000, 1_700), (1_300, 3_200)])
def test_a_log_that_has_grown_adds_its_new_lines_only(
    installation: Installation, make_log: MakeLog, before: int, after: int
) -> None:
    installation.load(make_log("access.log", before))
    assert installation.load(make_log("access.log", after)) == ImportReport(known=before, accepted=after - before)
    grown = ids(installation.landed()[0])
    assert len(set(grown)) == after
    whole = Installation(HomeSettings(home=installation.home.home / "other"))
    whole.load(make_log("access.log", after))
    assert ids(whole.landed()[0]) == grown


def test_ids_are_uuids_of_version_8(installation: Installation, make_log: MakeLog) -> None:
    installation.load(make_log("access.log", 20))
    assert {UUID(name).version for name in ids(installation.landed()[0])} == {8}
    assert {UUID(name).variant for name in ids(installation.landed()[0])} == {"specified in RFC 4122"}


def test_two_logs_that_share_their_first_line_are_two_logs(
    installation: Installation, make_log: MakeLog, tmp_path: Path
) -> None:
    installation.load(make_log("a.log", 1_200))
    other = tmp_path / "b.log"
    other.write_bytes(log_line(0) + b"".join(log_line(number) for number in range(5_000, 6_500)))
    assert installation.load(other) == ImportReport(accepted=1_501)
    events, _ = installation.landed()
    assert len(set(ids(events))) == 1_200 + 1_500


def test_identical_lines_are_different_events(installation: Installation, tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(log_line(3) * 5)
    assert installation.load(path).accepted == 5
    assert len(set(ids(installation.landed()[0]))) == 5


def test_the_same_log_on_two_sites_is_other_events_and_other_visitors(
    installation: Installation, make_log: MakeLog
) -> None:
    path = make_log("access.log", 10)
    installation.load(path)
    assert installation.load(path, "shop") == ImportReport(accepted=10)
    events, _ = installation.landed()
    assert len(set(ids(events))) == 20
    visitors = {site: {e["visitor_id"] for e in events if e["site_id"] == site} for site in ("blog", "shop")}
    assert not visitors["blog"] & visitors["shop"]


def test_a_visitor_is_an_address_and_a_user_agent(installation: Installation, tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    text = '{} - - [01/Mar/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "{}"\n'
    path.write_text(
        "".join(text.format(*who) for who in [("::1", "a"), ("::1", "b"), ("::2", "a"), ("::1", "a"), ("::1", "-")])
    )
    installation.load(path)
    visitors = [event["visitor_id"] for event in installation.landed()[0]]
    assert len(set(visitors)) == 4
    assert visitors[0] == visitors[3]


def test_an_event_carries_page_place_technology_and_campaign(installation: Installation, tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_text(
        '84.128.1.9 - - [01/Mar/2026:10:00:00 +0545] "GET /a?utm_source=news&gclid=x HTTP/2.0" 200 512 '
        '"https://news.ycombinator.com/" "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0"\n'
        '66.249.66.1 - - [01/Mar/2026:10:00:01 +0545] "GET /a HTTP/1.1" 200 512 '
        '"https://blog.example.com/" "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"\n'
    )
    installation.load(path)
    person, crawler = installation.landed()[0]
    assert person["url"] == "https://blog.example.com/a?utm_source=news&gclid=x"
    assert (person["path"], person["utm_source"], person["gclid"]) == ("/a", "news", "x")
    assert (person["country"], person["browser"], person["os"]) == ("DE", "Firefox", "Linux")
    assert (person["event"], person["source"], person["referrer"]) == (
        "page_view",
        "import",
        "https://news.ycombinator.com/",
    )
    assert person["occurred_at"] == "2026-03-01T04:15:00Z"
    assert person["properties"] == {"status": 200, "bytes": 512, "method": "GET", "protocol": "HTTP/2.0"}
    assert crawler["is_bot"] is True
    assert "referrer" not in crawler


def test_lines_that_break_a_rule_are_refused_by_number_and_the_others_stand(
    installation: Installation, tmp_path: Path
) -> None:
    path = tmp_path / "access.log"
    sound = log_line(1)
    path.write_bytes(
        b"".join(
            [
                sound,
                b"client.example.net says nonsense of 192.0.2.7\n",
                sound.replace(b"/page/1", b"/" + b"x" * 2_000),
                sound.replace(b"/Mar/2026", b"/Mar/2999"),
                sound.replace(b"/Mar/2026", b"/Mar/1969"),
                b"\n",
                sound.replace(b"Firefox", b"x" * 70_000),
                sound.replace(b"GET /page/1 HTTP/1.1", b"\\x00" * 8_000),
                sound,
            ]
        )
    )
    assert installation.load(path) == ImportReport(accepted=2, rejected=6, blank=1)
    rejected = installation.landed()[1]
    assert [(row["position"], row["code"]) for row in rejected] == [
        (2, "line_malformed"),
        (3, "field_too_long"),
        (4, "occurred_in_future"),
        (5, "occurred_too_early"),
        (7, "line_too_long"),
        (8, "properties_too_large"),
    ]
    assert all(row["origin"] == "access.log" and row["reason"] for row in rejected)
    assert not any(word in str(rejected) for word in ("client.example.net", "192.0.2.7", "198.51.1.1"))
