"""What can be wrong with a question for a metric."""

from api.errors import BrokenRequest, NotFound, Unavailable


class UnknownMetric(NotFound):
    status, code, summary = 404, "unknown_metric", "There is no such metric."
    hint = "GET /api/v1/metrics lists them."


class UnknownGroup(BrokenRequest):
    status, code, summary = 422, "unknown_group", "The metric cannot be grouped by that."
    hint = "GET /api/v1/metrics says what each metric can be grouped by."


class BrokenWindow(BrokenRequest):
    status, code, summary = 422, "broken_window", "`end` must be a day after `start`, at most ten years later."
    hint = "`end` is the day after the last one: start=2026-01-01&end=2026-02-01 is January."


class WarehouseUnavailable(Unavailable):
    status, code, summary = 503, "warehouse_away", "ClickHouse does not answer."
    hint = "Ask again after as many seconds as Retry-After says; `headwater doctor` says what is missing."


class ModelsMissing(Unavailable):
    status, code, summary = 503, "models_missing", "The models were not built yet."
    hint = "`headwater run` builds them; `headwater up` does so every 15 minutes."
