"""Logs that are empty, missing, damaged, unfinished, or imported by a process that is killed."""

import gzip
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headwater.control import UnknownSite
from headwater.landing import BacklogFull, LandingLocked, LandingLog, mark_loaded, sealed_segments
from headwater.settings import LandingSettings
from ingestion.imports import FileMissing, FileUnreadable, ImportReport, NotAnAccessLog
from ingestion.imports.access_log import EXTENT_LINES
from tests.ingestion.imports.conftest import Installation, log_line

MakeLog = Callable[..., Path]


def test_an_empty_log_is_no_mistake(installation: Installation, make_log: MakeLog) -> None:
    assert installation.load(make_log("access.log", 0)) == ImportReport()


def test_something_else_than_a_log_is_refused_whole(installation: Installation, tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.write_text('{"event": "signup"}\n' * 150 + log_line(1).decode())
    with pytest.raises(NotAnAccessLog, match=r"events\.ndjson is no access log: of its first 100 lines none"):
        installation.load(path)
    assert installation.landed() == ([], [])


def test_a_file_that_is_missing_or_forbidden_or_a_folder_is_named(installation: Installation, tmp_path: Path) -> None:
    with pytest.raises(FileMissing, match="there is no file"):
        installation.load(tmp_path / "nowhere.log")
    with pytest.raises(FileUnreadable, match="directory"):
        installation.load(tmp_path)


def test_a_site_that_does_not_exist_is_named(installation: Installation, make_log: MakeLog) -> None:
    with pytest.raises(UnknownSite, match="nowhere"):
        installation.load(make_log("access.log", 1), "nowhere")


def test_damaged_compression_keeps_what_came_before_it(
    installation: Installation, make_log: MakeLog, tmp_path: Path
) -> None:
    whole = make_log("access.log", 20_000)
    packed, cut = tmp_path / "whole.gz", tmp_path / "cut.gz"
    packed.write_bytes(gzip.compress(whole.read_bytes()))
    cut.write_bytes(packed.read_bytes()[:-20_000])
    with pytest.raises(FileUnreadable):
        installation.load(cut)
    before = len(installation.landed()[0])
    assert EXTENT_LINES <= before < 20_000
    assert installation.load(packed) == ImportReport(known=before, accepted=20_000 - before)


def test_half_a_line_at_the_end_is_left_until_it_is_whole(installation: Installation, make_log: MakeLog) -> None:
    path = make_log("access.log", 1_504)
    whole = path.read_bytes()
    *_, before_last = whole[: -len(log_line(1_503))].split(b"\n")[:-1]
    cut = whole.index(before_last) + before_last.index(b'" 200 ') + len(b'" 200 1')
    for unfinished in (whole[:cut], whole[:-1], b"198.51"):
        path.write_bytes(unfinished)
        report = installation.load(path)
        assert report.unfinished == 1
    path.write_bytes(whole)
    assert installation.load(path) == ImportReport(known=1_503, accepted=1)
    events, rejected = installation.landed()
    assert (len({event["id"] for event in events}), len(events), rejected) == (1_504, 1_504, [])


def test_a_line_too_long_and_unfinished_is_left_as_well(installation: Installation, tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(log_line(1) + b"x" * 200_000)
    assert installation.load(path) == ImportReport(accepted=1, unfinished=1)
    path.write_bytes(log_line(1) + b"x" * 200_000 + b"\n")
    assert installation.load(path) == ImportReport(known=1, rejected=1)


KILLED = """
import os, sys
from headwater.landing import LandingLog
from headwater.settings import *
from ingestion.imports import import_access_log
append, calls = LandingLog.append_now, []
def killed(log, frame):
    calls.append(frame)
    if len(calls) == 2:
        if sys.argv[2] == "after":
            append(log, frame)
        os._exit(9)
    append(log, frame)
LandingLog.append_now = killed
import_access_log(
    sys.argv[1], "blog", home=HomeSettings(), landing=LandingSettings(), control=ControlSettings(),
    enrichment=EnrichmentSettings(),
)
"""


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("is_loaded", [False, True])
def test_killed_around_landing_the_next_import_changes_no_number(
    installation: Installation, tmp_path: Path, moment: str, is_loaded: bool
) -> None:
    path, other = tmp_path / "access.log", tmp_path / "other.log"
    path.write_bytes(b"".join(b"nonsense\n" if n % 100 == 50 else log_line(n) for n in range(2_500)))
    other.write_bytes(b"".join(log_line(n) for n in range(7_000, 8_500)))
    done = subprocess.run([sys.executable, "-c", KILLED, str(path), moment], check=False, timeout=60)
    assert done.returncode == 9

    landed: list[tuple[list[dict[str, Any]], list[dict[str, Any]]]] = []
    installation.load(other)
    if is_loaded:
        landed.append(installation.landed())
        installation.take_away()
    report = installation.load(path)
    assert report == ImportReport(known=1_000, accepted=1_485, rejected=15)
    landed.append(installation.landed())
    assert installation.load(path) == ImportReport(known=2_500)

    events = {(row["sequence"], row["id"], row["received_at"]) for one in landed for row in one[0]}
    rejected = {(row["sequence"], row["position"], row["received_at"]) for one in landed for row in one[1]}
    assert (len(events), len(rejected)) == (2_475 + 1_500, 25)
    assert len({sequence for sequence, *_ in events | rejected}) == 4_000


def test_a_torn_note_is_that_of_lines_that_were_not_landed(installation: Installation, make_log: MakeLog) -> None:
    path = make_log("access.log", 2_400)
    installation.load(path)
    (record,) = installation.home.imports_dir.iterdir()
    *_, last, landed, _ = record.read_bytes().split(b"\n")
    os.truncate(record, record.stat().st_size - len(landed) - len(last) // 2)
    assert installation.load(path) == ImportReport(known=2_000, accepted=400)
    assert installation.load(path) == ImportReport(known=2_400)


def test_two_imports_at_once_are_not_possible(installation: Installation, make_log: MakeLog) -> None:
    log = LandingLog(installation.home.landing_dir, LandingSettings(), "import")
    try:
        with pytest.raises(LandingLocked):
            installation.load(make_log("access.log", 1))
    finally:
        log.close()


def test_a_full_backlog_stops_the_import_or_is_drained(installation: Installation, make_log: MakeLog) -> None:
    path = make_log("access.log", 6_000)
    narrow = LandingSettings(backlog_bytes=1_000_000, seal_bytes=400_000, seal_seconds=0.05)
    with pytest.raises(BacklogFull):
        installation.load(path, landing=narrow)
    loaded = 0

    def drain() -> None:
        nonlocal loaded
        for segment in sealed_segments(installation.home.landing_dir):
            mark_loaded(segment)
            loaded += 1

    drain()
    report = installation.load(path, landing=narrow, on_backlog=drain)
    assert report.known > 0
    assert report.lines == 6_000
    assert loaded > 1


def test_progress_goes_from_nothing_to_the_size_of_the_file(installation: Installation, make_log: MakeLog) -> None:
    path = make_log("access.log", 3_000)
    told: list[tuple[int, int | None]] = []
    installation.load(path, progress=lambda position, size: told.append((position, size)))
    assert [position for position, _ in told] == sorted(position for position, _ in told)
    assert told[-1] == (path.stat().st_size, path.stat().st_size)


SCRIPT = """
import resource, sys
from headwater.settings import *
from ingestion.imports import import_access_log, progress_bar
with progress_bar("import") as progress:
    report = import_access_log(
        sys.argv[1], "blog", home=HomeSettings(), landing=LandingSettings(), control=ControlSettings(),
        enrichment=EnrichmentSettings(), progress=progress,
    )
print(report.accepted, report.known, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def run_script(argument: str, stdin: bytes | None = None) -> tuple[int, int, int]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, argument], input=stdin, capture_output=True, check=True, timeout=120
    )
    assert done.stderr == b""
    accepted, known, megabytes = map(int, done.stdout.split())
    return accepted, known, megabytes


def test_standard_input_is_read_plain_or_gzipped(installation: Installation, make_log: MakeLog) -> None:
    content = make_log("access.log", 1_200).read_bytes()
    assert run_script("-", content)[:2] == (1_200, 0)
    assert run_script("-", gzip.compress(content))[:2] == (0, 1_200)


def test_memory_does_not_grow_with_the_file(installation: Installation, make_log: MakeLog) -> None:
    small, large = make_log("small.log", 3_000, start=7), make_log("large.log", 90_000)
    accepted, _, base = run_script(str(small))
    assert accepted == 3_000
    accepted, _, peak = run_script(str(large))
    assert accepted == 90_000
    # Its landed events alone are some 40 MB.
    assert peak < base + 25
