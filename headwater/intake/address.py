"""Taking addresses out of what was refused: a refused body is kept, the address of who sent it is not."""

import re
from ipaddress import ip_address

_FIELD = re.compile(
    r'("(?:ip|ip_?addr(?:ess)?|(?:client|remote|user)_?(?:ip|addr(?:ess)?)|x-(?:forwarded-for|real-ip))"\s*:\s*)'
    r'(?:"(?:[^"\\]|\\.)*"?|[^\s,}\[{"\]]+)',
    re.IGNORECASE | re.DOTALL,
)
_V4 = re.compile(r"(?<![\w./-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\w)")
_V6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:[0-9A-Fa-f]{1,4}|(?:\d{1,3}\.){3}\d{1,3})?(?![\w:])")


def without_addresses(text: str, sender_ip: str) -> str:
    """The text without the sender's address and without anything else that is one.

    A number such as the one in `Chrome/120.0.0.0`, which a slash precedes, stays.
    """
    if sender_ip:
        text = text.replace(sender_ip, "")
    text = _FIELD.sub(r'\1""', text)
    return _V4.sub(_drop_address, _V6.sub(_drop_address, text))


def _drop_address(found: re.Match[str]) -> str:
    try:
        ip_address(found[0])
    except ValueError:
        return found[0]
    return ""
