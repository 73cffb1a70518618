"""The README's commands, as they are written."""

import os
import re
import subprocess
from collections.abc import Mapping

from tests.conftest import REPOSITORY


def readme_commands() -> list[str]:
    """Every command of the README's indented blocks, continued lines included, without its comment."""
    text = (REPOSITORY / "README.md").read_text()
    lines = re.findall(r"^ {4}(?=\S)((?:.*\\\n)*.*)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return [re.sub(r"\s{2,}# .*", "", line) for line in lines]


def run_as_written(command: str, environment: Mapping[str, str], replaced: Mapping[str, str]) -> str:
    """What a command prints and warns of, run by bash in the repository. Fails when the command does.

    ``replaced`` has what is another on this machine: a port, a file.
    """
    for text, other in replaced.items():
        command = command.replace(text, other)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=REPOSITORY,
        env={**environment, "PYTHONPATH": str(REPOSITORY), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr
