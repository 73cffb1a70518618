"""Verdicts on the landing log."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from headwater.landing import mark_loaded, set_aside
from headwater.settings import HomeSettings
from orchestration.lib.backlog import Backlog, measure_backlog
from orchestration.lib.landing_check import LATEST, judge_backlog, judge_damage, judge_freshness
from tests.ingestion.landed import Landed

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def land(home: HomeSettings, age: timedelta) -> Path:
    path = Landed(home).land(3).path
    os.utime(path, ((NOW - age).timestamp(),) * 2)
    return path


def test_a_site_that_sends_nothing_is_not_late(home: HomeSettings) -> None:
    backlog = measure_backlog(home.landing_dir, NOW)
    assert backlog == Backlog(0, 0, timedelta(), ())
    assert judge_freshness(backlog, NOW - timedelta(days=30)).passed


def test_a_segment_that_waits_too_long_is_late(home: HomeSettings) -> None:
    land(home, LATEST)
    assert judge_freshness(measure_backlog(home.landing_dir, NOW), None).passed
    land(home, LATEST + timedelta(seconds=1))
    late = judge_freshness(measure_backlog(home.landing_dir, NOW), None)
    assert not late.passed
    assert "601 s" in late.description
    assert "headwater loader" in late.description


def test_a_loaded_segment_waits_no_more(home: HomeSettings) -> None:
    segment = Landed(home).land(3)
    assert measure_backlog(home.landing_dir, NOW).segments == 1
    assert measure_backlog(home.landing_dir, NOW).bytes == segment.size
    mark_loaded(segment)
    assert measure_backlog(home.landing_dir, NOW).segments == 0


@pytest.mark.parametrize(
    ("size", "passed", "is_severe"), [(24, True, False), (25, False, False), (49, False, False), (50, False, True)]
)
def test_a_backlog_warns_at_a_quarter_of_its_limit_and_fails_at_half(size: int, passed: bool, is_severe: bool) -> None:
    verdict = judge_backlog(Backlog(1, size, timedelta(), ()), 100)
    assert (verdict.passed, verdict.is_severe) == (passed, is_severe)


def test_a_damaged_segment_is_named(home: HomeSettings) -> None:
    assert judge_damage(measure_backlog(home.landing_dir, NOW)).passed
    aside = set_aside(Landed(home).land(3))
    verdict = judge_damage(measure_backlog(home.landing_dir, NOW))
    assert not verdict.passed
    assert str(aside) in verdict.description
