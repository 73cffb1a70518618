"""What the server must know of a statement before the engine sees it.

ClickHouse's parser isn't reachable from outside the engine, so this reads tokens, not grammar: comments, strings and
quoted names are recognised, everything else is left to the engine.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    rb"""(?P<space>\s+|--[^\n]*|\#[!\ ][^\n]*|/\*.*?(?:\*/|\Z))
    |(?P<string>'(?:[^'\\]|\\.|'')*'?)
    |(?P<name>`(?:[^`\\]|\\.|``)*`?|"(?:[^"\\]|\\.|"")*"?)
    |(?P<heredoc>\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_STREAMED = frozenset({"SELECT", "WITH", "FROM", "(", "VALUES"})
_READS = _STREAMED | {"SHOW", "DESCRIBE", "DESC", "EXISTS", "EXPLAIN", "CHECK"}


@dataclass(frozen=True, slots=True)
class Token:
    """``text`` is in upper case for a word; ``start`` and ``end`` are offsets into the statement."""

    kind: str
    text: str
    start: int
    end: int
    depth: int


@dataclass(frozen=True, slots=True)
class Insert:
    """An INSERT whose rows come with the request.

    ``sql`` ends before FORMAT or VALUES, ``format`` is empty when the statement names none, ``data`` is the offset at
    which rows begin. ``reads_input`` marks INSERT … SELECT … FROM input(…).
    """

    sql: bytes
    format: str
    data: int
    reads_input: bool = False


def tokens(sql: bytes) -> Iterator[Token]:
    """The tokens of a statement, without comments and space."""
    depth = 0
    for found in _TOKEN.finditer(sql):
        kind = found.lastgroup or "other"
        if kind == "space":
            continue
        kind = "heredoc" if kind == "tag" else kind
        text = found[0].decode("utf-8", "replace")
        if text in ")]}" and kind == "other":
            depth -= 1
        yield Token(kind, text.upper() if kind == "word" else text, found.start(), found.end(), depth)
        if text in "([{" and kind == "other":
            depth += 1


def first_word(sql: bytes) -> str:
    """The word a statement begins with, in upper case; ``(`` for a parenthesis; empty when there is none."""
    return next((token.text for token in tokens(sql)), "")


def is_read(word: str) -> bool:
    """Whether a statement that begins with this word changes nothing."""
    return word in _READS


def is_streamed(word: str) -> bool:
    """Whether the engine can stream the result of a statement that begins with this word."""
    return word in _STREAMED


def parse_insert(sql: bytes) -> Insert | None:
    """The INSERT that takes rows from the request, or None for any other statement.

    ``sql`` may be the beginning of a longer text, as long as it holds everything before the rows.
    """
    stream = tokens(sql)
    if next(stream, _END).text != "INSERT":
        return None
    selects = reads_input = False
    end = len(sql)
    for token in stream:
        if token.kind == "word" and token.text == "INPUT":
            reads_input = reads_input or selects
        if token.depth or token.kind != "word":
            end = token.start if token.text == ";" else end
            continue
        if token.text in ("SELECT", "WITH"):
            selects = True
        elif token.text == "INFILE":
            return None
        elif token.text == "VALUES" and not selects:
            return Insert(sql[: token.start], "Values", token.end)
        elif token.text == "FORMAT":
            name = next(stream, _END)
            if name.kind == "word" and (reads_input or not selects):
                head = sql[: token.start]
                return Insert(head, sql[name.start : name.end].decode(), _skip_to_rows(sql, name.end), reads_input)
    if selects and not reads_input:
        return None
    return Insert(sql[:end], "", len(sql), reads_input)


def find_format(sql: bytes) -> str:
    """The format a statement asks its result in, or an empty string."""
    if b"format" not in sql[-4096:].lower():
        return ""
    found, previous = "", _END
    for token in tokens(sql):
        if previous.text == "FORMAT" and previous.kind == "word" and not token.depth and token.kind == "word":
            found = sql[token.start : token.end].decode()
        previous = token
    return found


def _skip_to_rows(sql: bytes, start: int) -> int:
    found = re.compile(rb"[ \t]*;?[ \t]*\r?\n?").match(sql, start)
    return found.end() if found else start


_END = Token("end", "", 0, 0, 0)
