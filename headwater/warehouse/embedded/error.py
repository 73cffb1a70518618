"""What a request can be refused with, and the HTTP status each refusal carries.

EmbeddedError
├── QueryError         an error in ClickHouse's own words: code, name and message
└── StartError         the server cannot start; one line says why and what to do
"""

import re

_BAD_REQUEST = (6, 8, 15, 25, 26, 27, 36, 37, 38, 41, 44, 53, 62, 72, 117, 123, 167, 168, 223, 321, 376, 427, 441, 675)
_NOT_FOUND = (46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511)
_FORBIDDEN = (192, 193, 497, 512, 516)
# ClickHouse answers every code that is absent here with 500.
STATUS_OF_CODE = (
    dict.fromkeys(_BAD_REQUEST, 400)
    | dict.fromkeys(_NOT_FOUND, 404)
    | dict.fromkeys(_FORBIDDEN, 403)
    | {676: 400, 194: 401, 159: 408, 381: 411, 229: 413, 779: 415, 48: 501, 76: 503, 209: 503, 439: 503}
)
_CODE = re.compile(r"Code: (\d+)\. ?")
_VERSION = re.compile(r" \(version [^()]*(\([^()]*\))?\)\s*$")


class EmbeddedError(Exception):
    """The embedded server could not do what was asked."""


class StartError(EmbeddedError):
    """The server cannot start. The message is one line for the person who started it."""


class QueryError(EmbeddedError):
    """An error in ClickHouse's words. ``code`` is ClickHouse's number for it."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code

    @property
    def status(self) -> int:
        """The HTTP status ClickHouse answers this code with."""
        return STATUS_OF_CODE.get(self.code, 500)

    @classmethod
    def named(cls, code: int, name: str, text: str) -> "QueryError":
        """An error of this server's own, worded the way ClickHouse words them."""
        return cls(code, f"Code: {code}. DB::Exception: {text} ({name})")

    @classmethod
    def from_engine(cls, error: Exception) -> "QueryError":
        """The error chDB raised. What precedes ClickHouse's own words is dropped; without any, the code is 1001."""
        text = str(error)
        if isinstance(error, UnicodeDecodeError):
            # chDB decodes its messages strictly, and a message may quote the statement.
            text = error.object.decode("utf-8", "backslashreplace")
        found = _CODE.search(text)
        if found is None:
            return cls.named(1001, "STD_EXCEPTION", text)
        return cls(int(found[1]), _VERSION.sub("", text[found.start() :].strip()))
