"""One process per data directory."""

import fcntl
import os
from pathlib import Path
from typing import IO

from headwater.warehouse.embedded.error import StartError

_NAME = "headwater.lock"


def lock_directory(directory: Path, address: str) -> IO[str]:
    """Take the directory for this process and leave its id and address in the lock file.

    Held until the returned file is closed or the process ends, however it ends. Raises StartError, which names the
    process that has it.
    """
    file = (directory / _NAME).open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        holder = file.read().strip() or "another process"
        file.close()
        raise StartError(f"{directory} is already served by {holder}") from None
    file.truncate(0)
    file.write(f"process {os.getpid()} at {address}\n")
    file.flush()
    return file
