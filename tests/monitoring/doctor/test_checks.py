"""Each check of the doctor finds what it is for, and says what to do."""

import json
import os
import re
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from kombu.exceptions import OperationalError as NoBroker
from redis import Redis

from portal.accounts.audit import append_only, trail
from portal.accounts.models import ApiKey, AuditEntry, Customer
from portal.backups.models import Backup
from portal.billing.documents import pdf
from portal.celery import QUEUES
from portal.changes import health
from portal.changes.models import Change
from portal.inventory import presence, redis_connection
from portal.monitoring.doctor import checkup, going_on, inside, outside, storage
from portal.monitoring.doctor.findings import Check, Finding, Level
from tests.notify.mail.conftest import MailServer
from tests.support.services import Sandbox

WRONG = (Level.WARNING, Level.FAILED)


@pytest.fixture
def redis(redis_url: str, settings: Any) -> Iterator[Redis]:
    """Empty, without a limit, for snapshots and messages."""
    settings.BROKER_URL = redis_url.replace("/0", "/1")
    with Redis.from_url(redis_url) as client:
        yield client
        client.config_set("maxmemory", 0)
        client.config_set("maxmemory-policy", "noeviction")


def told(check: Callable[[], Iterator[Finding]]) -> str:
    """What it has found, a line each; what is wrong says what to do."""
    found = list(check())
    assert found
    assert all(one.todo for one in found if one.level in WRONG)
    return "\n".join(f"{one.level}: {one.text} {one.todo}".strip() for one in found)


def database(vendor: str, version: int = 0) -> SimpleNamespace:
    """One that answers, of that kind."""
    return SimpleNamespace(vendor=vendor, pg_version=version, cursor=connection.cursor)


class TestSettings:
    def test_all_names_are_ours(self) -> None:
        assert told(inside.environment) == "fine: No name looks mistaken."

    def test_a_mistaken_name_has_no_effect(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(os.environ, "SMPT_HOST", "mail.example.com")
        assert told(inside.environment) == (
            "warning: SMPT_HOST is not a setting of the portal, and has no effect: SMTP_HOST may be what you mean. "
            "docs/settings.md names all settings."
        )


@pytest.mark.django_db
class TestBackups:
    def backup(self, made: timedelta, tried: timedelta | None = None) -> Backup:
        """One that was made so long ago, and tried so long ago."""
        now = timezone.now()
        place = {"path": "/backups/portal.dump", "size": 1, "digest": "x", "release": "y"}
        return Backup.objects.create(made=now - made, tried=None if tried is None else now - tried, **place)

    def test_without_one_it_says_how(self) -> None:
        assert told(storage.backups) == "warning: No backup has been made. Have manage.py backup run every day."

    def test_a_new_one_that_nobody_has_tried(self) -> None:
        when = f"{self.backup(timedelta(hours=25)).made:%Y-%m-%d %H:%M} UTC"
        assert told(storage.backups).splitlines() == [
            f"fine: The newest backup is of {when}: /backups/portal.dump.",
            "warning: No backup has been restored to try it. Run manage.py try_restore with the newest one.",
        ]

    def test_an_old_one_is_a_failure_however_many_there_are(self) -> None:
        for days in (2, 3):
            self.backup(timedelta(days=days), tried=timedelta(days=1))
        assert re.fullmatch(r"failed: The newest backup is of .* See why .* every day\.", told(storage.backups))

    def test_it_was_tried_long_ago(self) -> None:
        self.backup(timedelta(days=200), tried=timedelta(days=101))
        self.backup(timedelta(hours=1))
        assert "warning: A backup was last restored on " in told(storage.backups)

    def test_all_is_well(self) -> None:
        self.backup(timedelta(days=90), tried=timedelta(days=89))
        self.backup(timedelta(hours=1))
        assert told(storage.backups).startswith("fine: The newest backup is of ")
        assert "\n" not in told(storage.backups)


class TestStorage:
    def test_sqlite_is_for_trying(self, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(storage, "connection", database("sqlite"))
        assert told(storage.database).startswith("warning: The database is SQLite.")

    @pytest.mark.parametrize(("version", "words"), [(130012, "failed: PostgreSQL 13 is too old"), (170002, "fine: ")])
    def test_postgresql_has_to_be_new_enough(
        self, db: None, monkeypatch: pytest.MonkeyPatch, version: int, words: str
    ) -> None:
        monkeypatch.setattr(storage, "connection", database("postgresql", version))
        assert told(storage.database).startswith(words)

    def test_a_database_of_this_release_is_fine(self, db: None) -> None:
        assert told(storage.migrations).startswith("fine: All migrations are applied.")

    def test_migrations_that_are_missing_are_named(self, db: None) -> None:
        MigrationRecorder.Migration.objects.filter(app="billing", name="0006_passed_limits_are_notices").delete()
        found = told(storage.migrations)
        assert found.startswith("failed: Migrations are missing: billing.0006_passed_limits_are_notices. Run manage.py")

    def test_a_database_of_a_newer_release_is_told_from_an_old_one(self, db: None) -> None:
        MigrationRecorder.Migration.objects.create(app="billing", name="0999_of_tomorrow")
        MigrationRecorder.Migration.objects.create(app="an_app_that_went", name="0001_initial")
        found = told(storage.migrations)
        assert found.startswith("failed: The database is of a newer release: billing.0999_of_tomorrow.")
        assert "an_app" not in found

    @pytest.mark.parametrize(
        ("limit", "policy", "words"),
        [
            ("100mb", "allkeys-lfu", "fine: Answers"),
            ("0", "allkeys-lfu", "warning: Its memory has no limit"),
            ("100mb", "noeviction", "failed: Its policy is noeviction"),
            ("100mb", "volatile-lru", "failed: Its policy is volatile-lru"),
        ],
    )
    def test_the_cache_forgets_what_is_used_least(self, redis: Redis, limit: str, policy: str, words: str) -> None:
        redis.config_set("maxmemory", limit)
        redis.config_set("maxmemory-policy", policy)
        assert told(storage.cache).startswith(words)

    def test_one_database_for_both_is_wrong(self, redis: Redis, settings: Any) -> None:
        settings.BROKER_URL = settings.CACHE_URL
        assert "failed: CACHE_URL and BROKER_URL are the same." in told(storage.cache)

    def test_the_broker_forgets_nothing(self, redis: Redis) -> None:
        assert told(storage.broker).startswith("fine: ")
        redis.config_set("maxmemory-policy", "allkeys-lfu")
        assert told(storage.broker).startswith("failed: Its policy is allkeys-lfu: it may drop messages.")

    def test_a_broker_that_is_nearly_full_is_told_in_time(self, redis: Redis) -> None:
        redis.config_set("maxmemory", int(dict(redis.info("memory"))["used_memory"] * 1.05))  # type: ignore[arg-type]
        assert "MiB are used. Give it more memory" in told(storage.broker)

    @pytest.mark.parametrize(("free", "words"), [(10**12, "fine: "), (10**8, "failed: ")])
    def test_a_disk_without_room_is_told(self, monkeypatch: pytest.MonkeyPatch, free: int, words: str) -> None:
        monkeypatch.setattr(storage.shutil, "disk_usage", lambda _place: SimpleNamespace(free=free))
        assert told(storage.disk).startswith(words)


class TestGoingOn:
    @pytest.fixture
    def queues(self, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> set[str]:
        """Names of queues with a worker."""
        worked_on = {*QUEUES}
        monkeypatch.setattr(going_on, "ANSWERS_WITHIN", 0.3)

        def send(task: str, args: tuple[str], queue: str, **options: Any) -> None:
            assert (task, options) == (going_on.TASK, {"expires": 0.3})
            if queue in worked_on:
                going_on.echo(*args)

        monkeypatch.setattr(going_on.app, "send_task", send)
        return worked_on

    def test_a_message_goes_through_each_queue_and_back(self, queues: set[str]) -> None:
        found = told(going_on.queues)
        assert [found.count(level) for level in ("fine: Queue ", "failed: ")] == [6, 0]

    def test_a_queue_without_a_worker_is_named(self, queues: set[str]) -> None:
        queues.remove("mail")
        found = told(going_on.queues)
        assert "failed: Queue mail: no worker took a message" in found
        assert found.count("fine: ") == 5

    def test_without_a_broker_nothing_is_waited_for(self, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_args: Any, **_options: Any) -> None:
            raise NoBroker("away")

        monkeypatch.setattr(going_on.app, "send_task", refuse)
        assert told(going_on.queues).startswith("failed: No message can be sent")

    def test_workers_that_run_what_we_run_are_fine(self, redis: Redis) -> None:
        assert told(going_on.workers).startswith("failed: No worker is running.")
        presence.note("worker", "celery@one")
        assert told(going_on.workers) == "fine: celery@one: running."

    def test_another_release_is_told(self, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(presence, "release", lambda: "of-yesterday")
            presence.note("worker", "celery@one")
        assert told(going_on.workers).startswith("failed: celery@one runs another release (of-yesterday, not ")

    @pytest.mark.parametrize(
        ("name", "value", "words"),
        [
            ("API_URL", "https://another.example.com", "another API_URL. Give"),
            ("CREDENTIAL_KEYS", ["another"], "another CREDENTIAL_KEYS. Give"),
            ("SECRET_KEY", "another", "another SECRET_KEY. Give"),  # and not all else, which nobody can compare then
        ],
    )
    def test_another_setting_is_named(self, redis: Redis, settings: Any, name: str, value: Any, words: str) -> None:
        before = getattr(settings, name)
        setattr(settings, name, value)
        presence.note("web", "web@two/1")
        setattr(settings, name, before)
        assert words in told(going_on.web)

    def test_no_setting_stands_in_redis(self, redis: Redis, settings: Any) -> None:
        presence.note("web", "web@one/1")
        said = (redis.hget("present", "web@one/1") or b"").decode()
        assert set(json.loads(said)["settings"]) == set(presence.SAME)
        assert settings.SECRET_KEY not in said
        assert settings.API_URL not in said

    def test_several_web_hosts_need_a_server_for_the_database(
        self, redis: Redis, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert told(going_on.web).startswith("warning: No web server is running.")
        for host in ("one", "two"):
            monkeypatch.setattr(presence.socket, "gethostname", lambda host=host: host)
            presence.note("web", f"web@{host}/1")
        for vendor, wrong in (("postgresql", False), ("sqlite", True)):
            monkeypatch.setattr(going_on, "connection", SimpleNamespace(vendor=vendor))
            assert ("2 web hosts, each with an SQLite of its own" in told(going_on.web)) == wrong

    def test_the_scheduler_is_there_alone_and_what_it_sends_is_done(self, db: None, redis: Redis) -> None:
        found = told(going_on.scheduler)
        assert "failed: No scheduler is running." in found
        assert "failed: Retries: has not run yet." in found
        for name in (health.SWEEPER, health.FOLLOWER):
            health.beat(name)
        presence.note("beat", "beat@one/1")
        assert told(going_on.scheduler) == "fine: Retries: running.\nfine: Tracking: running."
        presence.note("beat", "beat@two/1")
        assert "warning: 2 schedulers are running: beat@one/1, beat@two/1." in told(going_on.scheduler)

    def test_who_says_nothing_any_more_is_gone(self, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
        presence.note("worker", "celery@one")
        monkeypatch.setattr(presence, "ALIVE_FOR", -1.0)
        assert told(going_on.workers).startswith("failed: No worker is running.")
        assert redis.hlen("present") == 0

    def test_a_change_that_waits_for_long_is_told(self, db: None, cast: Any) -> None:
        assert told(going_on.changes) == "fine: No change waits for long."
        Change.objects.create(
            customer=Customer.objects.get(number="10001"),
            number=1,
            turn=1,
            token="t",
            key_group="services",
            key_generation=1,
            created=timezone.now() - timedelta(minutes=25),
        )
        assert told(going_on.changes).startswith("failed: The oldest change has waited for 25 minutes.")


class TestOutside:
    def test_keys_that_cannot_be_opened_are_named(self, cast: Any) -> None:
        assert told(outside.keys) == "fine: All API keys can be opened."
        ApiKey.objects.filter(resource_group="services").update(sealed=b"of another ring")
        assert told(outside.keys).startswith("failed: API keys that cannot be opened: services. Put the key")

    @pytest.mark.usefixtures("redis")
    def test_the_platform_answers_by_each_key(self, cast: Any, platform: Sandbox) -> None:
        count = ApiKey.objects.count()
        assert f"answers to {count} of {count} keys." in told(outside.platform)
        key = ApiKey.objects.get(resource_group="services")
        key.set_secret("of yesterday")
        key.save()
        found = told(outside.platform)
        assert "failed: Refuses the keys of: services. Managers enter new keys" in found
        assert f"answers to {count - 1} of {count} keys." in found

    @pytest.mark.usefixtures("redis")
    def test_a_clock_that_is_another_is_told(
        self, cast: Any, platform: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(outside.timezone, "now", lambda: datetime(2020, 1, 1, tzinfo=UTC))
        assert "s from ours. Have this machine" in told(outside.platform)

    @pytest.mark.usefixtures("redis")
    def test_a_platform_that_is_away_is_told(self, cast: Any, settings: Any) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]
        settings.API_URL = f"http://127.0.0.1:{port}/v1"
        assert told(outside.platform).startswith("failed: Does not answer, asked by: ")

    def test_without_a_key_nothing_is_asked(self, db: None) -> None:
        assert told(outside.platform).startswith("warning: No API key is connected.")

    def test_mail_that_goes_to_the_log_is_told(self, settings: Any) -> None:
        settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.console.EmailBackend"}}
        assert told(outside.mail).startswith("warning: Mail goes to the log.")

    def test_a_mail_server_that_answers_is_fine(self, server: MailServer, settings: Any) -> None:
        settings.SMTP_HOST = "mail.example.com"
        assert told(outside.mail) == "fine: mail.example.com answers."
        assert not server.mails

    def test_a_mail_server_that_is_away_is_told(self, absent_server: MailServer) -> None:
        assert "does not answer" in told(outside.mail)

    @pytest.mark.parametrize(
        ("https", "proxies", "level"), [(True, 1, "fine"), (True, 0, "failed"), (False, 0, "warning")]
    )
    def test_a_proxy_is_in_front_and_known(self, settings: Any, https: bool, proxies: int, level: str) -> None:
        settings.HTTPS, settings.TRUSTED_PROXIES = https, proxies
        assert told(outside.proxies).startswith(level)


class TestInside:
    def test_what_pdfs_are_made_with_is_there(self) -> None:
        assert told(inside.papers) == "fine: PDFs can be made."

    def test_a_library_that_is_missing_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def library() -> None:
            raise pdf.Missing("libpango-1.0-0")

        monkeypatch.setattr(pdf, "library", library)
        assert told(inside.papers).startswith("failed: No PDF can be made: libpango-1.0-0.")

    def test_fonts_that_are_missing_are_named(self, settings: Any, tmp_path: Any) -> None:
        settings.NODE_MODULES = tmp_path
        assert told(inside.papers).startswith(f"failed: Fonts are missing: {tmp_path}")

    def test_a_trail_that_somebody_has_touched_is_told(self, transactional_db: None, cast: Any) -> None:
        trail.record("exported", customer=Customer.objects.get(number="10001"), target="a")
        assert told(inside.audit).startswith("fine: Entries, all as they were written: ")
        append_only.unprotect(connection)
        try:
            AuditEntry.objects.filter(target="a").update(target="b")
        finally:
            append_only.protect(connection)
        assert told(inside.audit).startswith("failed: The audit trail is not as it was written: chain 10001: number ")


class TestCheckup:
    @staticmethod
    def raising(monkeypatch: pytest.MonkeyPatch, check_id: str, error: Exception) -> str:
        def ask() -> Iterator[Finding]:
            raise error
            yield

        monkeypatch.setattr(checkup, "CHECKS", (Check(check_id, "That", ask),))
        (result,) = checkup.run()
        (finding,) = result.findings
        return f"{result.level}: {finding.text}"

    def test_what_cannot_be_asked_is_unknown_and_what_is_to_be_asked_has_failed(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        away, no_database = redis_connection.Away(), OperationalError("no route to host\nDETAIL: long")
        assert self.raising(monkeypatch, "cache", away) == "failed: Does not answer."
        assert self.raising(monkeypatch, "workers", away).startswith("unknown: Redis does not answer")
        assert self.raising(monkeypatch, "database", no_database) == "failed: Does not answer: no route to host"
        assert self.raising(monkeypatch, "audit", no_database).startswith("unknown: The database does not answer")

    def test_a_check_that_breaks_is_a_failure_and_stops_no_other(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.raising(monkeypatch, "disk", ValueError("x")) == "failed: Could not be checked: ValueError."
