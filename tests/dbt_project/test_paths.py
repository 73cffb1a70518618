"""Paths against an oracle that walks each session page by page."""

from collections import Counter
from itertools import groupby
from typing import Any

import pytest

from tests.dbt_project import journeys
from tests.dbt_project.conftest import Models

pytestmark = pytest.mark.xdist_group("walks")


def test_transitions_are_those_of_the_oracle(walks: Models) -> None:
    expected: Counter[tuple[Any, ...]] = Counter()
    for session in journeys.split_sessions(journeys.all_events()):
        if session.first.is_bot or not session.page_views:
            continue
        pages = [path for path, _ in groupby(view.path for view in session.page_views)]
        day = journeys.local_day(session.first.site_id, session.first.occurred_ms)
        for step, (path, following) in enumerate(zip(pages, [*pages[1:], None], strict=True), start=1):
            if step <= 10:
                expected[session.first.site_id, day, step, path, following or "", following is None] += 1
    found = walks.client.query(
        "SELECT site_id, day, step, from_path, to_path, is_exit, sessions FROM marts.rpt_path_transitions"
    )[1]
    assert {tuple(row[:-1]): row[-1] for row in found} == expected


def test_who_goes_on_to_a_step_takes_it(walks: Models) -> None:
    broken = walks.client.value(
        "SELECT count() FROM (SELECT site_id, day, step + 1 AS next, to_path, sum(sessions) AS arriving"
        " FROM marts.rpt_path_transitions WHERE NOT is_exit AND step < 10 GROUP BY ALL) AS a"
        " LEFT JOIN (SELECT site_id, day, step, from_path, sum(sessions) AS leaving"
        " FROM marts.rpt_path_transitions GROUP BY ALL) AS l"
        " ON l.site_id = a.site_id AND l.day = a.day AND l.step = a.next AND l.from_path = a.to_path"
        " WHERE arriving != leaving"
    )
    assert broken == 0
