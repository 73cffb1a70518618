"""Sessions three ways: the model's own, the same by window functions, and the least that any way must read."""

_KEYS = "org_id, site_id, visitor_id, is_bot"
_OF_FIRST = (
    *("referrer", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "gclid", "browser"),
    *("browser_version", "os", "os_version", "device_type", "language", "timezone", "country", "region", "city"),
)
_NUMBERS_OF_FIRST = ("screen_width", "screen_height")
_OTHER_CLICK_IDS = ("gbraid", "wbraid", "dclid", "fbclid", "msclkid", "ttclid", "twclid", "li_fat_id")
_ORDER = "(occurred_at, UUIDToNum(id))"
_SESSION = (
    "org_id, site_id, visitor_id, is_bot, started_at, ended_at, duration_seconds, events, page_views, entry_path,"
    " exit_path, user_id, referrer, utm_source, utm_medium, utm_campaign, utm_term, utm_content, browser,"
    " browser_version, os, os_version, device_type, language, timezone, country, region, city,"
    " screen_width, screen_height"
)

_ONE_SITE = "site_id = 'site-0'"
"""A fifth of the events: window functions over all of 10 M take minutes."""

BY_ARRAYS = f"SELECT {_SESSION} FROM intermediate.int_sessions_delimited WHERE {_ONE_SITE}"

BARE = f"""
SELECT sum(sipHash64(*)) FROM (
    SELECT {_KEYS}, count() AS events, any(occurred_at), any(id), any(event), any(path), any(user_id),
        any(collector_id), any(sequence),
        {", ".join(f"any({name})" for name in (*_OF_FIRST, *_NUMBERS_OF_FIRST, *_OTHER_CLICK_IDS))}
    FROM staging.stg_events__events WHERE visitor_id != '' GROUP BY {_KEYS}
)
"""

BY_WINDOWS = f"""
WITH followed AS (
    SELECT {_KEYS}, id, occurred_at, event, path, user_id, {", ".join((*_OF_FIRST, *_NUMBERS_OF_FIRST))},
        dateDiff('millisecond', lagInFrame(occurred_at, 1, toDateTime64(0, 3, 'UTC')) OVER visit, occurred_at) > 1800000
            AS is_start
    FROM staging.stg_events__events
    WHERE visitor_id != '' AND {_ONE_SITE}
    WINDOW visit AS (
        PARTITION BY {_KEYS} ORDER BY occurred_at, UUIDToNum(id) ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
),
numbered AS (
    SELECT *, sum(is_start) OVER (
        PARTITION BY {_KEYS} ORDER BY occurred_at, UUIDToNum(id) ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS number
    FROM followed
)
SELECT
    {_KEYS},
    min(occurred_at) AS started_at,
    max(occurred_at) AS ended_at,
    toDecimal64(dateDiff('millisecond', started_at, ended_at), 3) / 1000 AS duration_seconds,
    toUInt32(count()) AS events,
    toUInt32(countIf(event = 'page_view')) AS page_views,
    argMinIf(path, {_ORDER}, event = 'page_view') AS entry_path,
    argMaxIf(path, {_ORDER}, event = 'page_view') AS exit_path,
    argMaxIf(user_id, {_ORDER}, user_id != '') AS user_id,
    {", ".join(f"toString(argMin({name}, {_ORDER})) AS {name}" for name in _OF_FIRST if name != "gclid")},
    {", ".join(f"argMin({name}, {_ORDER}) AS {name}" for name in _NUMBERS_OF_FIRST)}
FROM numbered
GROUP BY {_KEYS}, number
"""


def hash_of(statement: str) -> str:
    """Statement that returns one number for all rows of another, whatever their order."""
    return f"SELECT sum(sipHash64(*)) FROM (SELECT {_SESSION} FROM ({statement}))"
