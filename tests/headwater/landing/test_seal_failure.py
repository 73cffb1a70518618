"""A segment that was handed over is written to no more, even when its new name could not be synced."""

import subprocess
import sys
from pathlib import Path

from tests.conftest import REPOSITORY

SCRIPT = """
import os, resource, sys, time
from pathlib import Path
from headwater.landing import LandingLog, LandingUnavailable, mark_loaded, sealed_segments
from headwater.landing.log import _log
from headwater.settings import LandingSettings
from tests.headwater.landing.frames import make_frame, sealed_sequences

where = Path(sys.argv[1])
log = LandingLog(where, LandingSettings(seal_seconds=0.4, seal_bytes=10_000_000))
kept = []


def append():
    frame = make_frame(log)
    log.append_now(frame)
    kept.append(frame.first_sequence)


def is_sealed():
    return any(name.endswith(".frames") for name in os.listdir(where / "api" / "sealed"))


_log.disabled = True
append()
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
time.sleep(0.8)
try:
    append()
except LandingUnavailable:
    pass
else:
    raise AssertionError("a frame was acknowledged that went to a segment which was handed over")
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
assert is_sealed()
assert sealed_sequences(where) == kept, (sealed_sequences(where), kept)
for segment in sealed_segments(where):
    mark_loaded(segment)
append()
append()
log.close()
assert sealed_sequences(where) == kept[1:], (sealed_sequences(where), kept)
print("held")
"""


def test_no_frame_goes_to_a_segment_that_was_moved_when_its_move_could_not_be_synced(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.stdout == "held\n", done.stderr
