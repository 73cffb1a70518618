"""Connections to Stripe: what is kept of a key, who can read it, and what a connection refuses."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from headwater.control import (
    BrokenSecret,
    SecretBox,
    SecretKeyMissing,
    UnknownSite,
    drop_stripe_connection,
    ensure_site,
    find_stripe_connection,
    list_stripe_connections,
    make_secret_key,
    open_control,
    save_stripe_connection,
)
from headwater.settings import SecretSettings


@pytest.fixture
def session() -> Iterator[Session]:
    with open_control("sqlite:///:memory:")() as session:
        ensure_site(session, "org", "shop")
        yield session


def box(*keys: str) -> SecretBox:
    return SecretBox(SecretSettings.model_validate({"secret_key": ",".join(keys)}))


def test_neither_key_nor_webhook_secret_is_kept_as_it_is(session: Session) -> None:
    mine = box(make_secret_key())
    kept = save_stripe_connection(session, mine, "shop", "rk_test_abc123", "whsec_xyz789")
    assert b"abc123" not in kept.secret_key_encrypted
    assert kept.webhook_secret_encrypted
    assert b"xyz789" not in kept.webhook_secret_encrypted
    assert mine.decrypt(kept.secret_key_encrypted) == "rk_test_abc123"
    assert mine.decrypt(kept.webhook_secret_encrypted) == "whsec_xyz789"


def test_the_mode_is_the_keys(session: Session) -> None:
    mine = box(make_secret_key())
    assert not save_stripe_connection(session, mine, "shop", "sk_test_1").livemode
    assert save_stripe_connection(session, mine, "shop", "rk_live_1").livemode


def test_a_key_is_changed_by_putting_the_new_one_in_front() -> None:
    former, new = make_secret_key(), make_secret_key()
    token = box(former).encrypt("sk_test_1")
    assert box(new, former).decrypt(token) == "sk_test_1"
    assert box(new).decrypt(box(new, former).encrypt("sk_test_2")) == "sk_test_2"


def test_another_key_reads_nothing_and_says_what_to_do() -> None:
    token = box(make_secret_key()).encrypt("sk_test_1")
    with pytest.raises(SecretKeyMissing, match="add the former one"):
        box(make_secret_key()).decrypt(token)


@pytest.mark.parametrize("text", ["", " , ", "no-key"])
def test_without_a_key_the_error_names_the_command_that_makes_one(text: str) -> None:
    with pytest.raises(SecretKeyMissing, match="`headwater stripe secret-key`"):
        box(text)


@pytest.mark.parametrize("key", ["", "pk_live_1", "sk_test_", "sk_testing_1", "whsec_1", "sk_live_a b"])
def test_what_is_no_secret_key_is_refused(session: Session, key: str) -> None:
    with pytest.raises(BrokenSecret, match="begins with sk_live_"):
        save_stripe_connection(session, box(make_secret_key()), "shop", key)


def test_what_is_no_webhook_secret_is_refused(session: Session) -> None:
    with pytest.raises(BrokenSecret, match="whsec_"):
        save_stripe_connection(session, box(make_secret_key()), "shop", "sk_test_1", "sk_test_1")


def test_a_site_that_is_not_there_cannot_be_connected(session: Session) -> None:
    with pytest.raises(UnknownSite):
        save_stripe_connection(session, box(make_secret_key()), "none", "sk_test_1")


def test_a_dropped_connection_takes_its_secrets_with_it(session: Session) -> None:
    save_stripe_connection(session, box(make_secret_key()), "shop", "sk_test_1")
    assert [connection.site_id for connection in list_stripe_connections(session)] == ["shop"]
    assert drop_stripe_connection(session, "shop")
    assert find_stripe_connection(session, "shop") is None
    assert not drop_stripe_connection(session, "shop")
