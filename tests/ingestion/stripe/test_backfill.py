"""The first load: all of it, exactly, whatever page it was on; and only of the mode and account it is of."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from headwater.contracts.stripe import OBJECTS
from headwater.settings import HomeSettings
from headwater.warehouse.client import Warehouse
from ingestion.stripe.load import load_stripe
from ingestion.stripe.progress import Progress
from simulator.stripe.listing import list_objects
from tests.ingestion.stripe.business import fill
from tests.ingestion.stripe.conftest import ConnectedSite, connect
from tests.served_stripe import RESTRICTED, Served


def flat(kind: Any, loaded: dict[str, Any]) -> Any:
    """A loaded object with its nested lists as plain ones; they must say that nothing is missing."""
    lists = {name: loaded[name] for name in kind.nested if name in loaded}
    assert not any(nested["has_more"] for nested in lists.values())
    return loaded | {name: nested["data"] for name, nested in lists.items()}


def assert_loaded(site: ConnectedSite) -> None:
    """The raw tables say what the account holds, of every kind, to the last member."""
    for kind in OBJECTS:
        loaded = {id_: flat(kind, found) for id_, (gone, found) in site.state(kind.kind).items() if not gone}
        assert loaded == {id_: flat(kind, held) for id_, held in site.account.of(kind.kind).items()}, kind.kind
    paid_out = site.warehouse.query(
        "SELECT DISTINCT payout_id, balance_transaction_id FROM raw_stripe.payout_transactions"
        " WHERE site_id = {site:String}",
        {"site": site.site_id},
    )[1]
    expected = {(payout, txn) for payout, txns in site.account.paid_out.items() for txn in txns}
    assert {tuple(row) for row in paid_out} == expected


def test_everything_is_loaded_to_the_last_line_of_an_invoice(site: ConnectedSite) -> None:
    fill(site.account, 120)
    report = site.load()
    assert_loaded(site)
    assert site.count("events") == len(list_objects(site.account, "events", {}))
    assert report.rows["invoices"] == 120
    assert report.requests == len(site.served.requests)


def test_objects_are_asked_for_at_one_version_with_what_the_models_need(site: ConnectedSite) -> None:
    fill(site.account, 1)
    site.load()
    asked = [request for request in site.served.requests if "/v1/subscriptions?" in request]
    assert any("status=all" in request for request in asked)
    assert any("expand%5B0%5D=data.discounts" in request for request in asked)
    prices = [parse_qsl(urlsplit(one.split()[1]).query) for one in site.served.requests if "/v1/prices?" in one]
    assert {value for name, value in prices[0] if name.startswith("expand")} == {"data.tiers", "data.currency_options"}


def test_no_list_is_asked_to_expand_deeper_than_stripe_does() -> None:
    for kind in OBJECTS:
        for member in kind.expand:
            assert len(f"data.{member}".split(".")) <= 4, (kind.kind, member)
    of_discounts = {member for kind in OBJECTS for member in kind.expand if member.endswith("source.coupon")}
    assert of_discounts == {"discounts.source.coupon", "discount.source.coupon"}


def test_an_empty_account_is_loaded_and_stays_followed(site: ConnectedSite) -> None:
    site.load()
    fill(site.account, 2)
    site.load()
    assert_loaded(site)


def test_progress_tells_how_far_back_a_list_is_read(site: ConnectedSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_STRIPE_PAGE_SIZE", "10")
    monkeypatch.setenv("HEADWATER_STRIPE_WINDOW_PAGES", "1")
    fill(site.account, 30)
    told: list[Progress] = []
    load_stripe(site.site_id, tell=told.append)
    charges = [progress for progress in told if progress.table == "charges"]
    assert [progress.rows for progress in charges] == [10, 20, 30]
    first, second, last = (progress.reached for progress in charges)
    assert first
    assert second
    assert first > second
    assert last is None


def test_a_key_that_is_wrong_is_said_with_what_to_do(
    site: ConnectedSite, home: HomeSettings, warehouse: Warehouse
) -> None:
    site = connect(site.served, home, warehouse, "rk_test_another")
    report = load_stripe(site.site_id)
    assert "headwater stripe connect" in report.failures[site.site_id]
    assert site.count("charges") == 0


def test_a_right_that_the_key_lacks_is_said_with_its_path(site: ConnectedSite) -> None:
    fill(site.account, 3)
    site.break_down(403, target="GET /v1/disputes")
    report = load_stripe(site.site_id)
    assert "/v1/disputes" in report.failures[site.site_id]
    assert "docs/stripe.md" in report.failures[site.site_id]
    site.mend()
    site.load()
    assert_loaded(site)


def test_objects_of_the_other_mode_are_never_taken(site: ConnectedSite) -> None:
    site.account.put("customer", "cus_live", livemode=True)
    report = load_stripe(site.site_id)
    assert "test and live are never mixed" in report.failures[site.site_id]
    assert site.count("customers") == 0


def test_a_site_that_is_connected_again_is_loaded_again(site: ConnectedSite, home: HomeSettings) -> None:
    from headwater.control import SecretBox, open_control, save_stripe_connection
    from headwater.settings import ControlSettings, SecretSettings

    fill(site.account, 2)
    site.load()
    with open_control(ControlSettings().database_url(home)).begin() as session:
        save_stripe_connection(session, SecretBox(SecretSettings()), site.site_id, RESTRICTED)
    assert site.load().rows["charges"] == 2
    assert_loaded(site)


def test_without_a_connection_there_is_nothing_to_do(home: HomeSettings, served: Served) -> None:
    assert load_stripe().sites == 0
    assert served.requests == []
