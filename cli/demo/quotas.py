"""The demo's quotas of one organization: one is kept, one is nearly used up, and one is exceeded."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from headwater.contracts.definition import Quota
from headwater.warehouse.client import Warehouse

if TYPE_CHECKING:
    from simulator import Simulation

ORG = "lumen"
_QUOTAS = (
    (40, Quota("api.request", 1, period="day")),
    (90, Quota("usage.exports", 1, measure="quantity")),
    (140, Quota("usage.api_calls", 1, measure="quantity")),
)
"""Each with the percent of its limit that its fullest period uses: at any scale the limits suit what is simulated."""

STATUSES = """
    SELECT quota_id, period_start, used, toString(status) AS status, exceeded_on
    FROM marts.rpt_quota_status WHERE org_id = {org:String}
"""
FULLEST = """
    SELECT quota_id AS quota, any(limit) AS limit, toInt64(argMax(quotas.used, share_used)) AS used,
           toString(round(100 * max(share_used))) || ' %' AS share,
           toString(argMax(quotas.status, share_used)) AS status,
           ifNull(toString(argMax(tuple(quotas.exceeded_on), share_used).1), 'never') AS exceeded_on
    FROM marts.rpt_quota_status AS quotas WHERE org_id = {org:String} GROUP BY quota ORDER BY max(share_used), quota
"""


def choose_quotas(simulation: "Simulation") -> dict[str, Quota]:
    """The organization's quotas by id."""
    return dict(_choose(simulation))


def _choose(simulation: "Simulation") -> Iterator[tuple[str, Quota]]:
    from msgspec.structs import replace

    for percent, quota in _QUOTAS:
        fullest = max((sum(days.values()) for days in _add_up(simulation, quota).values()), default=0)
        quota_id = f"{quota.metric.rpartition('.')[2]}-a-{quota.period}"
        yield quota_id.replace("_", "-"), replace(quota, limit=max(1, -(-fullest * 100 // percent)))


def _add_up(simulation: "Simulation", quota: Quota) -> dict[date, dict[date, int]]:
    """What is simulated of a quota's metric, by the first day of each period and by day."""
    periods: defaultdict[date, dict[date, int]] = defaultdict(dict)
    for (org_id, day, metric), usage in sorted(simulation.truth.usage.items()):
        if (org_id, metric) == (ORG, quota.metric):
            used = usage.events if quota.measure == "events" else usage.quantity
            periods[day if quota.period == "day" else day.replace(day=1)][day] = used
    return periods


def compare_quotas(warehouse: Warehouse, simulation: "Simulation") -> Iterator[tuple[bool, str]]:
    """One comparison per quota, of what was used in each period, what that makes it, and since when."""
    found: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for quota_id, *row in warehouse.query(STATUSES, {"org": ORG})[1]:
        found[quota_id].append(tuple(row))
    for quota_id, quota in choose_quotas(simulation).items():
        expected = [(start, *_judge(quota, days)) for start, days in _add_up(simulation, quota).items()]
        rows = sorted(found[quota_id])
        yield rows == sorted(expected), f"quota {quota_id}: {rows}, simulated {expected}"


def _judge(quota: Quota, days: dict[date, int]) -> tuple[int, str, date | None]:
    sums = dict(zip(days, accumulate(days.values()), strict=True))
    used = sum(days.values())
    is_near = used * 100 >= quota.limit * quota.warn_at_percent
    status = "exceeded" if used > quota.limit else "near" if is_near else "within"
    return used, status, next((day for day, running in sums.items() if running > quota.limit), None)


def fullest_periods(warehouse: Warehouse) -> list[dict[str, Any]]:
    """One row per quota, about its fullest period."""
    return warehouse.rows(FULLEST, {"org": ORG})
