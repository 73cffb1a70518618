"""Objects and events are shaped as Stripe's library, of the version that we ask for, and Stripe's examples say."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from stripe._api_version import _ApiVersion

from headwater.contracts.stripe import API_VERSION, BY_KIND
from simulator.stripe.account import PATHS, Account, show
from tests.simulator.stripe.conformity import KINDS, find_errors, find_missing

LEFT_OUT = {
    # Only there when an account may do what they are about.
    "charge.payment_method_details.card.extended_authorization",
    "charge.payment_method_details.card.incremental_authorization",
    "charge.payment_method_details.card.multicapture",
    "charge.payment_method_details.card.overcapture",
    # Only on request since 2022.
    "charge.refunds",
    # Its parent names it.
    "invoice.subscription",
    # Metered items have none.
    "subscription.items.data[].quantity",
}


@pytest.fixture(scope="module")
def examples(shared_data: Callable[[str], Path]) -> dict[str, Any]:
    path = shared_data("stripe_openapi") / "openapi" / "fixtures3.json"
    resources: dict[str, Any] = json.loads(path.read_text())["resources"]
    return resources


def test_the_library_describes_the_version_that_is_asked_for() -> None:
    assert _ApiVersion.CURRENT == API_VERSION


@pytest.mark.parametrize("kind", sorted(PATHS))
def test_every_object_is_one_that_the_library_describes(kind: str, year: Account) -> None:
    held = year.of(kind)
    assert held
    errors = Counter(error for one in held.values() for error in find_errors(show(one), KINDS[kind], kind))
    assert not errors, errors.most_common(5)


@pytest.mark.parametrize("kind", sorted(PATHS))
def test_every_object_has_the_members_of_the_example(kind: str, year: Account, examples: dict[str, Any]) -> None:
    missing = {path for one in year.of(kind).values() for path in find_missing(show(one), examples[kind], kind)}
    assert missing <= LEFT_OUT


def test_every_event_is_one_that_the_library_describes(year: Account, examples: dict[str, Any]) -> None:
    errors: Counter[str] = Counter()
    example = examples["event"] | {"data": {}}
    for event in year.events.values():
        about = event["data"]["object"]
        errors.update(find_errors(event | {"data": {"object": {}}}, KINDS["event"], "event"))
        errors.update(find_missing(event, example, "event"))
        assert event["created"] <= year.now
        assert about["object"] in PATHS
    assert not errors, errors.most_common(5)


def test_kinds_that_are_loaded_are_those_that_the_business_has(year: Account) -> None:
    assert all(year.of(kind) for kind in BY_KIND)
