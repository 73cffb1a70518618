"""`headwater definitions`: what docs/definitions.md shows is saved, listed, shown, dropped and brought back."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.commands.definitions import command
from cli.services import PROJECT
from headwater.control import KINDS, ensure_site, open_control
from headwater.settings import ControlSettings, HomeSettings

PAGE = (PROJECT / "docs" / "definitions.md").read_text()
EXAMPLES: list[tuple[str, str]] = re.findall(r"```json ([a-z-]+)\n(.+?)```", PAGE, re.DOTALL)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home that has a site."""
    monkeypatch.setenv("HEADWATER_HOME", str(tmp_path))
    monkeypatch.delenv("HEADWATER_CONTROL_URL", raising=False)
    with open_control(ControlSettings().database_url(HomeSettings())).begin() as session:
        ensure_site(session, "default", "shop")
    return tmp_path


def definitions(*arguments: str, said: str | bytes = "") -> Result:
    return CliRunner().invoke(command, arguments, input=said)


def of_whom(kind: str) -> tuple[str, str]:
    return ("--org", "default") if kind == "quota" else ("--site", "shop")


def save(kind: str, text: str | bytes, *options: str) -> Result:
    return definitions("save", kind, "mine", *of_whom(kind), *options, said=text)


def holds(whole: Any, part: Any) -> bool:
    """Whether a definition says what another does; it may say more, for defaults are written out."""
    if isinstance(part, dict):
        return all(holds(whole[key], value) for key, value in part.items())
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(holds, whole, part))
    return bool(whole == part)


def test_the_page_has_an_example_of_every_kind() -> None:
    assert {kind for kind, _ in EXAMPLES} == {*KINDS, "quota"}


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(("kind", "text"), EXAMPLES)
def test_an_example_is_saved_listed_shown_dropped_and_brought_back(kind: str, text: str) -> None:
    owner = of_whom(kind)
    is_saved = f"{kind} mine of {owner[1]} is saved; the next build counts by it\n"
    assert save(kind, text, "--name", "My own").stdout == is_saved
    assert definitions("list").stdout == f"{owner[1]}  {kind}  mine  My own\n"
    assert definitions("list", "--site", "other").stdout == ""
    shown = definitions("show", kind, "mine", *owner).stdout
    assert holds(json.loads(shown), json.loads(text))

    assert save(kind, shown).stdout == f"{kind} mine of {owner[1]} is as it was\n"
    dropped = definitions("drop", kind, "mine", *owner)
    assert (dropped.exit_code, dropped.stdout) == (0, shown)
    assert definitions("list").stdout == ""
    assert save(kind, dropped.stdout).stdout == is_saved


def test_a_definition_is_changed_from_a_file_and_keeps_its_name(home: Path) -> None:
    save("cohort", "{}", "--name", "Everybody")
    file = home / "cohort.json"
    file.write_text('{"start_event": "signup"}')
    changed = definitions("save", "cohort", "mine", str(file), "--site", "shop")
    assert changed.stdout == "cohort mine of shop is changed; the next build counts by it\n"
    assert definitions("list").stdout == "shop  cohort  mine  Everybody\n"


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        ("goal", '{"kind": "event", "mach": {}}', "unknown field `mach`"),
        ("goal", '{"kind": "visit"}', "Invalid enum value 'visit'"),
        ("goal", "{", "truncated"),
        ("segment", '{"rules": []}', "a segment of 0 rules is none"),
        ("quota", '{"metric": "export", "limit": 0}', ">= 1"),
        ("goal", b'{"kind": "\xff"}', "utf-8"),
        ("funnel", '{"steps": []}', "length >= 2"),
        ("channel-rule", '{"channel": "X", "conditions": [{"field": "path", "operator": "equals", "value": ""}]}',
         "a session has no field 'path'"),
    ],
)  # fmt: skip
def test_what_is_no_definition_is_refused_with_its_reason(kind: str, text: str | bytes, reason: str) -> None:
    refusal = str(save(kind, text).exception)
    assert reason in refusal
    assert refusal.endswith("; docs/definitions.md has an example")
    assert definitions("list").stdout == ""


@pytest.mark.usefixtures("home")
def test_what_is_not_there_is_named_with_what_to_do() -> None:
    for action in ("show", "drop"):
        missing = definitions(action, "goal", "mine", "--site", "shop")
        assert missing.stdout == ""
        assert "`headwater definitions list`" in str(missing.exception)
    elsewhere = definitions("save", "cohort", "mine", "--site", "nowhere", said="{}")
    assert "`headwater keys create --site nowhere`" in str(elsewhere.exception)
    broken = definitions("save", "cohort", "My Own", "--site", "shop", said="{}")
    assert "cannot be the id of a definition" in str(broken.exception)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (("goal", "mine"), "say with --site which site's goal it is"),
        (("goal", "mine", "--org", "default", "--site", "shop"), "use --site instead of --org"),
        (("quota", "mine", "--site", "shop"), "use --org instead of --site"),
        (("quota", "mine", "--org", "nobody"), "`headwater keys create --org nobody --site …` makes it"),
    ],
)
def test_whose_it_is_must_be_said(arguments: tuple[str, ...], advice: str) -> None:
    refused = definitions("save", *arguments, said='{"metric": "export", "limit": 5}')
    assert advice in refused.stderr + str(refused.exception)
    assert refused.exit_code != 0


def test_a_refusal_is_one_line_at_the_command_line(home: Path) -> None:
    arguments = ("definitions", "save", "goal", "mine", "--site", "shop")
    environment = os.environ | {"HEADWATER_HOME": str(home)}
    refused = subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        env=environment, input="{", capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("headwater: this is no goal: ")
    assert refused.stderr.count("\n") == 1
