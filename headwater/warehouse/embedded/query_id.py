"""The query ids of clients, which the engine does not take: it picks its own.

A setting carries the client's id with a statement into system.processes and system.query_log. Views show it there as
``query_id`` and ``initial_query_id``; only the function queryID() tells the engine's own.
"""

from headwater.warehouse.embedded.statement import tokens

# It does nothing here, because chDB has no query cache.
TAG_SETTING = "query_cache_tag"
ENGINE_LOG = "query_log_of_engine"
_CLIENT_PROCESSES = "processes_of_clients"
_PLACES = (["FROM", "SYSTEM", "."], ["JOIN", "SYSTEM", "."])


def _shown(column: str) -> str:
    return f"if(Settings['{TAG_SETTING}'] = '', {column}, Settings['{TAG_SETTING}'])"


def _view(name: str, source: str) -> str:
    columns = ", ".join(f"{_shown(column)} AS {column}" for column in ("query_id", "initial_query_id"))
    return f"CREATE VIEW IF NOT EXISTS system.{name} AS SELECT * REPLACE ({columns}) FROM system.{source}"


# The engine makes its log with the first flush.
VIEWS = ("SYSTEM FLUSH LOGS query_log", _view("query_log", ENGINE_LOG), _view(_CLIENT_PROCESSES, "processes"))


def translate(sql: bytes) -> bytes:
    """The statement with every query id meant as the client's: of system.processes, or in KILL QUERY."""
    if b"processes" not in sql and b"query_id" not in sql:
        return sql
    found = list(tokens(sql))
    kills = bool(found) and found[0].is_word("KILL")
    parts, end = [], 0
    for at, token in enumerate(found):
        if kills and token.source == "query_id":
            parts += [sql[end : token.start], _shown("query_id").encode()]
        elif token.source == "processes" and [before.text for before in found[max(at - 3, 0) : at]] in _PLACES:
            parts += [sql[end : token.start], _CLIENT_PROCESSES.encode()]
        else:
            continue
        end = token.end
    return b"".join([*parts, sql[end:]])
