"""Batch by batch is the same as at once; that the proof of it can fail is shown beside it."""

from tests.dbt_project.conftest import Prove

SEEDS = 60


def test_models_built_batch_by_batch_are_those_built_at_once(run_proof: Prove) -> None:
    # `make prove` builds six. A batch is a build of all models, and seeds cost next to nothing: here are more of them.
    done = run_proof("--seeds", str(SEEDS), "--batches", "4")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"incremental == full refresh: {SEEDS} seeds" in done.stdout
    assert "0 differences" in done.stdout
