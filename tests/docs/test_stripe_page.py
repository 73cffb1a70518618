"""docs/stripe.md names what there is: settings, commands, addresses, the pinned version."""

import re

import click

from api.webhooks.router import router
from cli.commands.import_ import command as import_
from cli.commands.stripe import command as stripe
from headwater.contracts.stripe import API_VERSION, EVENTS_RETAINED_DAYS
from headwater.settings import ALL_SETTINGS
from orchestration.defs.ingestion.stripe import poll_stripe, polled_in_time
from tests.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs" / "stripe.md").read_text()


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
