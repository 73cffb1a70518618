"""Statements that reach outside the data directory are refused before the engine sees them.

The engine's own grants (``config``) refuse table functions, table engines and database engines that do, and the
``sandbox`` keeps the whole process in. What is left to look for here are the ways chDB asks no grant for.
"""

import re

from headwater.warehouse.embedded.error import QueryError
from headwater.warehouse.embedded.statement import Token, tokens

# Most statements have none of these words and no quoted name with an escape in it, and are not read further.
_SUSPECT = re.compile(rb"file|source|engine|\bdisk|\battach|[`\"][^`\"]*\\", re.IGNORECASE)
_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|.)", re.DOTALL)
_CONTROL = {"a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0"}
_DEFINES = frozenset({"CREATE", "ATTACH", "REPLACE", "ALTER", "RESTORE"})
# Engines with a path or a command among their arguments, and how many arguments they may have without one.
_ENGINES = {"file": 1, "filelog": 0, "embeddedrocksdb": 1, "executable": 0, "executablepool": 0}
_SOURCES = ("clickhouse", "null")
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1", "")
_END = Token("end", "", 0, 0, 0)


def check(sql: bytes) -> None:
    """Raises QueryError for a statement that names a file, a program or a host outside the data directory."""
    if not _SUSPECT.search(sql):
        return
    found = [*tokens(sql), _END, _END, _END]
    defines = any(token.is_word(*_DEFINES) for token in found)
    for at, token in enumerate(found[:-3]):
        if token.kind not in ("word", "name"):
            continue
        name, following = name_of(token), found[at + 1]
        if name == "file" and _is_call(found, at):
            raise _refusal("the function file() reads")
        if token.kind == "name":
            continue
        if token.text == "INFILE" and at and found[at - 1].text == "FROM" and found[0].text in ("INSERT", "WITH"):
            raise QueryError.named(78, "UNKNOWN_TYPE_OF_QUERY", "Query has infile and was send directly to server")
        if token.text == "OUTFILE" and at and found[at - 1].text == "INTO":
            raise QueryError.named(358, "INTO_OUTFILE_NOT_ALLOWED", "INTO OUTFILE is not allowed")
        if not defines:
            continue
        if token.text == "ENGINE":
            _check_engine(found, at)
        elif token.text == "SOURCE" and following.text == "(":
            _check_source(found, at + 2)
        elif token.text == "DISK" and following.text == "(" and found[at - 1].text == "=":
            raise _refusal("a disk of the statement's own")
        elif token.text == "FROM" and following.kind in ("string", "heredoc") and found[0].text == "ATTACH":
            raise _refusal("ATTACH … FROM a path")


def name_of(token: Token) -> str:
    """The name a word or a quoted name stands for."""
    if token.kind != "name":
        return token.source
    mark = token.text[0]
    inner = token.text[1:].removesuffix(mark).replace(mark * 2, mark)
    return _unescape(inner)


def text_of(token: Token) -> str:
    """What a string literal stands for."""
    if token.kind == "heredoc":
        mark = token.text.index("$", 1) + 1
        return token.text[mark:-mark]
    return _unescape(token.text[1:].removesuffix("'").replace("''", "'"))


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda found: _character(found[1]), text)


def _character(escaped: str) -> str:
    return chr(int(escaped[1:], 16)) if len(escaped) > 1 else _CONTROL.get(escaped, escaped)


def _refusal(what: str) -> QueryError:
    text = f"default: Not enough privileges. Nothing outside the data directory can be reached, so {what} is refused"
    return QueryError.named(497, "ACCESS_DENIED", text)


def _is_call(found: list[Token], at: int) -> bool:
    """Whether the name is called, or handed to APPLY, which calls it; and is no engine, table or view."""
    before = [_END, _END, *found[:at]][-2:]
    if before[1].text == "APPLY" or (before[1].text == "(" and before[0].text == "APPLY"):
        return True
    if found[at + 1].text != "(":
        return False
    named = before[1].text in ("INTO", "TABLE", "VIEW", "EXISTS", "ENGINE", ".")
    return not named and not (before[1].text == "=" and before[0].text == "ENGINE")


def _check_engine(found: list[Token], at: int) -> None:
    at += 2 if found[at + 1].text == "=" else 1
    engine = found[at]
    if engine.kind not in ("word", "name"):
        return
    name = name_of(engine).lower()
    if name in _ENGINES and _count_arguments(found, at + 1) > _ENGINES[name]:
        raise _refusal(f"the engine {name_of(engine)} with a path")


def _count_arguments(found: list[Token], at: int) -> int:
    if found[at].text != "(" or found[at + 1].text == ")":
        return 0
    depth, count = found[at].depth, 1
    for token in found[at + 1 :]:
        if token.text == ")" and token.depth == depth:
            break
        count += token.kind == "other" and token.text == "," and token.depth == depth + 1
    return count


def _check_source(found: list[Token], at: int) -> None:
    source = found[at]
    if source.kind not in ("word", "name") or name_of(source).lower() not in _SOURCES:
        raise _refusal("this source of a dictionary")
    depth = source.depth
    for token, value in zip(found[at:], found[at + 1 :], strict=False):
        if token.depth < depth:
            return
        if token.kind not in ("word", "name") or token.depth != depth + 1:
            continue
        name = name_of(token).lower()
        host = text_of(value) if value.kind in ("string", "heredoc") else name_of(value)
        if name == "name" or (name == "host" and host not in _LOCAL_HOSTS):
            raise _refusal("this source of a dictionary")
