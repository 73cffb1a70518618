"""The control database: sites, keys, migrations."""

import hashlib
import re
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from headwater.control import (
    BrokenName,
    ControlUnavailable,
    Organization,
    Site,
    SiteTaken,
    UnknownSite,
    control_errors,
    count_keys,
    create_key,
    ensure_site,
    find_key,
    find_site,
    list_keys,
    list_organizations,
    list_sites,
    normalize_host,
    open_control,
    revoke_key,
    visitor_key,
)
from headwater.control.database import HEAD, MIGRATIONS
from headwater.control.model import Base
from headwater.settings import ControlSettings, HomeSettings
from tests.postgresql import PASSWORD, Postgresql

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of a database that is not there yet, or empty."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new folder' / 'control.db'}"
    server: Postgresql = request.getfixturevalue("postgresql")
    return server.create_database(f"control_{secrets.token_hex(4)}")


@pytest.fixture
def sessions(url: str) -> Iterator[sessionmaker[Session]]:
    opened = open_control(url)
    yield opened
    bind = opened.kw["bind"]
    assert isinstance(bind, Engine)
    bind.dispose()


@pytest.fixture
def engine(sessions: sessionmaker[Session]) -> Engine:
    bind = sessions.kw["bind"]
    assert isinstance(bind, Engine)
    return bind


def test_the_migrations_make_what_the_models_describe(engine: Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_the_head_written_down_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_sqlite_keeps_a_write_ahead_log_and_foreign_keys(tmp_path: Path) -> None:
    with open_control(f"sqlite:///{tmp_path / 'control.db'}")() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_a_database_at_head_is_opened_without_alembic(url: str) -> None:
    open_control(url)
    program = "import sys; from headwater.control import open_control; open_control(sys.argv[1])\n"
    program += "assert not [name for name in sys.modules if name.split('.')[0] == 'alembic']"
    subprocess.run([sys.executable, "-c", program, url], check=True)


def test_a_database_of_a_newer_program_is_refused(url: str, sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ControlUnavailable, match="revision 9999"):
        open_control(url)


def test_a_database_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    with pytest.raises(ControlUnavailable, match="cannot be opened"):
        open_control("postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(ControlUnavailable, match="not a SQLAlchemy URL"):
        open_control("control.db")
    (tmp_path / "file").touch()
    with pytest.raises(ControlUnavailable):
        open_control(f"sqlite:///{tmp_path / 'file' / 'control.db'}")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://root@localhost/headwater", "names 'mysql'; the control database is SQLite or PostgreSQL"),
        ("postgresql+psycopg2://localhost/headwater", r"the driver 'postgresql\+psycopg2', which is not installed"),
        ("sqlite+pysqlcipher:///control.db", r"the driver 'sqlite\+pysqlcipher', which is not installed"),
        ("postgresql://localhost:many/headwater", "not a SQLAlchemy URL"),
    ],
)
def test_a_database_of_another_kind_is_named(url: str, said: str) -> None:
    with pytest.raises(ControlUnavailable, match=said) as refused:
        open_control(url)
    assert "\n" not in str(refused.value)


def test_a_wrong_password_is_one_line_that_names_the_user(postgresql: Postgresql) -> None:
    url = postgresql.create_database("locked").replace(":p%40ss", ":guess")
    with pytest.raises(ControlUnavailable, match=r'password authentication failed for user "headwater"$'):
        open_control(url)


def test_a_password_of_any_characters_may_be_a_setting_of_its_own(
    postgresql: Postgresql, monkeypatch: pytest.MonkeyPatch, home: HomeSettings
) -> None:
    whole = postgresql.create_database("apart")
    monkeypatch.setenv("HEADWATER_CONTROL_URL", re.sub(r":[^:@]*@", "@", whole))
    monkeypatch.setenv("HEADWATER_CONTROL_PASSWORD", PASSWORD)
    assert ControlSettings().database_url(home) == whole
    with open_control(ControlSettings().database_url(home))() as session:
        assert count_keys(session) == 0


def test_a_database_that_went_away_is_used_again_when_it_is_back(postgresql: Postgresql) -> None:
    opened = open_control(postgresql.create_database("flickering"))
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'flickering'"
    # A lost connection shows itself in one of several ways.
    for _ in range(10):
        with opened() as session:
            assert count_keys(session) == 0
        assert postgresql.run("psql", "-Atc", ended, "postgres").split() == ["t"]
        with opened() as session:
            assert count_keys(session) == 0
            postgresql.run("psql", "-Atc", ended, "postgres")
            with pytest.raises(SQLAlchemyError):
                count_keys(session)


def test_a_database_that_fails_in_a_session_is_unavailable(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        session.execute(text("ALTER TABLE sites RENAME TO elsewhere"))
    with pytest.raises(ControlUnavailable, match=r"does not answer: .*\bsites\b") as refused, control_errors():
        list_sites(sessions())
    assert "\n" not in str(refused.value)
    assert "{" not in str(refused.value)


def test_several_processes_may_open_a_new_database_at_once(url: str) -> None:
    program = (
        "import sys; from headwater.control import *\n"
        "with open_control(sys.argv[1])() as session:\n"
        "    ensure_site(session, 'org', 'site'); create_key(session, 'org', 'site'); session.commit()\n"
        "    print(visitor_key(session).hex())"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program, url], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    printed = {process.communicate()[0] for process in started}
    assert [process.returncode for process in started] == [0, 0, 0]
    assert len(printed) == 1
    with open_control(url)() as session:
        assert count_keys(session) == 3


def test_a_site_is_made_once_and_gains_hosts(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        ensure_site(session, "acme", "shop", hosts=["Shop.Example.com:443"], timezone="Europe/Berlin")
        ensure_site(session, "acme", "shop", hosts=["app.example.com", "shop.example.com"])
        ensure_site(session, "acme", "blog")
    with sessions() as session:
        site = find_site(session, "shop")
        assert site is not None
        assert (site.hosts, site.timezone) == (["app.example.com", "shop.example.com"], "Europe/Berlin")
        assert site.created_at.tzinfo is UTC
        assert [site.id for site in list_sites(session, "acme")] == ["blog", "shop"]
        assert [organization.id for organization in list_organizations(session)] == ["acme"]
        assert find_site(session, "unknown") is None
        assert session.get_one(Organization, "acme").name == "acme"
        assert session.get_one(Site, "blog").timezone == "UTC"


def test_a_site_of_another_organization_is_not_taken_over(sessions: sessionmaker[Session]) -> None:
    with sessions() as session:
        ensure_site(session, "acme", "shop")
        with pytest.raises(SiteTaken, match="belongs to organization 'acme'"):
            ensure_site(session, "other", "shop")


@pytest.mark.parametrize("name", ["", "Shop", "-shop", "shop-", "a b", "ü", "x" * 65, "a/b"])
def test_ids_are_slugs(sessions: sessionmaker[Session], name: str) -> None:
    with sessions() as session:
        with pytest.raises(BrokenName, match="site"):
            ensure_site(session, "acme", name)
        with pytest.raises(BrokenName, match="organization"):
            ensure_site(session, name, "shop")


@pytest.mark.parametrize("name", ["a", "shop-2", "my_shop", "0", "x" * 64])
def test_slugs_are_ids(sessions: sessionmaker[Session], name: str) -> None:
    with sessions() as session:
        assert ensure_site(session, name, name).id == name


def test_hosts_are_normalized_or_refused() -> None:
    assert normalize_host(" Bücher.Example.:8080") == "xn--bcher-kva.example"
    assert normalize_host("localhost:3000") == "localhost"
    assert normalize_host("127.0.0.1") == "127.0.0.1"
    for broken in ("https://example.com", "example.com/path", "", "a b", "*.example.com", "-x.com", "a..b"):
        with pytest.raises(BrokenName):
            normalize_host(broken)


def test_an_unknown_time_zone_is_refused(sessions: sessionmaker[Session]) -> None:
    with sessions() as session:
        for name in ("Mars/Olympus", "", "../etc/passwd"):
            with pytest.raises(BrokenName, match="time zone"):
                ensure_site(session, "acme", "shop", timezone=name)


def test_a_key_is_found_by_its_text_and_its_secret_is_not_kept(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        ensure_site(session, "acme", "shop")
        key, secret_text = create_key(session, "acme", "shop", "web", scopes=["events:write"], rate_per_minute=60)
    prefix, key_id, secret = secret_text.split("_")
    assert (prefix, key_id, len(key_id)) == ("hw", key.id, 8)
    with sessions() as session:
        found = find_key(session, secret_text)
        assert found is not None
        assert (found.org_id, found.site_id, found.scopes, found.rate_per_minute) == (
            "acme",
            "shop",
            ["events:write"],
            60,
        )
        assert found.secret_hash == hashlib.sha256(secret.encode()).digest()
        assert found.is_in_force(NOW)
        other = f"hw_{key.id}_{'0' * 48}"
        for wrong in (other, secret_text[:-1], secret_text.upper(), "", "hw_", f"{secret_text} ", secret):
            assert find_key(session, wrong) is None
        columns = session.execute(text("SELECT * FROM api_keys")).one()
    assert secret not in str([bytes(cell) if isinstance(cell, memoryview) else cell for cell in columns])


def test_revoked_and_expired_keys_are_not_in_force(sessions: sessionmaker[Session]) -> None:
    with sessions() as session:
        ensure_site(session, "acme", "shop")
        expires_at = datetime(2026, 1, 31, 13, 0, tzinfo=timezone(timedelta(hours=1)))
        expiring, _ = create_key(session, "acme", "shop", expires_at=expires_at)
        revoked, _ = create_key(session, "acme", "shop")
        session.commit()
        session.expire_all()
        assert expiring.is_in_force(NOW - timedelta(seconds=1))
        assert not expiring.is_in_force(NOW)
        assert revoke_key(session, revoked.id)
        first = revoked.revoked_at
        assert revoke_key(session, revoked.id)
        assert revoked.revoked_at == first
        assert not revoked.is_in_force(NOW)
        assert not revoke_key(session, "00000000")
        assert count_keys(session) == 0
        assert {key.id for key in list_keys(session)} == {expiring.id, revoked.id}
        assert list(list_keys(session, "blog")) == []


def test_a_key_needs_a_site_scopes_and_a_rate(sessions: sessionmaker[Session]) -> None:
    with sessions() as session:
        ensure_site(session, "acme", "shop")
        with pytest.raises(UnknownSite):
            create_key(session, "acme", "blog")
        with pytest.raises(UnknownSite):
            create_key(session, "other", "shop")
        with pytest.raises(BrokenName):
            create_key(session, "acme", "shop", scopes=[])
        with pytest.raises(BrokenName):
            create_key(session, "acme", "shop", scopes=["everything"])
        with pytest.raises(BrokenName):
            create_key(session, "acme", "shop", rate_per_minute=0)


def test_a_site_that_another_made_meanwhile_is_found(postgresql: Postgresql) -> None:
    opened = open_control(postgresql.create_database("meanwhile"))
    with opened() as slow, opened.begin() as quick:
        ensure_site(quick, "acme", "shop", hosts=["a.example"])
        threading.Timer(0.3, quick.commit).start()
        assert find_site(slow, "shop") is None
        assert ensure_site(slow, "acme", "shop", hosts=["b.example"]).hosts == ["a.example", "b.example"]
        slow.commit()


def test_the_visitor_key_is_made_once(sessions: sessionmaker[Session]) -> None:
    with sessions() as session:
        made = visitor_key(session)
    with sessions() as session:
        assert visitor_key(session) == made
        assert len(made) == 32
