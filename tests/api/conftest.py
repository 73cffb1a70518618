"""One running API per test worker. Tests share its site; those that stop it or fill it start their own."""

from collections.abc import Iterator

import httpx
import pytest

from tests.api.collector_process import CollectorProcess, running_collector


@pytest.fixture(scope="session")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CollectorProcess]:
    with running_collector(tmp_path_factory.mktemp("collector"), HEADWATER_API_TRUSTED_PROXIES="127.0.0.1") as running:
        yield running


@pytest.fixture
def client(collector: CollectorProcess) -> Iterator[httpx.Client]:
    """A client with a key of all scopes."""
    with collector.client() as ready:
        yield ready
