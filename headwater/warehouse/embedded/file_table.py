"""Files that a statement may read as tables: those in ``user_files``, and the rows of input().

The engine's user has no right to open files. The server makes a temporary table of the file instead and puts its name
where the statement had the function.
"""

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from headwater.warehouse.embedded.confinement import name_of, text_of
from headwater.warehouse.embedded.engine import quote_name
from headwater.warehouse.embedded.error import QueryError
from headwater.warehouse.embedded.statement import Token, tokens

_CALL = re.compile(rb"\bfile\s*\(")
_PATH = re.compile(r"[\w./*?{}, =-]+")
_READERS = ("SELECT", "WITH", "FROM", "INSERT", "DESCRIBE", "DESC", "EXPLAIN", "(")
_PLACES = ("FROM", "JOIN", "TABLE", "DESCRIBE", "DESC")
# file(path, format, structure, compression)
_MOST_ARGUMENTS = 4


@dataclass(frozen=True, slots=True)
class FileTable:
    """A table to be made of a file. An empty ``structure`` is read off the file."""

    path: str
    format: str = "auto"
    structure: str = ""
    compression: str = "auto"


@dataclass(frozen=True, slots=True)
class Call:
    """A table function whose arguments are all literals or bare words; ``end`` is the offset behind it."""

    arguments: list[str]
    end: int


def parse_call(sql: bytes, start: int) -> Call | None:
    """The call that begins at an offset; None when it isn't made of literals alone."""
    stream = tokens(sql[start:])
    next(stream)
    if next(stream).text != "(":
        return None
    arguments: list[str] = []
    previous = ""
    for token in stream:
        if token.text == ")" and token.kind == "other":
            return Call(arguments, start + token.end)
        if token.kind == "other" and (token.text != "," or previous == ","):
            return None
        if token.kind != "other":
            if previous not in ("", ","):
                return None
            arguments.append(_argument(token))
        previous = token.text if token.kind == "other" else "argument"
    return None


def _argument(token: Token) -> str:
    if token.kind in ("string", "heredoc"):
        return text_of(token)
    # Formats are written as bare words, too, and keep their capitals only in quotes.
    return token.source if token.kind == "word" else name_of(token)


def replace_files(sql: bytes, directory: Path, make: Callable[[FileTable], str]) -> bytes:
    """The statement with every file() over ``user_files`` replaced by a table that ``make`` makes and names.

    Raises QueryError for a path that leads out of the directory. What isn't read by a plain statement stays as it is,
    and is refused later.
    """
    if not _CALL.search(sql):
        return sql
    found = list(tokens(sql))
    if found[0].text not in _READERS:
        return sql
    parts, end = [], 0
    for before, token in pairwise(found):
        if token.kind != "word" or token.source != "file" or before.text not in _PLACES or token.start < end:
            continue
        call = parse_call(sql, token.start)
        if call is None or not 1 <= len(call.arguments) <= _MOST_ARGUMENTS:
            continue
        path, *rest = call.arguments
        name = make(FileTable(_inside(directory, path), *rest))
        parts += [sql[end : token.start], quote_name(name).encode()]
        end = call.end
    return b"".join([*parts, sql[end:]])


def _inside(directory: Path, path: str) -> str:
    full = posixpath.normpath(posixpath.join(str(directory), path))
    inside = full.startswith(f"{directory}/") and ".." not in path.split("/")
    if not inside or not _PATH.fullmatch(full.removeprefix(f"{directory}/")):
        raise QueryError.named(291, "DATABASE_ACCESS_DENIED", f"File `{path}` is not inside `{directory}`")
    return full
