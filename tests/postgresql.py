"""A PostgreSQL of the tests' own: a new cluster on a free port, stopped and deleted afterwards."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

PASSWORD = "p@ss:w/ord#%$é"
"""Of the user, and not only of letters."""


@dataclass(frozen=True, slots=True)
class Postgresql:
    """A running server with the superuser ``headwater``."""

    binaries: Path
    port: int

    def create_database(self, name: str) -> str:
        """A new empty database; its URL, password included."""
        self.run("createdb", name)
        return f"postgresql://headwater:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/{name}"

    def run(self, program: str, *arguments: str) -> str:
        """What one of PostgreSQL's own programs prints."""
        address = {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": "headwater", "PGPASSWORD": PASSWORD}
        return subprocess.run(
            [self.binaries / program, *arguments], env=os.environ | address, capture_output=True, text=True, check=True
        ).stdout


def find_binaries() -> Path | None:
    """Where PostgreSQL's programs lie; Debian keeps a server's out of the path. None when they are not installed."""
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    folders = [*sorted(debian, key=lambda path: -float(path.parent.name)), *map(Path, os.get_exec_path())]
    wanted = ("postgres", "initdb", "pg_isready", "createdb", "psql")
    return next((folder for folder in folders if all((folder / name).exists() for name in wanted)), None)


@contextmanager
def running_postgresql(binaries: Path, port: int) -> Iterator[Postgresql]:
    """Start a server on 127.0.0.1. It refuses to run as root, and then runs as the user its package made."""
    folder = Path(tempfile.mkdtemp(prefix="headwater-postgresql-"))
    user = "postgres" if os.geteuid() == 0 else None
    try:
        (folder / "password").write_text(PASSWORD)
        if user:
            owner = pwd.getpwnam(user)
            for path in (folder, folder / "password"):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        cluster = folder / "cluster"
        made = subprocess.run(
            [
                *(binaries / "initdb", "--pgdata", cluster, "--no-sync", "--encoding", "UTF8", "--locale", "C.UTF-8"),
                *("--username", "headwater", "--pwfile", folder / "password", "--auth", "scram-sha-256"),
            ],
            user=user,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stderr
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(
                [
                    binaries / "postgres",
                    "-D",
                    cluster,
                    "-p",
                    str(port),
                    "-h",
                    "127.0.0.1",
                    "-k",
                    folder,
                    "-c",
                    "fsync=off",
                ],
                user=user,
                cwd=folder,
                stdout=log,
                stderr=log,
            )
        try:
            deadline = time.monotonic() + 30
            asked = [binaries / "pg_isready", "--quiet", "--host", "127.0.0.1", "--port", str(port)]
            while subprocess.run(asked, check=False).returncode:
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < deadline, (folder / "log").read_text()
                time.sleep(0.05)
            yield Postgresql(binaries, port)
        finally:
            # A fast shutdown: it does not wait for clients.
            process.send_signal(signal.SIGINT)
            process.wait(30)
    finally:
        shutil.rmtree(folder)
