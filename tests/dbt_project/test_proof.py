"""The proof that batch by batch is the same as at once can fail."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.services import PROJECT
from tests.dbt_project.conftest import Prove

BATCHES = ("--batches", "4")
"""A seed more costs next to nothing, a batch more is a build of all models."""


@pytest.fixture
def mutate(tmp_path: Path) -> Callable[[str, str, str], Path]:
    """A copy of the dbt project with one text of one file replaced."""

    def copy(file: str, text: str, other: str) -> Path:
        project = tmp_path / "dbt_project"
        shutil.copytree(PROJECT / "dbt_project", project, ignore=shutil.ignore_patterns("target", "logs"))
        changed = project / file
        before = changed.read_text()
        assert text in before
        changed.write_text(before.replace(text, other))
        return project

    return copy


def test_the_proof_finds_partitions_that_stay_though_they_became_empty(
    run_proof: Prove, mutate: Callable[[str, str, str], Path]
) -> None:
    project = mutate(
        "macros/partitions/write_partitions.sql",
        """else "drop partition id '" ~ partition ~ "'\"""",
        """else "attach partition id '" ~ partition ~ "' from " ~ next""",
    )
    select = ("+int_receipts_counted", "+int_visitors_first_seen")
    done = run_proof("--seeds", "24", *BATCHES, "--project", str(project), "--select", *select)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "intermediate.int_receipts_counted:" in done.stdout


def test_the_proof_finds_objects_that_an_event_changed_and_a_build_left_as_they_were(
    run_proof: Prove, mutate: Callable[[str, str, str], Path]
) -> None:
    project = mutate(
        "models/staging/stripe/stg_stripe__subscription_versions.sql",
        "where object_type = 'subscription'",
        "where object_type = 'nothing'",
    )
    select = ("+stg_stripe__subscription_versions", "+int_visitors_first_seen")
    done = run_proof("--seeds", "8", *BATCHES, "--project", str(project), "--select", *select)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "staging.stg_stripe__subscription_versions:" in done.stdout


def test_the_proof_finds_money_that_stays_converted_at_the_rate_of_another_day(
    run_proof: Prove, mutate: Callable[[str, str, str], Path]
) -> None:
    project = mutate(
        "models/marts/revenue/fct_transactions.sql",
        "where {{ is_on_days('converted', 'occurred_at', ['currency', 'day']) }}",
        "where false",
    )
    done = run_proof("--seeds", "8", *BATCHES, "--project", str(project), "--select", "+fct_transactions")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "marts.fct_transactions:" in done.stdout
