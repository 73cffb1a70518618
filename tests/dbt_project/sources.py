"""Where sessions came from, by a table of rules and the list of known sources. Written from the rules, not the SQL."""

import re
from typing import Any
from urllib.parse import urlsplit

from tests.dbt_project import journeys
from tests.dbt_project.journeys import Session

CLICKS = {
    "gclid": ("google", "cpc", "search"),
    "msclkid": ("bing", "cpc", "search"),
    "fbclid": ("facebook", "referral", "social"),
}


def describe(session: Session, known: dict[str, dict[str, str]]) -> dict[str, Any]:
    """A session's channel, source, medium and campaign."""
    first = session.first
    parts = urlsplit(first.referrer)
    host = (parts.hostname or "").removeprefix("www.")
    host = "" if host == "shop.example" else host
    referrer = classify(host, parts.path, known) if host else {}
    is_tagged = bool(first.utm_source or first.utm_medium or first.utm_campaign)
    if first.utm_source:
        source = first.utm_source.lower()
        category = classify(source, "", known).get("category", "")
    elif first.click_id:
        source, _, category = CLICKS[first.click_id]
    else:
        category = referrer.get("category", "")
        source = referrer.get("source", "") or host or ("(not set)" if is_tagged else "(direct)")
    if first.utm_medium:
        medium = first.utm_medium.lower()
    elif first.click_id:
        medium = CLICKS[first.click_id][1]
    elif is_tagged:
        medium = "(not set)"
    else:
        medium = "(none)" if not host else "organic" if category == "search" else "referral"
    entry_path = session.page_views[0].path if session.page_views else ""
    channel = decide(source, medium, first.utm_campaign.lower(), category)
    if int(first.site_id.removeprefix("walk-")) % 2 == 0:
        if "partner" in host and entry_path == "/pricing":
            channel = "Partners"
        elif source in ("grok", "chatgpt"):
            channel = "Agents"
    return {
        "site_id": first.site_id,
        "visitor_id": first.visitor_id,
        "is_bot": first.is_bot,
        "started_at": journeys.moment(first.occurred_ms),
        "channel": channel,
        "source": source,
        "medium": medium,
        "campaign": first.utm_campaign,
    }


def classify(host: str, path: str, known: dict[str, dict[str, str]]) -> dict[str, str]:
    parts = path.split("/")
    if len(parts) >= 3 and (found := known.get("/".join([host, *parts[1:3]]))):
        return found
    if found := known.get(host):
        return found
    for ending in (".co.uk", ".com", ".de"):
        if host.endswith(ending) and (found := known.get(host.removesuffix(ending) + ".*")):
            return found
    while "." in host:
        host = host.partition(".")[2]
        if (found := known.get(host)) and found["matches_subdomains"] == "true":
            return found
    return {}


def decide(source: str, medium: str, campaign: str, category: str) -> str:
    """The channel by Google's table: the first line of it that holds."""
    is_paid = bool(re.fullmatch(r".*cp.*|ppc|retargeting|paid.*", medium))
    is_shopping = category == "shopping" or bool(re.search(r"([^a-df-z]|^)shop|shopping", campaign))
    table = (
        ("Direct", source == "(direct)" and medium == "(none)"),
        ("Paid Shopping", is_paid and is_shopping),
        ("Paid Search", is_paid and category == "search"),
        ("Paid Social", is_paid and category == "social"),
        ("Paid Other", is_paid),
        ("Organic Shopping", is_shopping),
        ("Organic Social", category == "social"),
        ("AI Assistants", category == "ai"),
        ("Organic Search", category == "search"),
        ("Email", category == "email" or medium == "email"),
        ("Referral", medium == "referral"),
    )
    return next((channel for channel, holds in table if holds), "Unassigned")
