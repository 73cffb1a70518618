"""Great Expectations on two tables: what must hold of every row, whatever the models do.

The checks run in ClickHouse, over SQLAlchemy. Importing great_expectations takes about ten seconds, so it is imported
when a suite runs and never before.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from headwater.contracts import limits
from headwater.settings import HomeSettings, WarehouseSettings


@dataclass(frozen=True, slots=True)
class Suite:
    """Expectations of one table. ``build`` gets the module `great_expectations.expectations`."""

    database: str
    table: str
    build: Callable[[Any], list[Any]]


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """``failures`` has a line for each expectation that is not met; ``docs`` is the page to look at."""

    evaluated: int
    failures: tuple[str, ...]
    docs: Path

    @property
    def passed(self) -> bool:
        return not self.failures


def _expect_of_events(gxe: Any) -> list[Any]:
    return [
        *(gxe.ExpectColumnValuesToNotBeInSet(column=name, value_set=[""]) for name in ("org_id", "site_id", "event")),
        # The length expectation compiles to `length`, which counts bytes; the contract counts characters.
        gxe.UnexpectedRowsExpectation(
            description=f"an event's name has 1 to {limits.NAME_LENGTH} characters",
            unexpected_rows_query=(
                f"SELECT id FROM {{batch}} WHERE lengthUTF8(event) NOT BETWEEN 1 AND {limits.NAME_LENGTH}"
            ),
        ),
        gxe.ExpectColumnValueLengthsToBeBetween(column="properties", max_value=limits.PROPERTIES_BYTES),
        gxe.ExpectColumnValuesToBeBetween(column="schema_version", min_value=1),
        gxe.UnexpectedRowsExpectation(
            description="no event happened more than a day after it was received",
            unexpected_rows_query="SELECT id FROM {batch} WHERE occurred_at > received_at + INTERVAL 1 DAY",
        ),
        gxe.UnexpectedRowsExpectation(
            description="nothing was loaded an hour before it was received",
            unexpected_rows_query="SELECT id FROM {batch} WHERE loaded_at < received_at - INTERVAL 1 HOUR",
        ),
    ]


def _expect_of_site_days(gxe: Any) -> list[Any]:
    return [
        gxe.ExpectCompoundColumnsToBeUnique(column_list=["org_id", "site_id", "day"]),
        gxe.ExpectColumnValuesToNotBeInSet(column="timezone", value_set=[""]),
        gxe.ExpectColumnValuesToBeBetween(column="bounce_rate", min_value=0, max_value=1),
        gxe.ExpectColumnValuesToBeBetween(column="total_duration_seconds", min_value=0),
        *(
            gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A=whole, column_B=part, or_equal=True)
            for whole, part in (
                ("events", "page_views"),
                ("events", "visitors"),
                ("sessions", "bounces"),
                ("sessions", "engaged_sessions"),
                ("bot_events", "bot_page_views"),
            )
        ),
    ]


EVENTS = Suite("raw_events", "events", _expect_of_events)
SITE_DAYS = Suite("marts", "rpt_site_daily", _expect_of_site_days)


def run_suite(suite: Suite, home: HomeSettings, warehouse: WarehouseSettings) -> SuiteResult:
    """Hold the table against its expectations; write the result as a page below ``<home>/data_docs``.

    Raises what SQLAlchemy raises when the warehouse is away or the table is not there.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations import expectations as gxe
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    name = f"{suite.database}.{suite.table}"
    docs = home.home / "data_docs" / name
    # Nothing but the page is kept: a context on disk would hold the connection string, password and all.
    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
            data_docs_sites={name: _docs_site(docs)},
            progress_bars=ProgressBarsConfig(globally=False),
            analytics_enabled=False,
        ),
    )
    source = context.data_sources.add_sql(name, connection_string=_sqlalchemy_url(warehouse, suite.database))
    batch = source.add_table_asset(name, table_name=suite.table).add_batch_definition_whole_table("all")
    expectations = context.suites.add(gx.ExpectationSuite(name, expectations=suite.build(gxe)))
    definition = context.validation_definitions.add(gx.ValidationDefinition(name=name, data=batch, suite=expectations))
    result = definition.run()
    # Each run has a page of its own: the last is the one to look at.
    shutil.rmtree(docs, ignore_errors=True)
    context.build_data_docs()
    return SuiteResult(
        evaluated=len(result.results),
        failures=tuple(_explain(one) for one in result.results if not one.success),
        docs=docs / "index.html",
    )


def _sqlalchemy_url(warehouse: WarehouseSettings, database: str) -> str:
    parts = urlsplit(warehouse.address)
    port, options = (8443, "?secure=true") if parts.scheme == "https" else (8123, "")
    user, password = quote(warehouse.user, safe=""), quote(warehouse.password.get_secret_value(), safe="")
    return f"clickhousedb://{user}:{password}@{parts.hostname}:{parts.port or port}/{database}{options}"


def _docs_site(folder: Path) -> Any:
    return {
        "class_name": "SiteBuilder",
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
    }


def _explain(result: Any) -> str:
    config = result.expectation_config
    told = {key: value for key, value in config.kwargs.items() if key not in {"batch_id", "unexpected_rows_query"}}
    what = config.description or f"{config.type}({', '.join(f'{key}={value}' for key, value in told.items())})"
    error = next((one["exception_message"] for one in _exceptions(result) if one.get("exception_message")), None)
    if error:
        return f"{what}: could not be evaluated: {error.splitlines()[0]}"
    return f"{what}: not so in {result.result.get('unexpected_count', result.result.get('observed_value'))} rows"


def _exceptions(result: Any) -> list[dict[str, Any]]:
    info = result.exception_info or {}
    return [info] if "raised_exception" in info else [one for one in info.values() if isinstance(one, dict)]
