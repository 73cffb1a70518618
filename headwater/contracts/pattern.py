"""Regular expressions of definitions: those that Python and ClickHouse (RE2) read alike and ClickHouse can run."""

import re

LONGEST_PATTERN = 1_000
"""Characters of a pattern, as it is written and as it is with all that it repeats written out: RE2 repeats nothing more
than 1,000 times, and `.{1000}` takes a tenth of the memory it has for a pattern."""

_ESCAPE = r"\\(?:[dDwWsSafnrtv]|0[0-7]{0,2}|x[0-9A-Fa-f]{2}|[ !-/:-@\[-`{-~])"
_BRACE = r"\{(?!,|[0-9]+(?:,[0-9]*)?\})"
_TOKEN = re.compile(
    rf"""
    (?P<opens>\((?:\?:|\?P<[A-Za-z_]\w*>|(?!\?)))
    | (?P<closes>\))
    | (?P<repeats>(?:[*+?]|\{{(?P<least>[0-9]+)(?:,(?P<most>[0-9]*))?\}})(?!\+))
    | (?P<nothing>^\(\?i\))
    | (?P<one>
        \[\^?+(?:{_ESCAPE}|\[(?!:)|[^\[\\])(?:{_ESCAPE}|\[(?!:)|[^\[\]\\])*\]
        | {_ESCAPE}
        | \\[AbB]
        | {_BRACE}
        | [^\\\[*+?{{(]
    )
    """,
    re.VERBOSE | re.ASCII | re.DOTALL,
)
"""What both engines know, piece by piece, and nothing else. A brace that counts nothing means itself."""


def check_pattern(pattern: str) -> None:
    """Raise ValueError if a regular expression is not one that ClickHouse can run: one would stop every model."""
    if (size := _written_out(pattern)) > LONGEST_PATTERN:
        raise ValueError(
            f"{pattern!r} is a regular expression of {size:,} characters with all that it repeats; "
            f"ClickHouse's are held to {LONGEST_PATTERN:,}"
        )
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error


def _written_out(pattern: str) -> int:
    """Characters of a pattern with all that it repeats. Raises ValueError at what ClickHouse does not know."""
    at, last, open_groups = 0, 0, [0]
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if token is None:
            raise ValueError(
                f"{pattern!r} holds {pattern[at : at + 8]!r}, which ClickHouse's regular expressions do not know"
            )
        at = token.end()
        if token["opens"]:
            # Nothing repeated is counted too.
            open_groups.append(1)
            continue
        if token["repeats"]:
            times = max(int(token["most"] or token["least"] or 1), 1)
            open_groups[-1] += last * (times - 1)
            last *= times
            continue
        last = open_groups.pop() if token["closes"] and len(open_groups) > 1 else len(token["one"] or "")
        open_groups[-1] += last
    return sum(open_groups)
