"""No room: nothing half-written stays, senders are told, and the log goes on by itself when there is room again.

A full disk is stood for by the kernel's limit on the size of a file (RLIMIT_FSIZE): like a full disk, it lets a write
through in part and refuses the rest, and it needs no right to mount anything. What it doesn't show is a disk so full
that a directory entry cannot be made.
"""

import subprocess
import sys
from pathlib import Path

from tests.conftest import REPOSITORY

SCRIPT = """
import resource, sys
from pathlib import Path
from headwater.landing import LandingLog, LandingUnavailable
from headwater.settings import LandingSettings
from tests.headwater.landing.frames import make_frame, sealed_sequences

where = Path(sys.argv[1])
log = LandingLog(where, LandingSettings(seal_seconds=60))
kept = []


def append(padding):
    frame = make_frame(log, padding=padding)
    log.append_now(frame)
    kept.append(frame.first_sequence)


append(100)
(segment,) = (where / "api" / "open").iterdir()
size = segment.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 2000, resource.RLIM_INFINITY))
for _ in range(2):
    try:
        append(5000)
    except LandingUnavailable as error:
        assert "File too large" in str(error), error
    else:
        raise AssertionError("a frame that cannot fit was acknowledged")
    assert segment.stat().st_size == size, "a part of the frame stayed"
append(100)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
append(5000)
log.close()
assert sealed_sequences(where) == kept, (sealed_sequences(where), kept)
assert len(kept) == 3
print("held")
"""


def test_a_frame_that_does_not_fit_is_refused_whole_and_the_next_that_fits_is_taken(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.stdout == "held\n", done.stderr
