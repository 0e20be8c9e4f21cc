"""Database, both Redis servers and the disk."""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.backups import releases
from portal.backups.models import Backup
from portal.backups.schema import unknown_migrations
from portal.broker.backlog import Full, backlog, rabbitmq
from portal.broker.celery_settings import is_rabbitmq
from portal.celery import QUEUES
from portal.inventory.redis_connection import connected
from portal.monitoring.doctor.findings import Finding, failed, fine, some, warning

OLDEST_POSTGRESQL = 140000  # as the server says it: 14
LITTLE = 512 * 2**20  # bytes of disk
NEARLY_FULL = 0.9  # of Redis' memory
EVICTING = "allkeys-"  # of the cache: whatever is used least goes, also what has no time to live
MIB = 2**20
DAILY = timedelta(hours=26)  # within which a daily backup has been made again
TRIED_WITHIN = timedelta(days=100)


def database() -> Iterator[Finding]:
    """It answers, and is one that production can be run on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    if connection.vendor != "postgresql":
        yield warning(_("The database is SQLite."), _("Set DATABASE_URL to a PostgreSQL server for production."))
        return
    number: int = connection.pg_version  # type: ignore[attr-defined]
    version = {"version": number // 10000}
    if number < OLDEST_POSTGRESQL:
        yield failed(
            _("PostgreSQL %(version)s is too old.") % version, _("Upgrade the server to PostgreSQL 14 or newer.")
        )
    else:
        yield fine(_("PostgreSQL %(version)s answers.") % version)


def migrations() -> Iterator[Finding]:
    """The database is of this release."""
    executor = MigrationExecutor(connection)
    newer = unknown_migrations(executor.loader)
    if newer:
        yield failed(
            _("The database is of a newer release: %(names)s.") % {"names": some(newer)},
            _("Run the release it belongs to."),
        )
    missing = [
        f"{one.app_label}.{one.name}" for one, _back in executor.migration_plan(executor.loader.graph.leaf_nodes())
    ]
    if missing:
        yield failed(_("Migrations are missing: %(names)s.") % {"names": some(missing)}, _("Run manage.py migrate."))
    if not newer and not missing:
        version = releases.noted()
        text = _("All migrations are applied. The database is of release %(version)s.") % {"version": version}
        yield fine(text if version else _("All migrations are applied."))


def cache() -> Iterator[Finding]:
    """The Redis of the platform's answers may forget, and has to once it is full."""
    policy, used, limit = _memory(settings.CACHE_URL)
    if settings.CACHE_URL == settings.BROKER_URL:
        yield failed(_("CACHE_URL and BROKER_URL are the same."), _("Use two Redis servers, or two databases of one."))
    if not limit:
        yield warning(_("Its memory has no limit."), _("Set maxmemory, such as 512mb."))
    elif not policy.startswith(EVICTING):
        yield failed(
            _("Its policy is %(policy)s: once full, it takes nothing new.") % {"policy": policy},
            _("Set maxmemory-policy allkeys-lfu."),
        )
    yield fine(_("Answers; %(used)s MiB used.") % {"used": used // MIB})


def broker() -> Iterator[Finding]:
    """What carries the messages takes them, and may not forget any."""
    if is_rabbitmq(settings.BROKER_URL):
        yield from _rabbitmq()
    else:
        yield from _redis_of_messages()


def _rabbitmq() -> Iterator[Finding]:
    try:
        waiting = backlog(QUEUES)
    except Full:
        yield failed(
            _("RabbitMQ takes no messages: its memory or its disk is full."),
            _("See rabbitmq-diagnostics alarms. Give it more memory or disk, or start more workers."),
        )
    else:
        with rabbitmq() as connection:
            version = connection.server_properties["version"]  # type: ignore[attr-defined]
        words = {"version": version, "count": waiting}
        yield fine(_("RabbitMQ %(version)s answers; messages waiting: %(count)s.") % words)


def _redis_of_messages() -> Iterator[Finding]:
    policy, used, limit = _memory(settings.BROKER_URL)
    if policy != "noeviction":
        yield failed(
            _("Its policy is %(policy)s: it may drop messages.") % {"policy": policy},
            _("Set maxmemory-policy noeviction."),
        )
    if limit and used > NEARLY_FULL * limit:
        yield failed(
            _("%(used)s of %(limit)s MiB are used.") % {"used": used // MIB, "limit": limit // MIB},
            _("Give it more memory, or start more workers."),
        )
    yield fine(_("Answers; %(used)s MiB used.") % {"used": used // MIB})


def backups() -> Iterator[Finding]:
    """A new one is there, and somebody has tried whether one can be restored."""
    newest = Backup.objects.first()
    if newest is None:
        yield warning(_("No backup has been made."), _("Have manage.py backup run every day."))
        return
    text = _("The newest backup is of %(when)s: %(path)s.") % {"when": _utc(newest.made), "path": newest.path}
    if timezone.now() - newest.made > DAILY:
        yield failed(text, _("See why manage.py backup does not run every day."))
    else:
        yield fine(text)
    tried = Backup.objects.aggregate(last=Max("tried"))["last"]
    todo = _("Run manage.py try_restore with the newest one.")
    if tried is None:
        yield warning(_("No backup has been restored to try it."), todo)
    elif timezone.now() - tried > TRIED_WITHIN:
        yield warning(_("A backup was last restored on %(when)s to try it.") % {"when": _utc(tried)}, todo)


def disk() -> Iterator[Finding]:
    """There is room where the portal writes."""
    places = {Path(tempfile.gettempdir())}
    if connection.vendor == "sqlite":
        places.add(Path(str(connection.settings_dict["NAME"])).parent)
    for place in sorted(filter(Path.is_dir, places)):  # that the database has none, `database` tells
        free = shutil.disk_usage(place).free
        words = {"place": place, "free": free // MIB}
        if free < LITTLE:
            yield failed(
                _("%(place)s has only %(free)s MiB left.") % words, _("Make room: soon nothing can be written.")
            )
        else:
            yield fine(_("%(place)s has %(free)s MiB left.") % words)


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _memory(url: str) -> tuple[str, int, int]:
    """Policy, and bytes used and allowed (0: no limit). Raises Away."""
    with connected(url) as redis:
        info = dict(redis.info("memory"))
    return str(info.get("maxmemory_policy", "")), int(info["used_memory"]), int(info.get("maxmemory", 0))
