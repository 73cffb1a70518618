"""A process that appends frames and says which are acknowledged: `python appender.py DIRECTORY FRAMES`.

FRAMES of 0 means without end. Writes ``ack <sequence>`` to stdout, unbuffered, after each frame's append returned.
"""

import asyncio
import os
import sys
from pathlib import Path

from headwater.landing import LandingLog
from headwater.settings import LandingSettings
from tests.headwater.landing.frames import make_frame

SENDERS = 4


async def send(log: LandingLog, frames: int) -> None:
    sent = 0
    while not frames or sent < frames:
        frame = make_frame(log, padding=50)
        await log.append(frame)
        os.write(1, f"ack {frame.first_sequence}\n".encode())
        sent += 1


async def main() -> None:
    log = LandingLog(Path(sys.argv[1]), LandingSettings(seal_seconds=0.05, seal_bytes=4096))
    os.write(1, b"open\n")
    await asyncio.gather(*(send(log, int(sys.argv[2])) for _ in range(SENDERS)))
    log.close()


if __name__ == "__main__":
    asyncio.run(main())
