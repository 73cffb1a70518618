"""Ten kills here; `make chaos KILLS=100` for more, and for the time until each process is ready again."""

from pathlib import Path

from tests.chaos.kills import run_chaos


def test_every_acknowledged_event_survives_kills_exactly_once(tmp_path: Path, settings: dict[str, str]) -> None:
    report = run_chaos(tmp_path, kills=10, seed=7, **settings)

    assert report.acknowledged > 1000
    assert report.lost == []
    assert report.doubled == []
    assert report.unaccounted == 0
