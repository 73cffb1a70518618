"""docs/stripe.md names what there is: settings, commands, addresses, the pinned version."""

import re

import click

from api.webhooks.router import router
from cli.commands.import_ import command as import_
from cli.commands.stripe import command as stripe
from headwater.contracts.stripe import API_VERSION, EVENTS_RETAINED_DAYS, FEED, OBJECTS, RELATED
from headwater.settings import ALL_SETTINGS
from orchestration.defs.ingestion.stripe import poll_stripe, polled_in_time
from tests.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs" / "stripe.md").read_text()

RIGHTS = {
    "/v1/balance_transactions": {"Balance", "Balance transaction sources"},
    "/v1/charges": {"Charges and Refunds"},
    "/v1/checkout/sessions": {"Checkout Sessions"},
    "/v1/coupons": {"Coupons"},
    "/v1/credit_notes": {"Credit notes"},
    "/v1/customers": {"Customers"},
    "/v1/disputes": {"Disputes"},
    "/v1/events": {"Events"},
    "/v1/invoices": {"Invoices"},
    "/v1/payment_intents": {"PaymentIntents"},
    "/v1/payouts": {"Payouts"},
    "/v1/prices": {"Prices"},
    "/v1/products": {"Products"},
    "/v1/refunds": {"Charges and Refunds"},
    "/v1/subscription_schedules": {"Subscriptions"},
    "/v1/subscriptions": {"Subscriptions"},
}
"""The rights, as the dashboard names them, that reading an address takes."""

TOLD_AS = {
    "subscription": "customer.subscription.updated",
    "discount": "customer.discount.created",
    "dispute": "charge.dispute.created",
}
"""Types of events about objects whose kind is not what the type begins with."""


def test_every_setting_of_the_page_is_one() -> None:
    known = {
        f"{settings.model_config['env_prefix']}{name}".upper()
        for settings in ALL_SETTINGS
        for name in settings.model_fields
    }
    assert set(re.findall(r"HEADWATER_[A-Z_]+", PAGE)) <= known


def test_every_command_of_the_page_is_one() -> None:
    assert isinstance(stripe, click.Group)
    assert isinstance(import_, click.Group)
    named = set(re.findall(r"headwater (stripe|import) ([a-z-]+)", PAGE))
    assert named <= {("stripe", name) for name in stripe.commands} | {("import", name) for name in import_.commands}
    assert {name for group, name in named if group == "stripe"} == set(stripe.commands)


def test_the_page_says_what_the_code_does() -> None:
    (route,) = router.routes
    assert route.path.replace("{site_id}", "my-site") in PAGE
    assert f"`{API_VERSION}`" in PAGE
    assert f"for {EVENTS_RETAINED_DAYS} days" in PAGE
    assert poll_stripe.name in PAGE
    assert polled_in_time.check_specs_by_output_name
    assert "polled_in_time" in PAGE


def test_the_rights_of_the_page_are_those_that_loading_takes() -> None:
    table = re.search(r"\| rights \|\n\|---\|---\|\n((?:\|.*\n)+)", PAGE)
    assert table
    named = [right.strip() for row in table[1].splitlines() for right in row.split("|")[2].split(",")]
    read = {right for kind in (*OBJECTS, FEED) for right in RIGHTS[kind.path]}
    assert sorted(named) == sorted(read)
    assert RIGHTS.keys() == {kind.path for kind in (*OBJECTS, FEED)}


def test_the_webhooks_of_the_page_tell_of_every_object_and_of_no_other() -> None:
    (listed,) = re.findall(r"these events: (.*?)\. Then", PAGE, re.DOTALL)
    patterns = re.findall(r"`([a-z_.]+)\*`", listed)
    assert len(patterns) == listed.count("`") / 2
    kinds = {kind.kind for kind in OBJECTS if kind.has_events} | RELATED.keys()
    told = {kind: TOLD_AS.get(kind, f"{kind}.updated") for kind in kinds}
    by_pattern = {pattern: {kind for kind, type_ in told.items() if type_.startswith(pattern)} for pattern in patterns}
    assert set().union(*by_pattern.values()) == kinds
    assert all(by_pattern.values())
