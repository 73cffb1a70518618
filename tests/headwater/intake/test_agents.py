"""Browser and system families against the ua-parser project's own cases, devices against a list of ours."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from headwater.intake.agent import NO_AGENT, AgentReader


@pytest.fixture(scope="module")
def reader() -> AgentReader:
    return AgentReader()


def load_cases(path: Path) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)["test_cases"]
    return cases


def test_browser_families_are_those_of_the_shared_cases(
    reader: AgentReader, shared_data: Callable[[str], Path]
) -> None:
    cases = load_cases(shared_data("uap_core") / "tests" / "test_ua.yaml")
    wrong = []
    for case in cases:
        agent = reader.read(case["user_agent_string"])
        family = "" if case["family"] == "Other" else case["family"]
        if agent.browser != family:
            wrong.append((case["user_agent_string"], family, agent.browser))
    assert len(cases) > 1_000
    # The parser's tables are pinned with the package and may be a little older or newer than the cases.
    assert len(wrong) <= len(cases) // 100, wrong[:10]


def test_system_families_are_those_of_the_shared_cases(reader: AgentReader, shared_data: Callable[[str], Path]) -> None:
    cases = load_cases(shared_data("uap_core") / "tests" / "test_os.yaml")
    wrong = []
    for case in cases:
        agent = reader.read(case["user_agent_string"])
        family = "" if case["family"] == "Other" else case["family"]
        if agent.os != family:
            wrong.append((case["user_agent_string"], family, agent.os))
    assert len(cases) > 400
    assert len(wrong) <= len(cases) // 100, wrong[:10]


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36", "desktop"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.1 Safari/605.1.15",
            "desktop",
        ),
        ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36", "desktop"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148", "mobile"),
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/120.0.0.0 Mobile Safari/537.36", "mobile"),
        ("Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0", "mobile"),
        ("Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148", "tablet"),
        ("Mozilla/5.0 (Linux; Android 13; SM-X710) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36", "tablet"),
        (
            "Mozilla/5.0 (Linux; Android 11; KFTRWI) AppleWebKit/537.36 Silk/120.1 like Chrome/120.0",
            "tablet",
        ),
        ("Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/538.1 Version/6.0 TV Safari/538.1", "tv"),
        ("Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 Chrome/79.0 Safari/537.36", "tv"),
        ("Mozilla/5.0 (Linux; Android 9; AFTMM Build/PS7633) AppleWebKit/537.36 Mobile Safari/537.36", "tv"),
        ("Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15 Version/13.0 Safari/605.1.15", "console"),
        ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "bot"),
        ("curl/8.5.0", "bot"),
        ("Headwater-SDK/1.0", ""),
    ],
)
def test_the_kind_of_device_is_told(reader: AgentReader, user_agent: str, device: str) -> None:
    assert reader.read(user_agent).device_type == device


def test_versions_are_major_and_minor(reader: AgentReader) -> None:
    agent = reader.read("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.3.4.5 Safari/537.36")
    assert (agent.browser, agent.browser_version, agent.os, agent.os_version) == ("Chrome", "120.3", "Windows", "10")


def test_no_agent_tells_nothing(reader: AgentReader) -> None:
    assert reader.read("") == NO_AGENT
    assert reader.read("x" * 2_000).browser == ""
