"""The landing log: events made durable before they are answered for, kept until the warehouse has them, replayable.

<landing_dir>/<collector>/collector.json   the collector's id and which sequences are spent
                          open/            one segment, being written
                          sealed/          segments that wait for the loader
                          loaded/<day>/    segments whose rows are durable in ClickHouse, kept for replay
                          damaged/         segments that are not what was written; their whole frames are loaded
"""

from headwater.landing.errors import BacklogFull, DamagedSegment, LandingError, LandingLocked, LandingUnavailable
from headwater.landing.frame import Frame, Outline
from headwater.landing.log import LandingLog
from headwater.landing.segment import (
    Segment,
    mark_loaded,
    outline_segment,
    prune_loaded,
    read_frames,
    read_whole_frames,
    replay,
    sealed_segments,
    set_aside,
)

__all__ = [
    "BacklogFull",
    "DamagedSegment",
    "Frame",
    "LandingError",
    "LandingLocked",
    "LandingLog",
    "LandingUnavailable",
    "Outline",
    "Segment",
    "mark_loaded",
    "outline_segment",
    "prune_loaded",
    "read_frames",
    "read_whole_frames",
    "replay",
    "sealed_segments",
    "set_aside",
]
