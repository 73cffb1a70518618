"""Quotas of the organizations that are made for tests: their limits lie among what those use."""

from typing import Any

from headwater.contracts.definition import Quota
from tests.dbt_project.journeys import clock, encode

QUOTAS = {
    "views-a-day": Quota("page_view", 3, period="day"),
    "views-a-month": Quota("page_view", 20, warn_at_percent=50),
    "clicks": Quota("click", 2, measure="quantity", warn_at_percent=100),
    "purchases": Quota("purchase", 1, measure="quantity", period="day"),
    "exports": Quota("export", 5),
}
"""Nobody exports anything."""


def quota_rows(org_id: str, quotas: dict[str, Quota]) -> list[dict[str, Any]]:
    """Rows of ``raw_control.quotas``."""
    return [
        {"id": name, "org_id": org_id, "name": name, "definition": encode(quota), "created_at": clock(0)}
        for name, quota in quotas.items()
    ]
