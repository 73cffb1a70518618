"""What makes a line of a log itself, so that importing it again adds nothing.

An event's id is a hash of the site, the file's first line, the line's number and the line. So it stays the same when
the file is renamed, compressed, rotated whole or has grown, and differs between two files that share their first line.
It changes when lines are cut off at the file's head: that is another log.
"""

from hashlib import blake2b
from uuid import UUID

_VERSION_AND_VARIANT = (0xF << 76) | (0x3 << 62)
_VERSION_8 = (0x8 << 76) | (0x2 << 62)


class LogIdentity:
    """Names the lines of one log of one site, and digests the log as it is read."""

    def __init__(self, site_id: str, first_line: bytes) -> None:
        self._seed = blake2b(site_id.encode() + b"\0" + first_line + b"\n", digest_size=16)
        self._content = self._seed.copy()
        self.name = self._seed.hexdigest()
        """32 hexadecimal digits: the same for every copy and every later state of the log."""

    def event_id(self, number: int, line: bytes) -> UUID:
        """The id of the event of a line, a UUIDv8. ``number`` counts from 1."""
        digest = self._seed.copy()
        digest.update(b"%d\0" % number)
        digest.update(line)
        return UUID(int=int.from_bytes(digest.digest()) & ~_VERSION_AND_VARIANT | _VERSION_8)

    @property
    def digest(self) -> str:
        """Digest of every line that was read."""
        return self._content.hexdigest()

    def read(self, lines: list[bytes]) -> None:
        """Take the next lines into the digest."""
        for line in lines:
            self._content.update(b"%d\0" % len(line))
            self._content.update(line)
