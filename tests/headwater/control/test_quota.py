"""Quotas of organizations: what is kept, replaced, dropped and refused."""

from collections.abc import Iterator

import msgspec
import pytest
from sqlalchemy.orm import Session

from headwater.contracts.definition import Quota
from headwater.control import (
    BrokenName,
    UnknownOrganization,
    drop_quota,
    ensure_site,
    list_quotas,
    open_control,
    save_quota,
)

CALLS = Quota("api.request", 100_000, period="day")


@pytest.fixture
def session() -> Iterator[Session]:
    with open_control("sqlite:///:memory:")() as session:
        ensure_site(session, "acme", "shop")
        ensure_site(session, "beta", "blog")
        yield session


def test_a_quota_replaces_the_one_that_had_its_id(session: Session) -> None:
    save_quota(session, "acme", "calls", CALLS)
    fewer = msgspec.structs.replace(CALLS, limit=5)
    save_quota(session, "acme", "calls", fewer, name="Calls")
    save_quota(session, "beta", "calls", CALLS)
    saved, of_beta = list_quotas(session)
    assert (saved.org_id, saved.id, saved.name) == ("acme", "calls", "Calls")
    assert msgspec.json.decode(saved.definition, type=Quota) == fewer
    assert msgspec.json.decode(of_beta.definition, type=Quota) == CALLS
    assert [quota.org_id for quota in list_quotas(session, "beta")] == ["beta"]


def test_a_quota_is_dropped_once_and_those_of_others_stay(session: Session) -> None:
    save_quota(session, "acme", "calls", CALLS)
    save_quota(session, "beta", "calls", CALLS)
    assert drop_quota(session, "acme", "calls")
    assert not drop_quota(session, "acme", "calls")
    assert [quota.org_id for quota in list_quotas(session)] == ["beta"]


def test_a_quota_belongs_to_an_organization_that_exists(session: Session) -> None:
    with pytest.raises(UnknownOrganization, match=r"no organization 'gamma'.*--org gamma"):
        save_quota(session, "gamma", "calls", CALLS)


def test_what_cannot_be_a_quota_is_not_kept(session: Session) -> None:
    with pytest.raises(BrokenName, match="id of a quota"):
        save_quota(session, "acme", "API calls", CALLS)
    with pytest.raises(msgspec.ValidationError, match="limit"):
        save_quota(session, "acme", "calls", Quota("api.request", 0))
    assert not list_quotas(session)
