"""What the server must know of a statement before the engine sees it.

ClickHouse's parser isn't reachable from outside the engine, so this reads tokens, not grammar: comments, strings and
quoted names are recognised, everything else is left to the engine.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from headwater.warehouse.embedded.error import QueryError

_TOKEN = re.compile(
    rb"""(?P<space>(?:\s|\xc2\xa0|\xe2\x80[\x80-\x8b\xa8\xa9]|\xe3\x80\x80|\xef\xbb\xbf)+
        |(?:--|//|\#[!\ ])[^\n]*|/\*.*?(?:\*/|\Z))
    |(?P<string>'(?:[^'\\]|\\.|'')*'?)
    |(?P<name>`(?:[^`\\]|\\.|``)*`?|"(?:[^"\\]|\\.|"")*"?)
    |(?P<heredoc>\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<other>\d[\w.]*|.)""",
    re.VERBOSE | re.DOTALL,
)
_ROWS = re.compile(rb"[ \t]*;?[ \t]*\r?\n?")
_STREAMED = frozenset({"SELECT", "WITH", "FROM", "(", "VALUES"})
_READS = _STREAMED | {"SHOW", "DESCRIBE", "DESC", "EXISTS", "EXPLAIN", "CHECK", "SET", "USE"}


@dataclass(frozen=True, slots=True)
class Token:
    """``text`` is ``source`` in upper case for a word; ``start`` and ``end`` are offsets into the statement."""

    kind: str
    text: str
    start: int
    end: int
    depth: int
    source: str = ""

    def is_word(self, *words: str) -> bool:
        """Whether this is one of the words, outside parentheses."""
        return self.kind == "word" and not self.depth and self.text in words


@dataclass(frozen=True, slots=True)
class Insert:
    """An INSERT whose rows come with the request.

    ``sql`` ends before FORMAT or VALUES, ``format`` is empty when the statement names none, ``data`` is the offset at
    which rows begin, ``settings`` the one of the SETTINGS clause, or of the end. ``input`` is where input() of
    INSERT … SELECT … FROM input('…') begins, or None.
    """

    sql: bytes
    format: str
    data: int
    settings: int
    input: int | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """Any other statement. ``word`` is its first, ``format`` the one it asks its result in or empty; ``head`` and
    ``tail`` are what stands before and after the FORMAT clause. ``whole`` marks a result that isn't only rows.
    """

    sql: bytes
    word: str
    format: str
    head: bytes
    tail: bytes
    whole: bool

    @property
    def is_read(self) -> bool:
        """Whether it changes nothing that outlives the request."""
        return self.word in _READS

    @property
    def has_result(self) -> bool:
        """Whether it answers with rows, be it none."""
        return self.word in _READS - {"SET", "USE"} or self.word == "KILL"

    @property
    def is_streamed(self) -> bool:
        """Whether the engine can stream its result."""
        return self.word in _STREAMED


_END = Token("end", "", 0, 0, 0)


def tokens(sql: bytes) -> Iterator[Token]:
    """The tokens of a statement, without comments and space."""
    depth = 0
    for found in _TOKEN.finditer(sql):
        kind = found.lastgroup or "other"
        if kind == "space":
            continue
        text = found[0].decode("utf-8", "replace")
        if kind == "other" and text in ")]}":
            depth -= 1
        yield Token(kind, text.upper() if kind == "word" else text, found.start(), found.end(), depth, text)
        if kind == "other" and text in "([{":
            depth += 1


def first_word(sql: bytes) -> str:
    """The word a statement begins with, in upper case; ``(`` for a parenthesis; empty when there is none."""
    return next((token.text for token in tokens(sql)), "")


def parse_insert(sql: bytes) -> Insert | None:
    """The INSERT that takes rows from the request, or None for any other statement.

    ``sql`` may be the beginning of a longer text, as long as it holds everything before the rows.
    """
    stream = tokens(sql)
    if not _reaches_insert(stream):
        return None
    selects = False
    source: int | None = None
    settings: int | None = None
    end, previous = len(sql), _END
    for token in stream:
        if selects and token.text == "(" and previous.kind == "word" and previous.text == "INPUT":
            source = previous.start
        if token.text == ";" and token.kind == "other" and not token.depth:
            end = token.start
        elif token.is_word("SELECT", "WITH"):
            selects = True
        elif token.is_word("INFILE"):
            return None
        elif token.is_word("SETTINGS") and not selects and previous.text not in ("INTO", "TABLE", "."):
            settings = token.start
        elif token.is_word("VALUES") and not selects:
            return _insert(sql[: token.start], "Values", token.end, settings)
        elif token.is_word("FORMAT") and previous.text != ".":
            name = next(stream, _END)
            if name.kind == "word" and (source or not selects):
                rows = _ROWS.match(sql, name.end)
                head, start = sql[: token.start], rows.end() if rows else name.end
                return _insert(head, sql[name.start : name.end].decode(), start, settings, source)
        previous = token
    if selects and not source:
        return None
    return _insert(sql[:end], "", len(sql), settings, source)


def _insert(sql: bytes, name: str, data: int, settings: int | None, source: int | None = None) -> Insert:
    return Insert(sql, name, data, len(sql) if settings is None else settings, source)


def _reaches_insert(stream: Iterator[Token]) -> bool:
    """Advance past INSERT INTO, which WITH may precede."""
    previous = next(stream, _END)
    if not previous.is_word("WITH"):
        return previous.is_word("INSERT")
    for token in stream:
        if token.is_word("INTO") and previous.is_word("INSERT"):
            return True
        if token.is_word("SELECT"):
            return False
        previous = token
    return False


def parse_query(sql: bytes) -> Query:
    """Any statement that brings no rows. Raises QueryError for what ClickHouse refuses over HTTP."""
    found = list(tokens(sql))
    while found and found[-1].text == ";":
        found.pop()
    if not found:
        raise QueryError.named(62, "SYNTAX_ERROR", "Syntax error: failed at position 1 (end of query): Empty query.")
    clause: tuple[Token, Token] | None = None
    for at, token in enumerate(found):
        following = found[at + 1] if at + 1 < len(found) else _END
        if token.kind == "other" and token.text == ";" and not token.depth:
            text = f"Syntax error (Multi-statements are not allowed): failed at position {token.start + 1}"
            raise QueryError.named(62, "SYNTAX_ERROR", text)
        if token.is_word("INTO") and following.is_word("OUTFILE"):
            raise QueryError.named(358, "INTO_OUTFILE_NOT_ALLOWED", "INTO OUTFILE is not allowed")
        if token.is_word("FORMAT") and _begins_clause(found, at):
            clause = (token, following)
    end = found[-1].end
    whole = any(token.is_word("TOTALS") for token in found) or b"array_of_rows" in sql or b"extremes" in sql
    word = found[0].text
    if clause is None:
        return Query(sql[:end], word, "", sql[:end], b"", whole)
    keyword, name = clause
    wanted = sql[name.start : name.end].decode()
    return Query(sql[:end], word, wanted, sql[: keyword.start], sql[name.end : end], whole)


def _begins_clause(found: list[Token], at: int) -> bool:
    """Whether FORMAT is the clause and not a column of that name."""
    before, name, after = found[at - 1], found[at + 1 : at + 2], found[at + 2 : at + 3]
    if not name or name[0].kind != "word" or name[0].text in ("ASC", "DESC", "NULLS"):
        return False
    if before.kind == "other" and before.text not in ")]}*" and not before.text[0].isdigit():
        return False
    if before.is_word("SELECT", "BY", "AND", "OR", "NOT", "WHERE", "DISTINCT", "AS", "ON", "USING"):
        return False
    return not after or after[0].is_word("SETTINGS", "INTO")
