"""What a user agent tells: browser, system, kind of device, and whether it is a crawler."""

import re
from typing import NamedTuple

_VERSION_PARTS = 2


class Agent(NamedTuple):
    """What a user agent tells. Texts are empty when it tells nothing."""

    browser: str = ""
    """Family, as in `Chrome Mobile`."""
    browser_version: str = ""
    """Major and minor, as in `120.0`."""
    os: str = ""
    os_version: str = ""
    device_type: str = ""
    """`desktop`, `mobile`, `tablet`, `tv`, `console`, `wearable`, `bot` or empty."""
    is_bot: bool = False


NO_AGENT = Agent()

_DEVICES = (
    (
        "tv",
        re.compile(
            r"smart-?tv|smart_tv|\btv\b|appletv|apple tv|googletv|android tv|hbbtv|netcast|web0s|webos\.tv|bravia|"
            r"roku|crkey|aquos|viera|\baft[a-z]{1,4}\b|tizen.*\btv|philipstv|\bstb\b|mitv|shield android",
            re.IGNORECASE,
        ),
    ),
    ("console", re.compile(r"xbox|playstation|nintendo", re.IGNORECASE)),
    ("wearable", re.compile(r"watch ?os|applewatch|\bwatch\d|wear os|\bSM-R\d{3}", re.IGNORECASE)),
    (
        "tablet",
        re.compile(
            r"ipad|tablet(?! pc)|playbook|kindle|\bsilk/(?!.*mobile)|android(?!.*mobile)(?!.*opera mini)|"
            r"\bSM-[TX]\d{3}|nexus (?:7|9|10)\b|touchpad",
            re.IGNORECASE,
        ),
    ),
    (
        "mobile",
        re.compile(
            r"iphone|ipod|android|mobile|windows phone|iemobile|blackberry|\bbb10\b|opera mini|opera mobi|kaios|"
            r"symbian|series ?[46]0|j2me|midp|webos|bada/|maemo|fennec|palm",
            re.IGNORECASE,
        ),
    ),
    ("desktop", re.compile(r"windows|macintosh|mac os|mac_powerpc|x11|linux|cros|bsd|sunos|ubuntu", re.IGNORECASE)),
)
"""Tried in this order: an Android television also says Android, a tablet may also say Mobile."""


class AgentReader:
    """Reads user agents. Costs about 150 µs for each one; remember the result."""

    def __init__(self) -> None:
        """Load the tables of browsers and crawlers; takes about 0.2 s."""
        import crawleruseragents
        from ua_parser import BestAvailableResolver, Domain, load_lazy_builtins

        self._resolve = BestAvailableResolver(load_lazy_builtins())
        self._domains = Domain.USER_AGENT | Domain.OS
        self._is_crawler = crawleruseragents.is_crawler
        self.read("Mozilla/5.0")

    def read(self, user_agent: str) -> Agent:
        """What the text tells; `NO_AGENT` when it is empty."""
        if not user_agent:
            return NO_AGENT
        parsed = self._resolve(user_agent, self._domains)
        browser, system = parsed.user_agent, parsed.os
        is_bot = bool(self._is_crawler(user_agent))
        return Agent(
            browser=browser.family if browser else "",
            browser_version=_join(browser.major, browser.minor) if browser else "",
            os=system.family if system else "",
            os_version=_join(system.major, system.minor) if system else "",
            device_type="bot" if is_bot else _find_device(user_agent),
            is_bot=is_bot,
        )


def _join(*parts: str | None) -> str:
    known: list[str] = []
    for part in parts[:_VERSION_PARTS]:
        if not part:
            break
        known.append(part)
    return ".".join(known)


def _find_device(user_agent: str) -> str:
    return next((device for device, pattern in _DEVICES if pattern.search(user_agent)), "")
