"""`headwater demo`: a simulated month through every part, equal to the simulation's truth."""

import re
from pathlib import Path

import pytest

from orchestration.lib.manifest import project_digest
from tests.e2e.conftest import Run


def test_the_demo_ends_with_its_numbers_and_nothing_failed(headwater: Run) -> None:
    # The one test of the suite whose home knows nothing: here dbt's unit tests run, as for whoever tries Headwater.
    done = headwater("demo", "--scale", "0.2")

    last = done.stdout.strip().splitlines()[-1]
    found = re.fullmatch(r"demo: (\d+) events, (\d+) sessions, (\d+) checks passed, 0 failed", last)
    assert found, done.stdout
    events, sessions, passed = map(int, found.groups())
    assert events > 30_000
    assert sessions > 1_000
    # One comparison with the truth per site and day, and per day and currency, beside the tests of the models.
    assert passed > 4 * 30 + 3 * 30
    for currency in ("usd", "eur", "jpy"):
        paid, recurring = re.findall(rf"^│ {currency} +│ +([\d,.]+) │", done.stdout, re.MULTILINE)
        assert float(paid.replace(",", "")) > float(recurring.replace(",", "")) > 0
    rules = ("client_reference_id", "metadata", "user", "email_hash", "nobody we know")
    shares = re.findall(rf"│ ({'|'.join(rules)}) +│ +\d+ │ +([\d.]+) % │", done.stdout)
    assert sorted(rule for rule, _ in shares) == sorted(rules)
    assert sum(float(share) for _, share in shares) == pytest.approx(100, abs=0.3)
    assert re.search(r"│ Organic Search +│ +\d+ │", done.stdout)
    steps = re.findall(r"^│ (landing|pricing|signup|activate|subscribe) +│ +(\d+) │", done.stdout, re.MULTILINE)
    people = [int(count) for _, count in steps]
    assert len(people) == 5
    assert people == sorted(people, reverse=True)
    assert re.search(r"│ course-sql-2 +│ ines +│ usd +│ +\d+ │ +[\d,]+\.00 │", done.stdout)
    quotas = re.findall(r"│ \S+-a-\S+ +│ +[\d,]+ │ +[\d,]+ │ \d+ % +│ (\w+) +│ (\S+) +│", done.stdout)
    assert [status for status, _ in quotas] == ["within", "near", "exceeded"]
    assert [exceeded_on == "never" for _, exceeded_on in quotas] == [True, True, False]
    home = Path(headwater.environment["HEADWATER_HOME"]) / "demo"  # type: ignore[attr-defined]
    assert (home / "dbt" / "unit_tests_passed").read_text().startswith(project_digest())
