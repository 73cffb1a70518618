"""Regular expressions are refused before they can stop a model."""

from random import Random

import pytest

from headwater.contracts.pattern import check_pattern
from headwater.warehouse.client import Warehouse

UUID_PATTERN = r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}"
KNOWN = (
    *("^/blog/", r"\d+$", "(?i)thanks", "(?:a|b)c", "a{2,3}", r"c\++", r"a\\1", "[]x]", "[^]x]", r"[\]\[:-]", "a{b}+"),
    *(r"(?P<name>\w+)\.html?$", r"\x41\t\-\/\_", UUID_PATTERN, "é+😀", "", ".{1000}", "[àéîõü]{111}", "(?:){9}", r"\0"),
)
UNKNOWN = (
    *("(?=x)", "(?<!x)y", r"(a)\1", "a++", "a*+", "a{2}+", r"x\Z", "(?>x)", "(?s)x", "x{,5}"),
    *("[[:foo:]]", "[a[:alpha:]", "[][:alpha:]", "[^][:alpha:]"),
    *(r"\u00e9", r"\U0001F600", r"\N{DIGIT ONE}", r"[\b]", r"\é", r"[\é]", "(?P<é>x)", "(", "[z-a]", "x)"),
    *("x{1001}", "(a{100}){100}", "(?:){1001}", ".{999}" * 9, "((a{10}){10}){11}", "(?:" * 9 + "x" + "{3})" * 9),
)
PIECES = (
    *("a", "é", ".", "*", "+", "?", "{2}", "{2,}", "{1,3}", "{,3}", "{", "}", "(", "(?:", "(?P<n>", "(?i)", ")", "|"),
    *("[", "[^", "]", "-", ":", "[:alpha:]", "^", "$", "1", "0", ",", "&", "~", "#", " ", "{600}", "{40}"),
    *(r"\d", r"\b", r"\B", r"\w", r"\S", r"\A", r"\x41", r"\0", r"\1", r"\é", r"\.", r"\_", r"\u0041", "\\\\"),
)


@pytest.mark.parametrize("pattern", KNOWN)
def test_a_pattern_both_engines_know_passes(pattern: str) -> None:
    check_pattern(pattern)


@pytest.mark.parametrize("pattern", UNKNOWN)
def test_a_pattern_clickhouse_cannot_run_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="regular expression"):
        check_pattern(pattern)


@pytest.mark.filterwarnings("ignore:Possible")
def test_whatever_passes_runs_in_clickhouse(warehouse: Warehouse) -> None:
    random = Random(3)
    passing = list(KNOWN)
    while len(passing) < 2_000:
        pattern = "".join(random.choices(PIECES, k=random.randrange(1, 9)))
        try:
            check_pattern(pattern)
        except ValueError:
            continue
        passing.append(pattern)
    texts = (pattern.replace("\\", "\\\\").replace("'", "\\'") for pattern in passing)
    patterns = ", ".join(f"'{text}'" for text in texts)
    assert (
        warehouse.value(f"SELECT countIf(match('a', pattern) < 2) FROM (SELECT arrayJoin([{patterns}]) AS pattern)")
        == 2_000
    )
